"""The layout of the world's own delimited files: H head, C columns, L rows, T their count.

Written and read here without the product's formats, as an independent witness.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tieout.world.ledger import stamp

FIRST_ROW_LINE = 3


@dataclass(frozen=True)
class Tagged:
    """A file as read: the cells of H after the tag, and each row by column name."""

    header: list[str]
    rows: list[dict[str, str]]


def write_tagged(
    format_id: str,
    control_no: str,
    sender: str,
    created_at: datetime,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
) -> bytes:
    """The bytes of a file; row number n (from 0) stands on line FIRST_ROW_LINE + n."""
    lines = [["L", *row] for row in rows]
    head: list[list[object]] = [
        ["H", format_id, control_no, sender, stamp(created_at)],
        ["C", *columns],
    ]
    return comma_separated([*head, *lines, ["T", len(lines)]])


def comma_separated(rows: Iterable[Sequence[object]]) -> bytes:
    """CSV in UTF-8 with line feeds; instants in ISO 8601, nothing for None."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows(
        [stamp(cell) if isinstance(cell, datetime) else cell for cell in row] for row in rows
    )
    return text.getvalue().encode()


def read_tagged(body: bytes) -> Tagged:
    """Read a file back. Raises ValueError when its last record does not count its rows."""
    records = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))
    rows = [record for record in records if record[0] == "L"]
    names = next(record for record in records if record[0] == "C")
    if records[-1][0] != "T" or int(records[-1][1]) != len(rows):
        raise ValueError("the last record does not count the rows")
    return Tagged(records[0][1:], [dict(zip(names[1:], row[1:], strict=True)) for row in rows])
