"""Rows of cells with a delimiter: with a line of column names, plain or as tagged records."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa
import pyarrow.csv as pacsv
from pydantic import Field, model_validator

from tieout.formats.facts import facts_of
from tieout.formats.fields import FactRecord
from tieout.formats.grid import Flaw, Grid
from tieout.formats.layouts.base import Content, Layout, Recognised
from tieout.formats.results import Fact, FileRefused
from tieout.formats.source import SEND_AGAIN, Source
from tieout.formats.texts import fact_cells
from tieout.kernel.errors import Place

FAST_FROM_BYTES = 65_536


class DelimitedLayout(Layout):
    """Delimited text, in Frictionless words.

    Where records are tagged, the first cell of each says what it is: `header` (facts), the line of
    column names (`columns_tag`), rows (`rows_tag`), `trailer` (facts). `header_order` is the order
    in which the partner writes the columns.
    """

    type: Literal["delimited"]
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quoteChar: str = Field(default='"', min_length=1, max_length=1)  # noqa: N815 (Frictionless)
    header: FactRecord | None = None
    columns_tag: str | None = None
    rows_tag: str | None = None
    trailer: FactRecord | None = None
    header_order: tuple[str, ...] = ()
    final_newline: Literal["required", "optional"] = "optional"

    @model_validator(mode="after")
    def _tags_together(self) -> "DelimitedLayout":
        tags = (self.columns_tag, self.rows_tag)
        if (self.header or self.trailer or any(tags)) and not all(tags):
            raise ValueError("tagged records need columns_tag and rows_tag")
        return self

    @property
    def tagged(self) -> bool:
        """Whether each record starts with a tag that names its kind."""
        return self.rows_tag is not None

    @property
    def has_columns(self) -> bool:
        """There is always a line of column names."""
        return True

    @property
    def around(self) -> tuple[FactRecord, ...]:
        """Header and trailer."""
        return tuple(record for record in (self.header, self.trailer) if record is not None)

    def recognise(self, head: Source, format_id: str) -> Recognised | None:
        """The column names; certain where the header record names the format."""
        rows = csv.reader(
            io.StringIO(head.text, newline=""),
            delimiter=self.delimiter,
            quotechar=self.quoteChar,
        )
        try:
            records = [row for row, _ in zip((row for row in rows if row), range(2), strict=False)]
        except csv.Error:
            return None
        if not self.tagged:
            return Recognised(records[0]) if records else None
        if self.header is None or len(records) < 2:
            return None
        if records[0][:2] != [self.header.tag, format_id]:
            return None
        return Recognised(records[1][1:], certain=True, reason="its first record names the format")

    def cut(self, source: Source) -> Iterator[Grid]:
        """The cells by column, at columnar speed where every line is one record."""
        if self.final_newline == "required" and source.data[-1] not in b"\r\n":
            raise source.truncated("the last line ends with a line break", "it does not")
        grid = _cut_fast(source, self) if len(source.data) >= FAST_FROM_BYTES else None
        yield grid or _grid_of(list(_records(source.text, self, source.name)), self, source)

    def render(self, content: Content) -> bytes:
        """Column names and rows, between header and trailer where there are such."""
        blank = [""] * content.size
        cells = {name: content.cells.get(name, blank) for name in self.header_order}
        cells |= content.cells
        body = list(zip(*cells.values(), strict=True)) if cells else []
        if not self.tagged:
            return self._as_csv([list(cells), *body])
        records: list[Sequence[str]] = []
        if self.header is not None:
            records.append(fact_cells(self.header, {"format": content.format_id, **content.facts}))
        records.append([self.columns_tag or "", *cells])
        records += [(self.rows_tag or "", *row) for row in body]
        if self.trailer is not None:
            records.append(fact_cells(self.trailer, content.facts))
        return self._as_csv(records)

    def _as_csv(self, records: Sequence[Sequence[str]]) -> bytes:
        out = io.StringIO(newline="")
        writer = csv.writer(
            out, delimiter=self.delimiter, quotechar=self.quoteChar, lineterminator="\n"
        )
        writer.writerows(records)
        return out.getvalue().encode("utf-8")


@dataclass(frozen=True)
class _Record:
    line: int
    cells: list[str]


def _records(text: str, layout: DelimitedLayout, name: str) -> Iterator[_Record]:
    quote = layout.quoteChar
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=layout.delimiter,
        quotechar=quote,
        strict=text.count(quote) % 2 == 1,
    )
    start = 1
    try:
        for cells in reader:
            if cells and not (len(cells) == 1 and not cells[0].strip()):
                yield _Record(start, cells)
            start = reader.line_num + 1
    except csv.Error as error:
        raise FileRefused(
            "truncated" if "end of data" in str(error) else "structure",
            f"The file cannot be cut into cells: {error}.",
            remedy=SEND_AGAIN,
            expected="quotes that open and close",
            found=str(error),
            place=Place(name, line=start),
        ) from error


def _grid_of(records: list[_Record], layout: DelimitedLayout, source: Source) -> Grid:
    if not layout.tagged:
        rows = records[1:]
        if rows and len(rows[-1].cells) < len(records[0].cells):
            expected = f"{len(records[0].cells)} cells in the last row"
            raise source.truncated(expected, f"{len(rows[-1].cells)}")
        return _square(records[0].cells, rows)
    header, names, rows, trailer = _sort_tagged(records, layout, source)
    grid = _square(names, rows)
    for index, row in enumerate(rows):
        if row.cells[0] != layout.rows_tag:
            grid.flaws[index] = Flaw("record-type", f"{row.cells[0]!r} is no type of record here.")
    if trailer:
        grid.trailer_line = trailer.line
    grid.facts = _facts(layout, header.cells, trailer.cells if trailer else None, grid, source)
    return _without_tags(grid)


def _facts(
    layout: DelimitedLayout,
    header: list[str],
    trailer: list[str] | None,
    grid: Grid,
    source: Source,
) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    if layout.header is not None:
        facts |= facts_of(layout.header, header[1:], Place(source.name, line=1))
    if layout.trailer is not None:
        place = Place(source.name, line=grid.trailer_line)
        facts |= facts_of(layout.trailer, (trailer or [])[1:], place)
    return facts


def _without_tags(grid: Grid) -> Grid:
    grid.names, grid.columns = grid.names[1:], grid.columns[1:]
    return grid


def _sort_tagged(
    records: list[_Record], layout: DelimitedLayout, source: Source
) -> tuple[_Record, list[str], list[_Record], _Record | None]:
    """Header record, column names, rows and trailer of a file of tagged records."""
    opening = [layout.header.tag] if layout.header else []
    opening += [layout.columns_tag or ""]
    found = [record.cells[0] for record in records[: len(opening)]]
    if found != opening:
        raise source.misplaced(records[0].line, f"records {opening} first", f"{found}")
    header, names = records[0], records[len(opening) - 1].cells
    rows = records[len(opening) :]
    trailer = rows.pop() if layout.trailer and rows and _is_trailer(rows[-1], layout) else None
    strays = {*opening, layout.trailer.tag if layout.trailer else ""}
    stray = next((record for record in rows if record.cells[0] in strays), None)
    if stray is not None:
        found_tag = f"another record {stray.cells[0]!r}"
        raise source.misplaced(stray.line, "rows between header and trailer", found_tag)
    if layout.trailer and trailer is None:
        raise source.truncated(f"a trailer record {layout.trailer.tag!r}", "none")
    return header, names, rows, trailer


def _square(names: list[str], rows: list[_Record]) -> Grid:
    """Rows of one width. Blank cells beyond the last column are dropped; else a row is flawed."""
    width = len(names)
    flaws: dict[int, Flaw] = {}
    cells = [row.cells for row in rows]
    for index, row in enumerate(cells):
        if len(row) == width:
            continue
        if len(row) < width or any(row[width:]):
            flaws[index] = Flaw("row-width", f"The row has {len(row)} cells, not {width}.")
            cells[index] = [""] * width
        else:
            cells[index] = row[:width]
    columns = zip(*cells, strict=True) if cells else [()] * width
    return Grid(
        names=names,
        columns=[pa.array(column, pa.string()) for column in columns],
        lines=pa.array([row.line for row in rows], pa.int64()),
        flaws=flaws,
    )


def _cut_fast(source: Source, layout: DelimitedLayout) -> Grid | None:
    """The same cells at columnar speed, or None where the file needs the careful way.

    Only for files whose every line is one record: then a record's line is its position.
    """
    before = 1 + (layout.header is not None)
    head, body = _split_lines(source.data, before)
    tail = b""
    if layout.trailer is not None:
        at = body.rstrip(b"\r\n").rfind(b"\n") + 1
        body, tail = body[:at], body[at:]
    if (head + tail).count(layout.quoteChar.encode()) % 2:
        return None
    top = list(_records((head + tail).decode(), layout, source.name))
    if len(top) != before + bool(tail) or (tail and not _is_trailer(top[-1], layout)):
        return None
    table = _read_table(body, len(top[before - 1].cells), layout)
    if table is None:
        return None
    columns = [column.combine_chunks() for column in table.columns]
    grid = Grid(
        names=top[before - 1].cells,
        columns=columns,
        lines=pa.array(range(before + 1, before + 1 + len(table)), pa.int64()),
        trailer_line=before + 1 + len(table) if tail else None,
    )
    if not layout.tagged:
        return grid
    tags_hold = columns[0].unique().to_pylist() == [layout.rows_tag]
    opening_holds = before == 1 or top[0].cells[0] == (layout.header and layout.header.tag)
    if not tags_hold or not opening_holds or top[before - 1].cells[0] != layout.columns_tag:
        return None
    grid.facts = _facts(layout, top[0].cells, top[-1].cells if tail else None, grid, source)
    return _without_tags(grid)


def _is_trailer(record: _Record, layout: DelimitedLayout) -> bool:
    return layout.trailer is not None and record.cells[0] == layout.trailer.tag


def _split_lines(data: bytes, count: int) -> tuple[bytes, bytes]:
    at = 0
    for _ in range(count):
        at = data.find(b"\n", at) + 1
        if not at:
            return data, b""
    return data[:at], data[at:]


def _read_table(body: bytes, width: int, layout: DelimitedLayout) -> pa.Table | None:
    names = [str(index) for index in range(width)]
    try:
        table = pacsv.read_csv(
            pa.py_buffer(body),
            read_options=pacsv.ReadOptions(column_names=names),
            parse_options=pacsv.ParseOptions(
                delimiter=layout.delimiter,
                quote_char=layout.quoteChar,
                newlines_in_values=True,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except (pa.ArrowInvalid, ValueError):
        return None
    lines = body.count(b"\n") + (not body.endswith(b"\n"))
    odd_quotes = body.count(layout.quoteChar.encode()) % 2
    bare_returns = body.count(b"\r") - body.count(b"\r\n")
    return None if len(table) != lines or odd_quotes or bare_returns else table
