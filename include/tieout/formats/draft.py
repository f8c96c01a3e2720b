"""A first YAML for a file that no format knows: to be looked at and corrected by a person."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from tieout.formats.draft_columns import Guess, guess_columns, numbers_of
from tieout.formats.draft_fields import Placing, Words, fields_of, place
from tieout.formats.draft_table import Table, table_of
from tieout.formats.fields import Numbers
from tieout.formats.spec import FormatSpec

_KEY_NAMES = re.compile(r"\b(id|ref|reference|number|no|code|key|sku)\b", re.IGNORECASE)
_TELLING = 4


@dataclass(frozen=True)
class Draft:
    """A format file in the making: its text, with what was seen as comments, and the format."""

    text: str
    spec: FormatSpec


def draft(content: bytes | Path, name: str, *, format_id: str | None = None) -> Draft:
    """A format that reads the file, as far as its first 8 MiB and 5,000 rows tell.

    `name` is the partner's file name, from which id, partner and name pattern are made.
    Raises NotDelimited for a file that is no delimited text, FileRefused as unpacking does.
    """
    table = table_of(content, name)
    numbers = numbers_of(table)
    guesses = guess_columns(table, numbers)
    placing = place(guesses)
    words = _spec_words(format_id or _id_of(name), name, table, placing, numbers)
    notes = "".join(f"# {note}\n" for note in _notes(name, table, guesses, placing))
    body = yaml.safe_dump(words, sort_keys=False, allow_unicode=True, width=100)
    return Draft(notes + body, FormatSpec.model_validate(words))


def _id_of(name: str) -> str:
    words = re.findall(r"[a-z]+", Path(name).name.split(".")[0].lower())
    return "-".join([*(words or ["partner"]), "1"])


def _spec_words(
    format_id: str, name: str, table: Table, placing: Placing, numbers: Numbers
) -> Words:
    words: Words = {
        "id": format_id,
        "version": int(format_id.rpartition("-")[2]),
        "title": f"Draft from {Path(name).name}",
        "documentation": "",
        "family": placing.family,
        "partner": format_id.partition("-")[0],
        "name_pattern": _pattern_of(name),
        "encodings": [table.encoding],
        "layout": _layout(table, placing),
    }
    if numbers != Numbers():
        words["numbers"] = numbers.model_dump(exclude_defaults=True)
    words["may_have_no_rows"] = True
    words["fields"] = fields_of(placing, table, numbers)
    return words


def _pattern_of(name: str) -> str:
    """The file's name, with any digits where it has digits."""
    return re.sub(r"\d+", "[0-9]+", re.escape(Path(name).name))


def _layout(table: Table, placing: Placing) -> Words:
    layout: Words = {"type": "delimited", "delimiter": table.delimiter}
    if not table.header_line:
        layout |= {"column_names": table.names, "looks": {table.names[0]: ".+"}}
    elif table.preamble_records:
        telling = [guess.name for guess in placing.columns.values()] or table.names
        layout |= {"preamble": "any", "header_has": telling[:_TELLING]}
    if table.repeats_names:
        layout["repeated_columns"] = "number"
    if table.totals is not None:
        column, word = table.totals
        layout["summary"] = [{"when": {column: [f"{word}*"]}}]
    if table.has_short_rows:
        layout["short_rows"] = "fill"
    return layout


def _notes(name: str, table: Table, guesses: Sequence[Guess], placing: Placing) -> Iterator[str]:
    """What was seen, and what a person has to decide."""
    yield f"A first draft, made from {Path(name).name}: look at every line of it."
    seen = f"{len(table.rows)} rows" if table.is_whole else f"the first {len(table.rows)} rows"
    header = f"column names in line {table.header_line}" if table.header_line else "no column names"
    yield f"Seen: {table.encoding}, delimiter {table.delimiter!r}, {header}, {seen}."
    if table.totals is not None:
        yield f"Rows of totals have {table.totals[1]!r} in {table.totals[0]!r}."
    keys = [each.name for each in guesses if _is_key(each, len(table.rows))]
    if keys:
        yield f"Each row has its own: {', '.join(keys)}."
    if not placing.is_sure:
        yield "No family has the columns of this file: choose one (docs/formats.md)."
    placed = {guess.name: canonical for canonical, guess in placing.columns.items()}
    yield "Columns: type, filled and different cells, canonical column (else kept in extra)."
    for each in guesses:
        kind = f"{each.type} {' or '.join(each.formats)}".rstrip()
        counts = f"{each.filled} filled, {each.distinct} different"
        yield f"  {each.name or '(no name)'}: {kind}, {counts} -> {placed.get(each.name, 'extra')}"
    yield from _to_decide(guesses)


def _is_key(guess: Guess, rows: int) -> bool:
    """Whether the column tells its rows apart and is called as such columns are."""
    named = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", guess.name)
    return 1 < rows == guess.distinct and bool(_KEY_NAMES.search(named))


def _to_decide(guesses: Sequence[Guess]) -> Iterator[str]:
    either = [each.name for each in guesses if len(each.formats) > 1]
    if either:
        yield f"To decide: the order of day and month in {', '.join(either)}."
    if any(each.type == "timestamp" for each in guesses):
        yield "To decide: the time zone; UTC is assumed where a time has no offset."
    if not any(each.type == "currency" for each in guesses):
        yield "To decide: the currency, as no column has codes of currencies."
