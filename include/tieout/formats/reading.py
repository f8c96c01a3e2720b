"""Reading a file by its spec: cut, convert, finish, check; refused whole, or read to its end.

A file is worked through grid by grid, so that memory stays bounded; nothing of it is given out
before its end was seen and its control totals held.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from tieout.formats.gathering import Gathering, Terms
from tieout.formats.grid import Grid
from tieout.formats.parallel import in_order
from tieout.formats.parts import Cut, Part, convert_together, to_convert
from tieout.formats.results import Fact, FileRefused, ParsedFile
from tieout.formats.source import open_source
from tieout.formats.spec import FormatSpec

BATCH_BYTES = 32 * 1024 * 1024
"""How much text is converted together, so that memory stays bounded."""
SMALL_BYTES = 1024 * 1024
"""Up to what size files with the same columns are converted together."""


@dataclass(frozen=True)
class _Small:
    """A file of one grid, waiting to be converted with others like it."""

    gathering: Gathering
    cut: Cut


def read(
    data: bytes | Path,
    spec: FormatSpec,
    *,
    name: str,
    strict: bool = False,
    accept_unbalanced: bool = False,
) -> ParsedFile:
    """The canonical rows of a file.

    `name` is the partner's name of the file, for messages and for facts of its name pattern;
    `strict` refuses the file for failed checks that else are only reported, `accept_unbalanced`
    reports those for which it would be refused.
    Rows that do not hold are in `rejected`, all others in `rows`. Raises FileRefused, before
    anything is given out, when the file is empty, cut off, in another encoding, without a required
    column, does not tie with its control totals, or has more bad rows than the spec allows.
    """
    terms = Terms(strict, accept_unbalanced)
    gathering, grids = _opened(data, spec, name, terms)
    return _gathered(gathering, grids)


def read_all(
    files: Sequence[tuple[str, bytes | Path]],
    spec: FormatSpec,
    *,
    strict: bool = False,
    accepted: frozenset[str] = frozenset(),
) -> list[ParsedFile | FileRefused]:
    """What `read` makes of each file, or why it is refused, in their order.

    A file is given by its name, and its bytes or where they are. Small files with the same columns
    are converted together, so that many of them are as quick as a large one. `accepted` holds the
    SHA-256 of files that are taken though they do not tie.
    """
    found: dict[int, ParsedFile | FileRefused] = {}
    alike: dict[tuple[str, ...], list[tuple[int, _Small]]] = {}
    for number, (name, content) in enumerate(files):
        try:
            one = _read_or_wait(content, spec, name, Terms(strict, accepted_hashes=accepted))
        except FileRefused as refusal:
            found[number] = refusal
        else:
            if isinstance(one, ParsedFile):
                found[number] = one
            else:
                alike.setdefault(tuple(one.cut.grid.names), []).append((number, one))
    for share in alike.values():
        for batch in _batches(share):
            parsed = _read_together([file for _, file in batch], spec)
            found |= dict(zip((number for number, _ in batch), parsed, strict=True))
    return [found[number] for number in range(len(files))]


def _opened(
    content: bytes | Path, spec: FormatSpec, name: str, terms: Terms
) -> tuple[Gathering, Iterator[Grid]]:
    source = open_source(content, name, spec.encodings, binary=spec.layout.binary)
    return Gathering(spec, source, _name_facts(spec, name), terms), spec.layout.cut(source)


def _read_or_wait(
    content: bytes | Path, spec: FormatSpec, name: str, terms: Terms
) -> ParsedFile | _Small:
    gathering, grids = _opened(content, spec, name, terms)
    if gathering.source.size > SMALL_BYTES:
        return _gathered(gathering, grids)
    few = list(grids)
    if len(few) != 1:
        return _gathered(gathering, iter(few))
    return _Small(gathering, to_convert(few[0], spec, name))


def _gathered(gathering: Gathering, grids: Iterator[Grid]) -> ParsedFile:
    """A file by itself. Raises FileRefused."""
    spec, source = gathering.spec, gathering.source

    def converted(grid: Grid) -> Part:
        return convert_together([to_convert(grid, spec, source.name)], spec)[0]

    first = next(grids, None)
    second = next(grids, None)
    with gathering:
        if first is not None and second is None:
            gathering.add(converted(first))
        elif first is not None and second is not None:
            for part in in_order(converted, chain([first, second], grids)):
                gathering.add(part)
        return gathering.finish()


def _batches(share: Sequence[tuple[int, _Small]]) -> Iterator[list[tuple[int, _Small]]]:
    batch: list[tuple[int, _Small]] = []
    size = 0
    for each in share:
        if batch and size + each[1].gathering.source.size > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += each[1].gathering.source.size
    yield batch


def _read_together(files: Sequence[_Small], spec: FormatSpec) -> Iterator[ParsedFile | FileRefused]:
    """Files with the same columns: converted as one, then each judged by itself."""
    parts = convert_together([file.cut for file in files], spec)
    for file, part in zip(files, parts, strict=True):
        try:
            with file.gathering as gathering:
                gathering.add(part)
                yield gathering.finish()
        except FileRefused as refusal:
            yield refusal


def _name_facts(spec: FormatSpec, name: str) -> dict[str, Fact]:
    found = re.fullmatch(spec.name_pattern, Path(name).name) if spec.name_pattern else None
    return dict(found.groupdict()) if found else {}
