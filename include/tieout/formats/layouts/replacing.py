"""A corrected record in the place of the one that came, where other records may be between rows."""

import io
from collections.abc import Iterable, Mapping

from tieout.formats.grid import Grid
from tieout.formats.results import FileRefused
from tieout.formats.source import Source
from tieout.kernel.errors import Place


def with_texts(source: Source, grids: Iterable[Grid], texts: Mapping[int, str]) -> str:
    """A file in which the records that start on these lines have other texts.

    The records know their own texts (`Grid.raws`) and come in the order of the file. A text with
    fewer line breaks gets as many as there were, so that other records keep their lines. Raises
    FileRefused (structure) where a record cannot be found again.
    """
    parts: list[str] = []
    done = looked = 0
    for grid in grids:
        for line, raw in zip(grid.lines.to_pylist(), grid.raws or (), strict=True):
            at = source.text.find(raw, looked)
            if at < 0 and line in texts:
                raise _lost(source, line)
            if line in texts:
                blanks = "\n" * (raw.count("\n") - texts[line].count("\n"))
                parts += [source.text[done:at], texts[line], blanks]
                done = at + len(raw)
            looked = at + len(raw) if at >= 0 else looked
    return "".join([*parts, source.text[done:]])


def _lost(source: Source, line: int) -> FileRefused:
    return FileRefused(
        "structure",
        "The record cannot be found again in the file.",
        remedy="Ask the partner for a corrected file.",
        expected="a record with the text that was set aside",
        found="none",
        place=Place(source.name, line=line),
    )


def with_lines(source: Source, grids: Iterable[Grid], texts: Mapping[int, str]) -> str:
    """A file in which the records that start on these lines have other texts.

    Each consists of whole lines, as many as its own text has (`Grid.raws`).
    """
    lines = list(source.lines)
    for grid in grids:
        for start, raw in zip(grid.lines.to_pylist(), grid.raws or (), strict=True):
            if start in texts:
                more = len(list(io.StringIO(raw, newline=""))) - 1
                lines[start - 1 : start + more] = [texts[start] + "\n", *["\n"] * more]
    return "".join(lines)
