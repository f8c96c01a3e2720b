"""What the columns of an undescribed table hold: numbers and how they are written, dates, codes."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tieout.formats.draft_table import Table
from tieout.formats.fields import FieldType, Numbers
from tieout.formats.numbers import plain_number
from tieout.kernel.money import EXPONENTS

CURRENCIES = frozenset(EXPONENTS) | frozenset(
    "AED ARS AUD BRL CAD CHF CNY CZK DKK EGP EUR GBP HKD HUF IDR ILS INR MAD MXN MYR NGN NOK NZD "
    "PEN PHP PLN QAR RON RUB SAR SEK SGD THB TRY TWD UAH USD UYU VES ZAR".split()
)
MARKS = {"US$": "USD", "$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "R$": "BRL"}
_WRITTEN = (
    Numbers(),
    Numbers(groupChar=","),
    Numbers(decimalChar=","),
    Numbers(decimalChar=",", groupChar="."),
    Numbers(decimalChar=",", groupChar=" "),
    Numbers(groupChar="'"),
)
_DATES = (
    *("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d"),
    *("%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%d.%m.%y", "%d %b %Y", "%b %d, %Y", "%d-%b-%Y"),
)
_TIMES = (
    *("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S %z", "%Y-%m-%d %H:%M:%S.%f"),
    *("%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"),
    *("%m/%d/%Y %I:%M:%S %p", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%Y/%m/%d %H:%M:%S %z"),
    *("%Y/%m/%d %H:%M:%S", "%d-%m-%Y %H:%M:%S"),
)
_LONGEST = 60
"""Longer cells are neither numbers nor dates."""
_PLAIN = re.compile(r"-?(\d{1,15}(\.\d{0,9})?|\.\d{1,9})", re.ASCII)
_MARK = r"(?:[A-Z]{3}|(?:US|R)?[$€£¥₹])"
_MARKED = re.compile(rf"[-+(]?\s?(?:{_MARK}\s?)?[-+]?[\d.,' ]+\s?{_MARK}?\)?", re.ASCII)


@dataclass(frozen=True)
class Guess:
    """What a column seems to hold.

    `filled` counts its cells that are not blank, `distinct` their different texts. `formats` are
    strptime's for dates and times; two where day and month cannot be told apart. `decimals` is the
    most that a number has.
    """

    name: str
    type: FieldType
    filled: int
    distinct: int
    formats: tuple[str, ...] = ()
    decimals: int = 0

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers."""
        return self.type in {"integer", "decimal"}


def cells_of(table: Table, index: int) -> list[str]:
    """The cells of a column that are not blank."""
    return [row[index] for row in table.rows if row[index]]


def numbers_of(table: Table) -> Numbers:
    """How most columns of numbers are written; the plainest of those that fit equally."""
    columns = [cells_of(table, index) for index in range(len(table.names))]
    columns = [cells for cells in columns if cells and all(map(_may_be_number, cells))]
    with_mark = any(re.search(_MARK, cell) for cells in columns for cell in cells)
    in_parentheses = any(cell.startswith("(") for cells in columns for cell in cells)
    extra = {"bareNumber": not with_mark, "parentheses": in_parentheses}
    ways = [each.model_copy(update=extra) for each in _WRITTEN]
    return max(ways, key=lambda way: sum(are_numbers(cells, way) for cells in columns))


def _may_be_number(cell: str) -> bool:
    return len(cell) <= _LONGEST and bool(_MARKED.fullmatch(cell))


def are_numbers(cells: Sequence[str], numbers: Numbers) -> bool:
    """Whether all cells are numbers written in that way."""
    return bool(cells) and all(_number(cell, numbers) is not None for cell in cells)


def _number(cell: str, numbers: Numbers) -> str | None:
    if not _may_be_number(cell):
        return None
    plain = plain_number(cell, numbers)
    return plain if plain is not None and _PLAIN.fullmatch(plain) else None


def guess_columns(table: Table, numbers: Numbers) -> list[Guess]:
    """What each column of the table seems to hold."""
    return [_guess(name, cells_of(table, index), numbers) for index, name in enumerate(table.names)]


def _guess(name: str, cells: Sequence[str], numbers: Numbers) -> Guess:
    filled, distinct = len(cells), len(set(cells))
    some = list(dict.fromkeys(cells))
    if not some or max(map(len, some)) > _LONGEST:
        return Guess(name, "text", filled, distinct)
    if all(cell.upper() in CURRENCIES for cell in some):
        return Guess(name, "currency", filled, distinct)
    if formats := tuple(_fitting(some, _DATES)):
        return Guess(name, "date", filled, distinct, formats)
    if formats := tuple(_fitting(some, _TIMES)) or _iso(some):
        return Guess(name, "timestamp", filled, distinct, formats)
    if are_numbers(some, numbers) and not any(map(_is_code, some)):
        return _number_guess(name, some, numbers, filled, distinct)
    return Guess(name, "text", filled, distinct)


def _number_guess(
    name: str, some: Sequence[str], numbers: Numbers, filled: int, distinct: int
) -> Guess:
    plain = [str(_number(cell, numbers)) for cell in some]
    decimals = max(len(text.partition(".")[2]) for text in plain)
    return Guess(name, "decimal" if decimals else "integer", filled, distinct, decimals=decimals)


def _is_code(cell: str) -> bool:
    """Digits that are a name: with zeros in front, or more than amounts have."""
    return bool(re.fullmatch(r"0\d+|\d{13,}", cell))


def _fitting(cells: Sequence[str], formats: Sequence[str]) -> Iterator[str]:
    for layout in formats:
        try:
            for cell in cells:
                datetime.strptime(cell, layout)  # noqa: DTZ007 (only whether it fits)
        except ValueError:
            continue
        yield layout


def _iso(cells: Sequence[str]) -> tuple[str, ...]:
    try:
        for cell in cells:
            datetime.fromisoformat(cell)
    except ValueError:
        return ()
    return () if all(cell.isdigit() for cell in cells) else ("iso",)
