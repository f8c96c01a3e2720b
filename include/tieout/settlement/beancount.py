"""The journal as a file of beancount, which its `bean-check` accepts.

Every business date ends with the balance that the database has for each account of assets, as an
assertion of the morning after, so that a row lost on the way makes the file fail.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import TextIO

from tieout.kernel.money import format_minor
from tieout.settlement.journal import Balance, Posting

_OPENING = "Equity:Opening"


def write_beancount(
    out: TextIO,
    rows: Iterable[Posting],
    gained: Iterable[Balance],
    first_day: date,
    last_day: date,
) -> None:
    """Write postings in order of their dates, with opening balances and an assertion per date.

    `gained` is what each account gained by date, and before the first one (tieout.settlement.
    journal.balances).
    """
    by_day = {day: list(found) for day, found in groupby(gained, lambda one: one.business_date)}
    opening = by_day.pop(None, [])
    running = {(one.account, one.currency): one.amount_minor for one in opening}
    accounts = {one.account for found in (opening, *by_day.values()) for one in found}
    out.write('option "title" "Tieout"\n\n')
    out.writelines(f"{first_day} open {account}\n" for account in sorted(accounts | {_OPENING}))
    out.writelines(_opening(opening, first_day))
    for day, postings in groupby(rows, lambda one: one.business_date):
        for entry, parts in groupby(postings, lambda one: one.entry):
            out.writelines(_entry(day, entry, list(parts)))
        for one in by_day[day]:
            key = (one.account, one.currency)
            running[key] = running.get(key, 0) + one.amount_minor
        out.writelines(_assertions(running, day))
    if not by_day:
        out.writelines(_assertions(running, last_day))


def _opening(opening: list[Balance], first_day: date) -> Iterator[str]:
    if not opening:
        return
    yield f'\n{first_day} * "opening balances"\n'
    rest: dict[str, int] = {}
    for one in opening:
        yield _part(one.account, one.amount_minor, one.currency)
        rest[one.currency] = rest.get(one.currency, 0) - one.amount_minor
    yield from (_part(_OPENING, minor, currency) for currency, minor in sorted(rest.items()))


def _entry(day: date, entry: str, parts: list[Posting]) -> Iterator[str]:
    yield f"\n{day} * {json.dumps(_one_line(parts[0].narration), ensure_ascii=False)}\n"
    yield f'  entry: "{entry}"\n'
    yield from (_part(one.account, one.amount_minor, one.currency) for one in parts)


def _part(account: str, minor: int, currency: str) -> str:
    return f"  {account}  {format_minor(minor, currency)} {currency}\n"


def _assertions(running: dict[tuple[str, str], int], day: date) -> Iterator[str]:
    morning = day + timedelta(days=1)
    yield "\n"
    for (account, currency), minor in sorted(running.items()):
        if account.startswith("Assets:"):
            yield f"{morning} balance {account}  {format_minor(minor, currency)} {currency}\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())
