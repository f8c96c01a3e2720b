"""Bytes -> cells: where records begin and end, which are rows, and which line each starts on."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain

import pyarrow as pa
import pyarrow.csv as pacsv

from tieout.formats.model import FormatSpec
from tieout.formats.results import FileRefused
from tieout.kernel.errors import Place

FAST_FROM_BYTES = 65_536
_SEND_AGAIN = "Ask the partner to send the whole file again."


@dataclass(frozen=True)
class Flaw:
    """A record that cannot be cut into cells: its rule and what is wrong."""

    rule: str
    reason: str


@dataclass
class Grid:
    """The rows of a file as text: one array per source column, each row's physical line.

    `flaws` holds rows that are no proper records (their cells are blank); `header` and `trailer`
    are the cells of the fact records after their tag.
    """

    names: list[str]
    columns: list[pa.StringArray]
    lines: pa.Int64Array
    flaws: dict[int, Flaw] = field(default_factory=dict)
    header: list[str] | None = None
    trailer: list[str] | None = None
    trailer_line: int | None = None


@dataclass(frozen=True)
class _Record:
    line: int
    cells: list[str]


def decode(data: bytes, spec: FormatSpec, name: str) -> str:
    """The text of a file, without byte order mark. Raises FileRefused (empty, encoding)."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad_bytes(data, error.start, spec, name) from error
    if not text.strip():
        raise FileRefused(
            "empty",
            "The file is empty.",
            remedy=_SEND_AGAIN,
            expected="a file with content",
            found=f"{len(data)} bytes",
            place=Place(name),
        )
    if "\0" in text:
        raise _bad_bytes(data, data.index(0), spec, name)
    return text


def _bad_bytes(data: bytes, at: int, spec: FormatSpec, name: str) -> FileRefused:
    return FileRefused(
        "encoding",
        f"Byte {at + 1} is no text in {spec.encoding}.",
        remedy="Ask the partner for the encoding that the format states.",
        expected=f"text in {spec.encoding}",
        found=f"byte 0x{data[at]:02x}",
        place=Place(name, line=data.count(b"\n", 0, at) + 1),
    )


def cut(data: bytes, text: str, spec: FormatSpec, name: str) -> Grid:
    """The cells of a file. Raises FileRefused (structure, truncated)."""
    if spec.final_newline == "required" and text[-1] not in "\r\n":
        raise truncated(name, text, "the last line ends with a line break", "it does not")
    if spec.layout == "jsonl":
        return _cut_jsonl(text)
    if len(data) >= FAST_FROM_BYTES:
        grid = _cut_fast(data.removeprefix(b"\xef\xbb\xbf"), spec, name)
        if grid is not None:
            return grid
    records = list(_records(text, spec, name))
    return _grid_of(records, spec, name, text)


def physical_lines(text: str, spec: FormatSpec) -> list[str]:
    """The lines of a text, line breaks included, as records count them."""
    return list(io.StringIO(text, newline="\n" if spec.layout == "jsonl" else ""))


def truncated(name: str, text: str, expected: str, found: str) -> FileRefused:
    """The refusal of a file that ends too early."""
    return FileRefused(
        "truncated",
        "The file looks cut off.",
        remedy=_SEND_AGAIN,
        expected=expected,
        found=found,
        place=Place(name, line=text.rstrip("\r\n").count("\n") + 1),
    )


def _records(text: str, spec: FormatSpec, name: str) -> Iterator[_Record]:
    quote = spec.dialect.quoteChar
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=spec.dialect.delimiter,
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
            remedy=_SEND_AGAIN,
            expected="quotes that open and close",
            found=str(error),
            place=Place(name, line=start),
        ) from error


def _grid_of(records: list[_Record], spec: FormatSpec, name: str, text: str) -> Grid:
    if not spec.tagged:
        rows = records[1:]
        if rows and len(rows[-1].cells) < len(records[0].cells):
            expected = f"{len(records[0].cells)} cells in the last row"
            raise truncated(name, text, expected, f"{len(rows[-1].cells)}")
        return _square(records[0].cells, rows)
    header, names, rows, trailer = _sort_tagged(records, spec, name, text)
    grid = _square(names, rows)
    for index, row in enumerate(rows):
        if row.cells[0] != spec.records.detail.tag:
            grid.flaws[index] = Flaw("record-type", f"{row.cells[0]!r} is no type of record here.")
    grid.header, grid.trailer = header.cells[1:], trailer.cells[1:] if trailer else None
    grid.trailer_line = trailer.line if trailer else None
    return _without_tags(grid)


def _without_tags(grid: Grid) -> Grid:
    grid.names, grid.columns = grid.names[1:], grid.columns[1:]
    return grid


