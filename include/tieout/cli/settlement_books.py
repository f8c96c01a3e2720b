"""`tieout settlement journal` and `as-of`: the books for accounting, and a past day."""

import argparse
import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from sqlalchemy import Connection


def add_actions(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the two actions to `tieout settlement`."""
    journal = actions.add_parser("journal", help="write the double-entry journal for accounting")
    journal.add_argument("--from", dest="first_day", type=date.fromisoformat, metavar="DATE")
    journal.add_argument("--to", dest="last_day", type=date.fromisoformat, metavar="DATE")
    journal.add_argument("--format", choices=["csv", "beancount"], default="csv")
    journal.add_argument("--out", type=Path, help="file to write (default: standard output)")
    journal.set_defaults(run=run_journal)
    as_of = actions.add_parser("as-of", help="show settlement as it was known on a past date")
    as_of.add_argument("day", type=date.fromisoformat, metavar="DATE")
    as_of.add_argument(
        "--list", choices=["open", "matches", "findings"], help="its rows, as CSV, not the sums"
    )
    as_of.add_argument("--out", type=Path, help="file for the rows (default: standard output)")
    as_of.set_defaults(run=run_as_of)


def run_journal(args: argparse.Namespace) -> int:
    """Write the journal; refused (exit code 2) where it does not agree with the proofs."""
    from tieout.kernel.database import transaction
    from tieout.kernel.settings import settings
    from tieout.settlement import journal

    with transaction(settings().database_url, actor="tieout settlement") as connection:
        first, last = journal.settled_days(connection, args.first_day, args.last_day)
        journal.prove_journal(connection, "settlement", last, first)
        with _written(args.out) as out:
            _write(connection, out, args.format, first, last)
    return 0


def _write(connection: "Connection", out: TextIO, form: str, first: date, last: date) -> None:
    from tieout.settlement import journal
    from tieout.settlement.beancount import write_beancount

    rows = journal.postings(connection, first, last)
    if form == "csv":
        journal.write_csv(out, rows)
    else:
        gained = journal.balances(connection, first, last)
        write_beancount(out, rows, gained, first, last)


def run_as_of(args: argparse.Namespace) -> int:
    """Show what was known; NothingReconciled (exit code 2) before the first date."""
    from tieout.cli.status import table
    from tieout.kernel.database import transaction
    from tieout.kernel.settings import settings
    from tieout.settlement import history

    with transaction(settings().database_url, actor="tieout settlement") as connection:
        day = history.known_day(connection, args.day)
        if args.list is None:
            print(f"as of {day}")
            print("\n".join(table(history.summary(connection, day))))
            return 0
        with _written(args.out) as out:
            writer = csv.writer(out, lineterminator="\n")
            for number, row in enumerate(history.listed(connection, args.list, day)):
                if not number:
                    writer.writerow(row.keys())
                writer.writerow(row.values())
    return 0


@contextmanager
def _written(path: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that is there only once it is whole."""
    if path is None:
        yield sys.stdout
        return
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="") as out:
            yield out
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
