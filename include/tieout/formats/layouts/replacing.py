"""A corrected record in the place of the one that came, where other records may be between rows.

Nothing here holds a file whole: the places of the corrected records are found first, then what is
between them is given piece by piece.
"""

import io
from collections.abc import Iterable, Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.grid import Grid
from tieout.formats.results import FileRefused
from tieout.formats.source import CHUNK, Source
from tieout.kernel.errors import Place


def with_texts(source: Source, grids: Iterable[Grid], texts: Mapping[int, str]) -> Iterator[bytes]:
    """A file in which the records that start on these lines have other texts.

    The records know their own texts (`Grid.raws`) and come in the order of the file. A text with
    fewer line breaks gets as many as there were, so that other records keep their lines. Raises
    FileRefused (structure) where a record cannot be found again.
    """
    done = looked = 0
    for grid in grids:
        for line, text in zip(grid.lines.to_pylist(), grid.raws or (), strict=True):
            raw = text.encode()
            at = source.data.find(raw, looked)
            if at < 0 and line in texts:
                raise _lost(source, line)
            if line in texts:
                yield from _between(source, done, at)
                yield (texts[line] + "\n" * (text.count("\n") - texts[line].count("\n"))).encode()
                done = at + len(raw)
            looked = at + len(raw) if at >= 0 else looked
    yield from _between(source, done, len(source.data))


def _between(source: Source, start: int, end: int) -> Iterator[bytes]:
    return (source.data[at : min(at + CHUNK, end)] for at in range(start, end, CHUNK))


def _lost(source: Source, line: int) -> FileRefused:
    return FileRefused(
        "structure",
        "The record cannot be found again in the file.",
        remedy="Ask the partner for a corrected file.",
        expected="a record with the text that was set aside",
        found="none",
        place=Place(source.name, line=line),
    )


def with_lines(source: Source, grids: Iterable[Grid], texts: Mapping[int, str]) -> Iterator[bytes]:
    """A file in which the records that start on these lines have other texts.

    Each consists of whole lines: as many as its own text has (`Grid.raws`), else up to the next.
    """
    wanted = pa.array(list(texts), pa.int64())
    ends: dict[int, int] = {}
    for grid in grids:
        for row in pc.indices_nonzero(pc.is_in(grid.lines, wanted)).to_pylist():
            start, raws = grid.lines[row].as_py(), grid.raws
            ends[start] = grid.after(row) if raws is None else start + _lines_of(raws[row])
    left_out_to = 0
    lines = io.TextIOWrapper(source.stream(), encoding="utf-8", newline="")
    for number, line in enumerate(lines, 1):
        if number in ends:
            left_out_to = ends[number]
            yield (texts[number] + "\n").encode()
        elif number < left_out_to:
            yield b"\n"
        else:
            yield line.encode()


def _lines_of(text: str) -> int:
    return len(list(io.StringIO(text, newline="")))
