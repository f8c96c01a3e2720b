"""`tieout status`: last runs, open cases, files, quarantine and the proof of the last day."""

import argparse
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

SECTIONS = {
    "Last runs": "status/last_runs",
    "Live exceptions": "exceptions/run/digest_counts",
    "Files": "status/files",
    "Quarantine": "status/quarantine",
    "Proof of the last reconciled date": "status/proof",
}
"""What is shown, and the query behind it."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "status",
        help="say how things stand",
        description="Shows the last runs, live exceptions by code, files, quarantine and the proof "
        "of the last reconciled date.",
    )
    parser.set_defaults(run=run)


def run(_args: argparse.Namespace) -> int:
    """Print every section; 0."""
    from tieout.kernel.database import fetch, transaction
    from tieout.kernel.settings import settings

    with transaction(settings().database_url, actor="status") as connection:
        found = {title: fetch(connection, query) for title, query in SECTIONS.items()}
    for title, rows in found.items():
        print(title)
        print("\n".join(f"  {line}" for line in table(rows)) or "  none")
        print()
    return 0


def table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Rows as aligned columns under their names; numbers to the right."""
    if not rows:
        return []
    names = list(rows[0])
    cells = [[_cell(row[name]) for name in names] for row in rows]
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    numeric = [all(isinstance(row[name], int | None) for row in rows) for name in names]
    return [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in [names, *cells]
    ]


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return "" if value is None else str(value)
