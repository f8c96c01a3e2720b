"""The rows of delimited text by the careful way: any quotes, any line breaks, bounded memory."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.facts import facts_from, facts_of
from tieout.formats.fields import normal_name
from tieout.formats.grid import Flaw, Grid
from tieout.formats.layouts.delimited_opening import Line, Lines, Opening, records
from tieout.formats.layouts.delimited_words import DelimitedWords, SummarySpec
from tieout.formats.results import Fact
from tieout.formats.source import Source
from tieout.kernel.errors import Place

_ROWS_TOGETHER = 20_000


def careful_rows(
    source: Source, words: DelimitedWords, opening: Opening, *, strict: bool
) -> Iterator[Grid]:
    """The rows, some thousands at a time; what stands behind them is in the last grid.

    `strict` refuses quotes that do not close. Raises FileRefused (structure, truncated, too-large).
    """
    lines = Lines(source, opening.at)
    rows = records(iter(lines), words, source.name, line=opening.line, strict=strict)
    batch = list(islice(rows, _ROWS_TOGETHER))
    here, after = opening, _here(opening, lines)
    while following := list(islice(rows, _ROWS_TOGETHER)):
        yield rows_grid(batch, words, here, source, after.line)
        batch, here, after = following, after, _here(opening, lines)
    ended, facts = _without_end(batch, words, opening, source)
    trailer = batch[-1].line if len(ended) < len(batch) else None
    grid = rows_grid(ended, words, here, source, trailer or after.line)
    grid.facts |= facts
    grid.trailer_line = trailer
    yield grid


def _here(opening: Opening, lines: Lines) -> Opening:
    """What stands before the rows, with the place up to which the lines were taken."""
    return replace(opening, at=lines.at, line=opening.line + lines.given)


def _without_end(
    batch: list[Line], words: DelimitedWords, opening: Opening, source: Source
) -> tuple[list[Line], dict[str, Fact]]:
    """The rows without trailer or last summary, and what these say."""
    last = batch[-1] if batch else None
    if words.trailer is not None:
        if last is None or last.cells[0] != words.trailer.tag:
            _refuse_strays(batch, words, source)
            raise source.truncated(f"a trailer record {words.trailer.tag!r}", "none")
        place = Place(source.name, line=last.line)
        return batch[:-1], facts_of(words.trailer, last.cells[1:], place)
    if (summary := words.summary_of("last")) is not None:
        if last is None:
            raise source.truncated("a summary in the last row", "none")
        cells = dict(zip(opening.names, last.cells, strict=False))
        place = Place(source.name, line=last.line)
        return batch[:-1], facts_from(summary.fields, cells, place, "The last row")
    width = len(opening.names)
    short = last is not None and len(last.cells) < width and any(map(str.strip, last.cells))
    if last and short and words.short_rows == "bad" and not words.tagged:
        raise source.truncated(f"{width} cells in the last row", f"{len(last.cells)}")
    return batch, {}


def rows_grid(
    rows: Sequence[Line],
    words: DelimitedWords,
    opening: Opening,
    source: Source,
    ends_before: int,
) -> Grid:
    """Records as a grid; `ends_before` is the line after the last of them."""
    grid = _square(opening.names, rows, words)
    grid.starts_at, grid.starts_on, grid.ends_before = opening.at, opening.line, ends_before
    if words.tagged:
        _flaw_strays(grid, rows, words, source)
    return tidied(grid, words, opening, source)


def _square(names: list[str], rows: Sequence[Line], words: DelimitedWords) -> Grid:
    """Rows of one width. Blank cells beyond the last column are dropped; else a row is flawed."""
    width = len(names)
    flaws: dict[int, Flaw] = {}
    cells = [row.cells for row in rows]
    for index, row in enumerate(cells):
        if len(row) == width:
            continue
        if len(row) < width and words.short_rows == "fill":
            cells[index] = [*row, *[""] * (width - len(row))]
        elif len(row) > width and not any(cell.strip() for cell in row[width:]):
            cells[index] = row[:width]
        else:
            flaws[index] = Flaw("row-width", f"The row has {len(row)} cells, not {width}.")
            cells[index] = [""] * width
    columns = zip(*cells, strict=True) if cells else [()] * width
    return Grid(
        names=names,
        columns=[pa.array(column, pa.string()) for column in columns],
        lines=pa.array([row.line for row in rows], pa.int64()),
        flaws=flaws,
    )


def _flaw_strays(grid: Grid, rows: Sequence[Line], words: DelimitedWords, source: Source) -> None:
    """Rows with another tag are flawed."""
    _refuse_strays(rows, words, source)
    for index, row in enumerate(rows):
        if row.cells[0] != words.rows_tag:
            reason = f"{row.cells[0]!r} is no type of record here."
            grid.flaws[index] = Flaw("record-type", reason)


def _refuse_strays(rows: Sequence[Line], words: DelimitedWords, source: Source) -> None:
    """Raises FileRefused (structure) for a header or trailer among the rows."""
    strays = {record.tag for record in words.around} | {words.columns_tag}
    stray = next((row for row in rows if row.cells[0] in strays), None)
    if stray is not None:
        found = f"another record {stray.cells[0]!r}"
        raise source.misplaced(stray.line, "rows between header and trailer", found)


def tidied(grid: Grid, words: DelimitedWords, opening: Opening, source: Source) -> Grid:
    """Only what are rows, without tags, with the columns that stand beside them.

    Blank rows are left out, so are summaries known by their words, which become facts of the grid.
    """
    if words.tagged:
        grid.names, grid.columns = grid.names[1:], grid.columns[1:]
        return grid
    drop = _blank(grid)
    for summary in words.summary:
        if summary.when:
            found = pc.and_(_said(grid, summary), pc.invert(drop))
            for row in pc.indices_nonzero(found).to_pylist():
                grid.facts |= _summary_facts(grid, row, summary, source)
            drop = pc.or_(drop, found)
    grid.left_out = pc.sum(drop).as_py() or 0
    if grid.left_out:
        grid = _without(grid, drop)
    for name, text in opening.beside.items():
        grid.names = [*grid.names, name]
        grid.columns = [*grid.columns, pa.repeat(pa.scalar(text, pa.string()), len(grid.lines))]
    return grid


def _blank(grid: Grid) -> pa.BooleanArray:
    """Rows with nothing in any cell; flawed ones are not blank."""
    blank = pa.repeat(pa.scalar(True), len(grid.lines))
    for column in grid.columns:
        if not pc.any(blank).as_py():
            return blank
        blank = pc.and_(blank, pc.equal(pc.utf8_trim_whitespace(column), ""))
    if not grid.flaws:
        return blank
    flawed = pc.is_in(pa.arange(0, len(grid.lines)), pa.array(list(grid.flaws), pa.int64()))
    return pc.and_(blank, pc.invert(flawed))


def _said(grid: Grid, summary: SummarySpec) -> pa.BooleanArray:
    """Rows that have one of the words in each column of `when`."""
    names = [normal_name(name) for name in grid.names]
    found = pa.repeat(pa.scalar(True), len(grid.lines))
    for name, words in summary.when.items():
        if normal_name(name) not in names:
            return pa.repeat(pa.scalar(False), len(grid.lines))
        column = pc.utf8_lower(
            pc.utf8_trim_whitespace(grid.columns[names.index(normal_name(name))])
        )
        exact = [word.lower() for word in words if not word.endswith("*")]
        known = pc.is_in(column, pa.array(exact, pa.string()))
        for word in words:
            if word.endswith("*"):
                known = pc.or_(known, pc.starts_with(column, word[:-1].lower()))
        found = pc.and_(found, known)
    return found


def _summary_facts(grid: Grid, row: int, summary: SummarySpec, source: Source) -> dict[str, Fact]:
    cells = {
        name: column[row].as_py() for name, column in zip(grid.names, grid.columns, strict=True)
    }
    place = Place(source.name, line=grid.lines[row].as_py())
    return facts_from(summary.fields, cells, place, "A row of totals")


def _without(grid: Grid, drop: pa.BooleanArray) -> Grid:
    """The grid without some rows, which are in none of its flaws."""
    keep = pc.indices_nonzero(pc.invert(drop))
    last = pa.array([grid.after(len(grid.lines) - 1)], pa.int64())
    grid.ends = pa.concat_arrays([grid.lines[1:], last]).take(keep)
    place = {row: index for index, row in enumerate(keep.to_pylist())} if grid.flaws else {}
    grid.columns = [column.take(keep) for column in grid.columns]
    grid.lines = grid.lines.take(keep)
    grid.flaws = {place[row]: flaw for row, flaw in grid.flaws.items()}
    return grid
