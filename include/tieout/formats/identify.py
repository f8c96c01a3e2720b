"""Which format a file has, told from its bytes; the name only decides between equals."""

import csv
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path

from tieout.formats.model import FormatSpec, normal_name
from tieout.formats.registry import all_formats
from tieout.kernel.errors import Place, TieoutError

_HEAD_BYTES = 262_144


class FormatUnknown(TieoutError):  # noqa: N818 (a state, as in FileRefused)
    """No format fits the file."""

    slug = "format-unknown"


class FormatAmbiguous(TieoutError):  # noqa: N818 (a state, as in FileRefused)
    """Several formats fit the file equally well."""

    slug = "format-ambiguous"


@dataclass(frozen=True)
class Identification:
    """The format of a file, and why: a sentence, and the source columns that it knows."""

    format_id: str
    reason: str
    known_columns: int
    name_fits: bool


@dataclass(frozen=True)
class _Fit:
    spec: FormatSpec
    reason: str
    known: int
    missing: tuple[str, ...]
    name_fits: bool


def identify(data: bytes, name: str | None = None) -> Identification:
    """The format that fits the file best: most of its columns known, none that it requires missing.

    The first 256 KiB are looked at. `name` is the partner's file name, where there is one.
    Raises FormatUnknown when none fits, FormatAmbiguous when several fit equally.
    """
    head = _head(data, name)
    fits = [fit for spec in all_formats() if (fit := _fit(spec, head, name))]
    good = [fit for fit in fits if not fit.missing]
    if not good:
        raise _unknown(fits, name)
    best = max((fit.known, fit.name_fits) for fit in good)
    winners = [fit for fit in good if (fit.known, fit.name_fits) == best]
    if len(winners) > 1:
        ids = " and ".join(fit.spec.id for fit in winners)
        raise FormatAmbiguous(
            f"{ids} fit equally well.",
            remedy="State the format (--format ID).",
            place=Place(name),
            formats=[fit.spec.id for fit in winners],
        )
    won = winners[0]
    also = " and so does its name" if won.name_fits else ""
    return Identification(won.spec.id, f"{won.reason}{also}", won.known, won.name_fits)


def _head(data: bytes, name: str | None) -> str:
    if b"\0" in data[:_HEAD_BYTES]:
        raise FormatUnknown(
            "The file is binary.",
            remedy="Ask the partner for the text form of the file.",
            place=Place(name),
        )
    text = data[:_HEAD_BYTES].decode("utf-8-sig", errors="replace")
    if not text.strip():
        raise FormatUnknown(
            "The file is empty.",
            remedy="Ask the partner to send the whole file again.",
            place=Place(name),
        )
    return text


def _fit(spec: FormatSpec, head: str, name: str | None) -> _Fit | None:
    """How the format fits, or None where the file has nothing of it."""
    found = _columns_of(spec, head)
    if found is None:
        return None
    names = set(map(normal_name, found))
    known = {normal_name(source) for field in spec.fields for source in field.sources} & names
    missing = tuple(
        (field.alternatives or field.plus or field.sources)[0]
        for field in spec.fields
        if field.column_required and names.isdisjoint(map(normal_name, field.sources))
    )
    name_fits = bool(
        name and spec.name_pattern and re.fullmatch(spec.name_pattern, Path(name).name)
    )
    if spec.tagged:
        reason = f"its first record names the format {spec.id}"
    else:
        reason = f"{len(known)} of its {len(names)} columns are those of {spec.id}"
    return _Fit(spec, reason, len(known), missing, name_fits) if known else None


def _columns_of(spec: FormatSpec, head: str) -> list[str] | None:
    """The column names as this format would read them, or None where it cannot."""
    if spec.layout == "jsonl":
        return _json_keys(head)
    try:
        rows = csv.reader(
            io.StringIO(head, newline=""),
            delimiter=spec.dialect.delimiter,
            quotechar=spec.dialect.quoteChar,
        )
        records = [row for row, _ in zip((row for row in rows if row), range(2), strict=False)]
    except csv.Error:
        return None
    if not spec.tagged:
        return records[0] if records else None
    header = spec.records.header
    if header is None or len(records) < 2 or records[0][:2] != [header.tag, spec.id]:
        return None
    return records[1][1:]


def _json_keys(head: str) -> list[str] | None:
    first = next((line for line in head.split("\n") if line.strip()), "")
    try:
        found = json.loads(first)
    except (ValueError, RecursionError):
        return None
    return list(found) if isinstance(found, dict) else None


def _unknown(fits: list[_Fit], name: str | None) -> FormatUnknown:
    if not fits:
        return FormatUnknown(
            "No format has anything in common with this file.",
            remedy="Add a format for it (docs/formats.md), or ask for another file.",
            place=Place(name),
        )
    near = max(fits, key=lambda fit: fit.known)
    lacking = ", ".join(repr(missing) for missing in near.missing[:3])
    return FormatUnknown(
        f"No format fits; the nearest is {near.spec.id}, but there is no column {lacking}.",
        remedy="Check the file against docs/formats.md, or add a format for it.",
        place=Place(name),
        nearest=near.spec.id,
        missing=list(near.missing),
    )
