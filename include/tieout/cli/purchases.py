"""`tieout purchases`: what is watched, its evidence, and a person's word where no proof came."""

import argparse
import getpass
from datetime import UTC, datetime

WAITING = ("PAY_UNKNOWN", "MANUAL", "NOT_PAID", "REFUND_DUE")


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "purchases",
        help="list and show watched purchases; decide where no proof came",
        description="Purchases that are watched: docs/operators/purchases.md.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    found = actions.add_parser("list", help="list purchases, the longest waiting first")
    found.add_argument("--status", nargs="+", default=WAITING, metavar="STATE")
    found.add_argument("--limit", type=int, default=100)
    show = actions.add_parser("show", help="show the states and the evidence of a purchase")
    show.add_argument("entry_id", help="the id of its entry")
    decide = actions.add_parser("decide", help="say whether a purchase in MANUAL is paid")
    decide.add_argument("entry_id", help="the id of its entry")
    decide.add_argument("verdict", choices=["paid", "not-paid"])
    decide.add_argument("--reason", required=True, help="how you know; it is kept")
    decide.add_argument("--by", default=getpass.getuser(), help="who decides (default: you)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Carry the action out; 0. Raises PurchaseError."""
    from tieout.cli.status import table
    from tieout.kernel.audit import Decision
    from tieout.kernel.database import transaction
    from tieout.kernel.settings import settings
    from tieout.purchase import deciding

    actor = args.by if args.action == "decide" else "tieout purchases"
    with transaction(settings().database_url, actor=actor) as connection:
        if args.action == "list":
            rows = deciding.listed(connection, args.status, args.limit)
            print("\n".join(table(rows)) or "none")
        elif args.action == "show":
            print("\n".join(table(deciding.history(connection, args.entry_id))))
            print()
            print("\n".join(table(deciding.evidence(connection, args.entry_id))) or "no evidence")
        else:
            decision = Decision(args.by, args.reason, datetime.now(UTC))
            is_paid = args.verdict == "paid"
            deciding.decide(connection, args.entry_id, decision, is_paid=is_paid)
    return 0
