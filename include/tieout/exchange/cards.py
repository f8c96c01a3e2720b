"""Card numbers have no place here: where one is found, its row steps aside and it is masked.

A card number is told from other long numbers by its first digits and length (ISO/IEC 7812 ranges of
the brands) and by the Luhn check. Fields that hold references by their nature (tracking numbers,
the gateway's and our references, UUIDs) are not looked at, since one in ten of such numbers passes
the Luhn check; a telephone number (E.164 has at most 15 digits) is only where it is longer.
"""

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.fields import normal_name
from tieout.formats.results import Fact, ParsedFile
from tieout.formats.source import Source
from tieout.formats.spec import FormatSpec
from tieout.kernel.card_search import card_places
from tieout.kernel.cards import card_spans, find_card, mask_cards

ROWS_TOGETHER = 65_536
"""How many rows of a large file are looked at together."""
_MAYBE = r"\d([ -]?\d){12}"
_REFERENCES = re.compile(
    r".*(_ref|_no|_number|_id|_hash)$|^(number|sku|status|kind|accounts?|spool|carrier)$"
)
_INNER_REFERENCES = re.compile(r'"(?:gateway_ref|payment_ref)": *"[^"]*"')
_E164_DIGITS = 15
_LARGE_INTEGER = 10**12


def card_rows(rows: pa.RecordBatch) -> dict[int, str]:
    """The positions of rows that hold a card number, each with the column it stands in."""
    found: dict[int, str] = {}
    if not len(rows):
        return found
    for name in rows.schema.names:
        if pa.types.is_string(rows.schema.field(name).type) and not _REFERENCES.match(name):
            for position in _maybe(rows.column(name)):
                card = find_card(_looked_at(rows.column(name)[position].as_py()))
                if card and not (name.endswith("_phone") and _digits(card) <= _E164_DIGITS):
                    found.setdefault(position, name)
    return found


def cards_in(rows: pa.RecordBatch, found: dict[int, str]) -> set[str]:
    """The card numbers in the cells that `card_rows` names, as they are written there."""
    texts = (_looked_at(rows.column(name)[position].as_py()) for position, name in found.items())
    return {text[start:end] for text in texts for start, end in card_spans(text)}


def declared(
    texts: set[str], parsed: ParsedFile, source: Source, spec: FormatSpec, unsure: set[int]
) -> set[str]:
    """Of texts that look like card numbers those that are something else by where they stand.

    That is in a reference among the facts, in a column of a row that holds (its card numbers are
    looked for by `card_rows`), or in a cell that a reference is made of, in rows that are skipped
    too, but not in those on the lines `unsure`.
    """
    left = texts - {text for fact in _reference_facts(parsed) for text in texts if text in fact}
    for search in (_equal_in, _inside):
        for batch in parsed.batches(ROWS_TOGETHER):
            for column in batch.columns:
                left -= search(column, left)
    if left:
        for cells in _reference_cells(source, spec, unsure):
            left -= _equal_in(cells, left)
    return texts - left


def facts_without_cards(parsed: ParsedFile) -> dict[str, Fact]:
    """The facts of a file with card numbers masked; those that are references stay as they are."""
    return {
        name: mask_cards(fact) if isinstance(fact, str) and not _REFERENCES.match(name) else fact
        for name, fact in parsed.facts.items()
    }


def _reference_facts(parsed: ParsedFile) -> list[str]:
    return [str(fact) for name, fact in parsed.facts.items() if _REFERENCES.match(name)]


def _equal_in(column: pa.Array, texts: set[str]) -> set[str]:
    """Those of the texts that are a cell of the column."""
    if not texts:
        return texts
    if pa.types.is_integer(column.type):
        large = pc.greater_equal(column, _LARGE_INTEGER)
        column = column.filter(large).cast(pa.string())
    elif not pa.types.is_string(column.type):
        return set()
    known = pc.is_in(column, pa.array(sorted(texts), pa.string()))
    return set(column.filter(known).to_pylist())


def _inside(column: pa.Array, texts: set[str]) -> set[str]:
    """Those of the texts that are card numbers by their looks within cells of the column."""
    if not texts or not pa.types.is_string(column.type):
        return set()
    found: set[str] = set()
    for position in _maybe(column):
        cell = column[position].as_py()
        found |= {cell[start:end] for start, end in card_spans(cell)} & texts
    return found


def _reference_cells(source: Source, spec: FormatSpec, unsure: set[int]) -> Iterator[pa.Array]:
    """The cells that canonical references are made of, some thousand rows at a time."""
    names = {
        normal_name(name)
        for field in spec.fields
        if _REFERENCES.match(field.name)
        for name in field.sources
    }
    lines = pa.array(sorted(unsure), pa.int64())
    for grid in spec.layout.cut(source):
        sure = pc.invert(pc.is_in(grid.lines, lines))
        for name, cells in zip(grid.names, grid.columns, strict=True):
            if normal_name(name) in names:
                yield pc.utf8_trim_whitespace(cells.filter(sure))


def _looked_at(cell: str) -> str:
    return _INNER_REFERENCES.sub("", cell)


def _maybe(cells: pa.StringArray) -> list[int]:
    """The positions of cells in which something looks like a card number."""
    matches = pc.indices_nonzero(pc.match_substring_regex(cells, _MAYBE))  # nulls are none
    if not len(matches):
        return []
    some = cells.take(matches)
    ends = np.cumsum(pc.add(pc.binary_length(some), len("\n")).to_numpy(zero_copy_only=False))
    together = pa.ListArray.from_arrays(pa.array([0, len(some)], pa.int32()), some)
    text = pc.binary_join(together, "\n")[0].as_buffer().to_pybytes()
    found = [start for start, _ in card_places(text)]
    rows = np.unique(np.searchsorted(ends, found, side="right"))
    positions: list[int] = matches.take(pa.array(rows, pa.int64())).to_pylist()
    return positions


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)
