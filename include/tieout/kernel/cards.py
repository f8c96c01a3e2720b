"""What a card number looks like, and how it is masked wherever one shows up.

A card number is told from other long numbers by its first digits and length (ISO/IEC 7812 ranges of
the brands) and by the Luhn check. Beside what may follow it on the same line (an expiry date, a
code) it is told by the groups in which card numbers are written.
"""

import re
from collections.abc import Iterator

_RUN = re.compile(r"(?<![\w.])\d+(?:[ -]\d+)*")
_FOLLOWED = re.compile(r"[\w.]\d|\w")
_MARKS = re.compile("[ -]")
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
_IN_GROUPS = re.compile(
    r"(?<!\d)(?:\d{13,19}|\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{4}|\d{4}[ -]\d{6}[ -]\d{4,5})(?!\d)"
)
_SHORTEST, _LONGEST = 13, 37
"""With and without marks between all of its digits."""

Span = tuple[int, int]


def card_spans(text: str) -> Iterator[Span]:
    """From where to where the card numbers of a text go, in their order."""
    for run in _RUN.finditer(text):
        start, end = run.span()
        if end - start < _SHORTEST:
            continue
        if end - start <= _LONGEST and _is_card(text, start, end):
            yield start, end
        else:
            yield from _in_groups(text, start, end)


def _in_groups(text: str, start: int, end: int) -> Iterator[Span]:
    """The card numbers among groups of digits with single marks between them."""
    while found := _IN_GROUPS.search(text, start, end):
        is_card = _is_card(text, *found.span())
        if is_card:
            yield found.span()
        start = found.end() if is_card else found.start() + 1


def _is_card(text: str, start: int, end: int) -> bool:
    digits = _MARKS.sub("", text[start:end])
    is_whole = not _FOLLOWED.match(text, end)
    return is_whole and bool(_BRANDS.fullmatch(digits)) and luhn_valid(digits)


def find_card(text: str) -> str | None:
    """The first card number in a text, as it is written there."""
    return next((text[start:end] for start, end in card_spans(text)), None)


def mask_cards(text: str) -> str:
    """The text with the card numbers in it masked to their last four digits."""
    for start, end in card_spans(text):
        text = text[:start] + "*" * (end - start - 4) + text[end - 4 :]
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
