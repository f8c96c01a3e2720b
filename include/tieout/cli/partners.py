"""`tieout partners load FILE`: who we exchange files with."""

import argparse
from pathlib import Path


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "partners",
        help="load partners, their feeds and accounts",
        description="Loads partners, feeds, accounts and calendars from a YAML file; what a named"
        " partner had is replaced, others stay. Format: docs/operators/partners.md.",
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    load = actions.add_parser("load", help="write a partners file to the database")
    load.add_argument("file", type=Path, help="YAML file with a list `partners`")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the file's partners; 0, or TieoutError (exit code 2) and nothing written."""
    from tieout.exchange.partners import load_partners, read_partners
    from tieout.kernel.database import transaction
    from tieout.kernel.settings import settings

    partners = read_partners(args.file)
    with transaction(settings().database_url, actor="tieout partners load") as connection:
        written = load_partners(connection, partners)
    print(f"{len(partners)} partners read, {written} new or changed")
    return 0
