"""A file that arrived: fetched whole, without card numbers, kept in the archive, parsed."""

import logging
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath
from uuid import uuid4

from tieout.exchange.cleaning import (
    Came,
    Kept,
    cleaned,
    refused_hash,
    rows_with_cards,
    set_aside,
)
from tieout.exchange.feeds import MARKER, Feed, Waiting
from tieout.formats.corrections import read_corrected, record_texts
from tieout.formats.reading import read_all
from tieout.formats.registry import format_spec
from tieout.formats.results import Fact, FileRefused, ParsedFile
from tieout.formats.spec import FormatSpec
from tieout.kernel import archive, crash
from tieout.kernel.cards import mask_cards
from tieout.kernel.errors import Place
from tieout.transport.files import Files

LARGE_BYTES = 4 * 1024 * 1024
"""Above what size a file is not held in memory, but in a folder beside the archive."""
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
    """The bytes of a file, or where they are, and those of its marker where it has one."""

    waiting: Waiting
    content: bytes | Path
    marker: bytes | None

    @property
    def came(self) -> Came:
        """The file with its name and format."""
        spec = format_spec(self.waiting.feed.format_id)
        return Came(self.content, self.waiting.file.name, spec)


@dataclass(frozen=True)
class Parsed:
    """A fetched file and what its format makes of it."""

    fetched: Fetched
    found: ParsedFile | FileRefused

    @property
    def may_be_unfinished(self) -> bool:
        """Whether it is refused for what a file that is still being written would show too."""
        return isinstance(self.found, FileRefused) and self.found.reason in _TELLING


def fetch_file(files: Files, waiting: Waiting, folder: Path) -> Fetched | None:
    """The bytes of a file, or None where it is still being written; a large one in the folder."""
    feed, file = waiting.feed, waiting.file
    content = _content(files, feed.path(file.name), file.size, folder)
    if content is None:
        _log_unfinished(waiting)
        return None
    marker = files.read(feed.path(file.name + MARKER)) if waiting.marked else None
    return Fetched(waiting, content, marker)


def _content(files: Files, path: str, size: int, folder: Path) -> bytes | Path | None:
    """So many bytes, or where they are; None where there are less or more."""
    if size > LARGE_BYTES:
        target = folder / uuid4().hex
        with target.open("xb") as out:
            for chunk in files.chunks(path):
                out.write(chunk)
                if out.tell() > size:
                    break
            return target if out.tell() == size else None
    body = b""
    for chunk in files.chunks(path):
        body += chunk
        if len(body) > size:
            break
    return body if len(body) == size else None


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
        files = [(each.waiting.file.name, each.content) for each in share]
        as_they_came = _accepted_as_they_came(share, accepted) if accepted else accepted
        found = read_all(files, format_spec(format_id), accepted=as_they_came)
        parsed += [Parsed(each, one) for each, one in zip(share, found, strict=True)]
    return parsed


def _accepted_as_they_came(fetched: Sequence[Fetched], accepted: frozenset[str]) -> frozenset[str]:
    """The SHA-256 of the accepted files with the card numbers that the archive has masked."""
    return frozenset(
        archive.digest_of(each.content) for each in fetched if refused_hash(each.came) in accepted
    )


def archive_files(parsed: Sequence[Parsed], folder: Path) -> list[Arrival]:
    """The files put into the archive, without card numbers; the folder is the workplace for it."""
    kept = [cleaned(each.fetched.came, each.found, folder) for each in parsed]
    hashes = archive.put_all([each.content for each in kept])
    crash.point("inbox.archived")
    return [_arrival(*each) for each in zip(parsed, hashes, kept, strict=True)]


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
            archive.whole(sha256),
            spec,
            name=name,
            corrected=corrected,
            accept_unbalanced=accept_unbalanced,
        )
    except FileRefused as error:
        return None, error
    rows, _ = rows_with_cards(parsed)
    return set_aside(parsed, rows, corrected), None


def raw_records(
    content: bytes | Path, parsed: ParsedFile, lines: Collection[int]
) -> dict[int, str]:
    """The text of the records that start on these lines, with card numbers masked."""
    spec = format_spec(parsed.format_id)
    texts = record_texts(content, spec, name=parsed.name, lines=lines)
    return {line: mask_cards(texts[line]) for line in lines}


def _log_unfinished(waiting: Waiting) -> None:
    path = waiting.feed.path(waiting.file.name)
    _log.info("%s of %s is still being written", path, waiting.feed.partner_id)


def _marker_refusal(fetched: Fetched) -> FileRefused | None:
    """Why a file is refused that is not what its marker says it is."""
    if fetched.marker is None:
        return None
    stated = fetched.marker.decode("utf-8", errors="replace").split()
    size, sha256 = fetched.waiting.file.size, archive.digest_of(fetched.content)
    if stated == [str(size), sha256]:
        return None
    return FileRefused(
        "truncated",
        "The file is not what its marker says.",
        remedy="Ask the partner to send the file and its marker again.",
        expected=f"{' '.join(stated)[:100]!r}",
        found=f"{size} bytes, SHA-256 {sha256}",
        place=Place(fetched.waiting.file.name),
    )


def _arrival(parsed: Parsed, sha256: str, kept: Kept) -> Arrival:
    feed, file = parsed.fetched.waiting.feed, parsed.fetched.waiting.file
    refusal = kept.found if isinstance(kept.found, FileRefused) else None
    whole = None if isinstance(kept.found, FileRefused) else kept.found
    facts = dict(whole.facts) if whole else {}
    if kept.about:
        facts["card_numbers"] = kept.about
    control_no = _control_no(facts, file.name, format_spec(feed.format_id))
    return Arrival(
        feed, file.name, file.size, file.modified, sha256, control_no, facts, whole, refusal
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
