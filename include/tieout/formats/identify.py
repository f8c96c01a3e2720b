"""Which format a file has, told from its bytes; the name only decides between equals."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tieout.formats.fields import normal_name
from tieout.formats.registry import all_formats
from tieout.formats.results import FileRefused
from tieout.formats.source import SEND_AGAIN, Source, open_head, open_source
from tieout.formats.spec import FormatSpec
from tieout.kernel.errors import Place, TieoutError


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
    certain: bool
    known: int
    missing: tuple[str, ...]
    told: bool
    name_fits: bool

    @property
    def rank(self) -> tuple[bool, int, bool, bool]:
        """What decides between formats that fit."""
        return self.certain, self.known, self.told, self.name_fits


def identify(data: bytes | Path, name: str | None = None) -> Identification:
    """The format that fits the file best: most of its columns known, none that it requires missing.

    The first 256 KiB are looked at, unpacked. `name` is the partner's name of the file.
    Raises FormatUnknown when none fits, FormatAmbiguous when several fit equally.
    """
    heads: dict[tuple[bool, tuple[str, ...]], Source | None] = {}
    fits = []
    for spec in all_formats():
        key = (spec.layout.binary, spec.encodings)
        if key not in heads:
            heads[key] = _head(data, spec, name)
        head = heads[key]
        fit = head and _fit(spec, head, name)
        if fit:
            fits.append(fit)
    is_text = any(head for (binary, _), head in heads.items() if not binary)
    if not fits and not is_text:
        raise _unreadable(data, name)
    good = [fit for fit in fits if not fit.missing]
    if not good:
        raise _unknown(fits, name)
    best = max(fit.rank for fit in good)
    winners = [fit for fit in good if fit.rank == best]
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


def _head(data: bytes | Path, spec: FormatSpec, name: str | None) -> Source | None:
    """The start of a file up to a whole line, or None where it is in other encodings."""
    try:
        if spec.layout.binary:
            return open_source(data, name or "", spec.encodings, binary=True)
        return open_head(data, name or "", spec.encodings)
    except FileRefused:
        return None


def _fit(spec: FormatSpec, head: Source, name: str | None) -> _Fit | None:
    """How the format fits, or None where the file has nothing of it."""
    found = spec.layout.recognise(head, spec.id)
    if found is None:
        return None
    names = set(map(normal_name, found.names))
    known = {normal_name(source) for field in spec.fields for source in field.sources} & names
    missing = tuple(_missing(spec, names))
    name_fits = bool(
        name and spec.name_pattern and re.fullmatch(spec.name_pattern, Path(name).name)
    )
    reason = found.reason or f"{len(known)} of its {len(names)} columns are those of {spec.id}"
    if not known and not found.certain:
        return None
    told = spec.telltale is not None and bool(re.search(spec.telltale, _one_break(head.text)))
    return _Fit(spec, reason, found.certain, len(known), missing, told, name_fits)


def _one_break(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _missing(spec: FormatSpec, names: set[str]) -> Iterator[str]:
    """The columns that the file lacks; where rows name their own, those that no row may show."""
    for field in spec.fields:
        lacking = field.missing_column(names)
        is_sure = spec.layout.has_columns or names.isdisjoint(map(normal_name, field.sources))
        if lacking is not None and is_sure:
            yield lacking


def _unreadable(data: bytes | Path, name: str | None) -> FormatUnknown:
    """Why a file cannot be looked at."""
    try:
        open_source(data, name or "", ("utf-8",))
    except FileRefused as refusal:
        why, remedy = f"{refusal.message} Found: {refusal.found}.", refusal.remedy
    else:
        why, remedy = "The file is empty.", SEND_AGAIN
    return FormatUnknown(why, remedy=remedy, place=Place(name))


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
