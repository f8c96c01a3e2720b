"""`tieout store`: the switches of storefronts, and a person's word on them."""

import argparse
import getpass
from datetime import UTC, datetime


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "store",
        help="list, open and close storefronts",
        description="The switches of storefronts: docs/operators/purchases.md.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="how each storefront stands, since when and why")
    _storefront(actions.add_parser("open", help="open it, whatever the monitor thinks"))
    _storefront(actions.add_parser("close", help="close it, whatever the monitor thinks"))
    _storefront(actions.add_parser("auto", help="let the monitor judge again"))
    configure = actions.add_parser("set", help="say how it is told, and where customers resume")
    _storefront(configure)
    configure.add_argument("--connection", metavar="NAME", help="the connection to its server")
    configure.add_argument("--resume-link", metavar="URL", help="with {entry_id} in it")
    configure.add_argument("--canary-card", metavar="REF", help="a registered card of our own")
    parser.set_defaults(run=run)


def _storefront(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("storefront")
    parser.add_argument("--reason", required=True, help="why; it is kept in the audit log")
    parser.add_argument("--by", default=getpass.getuser(), help="who decides (default: you)")


def run(args: argparse.Namespace) -> int:
    """Carry the action out; 0. Raises StoreError."""
    from tieout.cli.status import table
    from tieout.kernel.audit import Decision
    from tieout.kernel.database import transaction
    from tieout.kernel.settings import settings
    from tieout.purchase import store
    from tieout.purchase.model import Store

    url = settings().database_url
    if args.action == "list":
        with transaction(url, actor="tieout store") as connection:
            print("\n".join(table(store.listed(connection))) or "none")
        return 0
    decision = Decision(args.by, args.reason, datetime.now(UTC))
    with transaction(url, actor=args.by) as connection:
        if args.action == "set":
            store.configure(
                connection,
                args.storefront,
                decision,
                connection_id=args.connection,
                resume_link=args.resume_link,
                canary_card=args.canary_card,
            )
        elif args.action == "auto":
            store.give_back(connection, args.storefront, decision)
        else:
            to = Store.OPEN if args.action == "open" else Store.CLOSED
            store.overrule(connection, args.storefront, to, decision)
    store.deliver(url, decision.at)
    return 0
