"""`tieout keys`: the keys by which storefronts capture entries."""

import argparse
import getpass
from datetime import UTC, datetime


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "keys",
        help="make, list and revoke keys of storefronts",
        description="Keys for POST /v1/entries: docs/operators/order-entry.md.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    make = actions.add_parser("make", help="make a key and show it, this once")
    make.add_argument("storefront", help="the partner's id")
    _decision(make)
    actions.add_parser("list", help="list keys, the newest first, without their secrets")
    revoke = actions.add_parser("revoke", help="make a key bad for ever")
    revoke.add_argument("id", help="the key's id in `tieout keys list`")
    _decision(revoke)
    parser.set_defaults(run=run)


def _decision(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", required=True, help="why, for the audit log")
    parser.add_argument("--actor", default=getpass.getuser(), help="who decides (default: you)")


def run(args: argparse.Namespace) -> int:
    """Make, list or revoke; 0, or TieoutError (exit code 2) and nothing changed."""
    from tieout.kernel.audit import Decision
    from tieout.kernel.database import transaction
    from tieout.kernel.settings import settings
    from tieout.storefront_api import known

    with transaction(settings().database_url, actor="tieout keys") as connection:
        if args.action == "list":
            for row in known.list_keys(connection):
                state = f"revoked {row['revoked_at']:%Y-%m-%d}" if row["revoked_at"] else "good"
                print(
                    f"{row['key_id']}  {row['storefront']:<16} made {row['made_at']:%Y-%m-%d}"
                    f"  {state}"
                )
            return 0
        decision = Decision(args.actor, args.reason, datetime.now(UTC))
        if args.action == "revoke":
            known.revoke_key(connection, args.id, decision)
            print(f"key {args.id} is revoked; the API follows within seconds")
            return 0
        key = known.make_key(connection, args.storefront, decision)
    print(key)
    return 0
