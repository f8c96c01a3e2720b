"""A corrected record in the place of the one that came, where records are no plain lines."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import accumulate, chain

from tieout.formats.grid import Grid
from tieout.formats.results import FileRefused
from tieout.formats.source import Source
from tieout.kernel.errors import Place


def with_texts(source: Source, grids: Iterable[Grid], texts: Mapping[int, str]) -> str:
    """A file in which the records that start on these lines have other texts.

    The records know their own texts (`Grid.raws`). A text with fewer line breaks gets as many as
    there were, so that other records keep their lines. Raises FileRefused (structure) for a line on
    which several records start.
    """
    starts = Counter[int]()
    raws: dict[int, str] = {}
    for grid in grids:
        for line, raw in zip(grid.lines.to_pylist(), grid.raws or (), strict=True):
            starts[line] += line in texts
            if line in texts:
                raws[line] = raw
    offsets = [0, *accumulate(map(len, source.lines))]
    parts: list[str] = []
    done = 0
    for line, raw in sorted(raws.items()):
        if starts[line] > 1:
            raise _several(source, line, starts[line])
        at = source.text.find(raw, offsets[line - 1])
        blanks = "\n" * (raw.count("\n") - texts[line].count("\n"))
        parts += [source.text[done:at], texts[line], blanks]
        done = at + len(raw)
    return "".join(chain(parts, [source.text[done:]]))


def _several(source: Source, line: int, number: int) -> FileRefused:
    return FileRefused(
        "structure",
        "One record cannot be told from another on this line.",
        remedy="Ask the partner for a corrected file.",
        expected="one record on the line",
        found=f"{number}",
        place=Place(source.name, line=line),
    )
