"""`tieout partners load FILE`: who we exchange files with."""

import argparse
from datetime import UTC, datetime
from pathlib import Path


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "partners",
        help="load partners, their feeds and accounts",
        description="Loads partners, feeds, accounts, calendars and rate cards from a YAML file;"
        " what a named partner had is replaced, others stay. Formats: docs/operators/partners.md"
        " and docs/operators/fees.md.",
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    load = actions.add_parser("load", help="write a partners file to the database")
    load.add_argument("file", type=Path, help="YAML file with a list `partners`")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the file's partners; 0, or TieoutError (exit code 2) and nothing written."""
    from tieout.exchange.partners import load_partners, read_partners_file
    from tieout.kernel.database import transaction
    from tieout.kernel.settings import settings
    from tieout.settlement.fees import load_rate_cards
    from tieout.settlement.rate_cards import read_rate_cards

    file = read_partners_file(args.file)
    cards = read_rate_cards(args.file.parent / file.rate_cards) if file.rate_cards else {}
    with transaction(settings().database_url, actor="tieout partners load") as connection:
        written = load_partners(connection, file.partners)
        rows = load_rate_cards(connection, cards, datetime.now(UTC))
    print(f"{len(file.partners)} partners read, {written} new or changed")
    print(f"{len(cards)} rate cards read, {rows.added} rates new, {rows.withdrawn} withdrawn")
    return 0
