"""Card numbers have no place here: where one is found, its row steps aside and it is masked.

A card number is told from other long numbers by its first digits and length (ISO/IEC 7812 ranges of
the brands) and by the Luhn check. Fields that hold references by their nature (tracking numbers,
the gateway's and our references, UUIDs) are not looked at, since one in ten of such numbers passes
the Luhn check; a telephone number (E.164 has at most 15 digits) is only where it is longer.
"""

import re

import pyarrow as pa
import pyarrow.compute as pc

from tieout.kernel.errors import luhn_valid

_DIGITS = re.compile(r"(?<![\w.])\d(?:[ -]?\d){12,18}(?![\w.]\d|\w)")
_MAYBE = r"\d([ -]?\d){12}"
_BRANDS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12})"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-5]|[689]\d)\d{11}"  # Diners Club
    r"|6(?:011|4[4-9]\d|5\d\d)\d{12}"  # Discover
    r"|35(?:2[89]|[3-8]\d)\d{12}"  # JCB
    r"|62\d{14,17}"  # UnionPay
    r"|(?:50|5[6-9]|6[0-9])\d{11,17}"  # Maestro
)
_REFERENCES = re.compile(
    r".*(_ref|_no|_number|_id|_hash)$|^(sku|status|kind|account|spool|carrier)$"
)
_INNER_REFERENCES = re.compile(r'"(?:gateway_ref|payment_ref)": *"[^"]*"')
_E164_DIGITS = 15


def find_card(text: str) -> str | None:
    """The first card number in a text, as it is written there."""
    for found in _DIGITS.finditer(text):
        digits = re.sub(r"\D", "", found.group())
        if _BRANDS.fullmatch(digits) and luhn_valid(digits):
            return found.group()
    return None


def mask(text: str) -> str:
    """The text with the card numbers in it masked to their last four digits."""
    while (found := find_card(text)) is not None:
        text = text.replace(found, "*" * (len(found) - 4) + found[-4:])
    return text


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
