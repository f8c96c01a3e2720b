"""`tieout explain ID`: the story of an order or a payment, down to file, line and raw text."""

import argparse
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from tieout.kernel.cards import mask_cards
from tieout.kernel.errors import TieoutError

if TYPE_CHECKING:
    from sqlalchemy import Connection


class NothingKnown(TieoutError):  # noqa: N818 (it is what was found)
    """A reference that occurs nowhere."""

    slug = "nothing-known"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "explain",
        help="tell the story of an order, a payment or a case",
        description="Tells all that is known about a reference in order of time, with the file, "
        "its SHA-256, the line and its raw text.",
    )
    parser.add_argument(
        "id",
        metavar="ID",
        help="an order, payment, gateway, payout or vendor order reference, a tracking number, "
        "line:N (settlement line), match:N, write-off:N, payout:N, bank:N (bank line) or case:N",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the story. Raises NothingKnown (exit code 2) when there is none."""
    from tieout.kernel.database import fetch, transaction
    from tieout.kernel.settings import settings

    with transaction(settings().database_url, actor="explain") as connection:
        story = _story(connection, args.id)
        hashes = sorted({event["sha256"] for event in story if event["sha256"]})
        files = fetch(connection, "explain/file_formats", hashes=hashes)
    formats = {file["sha256"]: file["format_id"] for file in files}
    if not story:
        raise NothingKnown(
            f"Nothing is known about {args.id!r}.",
            remedy="Give an order, payment, payout or vendor order reference, or line:N, match:N,"
            " write-off:N, payout:N, bank:N or case:N.",
        )
    for event in story:
        print("\n".join(_told(event, formats)))
    return 0


def _story(connection: "Connection", asked: str) -> list[dict[str, Any]]:
    """What orders, files and cases tell of a reference, and what the books do, by time."""
    from tieout.kernel.database import fetch

    (meant,) = fetch(connection, "explain/resolve", id=asked)
    refs = meant.pop("refs")
    by_number = asked.partition(":")[0] in {"match", "write-off"}
    names = refs if by_number and refs else [asked]
    events = [event for name in names for event in fetch(connection, "explain/story", id=name)]
    events += fetch(connection, "explain/books", **meant)
    once = {tuple(event.items()): event for event in events}
    return sorted(once.values(), key=lambda event: (event["at"] is None, event["at"]))


def _told(event: Mapping[str, Any], formats: Mapping[str, str]) -> list[str]:
    when = f"{event['at']:%Y-%m-%d %H:%M:%S}" if event["at"] else " " * 19
    lines = [f"{when}  {event['what']}{_amount(event)}"]
    indent = " " * 21
    if event["file_name"]:
        place = f", line {event['file_line']}" if event["file_line"] else ""
        proof = f", sha256 {event['sha256']}" if event["sha256"] else ""
        lines.append(f"{indent}from {event['file_name']}{place}{proof}")
    if event["sha256"] and event["file_line"]:
        sha256, line = event["sha256"], event["file_line"]
        texts = _raw(sha256, line, formats.get(sha256)).splitlines()
        lines += [f"{indent}| {text}" for text in texts]
    return lines


def _amount(event: Mapping[str, Any]) -> str:
    from tieout.kernel.money import Money

    if event["amount_minor"] is None or not event["currency"]:
        return ""
    return f", {Money(event['currency'], event['amount_minor'])}"


def _raw(sha256: str, line: int, format_id: str | None) -> str:
    """A record of an archived file as it came, card numbers masked.

    Of a file whose records are lines it is the line; of others what the format takes for one.
    """
    from tieout.formats.corrections import record_texts
    from tieout.formats.registry import format_spec
    from tieout.formats.results import FileRefused
    from tieout.kernel import archive
    from tieout.kernel.errors import SettingsError

    try:
        spec = format_spec(format_id) if format_id else None
    except SettingsError:  # a format that is no longer there; its file still is
        spec = None
    if spec is None or spec.layout.by_line:
        lines = _lines(sha256, spec.encodings if spec else ("utf-8", "cp1252"))
        return mask_cards(lines[line - 1]).rstrip() if line <= len(lines) else "(no such line)"
    try:
        found = record_texts(archive.get(sha256), spec, name=sha256, lines=[line])
    except FileRefused as refusal:
        return f"({refusal.message})"
    return mask_cards(found[line]).rstrip() if line in found else "(no such line)"


@cache
def _lines(sha256: str, encodings: tuple[str, ...]) -> list[str]:
    from tieout.formats.results import FileRefused
    from tieout.formats.source import open_source
    from tieout.kernel import archive

    try:
        return open_source(archive.get(sha256), sha256, encodings).lines
    except FileRefused as refusal:
        return [f"({refusal.message})"]
