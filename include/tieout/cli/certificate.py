"""`tieout certificate`: the daily certificates, and whether their chain holds."""

import argparse
import json
from datetime import date


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "certificate",
        help="list, show and verify the daily certificates",
        description="Daily certificates of what was paid and what became of it.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="all certificates, the oldest first")
    show = actions.add_parser("show", help="print a day's certificate (JSON)")
    show.add_argument("day", type=date.fromisoformat, metavar="DATE")
    actions.add_parser("verify", help="walk the chain; exit code 2 where it breaks")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Carry the action out; 0. Raises CertificateError or ArchiveError (exit code 2)."""
    from tieout.cli.status import table
    from tieout.kernel.database import transaction
    from tieout.kernel.settings import settings
    from tieout.purchase import certificate

    with transaction(settings().database_url, actor="tieout certificate") as connection:
        if args.action == "list":
            print("\n".join(table([vars(row) for row in certificate.chain(connection)])) or "none")
        elif args.action == "show":
            print(json.dumps(certificate.read(connection, args.day), indent=1, sort_keys=True))
        else:
            print(f"{certificate.verify(connection)} certificates; the chain holds.")
    return 0
