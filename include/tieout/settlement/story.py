"""The story of an order, payment, line, match, payout or case, down to file, line and raw text."""

import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from tieout.formats.corrections import record_texts
from tieout.formats.registry import format_spec
from tieout.formats.results import FileRefused
from tieout.formats.source import Source, open_source
from tieout.kernel import archive
from tieout.kernel.cards import mask_cards
from tieout.kernel.database import fetch
from tieout.kernel.errors import SettingsError, TieoutError
from tieout.kernel.money import Money

_Place = tuple[str, int]
"""SHA-256 of a file, and a line of it."""


class NothingKnown(TieoutError):  # noqa: N818 (it is what was found)
    """A reference that occurs nowhere."""

    slug = "nothing-known"


@dataclass(frozen=True)
class Event:
    """One thing that happened: when (None where nobody says), what, and from which file.

    `raw` is the record of the file as it came, card numbers masked, by lines.
    """

    at: datetime | None
    what: str
    place: str | None
    raw: tuple[str, ...]


def story(connection: Connection, asked: str) -> list[Event]:
    """All that is known of a reference, by time.

    Raises NothingKnown when there is nothing.
    """
    told = _told(connection, asked)
    if not told:
        raise NothingKnown(
            f"Nothing is known about {asked!r}.",
            remedy="Give an order, payment, payout or vendor order reference, or line:N, match:N,"
            " write-off:N, payout:N, payout-match:N, bank:N or case:N.",
        )
    raw = _raw_texts(connection, told)
    return [_event(row, raw) for row in told]


def meant(connection: Connection, asked: str) -> dict[str, Any]:
    """The numbers of what a reference means or touches, and the payments' references (`refs`).

    Keys are payments, lines, matches, write_offs, payouts and bank_lines.
    """
    (found,) = fetch(connection, "explain/resolve", id=asked)
    return found


def _told(connection: Connection, asked: str) -> list[dict[str, Any]]:
    """What orders, files and cases tell of a reference, and what the books do, by time."""
    found = meant(connection, asked)
    refs = found.pop("refs")
    by_number = asked.partition(":")[0] in {"match", "write-off"}
    names = refs if by_number and refs else [asked]
    events = [event for name in names for event in fetch(connection, "explain/story", id=name)]
    events += fetch(connection, "explain/books", **found)
    once = {tuple(event.items()): event for event in events}
    return sorted(once.values(), key=lambda event: (event["at"] is None, event["at"]))


def _event(row: Mapping[str, Any], raw: Mapping[_Place, str]) -> Event:
    sha256, line = row["sha256"], row["file_line"]
    place = row["file_name"]
    if place and line:
        place += f", line {line}"
    if place and sha256:
        place += f", sha256 {sha256}"
    text = raw[sha256, line] if sha256 and line else ""
    return Event(row["at"], row["what"] + _amount(row), place, tuple(text.splitlines()))


def _amount(row: Mapping[str, Any]) -> str:
    if row["amount_minor"] is None or not row["currency"]:
        return ""
    return f", {Money(row['currency'], row['amount_minor'])}"


def _raw_texts(connection: Connection, told: list[dict[str, Any]]) -> dict[_Place, str]:
    """The records of archived files as they came, card numbers masked; each file is read once."""
    places: dict[str, set[int]] = {}
    for row in told:
        if row["sha256"] and row["file_line"]:
            places.setdefault(row["sha256"], set()).add(row["file_line"])
    files = fetch(connection, "explain/file_formats", hashes=sorted(places))
    formats = {file["sha256"]: file["format_id"] for file in files}
    return {
        (sha256, line): text
        for sha256, lines in places.items()
        for line, text in _records(sha256, lines, formats.get(sha256)).items()
    }


def _records(sha256: str, lines: Collection[int], format_id: str | None) -> dict[int, str]:
    """Records of an archived file: lines, or where its records are none, what the format takes so.

    A file that cannot be read says so in their place: the rest of the story is no less true.
    """
    try:
        spec = format_spec(format_id) if format_id else None
    except SettingsError:  # a format that is no longer there; its file still is
        spec = None
    try:
        path = archive.whole(sha256)
        if spec is None or spec.layout.by_line:
            encodings = spec.encodings if spec else ("utf-8", "cp1252")
            found = _lines(open_source(path, sha256, encodings), lines)
        else:
            found = record_texts(path, spec, name=sha256, lines=lines)
    except (FileRefused, archive.ArchiveError) as refusal:
        return dict.fromkeys(lines, f"({refusal.message})")
    return {line: mask_cards(found.get(line, "(no such line)")).rstrip() for line in lines}


def _lines(source: Source, wanted: Collection[int]) -> dict[int, str]:
    """Physical lines by their numbers, from 1, reading no further than the last of them."""
    with io.TextIOWrapper(source.stream(), encoding="utf-8", newline="") as text:
        numbered = enumerate(islice(text, max(wanted)), start=1)
        return {number: line for number, line in numbered if number in wanted}
