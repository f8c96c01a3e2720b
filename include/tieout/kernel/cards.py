"""What a card number looks like, and how it is masked wherever one shows up.

A card number is told from other long numbers by its first digits and length (ISO/IEC 7812 ranges of
the brands) and by the Luhn check.
"""

import re

_DIGITS = re.compile(r"(?<![\w.])\d(?:[ -]?\d){12,18}(?![\w.]\d|\w)")
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


def find_card(text: str) -> str | None:
    """The first card number in a text, as it is written there."""
    for found in _DIGITS.finditer(text):
        digits = re.sub(r"\D", "", found.group())
        if _BRANDS.fullmatch(digits) and luhn_valid(digits):
            return found.group()
    return None


def mask_cards(text: str) -> str:
    """The text with the card numbers in it masked to their last four digits."""
    while (found := find_card(text)) is not None:
        text = text.replace(found, "*" * (len(found) - 4) + found[-4:])
    return text


def luhn_valid(digits: str) -> bool:
    """Whether a string of digits passes the Luhn check (ISO/IEC 7812-1, annex B)."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit)
        if position % 2:
            value = value * 2 - 9 * (value > 4)
        total += value
    return total % 10 == 0
