"""Rows that do not hold: why, where, and the text of their records."""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from tieout.formats.columns import BadCell
from tieout.formats.grid import Grid
from tieout.formats.layouts.windows import texts_of_lines
from tieout.formats.parts import Part
from tieout.formats.results import RowProblem
from tieout.formats.source import Source
from tieout.kernel.cards import mask_cards

_TELLS_NO_NUMBER = frozenset({"money", "currency", "integer", "number"})


def row_problems(part: Part, source: Source) -> dict[int, RowProblem]:
    """One problem per bad row, by its index in the part: its first; the reason names the others."""
    by_row = _cells_by_row(part)
    if not by_row:
        return {}
    rows = {part.cut.in_grid(row): row for row in by_row}
    raws = dict(raw_texts(source, part.cut.grid, sorted(rows)))
    lines = part.cut.grid.lines
    return {
        row: _row_problem(by_row[row], lines[in_grid].as_py(), raws[in_grid])
        for in_grid, row in rows.items()
    }


def unreadable(part: Part) -> int:
    """Of how many rows a number could not be read, so that no sum over them can be trusted."""
    bad = {part.cut.in_grid(cell.row) for cell in part.bad if cell.rule in _TELLS_NO_NUMBER}
    return len(bad | set(part.cut.grid.flaws))


def raw_texts(source: Source, grid: Grid, rows: Sequence[int]) -> Iterator[tuple[int, str]]:
    """The texts of records, given by their ascending indices in the grid."""
    if grid.raws is not None:
        yield from ((row, grid.raws[row]) for row in rows)
        return
    yield from zip(rows, texts_of_lines(source, grid, rows), strict=True)


def _cells_by_row(part: Part) -> dict[int, list[BadCell]]:
    flaws = part.cut.grid.flaws
    by_row: dict[int, list[BadCell]] = {}
    if flaws:
        here = part.cut.origin
        for in_grid, flaw in flaws.items():
            row = in_grid if here is None else here.index(pa.scalar(in_grid)).as_py()
            by_row[row] = [BadCell(row, "", None, flaw.rule, flaw.reason, "Ask for the row again.")]
    flawed = set(by_row)
    for cell in part.bad:
        if cell.row not in flawed:
            by_row.setdefault(cell.row, []).append(cell)
    return by_row


def _row_problem(cells: list[BadCell], line: int, raw: str) -> RowProblem:
    first, *others = cells
    also = ", ".join(dict.fromkeys(cell.source for cell in others if cell.source != first.source))
    return RowProblem(
        line=line,
        field=first.source or None,
        value=None if first.text is None else mask_cards(first.text),
        rule=first.rule,
        reason=mask_cards(first.reason) + (f" Also wrong: {also}." if also else ""),
        remedy=first.remedy,
        raw=mask_cards(raw),
    )
