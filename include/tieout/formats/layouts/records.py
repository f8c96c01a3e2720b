"""Delimited records of several kinds, told by their first cell: heads, rows, feet with totals."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from pydantic import Field, model_validator

from tieout.formats.fields import Names as Words
from tieout.formats.grid import Flaw, Grid, Record, grid_of_records
from tieout.formats.layouts.base import Layout, Recognised
from tieout.formats.layouts.records_totals import Plan, Tally, TotalSpec
from tieout.formats.results import FileRefused
from tieout.formats.source import SEND_AGAIN, Source
from tieout.kernel.errors import Place

Names = tuple[str, ...]
TAG = "record"
"""The column with the tag of each row's record."""
_ROWS_TOGETHER = 20_000
_ANY = "*"
_LOOKED_AT = 50


class RecordsLayout(Layout):
    """Delimited records; the first cell of each, its tag, says what it is.

    `rows`, `heads` and `feet` give for each tag the names of its cells by position; where none are
    stated, those of the last record `columns_tag` count. A tag `*` in `rows` stands for all others.
    What `heads` say are facts of the file, by the names `TAG.name`; those in `beside` also stand
    beside the rows that follow. The tag of a row is in the column `record`. `says` are words that a
    record must have, by which the file is recognised. `closed_by` are records that must follow
    another one (a file's header, its footer). `totals` are the counts and sums that heads and feet
    give.
    """

    type: Literal["records"]
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quoteChar: str = Field(default='"', min_length=1, max_length=1)  # noqa: N815 (Frictionless)
    columns_tag: str | None = None
    rows: dict[str, tuple[str, ...]]
    heads: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    feet: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    beside: tuple[str, ...] = ()
    says: dict[str, dict[str, Words]] = Field(default_factory=dict)
    closed_by: dict[str, str] = Field(default_factory=dict)
    totals: tuple[TotalSpec, ...] = ()

    @property
    def ties(self) -> tuple[str, ...]:
        """What files of the layout say of themselves that must be so."""
        return tuple(f"{total.name} as record {total.record} states" for total in self.totals)

    @model_validator(mode="after")
    def _tags_are_known(self) -> "RecordsLayout":
        known = {*self.rows, *self.heads, *self.feet}
        named = {*self.says, *self.closed_by, *self.closed_by.values()}
        named |= {total.record for total in self.totals}
        if unknown := named - known:
            raise ValueError(f"there is no record {min(unknown)!r}")
        if self.columns_tag is None and not all(self.rows.values()):
            raise ValueError("rows have no column names")
        return self

    def names_of(self, tag: str, current: Names) -> Names:
        """The names of a record's cells; `current` are those of the last record with names."""
        for group in (self.heads, self.feet, self.rows):
            if tag in group:
                return group[tag] or current
        return self.rows.get(_ANY, ()) or current

    def is_row(self, tag: str) -> bool:
        """Whether a record is a row (and not a head, a foot or a line of column names)."""
        others = {self.columns_tag, *self.heads, *self.feet}
        return tag in self.rows or (_ANY in self.rows and tag not in others)

    def recognise(self, head: Source, format_id: str) -> Recognised | None:
        """The columns of the first records; certain where they say what only this format says."""
        del format_id
        try:
            records = list(islice(_cut(head, self), _LOOKED_AT))
        except FileRefused:
            return None
        if not records or not self._may_open(records[0].cells[0].strip()):
            return None
        names, current = [TAG], Names()
        for record in records:
            tag, cells = record.cells[0].strip(), record.cells[1:]
            if tag == self.columns_tag:
                current = _trimmed(cells)
                continue
            found = self.names_of(tag, current)
            if tag in self.says and self.unsaid(tag, dict(zip(found, cells, strict=False))):
                return None
            if tag in self.feet:
                found = ()
            elif tag in self.heads:
                found = tuple(f"{tag}.{name}" for name in found if f"{tag}.{name}" in self.beside)
            names += found
        names = list(dict.fromkeys([*names, *current]))
        tags = {record.cells[0].strip() for record in records}
        if self.says and tags.issuperset(self.says):
            return Recognised(names, certain=True, reason=f"its record {min(self.says)!r} says so")
        return Recognised(names)

    def _may_open(self, tag: str) -> bool:
        return tag == self.columns_tag or tag in self.heads or (tag in self.rows)

    def unsaid(self, tag: str, cells: Mapping[str, str]) -> str | None:
        """The name of a record's cell that has none of the words it must have."""
        wanted = self.says.get(tag, {})
        wrong = (name for name, words in wanted.items() if cells.get(name, "").strip() not in words)
        return next(wrong, None)

    def cut(self, source: Source) -> Iterator[Grid]:
        """The rows, some thousands at a time; the totals with the last.

        Raises FileRefused for a record that is none of the format, column names that are missing or
        an opening record that is not closed.
        """
        reader = _Reader(self, source)
        rows = reader.rows()
        batch = list(islice(rows, _ROWS_TOGETHER))
        while following := list(islice(rows, _ROWS_TOGETHER)):
            yield grid_of_records(batch)
            batch = following
        grid = grid_of_records(batch)
        grid.facts = dict(reader.said)
        grid.checks = reader.tally.results
        grid.trailer_line = reader.last_foot
        yield grid


