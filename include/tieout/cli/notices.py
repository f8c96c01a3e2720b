"""`tieout notices`: how mails to customers and staff are worded, and which of them go out."""

import argparse
import getpass
from datetime import UTC, datetime


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "notices",
        help="list and reword mails to customers and staff",
        description="Natures of mails and their subjects: docs/operators/order-entry.md.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="list natures with their subjects")
    reword = actions.add_parser("reword", help="change a subject, or whether a nature is sent")
    reword.add_argument("nature", help="such as NEW_ORDER")
    reword.add_argument("audience", choices=["CUSTOMER", "STAFF"])
    reword.add_argument("--subject", help="the new subject; $name stands for a fact")
    sent = reword.add_mutually_exclusive_group()
    sent.add_argument("--on", dest="active", action="store_true", default=None, help="send it")
    sent.add_argument("--off", dest="active", action="store_false", help="do not send it")
    reword.add_argument("--reason", required=True, help="why, for the audit log")
    reword.add_argument("--actor", default=getpass.getuser(), help="who decides (default: you)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List or reword; 0, or TieoutError (exit code 2) and nothing changed."""
    from tieout.exchange import notices
    from tieout.kernel.audit import Decision
    from tieout.kernel.database import transaction
    from tieout.kernel.settings import settings

    with transaction(settings().database_url, actor="tieout notices") as connection:
        if args.action == "reword":
            notices.reword(
                connection,
                (args.nature, args.audience),
                Decision(args.actor, args.reason, datetime.now(UTC)),
                subject=args.subject,
                active=args.active,
            )
        for each in notices.wordings(connection).values():
            state = "on" if each.active else "off"
            print(f"{each.nature:<18} {each.audience:<9} {state:<4} {each.subject}")
    return 0
