"""What is kept of a file that came: all of it but its card numbers, whatever its size.

The whole content is looked through, not only its rows. What looks like a card number stays where
the format declares something else; whatever else does is masked, in a copy. What cannot be masked,
since it is packed in a way of its own (a workbook), is not kept: a note stands in its place.
"""

from bisect import bisect_left
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from uuid import uuid4

import numpy as np
import pyarrow as pa

from tieout.exchange.cards import (
    ROWS_TOGETHER,
    card_rows,
    cards_in,
    declared,
    facts_without_cards,
)
from tieout.exchange.unmaskable import packed_cards
from tieout.formats.corrections import record_texts
from tieout.formats.results import Counts, FileRefused, ParsedFile, RowProblem
from tieout.formats.source import CHUNK, Source, open_source
from tieout.formats.spec import FormatSpec
from tieout.formats.stored import StoredRows
from tieout.kernel import archive
from tieout.kernel.card_search import card_places
from tieout.kernel.cards import Span, mask_cards
from tieout.kernel.errors import Place

_PLACES_TOGETHER = 50_000
_MARKS: Mapping[str, bytes] = {"x12": b"X"}
"""What digits are masked with where a star may part elements."""
_CARD = "card-number"
_FORM = "The row holds a card number, which is masked here and in the archive."
_ASK = "Tell the sender to send no card numbers"

Known = Callable[[set[str]], set[str]]
"""Those of the texts given that look like card numbers and are something else."""


@dataclass(frozen=True)
class Came:
    """A file as it came: its bytes, or where they are."""

    content: bytes | Path
    name: str
    spec: FormatSpec


@dataclass(frozen=True)
class Kept:
    """What is kept of a file, and what is read of it; `about` says what became of card numbers."""

    content: bytes | Path
    found: ParsedFile | FileRefused
    about: str | None = None


def cleaned(came: Came, found: ParsedFile | FileRefused, folder: Path) -> Kept:
    """The file without card numbers, its rows that hold one set aside.

    Where it is large and holds some, what is kept is a new file in the folder.
    """
    cards: set[str] = set()
    if isinstance(found, ParsedFile):
        found, cards = _rows_without_cards(came, found)
    source = _text(came)
    if source is None:
        return _whole_or_note(came, found)
    masked = _masked(came, source, _known(came, found, source, cards))
    if masked is None:
        return Kept(came.content, found)
    kept = _written(masked, source, folder)
    return Kept(kept, found, "masked before archiving")


def refused_hash(came: Came) -> str:
    """The SHA-256 that the archive has for the file where it is refused."""
    source = _text(came)
    if source is None:
        kept = _note(came) if next(packed_cards(came.content), None) else came.content
        return archive.digest_of(kept)
    masked = _masked(came, source, _nothing)
    return archive.digest_of(came.content) if masked is None else archive.digest_of_pieces(masked)


def set_aside(parsed: ParsedFile, cards: Mapping[int, str], raws: Mapping[int, str]) -> ParsedFile:
    """The file with rows that hold a card number (`cards`: position, column) set aside.

    `raws` has their text by line.
    """
    if not cards:
        return parsed
    problems: list[RowProblem] = []
    stored = StoredRows(parsed.rows.schema)
    places = sorted(cards)
    start = 0
    for batch in parsed.batches(ROWS_TOGETHER):
        here = places[bisect_left(places, start) : bisect_left(places, start + len(batch))]
        lines = batch.column("line_no")
        problems += [_card_problem(lines[at - start].as_py(), cards[at], raws) for at in here]
        good = np.ones(len(batch), np.bool_)
        good[[at - start for at in here]] = False
        stored.add(pa.Table.from_batches([batch.filter(pa.array(good))]))
        start += len(batch)
    rows = stored.stored()
    rejected = sorted([*parsed.rejected, *problems], key=lambda each: each.line)
    counts = parsed.counts
    return replace(
        parsed,
        rows=rows.rows,
        on_disk=rows.on_disk,
        rejected=rejected,
        counts=Counts(counts.read, len(rows.rows), len(rejected), counts.skipped),
    )


def rows_with_cards(parsed: ParsedFile) -> tuple[dict[int, str], set[str]]:
    """The positions of rows that hold a card number, each with its column; and those numbers."""
    rows: dict[int, str] = {}
    cards: set[str] = set()
    start = 0
    for batch in parsed.batches(ROWS_TOGETHER):
        here = card_rows(batch)
        cards |= cards_in(batch, here)
        rows |= {start + position: column for position, column in here.items()}
        start += len(batch)
    return rows, cards