@dataclass(frozen=True)
class _Raw:
    line: int
    text: str
    cells: list[str]


@dataclass
class _Reader:
    """Where the reading of a file is."""

    layout: RecordsLayout
    source: Source
    said: dict[str, str] = field(default_factory=dict)
    last_foot: int | None = None
    tally: Tally = field(init=False)
    _names: Names = ()
    _plans: dict[tuple[str, Names], Plan] = field(default_factory=dict)
    _beside: dict[str, str] = field(default_factory=dict)
    _open: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tally = Tally(self.layout.totals)

    def rows(self) -> Iterator[Record]:
        """The rows; the totals are complete after the last."""
        for raw in _cut(self.source, self.layout):
            tag = raw.cells[0].strip()
            if tag == self.layout.columns_tag:
                self._names = _trimmed(raw.cells[1:])
                continue
            names = self.layout.names_of(tag, self._names)
            if self.layout.is_row(tag):
                yield self._row(tag, raw, names)
            else:
                self._other(tag, raw, names)
        if self._open:
            opened, closing = next(iter(self._open.items()))
            raise self.source.truncated(f"a record {closing!r} after {opened!r}", "none")
        self.tally.close()

    def _row(self, tag: str, raw: _Raw, names: Names) -> Record:
        if not names:
            expected = f"a record {self.layout.columns_tag!r} before the first row"
            raise self.source.misplaced(raw.line, expected, f"{tag!r}")
        cells = raw.cells[1:]
        wrong = len(cells) < len(names) or any(cell.strip() for cell in cells[len(names) :])
        if wrong:
            reason = f"The row has {len(raw.cells)} cells, not {len(names) + 1}."
            self.tally.flawed(tag, raw.line)
            return Record({}, raw.line, raw.text, Flaw("row-width", reason))
        if (tag, names) not in self._plans:
            self._plans[tag, names] = self.tally.plan(tag, names)
        self.tally.row(self._plans[tag, names], cells, raw.line)
        found = dict(zip(names, cells, strict=False))
        return Record({TAG: tag, **found, **self._beside}, raw.line, raw.text)

    def _other(self, tag: str, raw: _Raw, names: Sequence[str]) -> None:
        """A head or a foot."""
        layout = self.layout
        if tag not in layout.heads and tag not in layout.feet:
            known = sorted({*layout.heads, *layout.feet, *layout.rows, layout.columns_tag or ""})
            expected = f"one of the records {', '.join(filter(None, known))}"
            raise self.source.misplaced(raw.line, expected, f"{tag[:40]!r}")
        cells = {name: cell.strip() for name, cell in zip(names, raw.cells[1:], strict=False)}
        if wrong := layout.unsaid(tag, cells):
            wanted = " or ".join(layout.says[tag][wrong])
            raise self.source.misplaced(raw.line, f"{wrong} {wanted}", cells.get(wrong, "none"))
        self._open = {opened: closing for opened, closing in self._open.items() if closing != tag}
        if tag in layout.closed_by:
            self._open[tag] = layout.closed_by[tag]
        if tag in layout.heads:
            said = {f"{tag}.{name}": cell for name, cell in cells.items()}
            self._beside |= {name: cell for name, cell in said.items() if name in layout.beside}
            self.said |= {name: cell for name, cell in said.items() if cell}
        else:
            self.last_foot = raw.line
        self.tally.record(tag, cells, raw.line)


def _trimmed(cells: Sequence[str]) -> Names:
    """Column names without the blank cells at their end."""
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


class _Lines:
    """The physical lines of a file, and the text of those that were taken since the last record."""

    def __init__(self, source: Source) -> None:
        self._lines = io.TextIOWrapper(source.stream(), encoding="utf-8", newline="")
        self._taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._taken.append(line)
        return line

    def taken(self) -> str:
        text = "".join(self._taken)
        self._taken.clear()
        return text


def _cut(source: Source, layout: RecordsLayout) -> Iterator[_Raw]:
    """The records with their first line and text; blank lines are none."""
    quote = layout.quoteChar
    lines = _Lines(source)
    reader = csv.reader(
        lines,
        delimiter=layout.delimiter,
        quotechar=quote,
        strict=source.count(quote.encode()) % 2 == 1,
    )
    start = 1
    try:
        for cells in reader:
            text = lines.taken()
            if any(cell.strip() for cell in cells):
                yield _Raw(start, text.rstrip("\r\n"), cells)
            start = reader.line_num + 1
    except csv.Error as error:
        raise FileRefused(
            "truncated" if "end of data" in str(error) else "structure",
            f"The file cannot be cut into cells: {error}.",
            remedy=SEND_AGAIN,
            expected="quotes that open and close",
            found=str(error),
            place=Place(source.name, line=start),
        ) from error
