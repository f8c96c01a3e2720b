"""The rows of a large delimited file block by block, so that memory is bounded whatever its size.

A block whose every line is one record is cut at columnar speed, another record by record; both
give the same. A file with a quote that does not close is read record by record.
"""

import csv
from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa
import pyarrow.csv as pacsv

from tieout.formats.encodings import occurrences
from tieout.formats.grid import Grid
from tieout.formats.layouts.delimited_opening import Lines, Opening, has_open_quote, records
from tieout.formats.layouts.delimited_rows import careful_rows, rows_grid, tidied
from tieout.formats.layouts.delimited_words import DelimitedWords
from tieout.formats.source import Source

BLOCK_BYTES = 8 * 1024 * 1024
"""How much text is cut together."""
TAIL_BYTES = 65_536
"""How much of the end is always read record by record: what stands behind the rows is there."""


def fast_rows(source: Source, words: DelimitedWords, opening: Opening) -> Iterator[Grid]:
    """The rows, in grids of about a block; what stands behind them is in the last grid.

    Raises FileRefused (structure, truncated, too-large).
    """
    odd = has_open_quote(source, words, opening.at)
    data, at, line = source.data, opening.at, opening.line
    end = 0 if odd else data.rfind(b"\n", at, max(at, source.text_end - TAIL_BYTES)) + 1
    while at < end:
        stop = data.rfind(b"\n", at, min(at + BLOCK_BYTES, end)) + 1
        here = replace(opening, at=at, line=line)
        grid = _block(source, stop, words, here) if stop else None
        if grid is not None:
            at, line = stop, line + len(grid.lines)
            yield tidied(grid, words, opening, source)
        else:
            lines = Lines(source, at)
            stop = stop or min(at + BLOCK_BYTES, end)
            grid = _record_by_record(lines, stop, source, words, here)
            if lines.at > end:
                break
            at, line = lines.at, line + lines.given
            yield grid
    yield from careful_rows(source, words, replace(opening, at=at, line=line), strict=odd)


def _record_by_record(
    lines: Lines,
    stop: int,
    source: Source,
    words: DelimitedWords,
    here: Opening,
) -> Grid:
    """The records that start before a byte, of which the last may end beyond it."""
    found = []
    for record in records(iter(lines), words, source.name, line=here.line):
        found.append(record)
        if lines.at >= stop:
            break
    return rows_grid(found, words, here, source, here.line + lines.given)


def _block(source: Source, stop: int, words: DelimitedWords, here: Opening) -> Grid | None:
    """The lines up to a byte, or None where one might not be just one record."""
    block = source.data[here.at : stop]
    size = occurrences(block, b"\n")
    bare_returns = b"\r" in block and block.count(b"\r") - block.count(b"\r\n")
    width = len(here.names)
    careful = width == 1 or words.short_rows != "bad" or bare_returns
    if careful or not _ends_outside_quotes(block, words):
        return None
    table = _table(block, width, words)
    if table is None or len(table) != size:
        return None
    columns = [column.combine_chunks() for column in table.columns]
    if words.tagged and columns[0].unique().to_pylist() != [words.rows_tag]:
        return None
    grid = Grid(here.names, columns, pa.arange(here.line, here.line + size))
    grid.starts_at, grid.starts_on, grid.ends_before = here.at, here.line, here.line + size
    return grid


def _ends_outside_quotes(block: bytes, words: DelimitedWords) -> bool:
    quote = words.quoteChar.encode()
    if not quote or quote not in block:
        return True
    if block.count(quote) % 2:
        return False
    last = block[block.rfind(b"\n", 0, len(block) - 1) + 1 :]
    if quote not in last:
        return True
    cells = next(csv.reader([last.decode()], delimiter=words.delimiter, quotechar=words.quoteChar))
    return not cells[-1].endswith("\n")


def _table(block: bytes, width: int, words: DelimitedWords) -> pa.Table | None:
    names = [str(index) for index in range(width)]
    try:
        return pacsv.read_csv(
            pa.py_buffer(block),
            read_options=pacsv.ReadOptions(
                column_names=names, block_size=len(block), use_threads=False
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=words.delimiter,
                quote_char=words.quoteChar or False,
                newlines_in_values=bool(words.quoteChar),
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
    except (pa.ArrowInvalid, ValueError):
        return None
