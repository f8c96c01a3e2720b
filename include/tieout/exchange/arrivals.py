"""A file that arrived: fetched whole, without card numbers, kept in the archive, parsed."""

import io
import logging
import re
from codecs import BOM_UTF8
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import PurePath

import pyarrow as pa

from tieout.exchange.cards import card_rows
from tieout.exchange.feeds import MARKER, Feed, Waiting
from tieout.formats.corrections import read_corrected, record_texts
from tieout.formats.reading import read_all
from tieout.formats.registry import format_spec
from tieout.formats.results import Counts, Fact, FileRefused, ParsedFile, RowProblem
from tieout.formats.source import open_source
from tieout.formats.spec import FormatSpec
from tieout.kernel import archive, crash
from tieout.kernel.cards import mask_cards
from tieout.kernel.errors import Place
from tieout.transport.files import Content, Files

_CONTROL_FACTS = ("control_no", "report_no", "number", "spool")
_TELLING = frozenset({"truncated", "empty", "structure", "control-total"})
"""Reasons for refusal that a file which is still being written would show too."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Arrival:
    """A file in the archive, either parsed or refused."""

    feed: Feed
    name: str
    size: int
    modified: datetime
    sha256: str
    control_no: str | None
    facts: Mapping[str, Fact]
    parsed: ParsedFile | None
    refusal: FileRefused | None


@dataclass(frozen=True)
class Fetched:
    """The bytes of a file, and those of its marker where it has one."""

    waiting: Waiting
    data: bytes
    marker: bytes | None


@dataclass(frozen=True)
class Parsed:
    """A fetched file and what its format makes of it."""

    fetched: Fetched
    found: ParsedFile | FileRefused

    @property
    def may_be_unfinished(self) -> bool:
        """Whether it is refused for what a file that is still being written would show too."""
        return isinstance(self.found, FileRefused) and self.found.reason in _TELLING


def fetch_file(files: Files, waiting: Waiting) -> Fetched | None:
    """The bytes of a file, or None where it is still being written."""
    feed, file = waiting.feed, waiting.file
    data = files.read(feed.path(file.name))
    if len(data) != file.size:
        _log_unfinished(waiting)
        return None
    marker = files.read(feed.path(file.name + MARKER)) if waiting.marked else None
    return Fetched(waiting, data, marker)


def unchanged(files: Files, waiting: Waiting) -> Waiting | None:
    """The file if it still has the size it was listed with, None where it is being written."""
    if files.size(waiting.feed.path(waiting.file.name)) == waiting.file.size:
        return waiting
    _log_unfinished(waiting)
    return None


def parse_files(fetched: Sequence[Fetched], accepted: frozenset[str]) -> list[Parsed]:
    """What the formats of their feeds make of files: those of one format are read together.

    `accepted` holds the SHA-256, as in the archive, of files that a person takes in though they do
    not tie.
    """
    parsed = [Parsed(each, refusal) for each in fetched if (refusal := _marker_refusal(each))]
    refused = {id(each.fetched) for each in parsed}
    by_format: dict[str, list[Fetched]] = {}
    for each in fetched:
        if id(each) not in refused:
            by_format.setdefault(each.waiting.feed.format_id, []).append(each)
    for format_id, share in by_format.items():
        files = [(each.waiting.file.name, each.data) for each in share]
        as_they_came = _accepted_as_they_came(share, accepted) if accepted else accepted
        found = read_all(files, format_spec(format_id), accepted=as_they_came)
        parsed += [Parsed(each, one) for each, one in zip(share, found, strict=True)]
    return parsed


def _accepted_as_they_came(fetched: Sequence[Fetched], accepted: frozenset[str]) -> frozenset[str]:
    """The SHA-256 of the accepted files with the card numbers that the archive has masked."""
    kept = {Content.of(each.data).sha256: Content.of(_masked(each, None)) for each in fetched}
    return frozenset(came for came, content in kept.items() if content.sha256 in accepted)


def archive_files(parsed: Sequence[Parsed]) -> list[Arrival]:
    """The files put into the archive, without card numbers."""
    cleaned = [_without_card_numbers(each) for each in parsed]
    hashes = archive.put_all([kept for kept, _ in cleaned])
    crash.point("inbox.archived")
    return [
        _arrival(each, sha256, kept, found)
        for each, sha256, (kept, found) in zip(parsed, hashes, cleaned, strict=True)
    ]


def read_again(
    sha256: str,
    format_id: str,
    name: str,
    corrected: Mapping[int, str],
    *,
    accept_unbalanced: bool = False,
) -> tuple[ParsedFile | None, FileRefused | None]:
    """The corrected rows of an archived file; refused when they do not fit into their file.

    `accept_unbalanced` is for files that a person let load though they do not tie.
    """
    spec = format_spec(format_id)
    try:
        parsed = read_corrected(
            archive.get(sha256),
            spec,
            name=name,
            corrected=corrected,
            accept_unbalanced=accept_unbalanced,
        )
    except FileRefused as error:
        return None, error
    return _without_cards(parsed, card_rows(parsed.rows), corrected), None


def raw_records(data: bytes, parsed: ParsedFile, lines: Collection[int]) -> dict[int, str]:
    """The text of the records that start on these lines, with card numbers masked."""
    spec = format_spec(parsed.format_id)
    texts = record_texts(data, spec, name=parsed.name, lines=lines)
    return {line: mask_cards(texts[line]) for line in lines}


def _ends(parsed: ParsedFile, data: bytes) -> dict[int, int]:
    """The line up to which each record goes at most, by its first line."""
    lines = parsed.rows.column("line_no").to_pylist() + [each.line for each in parsed.rejected]
    beyond = data.count(b"\n") + data.count(b"\r") + 2
    return {start: after - 1 for start, after in pairwise([*sorted(lines), beyond])}


def _log_unfinished(waiting: Waiting) -> None:
    path = waiting.feed.path(waiting.file.name)
    _log.info("%s of %s is still being written", path, waiting.feed.partner_id)


def _marker_refusal(fetched: Fetched) -> FileRefused | None:
    """Why a file is refused that is not what its marker says it is."""
    if fetched.marker is None:
        return None
    stated = fetched.marker.decode("utf-8", errors="replace").split()
    found = Content.of(fetched.data)
    if stated == [str(found.size), found.sha256]:
        return None
    return FileRefused(
        "truncated",
        "The file is not what its marker says.",
        remedy="Ask the partner to send the file and its marker again.",
        expected=f"{' '.join(stated)[:100]!r}",
        found=f"{found.size} bytes, SHA-256 {found.sha256}",
        place=Place(fetched.waiting.file.name),
    )


def _without_card_numbers(parsed: Parsed) -> tuple[bytes, ParsedFile | FileRefused]:
    """The bytes to keep, and the file with rows that hold a card number set aside."""
    data, whole = parsed.fetched.data, parsed.found
    if isinstance(whole, FileRefused):
        return _masked(parsed.fetched, None), whole
    cards = card_rows(whole.rows)
    if not cards and not whole.rejected:
        return data, whole
    lines = whole.rows.column("line_no")
    texts = raw_records(data, whole, [lines[position].as_py() for position in cards])
    found = _without_cards(whole, cards, texts)
    if not format_spec(whole.format_id).layout.by_line:
        return _masked(parsed.fetched, None), found
    bad = [each.line for each in found.rejected]
    ends = _ends(whole, _in_utf8(parsed.fetched))
    kept = _masked(parsed.fetched, {n for line in bad for n in range(line, ends[line] + 1)})
    return kept, found


def _arrival(parsed: Parsed, sha256: str, kept: bytes, found: ParsedFile | FileRefused) -> Arrival:
    feed, file = parsed.fetched.waiting.feed, parsed.fetched.waiting.file
    refusal = found if isinstance(found, FileRefused) else None
    whole = None if isinstance(found, FileRefused) else found
    facts = dict(whole.facts) if whole else {}
    if kept != parsed.fetched.data:
        facts["card_numbers"] = "masked before archiving"
    control_no = _control_no(facts, file.name, format_spec(feed.format_id))
    return Arrival(
        feed, file.name, file.size, file.modified, sha256, control_no, facts, whole, refusal
    )


def _masked(fetched: Fetched, numbers: Collection[int] | None) -> bytes:
    """The bytes of a file with card numbers masked on these lines (from 1), or on all.

    Where one is masked in a file that came packed or in another encoding, what is left is its
    content in UTF-8.
    """
    content = _in_utf8(fetched)
    text = content.decode("utf-8", errors="surrogateescape")
    lines = list(io.StringIO(text, newline=""))
    for number in range(1, len(lines) + 1) if numbers is None else numbers:
        if number <= len(lines):
            lines[number - 1] = mask_cards(lines[number - 1])
    masked = "".join(lines).encode("utf-8", errors="surrogateescape")
    return fetched.data if masked == content else masked


def _in_utf8(fetched: Fetched) -> bytes:
    """The content of a file, with a byte order mark where the file itself was not UTF-8."""
    data, feed = fetched.data, fetched.waiting.feed
    spec = format_spec(feed.format_id)
    try:
        source = open_source(data, "", spec.encodings, binary=spec.layout.binary)
    except FileRefused:
        return data
    return data if data.endswith(source.raw) else BOM_UTF8 + source.raw


def _without_cards(
    parsed: ParsedFile, cards: Mapping[int, str], raws: Mapping[int, str]
) -> ParsedFile:
    """The file with rows that hold a card number (`cards`: position, column) set aside.

    `raws` has their text by line.
    """
    if not cards:
        return parsed
    lines = parsed.rows.column("line_no")
    problems = [
        _card_problem(lines[position].as_py(), column, raws) for position, column in cards.items()
    ]
    good = [position for position in range(len(parsed.rows)) if position not in cards]
    rejected = sorted([*parsed.rejected, *problems], key=lambda each: each.line)
    return replace(
        parsed,
        rows=parsed.rows.take(pa.array(good, pa.int64())),
        rejected=rejected,
        counts=Counts(parsed.counts.read, len(good), len(rejected), parsed.counts.skipped),
    )


def _card_problem(line: int, column: str, raws: Mapping[int, str]) -> RowProblem:
    raw = mask_cards(raws[line])
    return RowProblem(
        line=line,
        field=column,
        value=None,
        rule="card-number",
        reason="The row holds a card number, which is masked here and in the archive.",
        remedy="Tell the sender to send no card numbers; correct the row without it.",
        raw=raw,
    )


def _control_no(facts: Mapping[str, Fact], name: str, spec: FormatSpec) -> str | None:
    """The number by which the partner counts its files: stated in the file, else in its name."""
    named = re.fullmatch(spec.name_pattern, name) if spec.name_pattern else None
    known = (named.groupdict() if named else {}) | dict(facts)
    stated = next((str(known[fact]) for fact in _CONTROL_FACTS if known.get(fact)), None)
    if stated is None and "control_no" in _fact_names(spec):
        ending = re.search(r"(\d+)$", PurePath(name).stem)
        stated = ending[1] if ending else None
    return str(int(stated)) if stated and stated.isdecimal() else stated


def _fact_names(spec: FormatSpec) -> set[str]:
    return {field.name for record in spec.layout.around for field in record.fields}
