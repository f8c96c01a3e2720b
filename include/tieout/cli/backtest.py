"""`tieout backtest`: other rules of matching, tried on business dates that are past."""

import argparse
from datetime import date
from pathlib import Path


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "backtest",
        help="try other rules of matching on past business dates",
        description="Replays reconciled business dates under other rules, and tells which matches "
        "would be gained, lost or flipped. Nothing is written to the database. Exit code 1: a "
        "match would be lost or flipped that a person made, or whose books are closed.",
    )
    parser.add_argument("--rules", type=Path, required=True, metavar="DIR")
    parser.add_argument("--from", dest="first_day", type=date.fromisoformat, required=True)
    parser.add_argument("--to", dest="last_day", type=date.fromisoformat, required=True)
    parser.add_argument("--out", type=Path, help="CSV file for the changes, one row each")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print what would change; 0, 1 where decisions would break, RulesRefused (exit code 2)."""
    from pyarrow import csv

    from tieout.cli.status import table
    from tieout.kernel.database import read_only
    from tieout.kernel.settings import settings
    from tieout.settlement.backtest import backtest
    from tieout.settlement.rules_folder import load_rules

    rules = load_rules(args.rules)
    with read_only(settings().database_url) as connection:
        found = backtest(connection, rules, args.first_day, args.last_day)
    if args.out:
        csv.write_csv(found.changes, args.out)
    print("\n".join(table(found.sums())) or "no change")
    print(f"{len(found.days)} business dates, {found.changes.num_rows} changes")
    return 1 if found.breaks_decisions else 0
