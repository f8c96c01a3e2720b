"""Near misses, summed up: what one more day, or one more minor unit of tolerance, would match."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

import duckdb

from tieout.kernel.money import format_minor
from tieout.kernel.sqlfiles import sql_text

_UNITS = {
    "window_days": ("more day", "more days"),
    "tolerance_minor": ("more minor unit of tolerance", "more minor units of tolerance"),
    "fx_band": ("more basis point of exchange rate", "more basis points of exchange rate"),
}


@dataclass(frozen=True)
class NearMissSum:
    """What a setting would match in one currency if it were `more` than it is.

    `amount_minor` is the sum of the payments, `ambiguous` how many of the `items` would have more
    than one candidate then.
    """

    setting: str
    more: int
    currency: str
    items: int
    amount_minor: int
    ambiguous: int


def near_miss_sums(con: duckdb.DuckDBPyConnection) -> list[NearMissSum]:
    """The sums of the table `near_misses`: by setting, step of it, and currency."""
    rows = con.execute(sql_text("settlement/steps/near_miss_sums")).fetchall()
    return [NearMissSum(*row) for row in rows]


def near_miss_lines(sums: Iterable[NearMissSum]) -> list[str]:
    """One line per step: "1 more day: 312 items, 4,100.22 EUR, 2 would become ambiguous"."""
    steps = groupby(sums, key=lambda one: (one.setting, one.more))
    return [_line(setting, more, list(currencies)) for (setting, more), currencies in steps]


def _line(setting: str, more: int, currencies: list[NearMissSum]) -> str:
    items = sum(one.items for one in currencies)
    ambiguous = sum(one.ambiguous for one in currencies)
    told = [f"{items:,} item{'s' if items > 1 else ''}"]
    told += [
        f"{format_minor(one.amount_minor, one.currency, thousands=True)} {one.currency}"
        for one in currencies
    ]
    if ambiguous:
        told.append(f"{ambiguous:,} would become ambiguous")
    return f"{more:,} {_UNITS[setting][more > 1]}: {', '.join(told)}"
