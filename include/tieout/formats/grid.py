"""Rows of a file as text, before anything is converted."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from itertools import accumulate
from typing import Any

import pyarrow as pa

from tieout.formats.results import CheckResult, Fact, FileRefused
from tieout.formats.source import Source


@dataclass(frozen=True)
class Flaw:
    """A record that cannot be cut into cells: its rule and what is wrong."""

    rule: str
    reason: str


@dataclass
class Grid:
    """Some consecutive rows of a file: one array of text per source column.

    `lines` holds the physical line on which each row starts (1 for the first of the file); of
    several on one line each has its own, counted on (`lines_of_their_own`). `flaws`
    holds rows, by their index here, that are no proper records (their cells are blank). `raws` has
    the text of each row where it is not just the lines from its own to the next row's. `facts` are
    what headers and trailers say, `checks` the control totals that the layout itself prescribes
    (envelopes, record counts, balances): both count for the whole file. `trailer_line` is where the
    control totals stand. `starts_at` and `starts_on` are a byte of the source's data and its line,
    at the first row or anywhere before it; `ends_before` is the line after the last row's last.
    `ends` is the line after each row's last, where that is not the next row's. `left_out` counts
    the records among the rows that are none: blank ones, and those of totals.
    """

    names: list[str]
    columns: list[pa.StringArray]
    lines: pa.Int64Array
    flaws: dict[int, Flaw] = field(default_factory=dict)
    raws: Sequence[str] | None = None
    facts: dict[str, Fact] = field(default_factory=dict)
    checks: list[CheckResult] = field(default_factory=list)
    trailer_line: int | None = None
    starts_at: int = 0
    starts_on: int = 1
    ends_before: int | None = None
    ends: pa.Int64Array | None = None
    left_out: int = 0

    def after(self, row: int) -> int:
        """The line after the last one of a row that consists of lines."""
        if self.ends is not None:
            return int(self.ends[row].as_py())
        if row + 1 < len(self.lines):
            return int(self.lines[row + 1].as_py())
        return self.ends_before or int(self.lines[row].as_py()) + 1


def lines_of_their_own(lines: Sequence[int], after: int = 0) -> list[int]:
    """The lines of rows in the order of their file, so that no two have the same.

    A row's place tells it from all others. Where several rows start on one line, the later ones
    count on from the one before; `after` is the place of the last row before these.
    """
    if len(set(lines)) == len(lines) and (not lines or lines[0] > after):
        return list(lines)
    return list(accumulate(lines, lambda last, line: max(line, last + 1), initial=after))[1:]


Cut = Callable[[Any, Source], Iterator[Grid]]


def numbered(cut: Cut) -> Cut:
    """A layout's `cut` whose rows have lines of their own in the whole file, not only in a grid."""

    @wraps(cut)
    def cut_on(layout: object, source: Source) -> Iterator[Grid]:
        last = 0
        for grid in cut(layout, source):
            if len(grid.lines):
                if grid.lines[0].as_py() <= last:
                    lines = lines_of_their_own(grid.lines.to_pylist(), last)
                    grid.lines = pa.array(lines, pa.int64())
                last = grid.lines[-1].as_py()
            yield grid

    return cut_on


MAX_COLUMNS = 4_000
"""How many columns rows that each have their own may come to."""
ROWS_TOGETHER = 20_000
"""How many such rows are put into one grid, so that memory stays bounded."""


@dataclass(frozen=True)
class Record:
    """A row by the names of its columns (others are blank); a flawed one has no cells."""

    cells: Mapping[str, str]
    line: int
    raw: str
    flaw: Flaw | None = None


def grid_of_records(records: Sequence[Record]) -> Grid:
    """Rows that each have their own columns; the columns are all of theirs, as first seen.

    Raises FileRefused (too-large) where these are more than any format has.
    """
    names = list(dict.fromkeys(name for record in records for name in record.cells))
    if len(names) > MAX_COLUMNS:
        raise FileRefused(
            "too-large",
            "The rows of the file name too many different columns.",
            remedy="Check that this is a file of the format, then ask for it again.",
            expected=f"at most {MAX_COLUMNS} columns",
            found=f"{len(names)}",
        )
    return Grid(
        names=names,
        columns=[
            pa.array([record.cells.get(name, "") for record in records], pa.string())
            for name in names
        ],
        lines=pa.array(lines_of_their_own([record.line for record in records]), pa.int64()),
        flaws={row: record.flaw for row, record in enumerate(records) if record.flaw},
        raws=[record.raw for record in records],
    )