def _rows_without_cards(
    came: Came, parsed: ParsedFile
) -> tuple[ParsedFile | FileRefused, set[str]]:
    parsed = replace(parsed, facts=facts_without_cards(parsed))
    rows, cards = rows_with_cards(parsed)
    lines = [parsed.rows.column("line_no")[position].as_py() for position in rows]
    if rows and came.spec.layout.binary:
        return _refused(came, lines[0]), cards
    texts = record_texts(came.content, came.spec, name=came.name, lines=lines) if rows else {}
    return set_aside(parsed, rows, texts), cards


def _text(came: Came) -> Source | None:
    """The content of a file that can be masked, or None."""
    if came.spec.layout.binary:
        return None
    with suppress(FileRefused):
        return open_source(came.content, came.name, came.spec.encodings)
    with suppress(FileRefused):
        source = open_source(came.content, came.name, came.spec.encodings, binary=True)
        return None if source.has(b"\0") else source
    return None


def _known(came: Came, found: ParsedFile | FileRefused, source: Source, cards: set[str]) -> Known:
    if isinstance(found, FileRefused):
        return _nothing
    unsure = {problem.line for problem in found.rejected}
    search = partial(declared, parsed=found, source=source, spec=came.spec, unsure=unsure)
    return lambda texts: search(texts - cards)


def _nothing(texts: set[str]) -> set[str]:
    del texts
    return set()


def _masked(came: Came, source: Source, known: Known) -> Iterator[bytes] | None:
    """The content with card numbers masked, in pieces; None where there are none.

    Of a file that came packed or in another encoding it is the content in UTF-8, with a byte order
    mark.
    """
    places = _undeclared(source, known)
    first = next(places, None)
    if first is None:
        return None
    is_same = len(source.data) == source.size and _digest(source) == source.sha256
    mark = _MARKS.get(came.spec.layout.type, b"*")
    pieces = _pieces(source, chain([first], places), mark)
    return pieces if is_same else chain([BOM_UTF8], pieces)


def _undeclared(source: Source, known: Known) -> Iterator[Span]:
    places = card_places(source.data)
    while some := list(islice(places, _PLACES_TOGETHER)):
        texts = [source.data[start:end].decode() for start, end in some]
        fine = known(set(texts))
        yield from (place for place, text in zip(some, texts, strict=True) if text not in fine)


def _pieces(source: Source, places: Iterable[Span], mark: bytes) -> Iterator[bytes]:
    done = 0
    for start, end in places:
        yield from _between(source, done, start)
        yield mark * (end - start - 4)
        done = end - 4
    yield from _between(source, done, len(source.data))


def _between(source: Source, start: int, end: int) -> Iterator[bytes]:
    return (source.data[at : min(at + CHUNK, end)] for at in range(start, end, CHUNK))


def _digest(source: Source) -> str:
    return archive.digest_of_pieces(_between(source, 0, len(source.data)))


def _written(pieces: Iterator[bytes], source: Source, folder: Path) -> bytes | Path:
    if isinstance(source.data, bytes):
        return b"".join(pieces)
    path = folder / uuid4().hex
    with path.open("xb") as out:
        out.writelines(pieces)
    return path


def _whole_or_note(came: Came, found: ParsedFile | FileRefused) -> Kept:
    """A file that cannot be masked: as it came where it holds no card number, else a note of it."""
    known: Known = _nothing
    if isinstance(found, FileRefused):
        if found.reason == _CARD:
            return Kept(_note(came), found, "not kept")
    else:
        source = open_source(came.content, came.name, came.spec.encodings, binary=True)
        known = partial(declared, parsed=found, source=source, spec=came.spec, unsure=set())
    texts = packed_cards(came.content)
    while some := set(islice(texts, _PLACES_TOGETHER)):
        if some - known(some):
            refusal = found if isinstance(found, FileRefused) else _refused(came, None)
            return Kept(_note(came), refusal, "not kept")
    return Kept(came.content, found)


def _note(came: Came) -> bytes:
    sha256 = archive.digest_of(came.content)
    text = f"A file with card numbers was not kept. Its SHA-256 was {sha256}.\n"
    return text.encode()


def _refused(came: Came, line: int | None) -> FileRefused:
    return FileRefused(
        _CARD,
        "The file holds a card number, and cannot be kept without it.",
        remedy=f"{_ASK}, and ask for the file without them.",
        expected="no card numbers",
        found="a card number",
        place=Place(came.name, line=line),
    )


def _card_problem(line: int, column: str, raws: Mapping[int, str]) -> RowProblem:
    return RowProblem(
        line=line,
        field=column,
        value=None,
        rule=_CARD,
        reason=_FORM,
        remedy=f"{_ASK}; correct the row without it.",
        raw=mask_cards(raws[line]),
    )
