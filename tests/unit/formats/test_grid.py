"""Rows as text: each has a line of its own, whatever stands on one physical line."""

from collections.abc import Iterator

import pytest

from tieout.formats.grid import Grid, Record, grid_of_records, numbered
from tieout.formats.source import Source

NOTHING = Source("x", b"", "", 0)


class _Batches:
    """A layout whose rows start on given lines, some in each grid."""

    def __init__(self, *batches: list[int]) -> None:
        self.batches = batches

    @numbered
    def cut(self, source: Source) -> Iterator[Grid]:
        del source
        for batch in self.batches:
            yield grid_of_records([Record({"a": "x"}, line, "x") for line in batch])


@pytest.mark.parametrize(
    ("batches", "lines"),
    [
        ([[1, 1], [1, 1], [1]], [1, 2, 3, 4, 5]),
        ([[1, 3], [4, 9]], [1, 3, 4, 9]),
        ([[2, 2, 2], [3, 9], [9]], [2, 3, 4, 5, 9, 10]),
        ([[1, 1], [], [1]], [1, 2, 3]),
    ],
)
def test_rows_of_all_grids_have_lines_of_their_own(batches, lines):
    grids = list(_Batches(*batches).cut(NOTHING))
    assert [line for grid in grids for line in grid.lines.to_pylist()] == lines
