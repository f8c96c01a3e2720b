"""Card numbers have no place here: where one is found, its row steps aside and it is masked.

A card number is told from other long numbers by its first digits and length (ISO/IEC 7812 ranges of
the brands) and by the Luhn check. Fields that hold references by their nature (tracking numbers,
the gateway's and our references, UUIDs) are not looked at, since one in ten of such numbers passes
the Luhn check; a telephone number (E.164 has at most 15 digits) is only where it is longer.
"""

import re

import pyarrow as pa
import pyarrow.compute as pc

from tieout.kernel.cards import find_card

_MAYBE = r"\d([ -]?\d){12}"
_REFERENCES = re.compile(
    r".*(_ref|_no|_number|_id|_hash)$|^(sku|status|kind|account|spool|carrier)$"
)
_INNER_REFERENCES = re.compile(r'"(?:gateway_ref|payment_ref)": *"[^"]*"')
_E164_DIGITS = 15


def card_rows(rows: pa.Table) -> dict[int, str]:
    """The positions of rows that hold a card number, each with the column it stands in."""
    found: dict[int, str] = {}
    for name in rows.column_names:
        if pa.types.is_string(rows.schema.field(name).type) and not _REFERENCES.match(name):
            for position in _maybe(rows.column(name)):
                text = _INNER_REFERENCES.sub("", rows.column(name)[position].as_py())
                card = find_card(text)
                if card and not (name.endswith("_phone") and _digits(card) <= _E164_DIGITS):
                    found.setdefault(position, name)
    return found


def _maybe(column: pa.ChunkedArray) -> list[int]:
    matches = pc.match_substring_regex(column, _MAYBE)
    positions: list[int] = pc.indices_nonzero(pc.fill_null(matches, False)).to_pylist()
    return positions


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)
