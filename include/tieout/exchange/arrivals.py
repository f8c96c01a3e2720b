"""A file that arrived: fetched whole, without card numbers, kept in the archive, parsed."""

import logging
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import PurePath

import pyarrow as pa

from tieout.exchange.cards import card_rows, mask
from tieout.exchange.feeds import MARKER, Feed, Waiting
from tieout.formats.corrections import read_corrected
from tieout.formats.model import FormatSpec
from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.formats.results import Counts, Fact, FileRefused, ParsedFile, RowProblem
from tieout.kernel import archive, crash
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


def fetch_file(files: Files, waiting: Waiting) -> Arrival | None:
    """The file fetched and archived, or None where it is still being written."""
    feed, file = waiting.feed, waiting.file
    data = files.read(feed.path(file.name))
    if len(data) != file.size:
        _log_unfinished(waiting)
        return None
    try:
        if waiting.marked:
            _check_marker(files.read(feed.path(file.name + MARKER)), data, file.name)
        parsed, refusal = read(data, format_spec(feed.format_id), name=file.name), None
    except FileRefused as error:
        if error.reason in _TELLING and files.size(feed.path(file.name)) != file.size:
            _log_unfinished(waiting)
            return None
        parsed, refusal = None, error
    return _arrival(waiting, data, parsed, refusal)


def read_again(
    sha256: str, format_id: str, name: str, corrected: Mapping[int, str]
) -> tuple[ParsedFile | None, FileRefused | None]:
    """The corrected rows of an archived file; refused when they do not fit into their file."""
    spec = format_spec(format_id)
    try:
        parsed = read_corrected(archive.get(sha256), spec, name=name, corrected=corrected)
    except FileRefused as error:
        return None, error
    return _without_cards(parsed, corrected), None


def raw_records(data: bytes, parsed: ParsedFile, lines: Collection[int]) -> dict[int, str]:
    """The text of the records that start on these lines, with card numbers masked."""
    text = data.decode("utf-8-sig", errors="replace").split("\n")
    ends = _ends(parsed)
    return {
        line: mask("\n".join(text[line - 1 : ends.get(line, line)]).rstrip("\r\n"))
        for line in lines
    }


def _ends(parsed: ParsedFile) -> dict[int, int]:
    """The last line of each record by its first; of the last record only the first is known."""
    lines = parsed.rows.column("line_no").to_pylist() + [each.line for each in parsed.rejected]
    starts = sorted(lines)
    return {start: after - 1 for start, after in pairwise(starts)}


def _log_unfinished(waiting: Waiting) -> None:
    path = waiting.feed.path(waiting.file.name)
    _log.info("%s of %s is still being written", path, waiting.feed.partner_id)


def _check_marker(marker: bytes, data: bytes, name: str) -> None:
    """Raises FileRefused when the file is not what its marker says it is."""
    stated = marker.decode("utf-8", errors="replace").split()
    found = Content.of(data)
    if stated == [str(found.size), found.sha256]:
        return
    raise FileRefused(
        "truncated",
        "The file is not what its marker says.",
        remedy="Ask the partner to send the file and its marker again.",
        expected=f"{' '.join(stated)[:100]!r}",
        found=f"{found.size} bytes, SHA-256 {found.sha256}",
        place=Place(name),
    )


def _arrival(
    waiting: Waiting, data: bytes, parsed: ParsedFile | None, refusal: FileRefused | None
) -> Arrival:
    feed, file = waiting.feed, waiting.file
    if parsed is None:
        kept = _masked(data, None)
    else:
        whole = parsed
        lines = whole.rows.column("line_no")
        cards = [lines[position].as_py() for position in card_rows(whole.rows)]
        parsed = _without_cards(whole, raw_records(data, whole, cards))
        bad = [each.line for each in parsed.rejected]
        ends = _ends(whole)
        kept = _masked(data, {n for line in bad for n in range(line, ends.get(line, line) + 1)})
    sha256 = archive.put(kept)
    crash.point("inbox.archived")
    facts = dict(parsed.facts) if parsed else {}
    if kept != data:
        facts["card_numbers"] = "masked before archiving"
    control_no = _control_no(facts, file.name, format_spec(feed.format_id))
    return Arrival(
        feed, file.name, file.size, file.modified, sha256, control_no, facts, parsed, refusal
    )


def _masked(data: bytes, lines: Collection[int] | None) -> bytes:
    """The bytes with card numbers masked on these lines (from 1), or on all."""
    text = data.decode("utf-8", errors="surrogateescape").split("\n")
    for number in range(1, len(text) + 1) if lines is None else lines:
        text[number - 1] = mask(text[number - 1])
    return "\n".join(text).encode("utf-8", errors="surrogateescape")


def _without_cards(parsed: ParsedFile, raws: Mapping[int, str]) -> ParsedFile:
    """The file with rows that hold a card number set aside; `raws` has their text by line."""
    cards = card_rows(parsed.rows)
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
        counts=Counts(parsed.counts.read, len(good), len(rejected)),
    )


def _card_problem(line: int, column: str, raws: Mapping[int, str]) -> RowProblem:
    raw = mask(raws[line])
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
    if stated is None and "control_no" in _header_names(spec):
        ending = re.search(r"(\d+)$", PurePath(name).stem)
        stated = ending[1] if ending else None
    return str(int(stated)) if stated and stated.isdecimal() else stated


def _header_names(spec: FormatSpec) -> set[str]:
    header = spec.records.header
    return {field.name for field in header.fields} if header else set()