def _sort_tagged(
    records: list[_Record], spec: FormatSpec, name: str, text: str
) -> tuple[_Record, list[str], list[_Record], _Record | None]:
    """Header record, column names, rows and trailer of a file of tagged records."""
    shape = spec.records
    opening = [shape.header.tag] if shape.header else []
    opening += [shape.columns_tag or ""]
    found = [record.cells[0] for record in records[: len(opening)]]
    if found != opening:
        raise _misplaced(name, records[0].line, f"records {opening} first", f"{found}")
    header, names = records[0], records[len(opening) - 1].cells
    rows = records[len(opening) :]
    trailer = rows.pop() if shape.trailer and rows and _is_trailer(rows[-1].cells, spec) else None
    strays = {*opening, shape.trailer.tag if shape.trailer else ""}
    stray = next((record for record in rows if record.cells[0] in strays), None)
    if stray is not None:
        found_tag = f"another record {stray.cells[0]!r}"
        raise _misplaced(name, stray.line, "rows between header and trailer", found_tag)
    if shape.trailer and trailer is None:
        raise truncated(name, text, f"a trailer record {shape.trailer.tag!r}", "none")
    return header, names, rows, trailer


def _misplaced(name: str, line: int, expected: str, found: str) -> FileRefused:
    return FileRefused(
        "structure",
        "The records of the file are not in their order.",
        remedy="Check that this is a file of the format, then ask for it again.",
        expected=expected,
        found=found,
        place=Place(name, line=line),
    )


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


def _cut_fast(data: bytes, spec: FormatSpec, name: str) -> Grid | None:
    """The same cells at columnar speed, or None where the file needs the careful way.

    Only for files whose every line is one record: then a record's line is its position.
    """
    before = 1 + (spec.tagged and spec.records.header is not None)
    head, body = _split_lines(data, before)
    tail = b""
    if spec.records.trailer is not None:
        at = body.rstrip(b"\r\n").rfind(b"\n") + 1
        body, tail = body[:at], body[at:]
    if (head + tail).count(spec.dialect.quoteChar.encode()) % 2:
        return None
    top = [record.cells for record in _records((head + tail).decode(), spec, name)]
    if len(top) != before + bool(tail) or (tail and not _is_trailer(top[-1], spec)):
        return None
    table = _read_table(body, len(top[before - 1]), spec)
    if table is None:
        return None
    columns = [column.combine_chunks() for column in table.columns]
    grid = Grid(
        names=top[before - 1],
        columns=columns,
        lines=pa.array(range(before + 1, before + 1 + len(table)), pa.int64()),
        header=top[0][1:] if before > 1 else None,
        trailer=top[-1][1:] if tail else None,
        trailer_line=before + 1 + len(table) if tail else None,
    )
    if not spec.tagged:
        return grid
    tags_hold = columns[0].unique().to_pylist() == [spec.records.detail.tag]
    opening_holds = before == 1 or top[0][0] == (spec.records.header and spec.records.header.tag)
    names_hold = top[before - 1][0] == spec.records.columns_tag
    return _without_tags(grid) if tags_hold and opening_holds and names_hold else None


def _is_trailer(cells: list[str], spec: FormatSpec) -> bool:
    return spec.records.trailer is not None and cells[0] == spec.records.trailer.tag


def _split_lines(data: bytes, count: int) -> tuple[bytes, bytes]:
    at = 0
    for _ in range(count):
        at = data.find(b"\n", at) + 1
        if not at:
            return data, b""
    return data[:at], data[at:]


def _read_table(body: bytes, width: int, spec: FormatSpec) -> pa.Table | None:
    names = [str(index) for index in range(width)]
    try:
        table = pacsv.read_csv(
            pa.py_buffer(body),
            read_options=pacsv.ReadOptions(column_names=names),
            parse_options=pacsv.ParseOptions(
                delimiter=spec.dialect.delimiter,
                quote_char=spec.dialect.quoteChar,
                newlines_in_values=True,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except (pa.ArrowInvalid, ValueError):
        return None
    lines = body.count(b"\n") + (not body.endswith(b"\n"))
    odd_quotes = body.count(spec.dialect.quoteChar.encode()) % 2
    bare_returns = body.count(b"\r") - body.count(b"\r\n")
    return None if len(table) != lines or odd_quotes or bare_returns else table


def _cut_jsonl(text: str) -> Grid:
    """One JSON object per line; the columns are the union of the objects' keys, as first seen."""
    numbered = [(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    flaws: dict[int, Flaw] = {}
    objects: list[dict[str, str]] = []
    for index, (_, line) in enumerate(numbered):
        found = _json_object(line)
        if isinstance(found, Flaw):
            flaws[index] = found
            found = {}
        objects.append(found)
    names = list(dict.fromkeys(chain.from_iterable(objects)))
    return Grid(
        names=names,
        columns=[pa.array([row.get(name, "") for row in objects], pa.string()) for name in names],
        lines=pa.array([number for number, _ in numbered], pa.int64()),
        flaws=flaws,
    )


def _json_object(line: str) -> dict[str, str] | Flaw:
    try:
        found = json.loads(line, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        return Flaw("json", f"The line is no JSON: {error}.")
    if not isinstance(found, dict):
        return Flaw("json", "The line is no JSON object.")
    return {key: _json_cell(value) for key, value in found.items()}


def _no_number(word: str) -> object:
    raise ValueError(f"{word} is no number of JSON")


def _json_cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str | Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=float)
