"""The double-entry journal: proven against the proofs, and written out for accounting.

Its rows are views of the database (schema/0001/14_journal.sql); nothing of it is stored. An amount
is a debit when positive and a credit when negative, in minor units.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TextIO

from sqlalchemy import Connection

from tieout.kernel.database import fetch, stream
from tieout.kernel.errors import RunDoesNotAddUp, TieoutError
from tieout.kernel.money import format_minor

Flow = Literal["settlement", "payouts"]
COLUMNS = (
    *("business_date", "entry", "posting", "account"),
    *("currency", "amount_minor", "amount", "narration"),
)
"""The columns of the journal as CSV."""


class JournalNotSettled(TieoutError):  # noqa: N818 (it says what is wrong)
    """Business dates of which the journal may still change, or that have none."""

    slug = "journal-not-settled"


@dataclass(frozen=True)
class Posting:
    """One account's part of an entry; `entry` names what is booked, such as match:17."""

    business_date: date
    entry: str
    number: int
    account: str
    currency: str
    amount_minor: int
    narration: str


@dataclass(frozen=True)
class Balance:
    """What an account gained on a business date; without a date, before the first one asked for."""

    business_date: date | None
    account: str
    currency: str
    amount_minor: int


def prove_journal(
    connection: Connection, flow: Flow, last_day: date, first_day: date | None = None
) -> None:
    """Hold the journal of some business dates (default: only the last) against their proofs.

    What the clearing account of a gateway (or its transit account) gained must be what the proof
    left open, and every kind of entry must add up to zero in each currency.
    Raises RunDoesNotAddUp otherwise.
    """
    before = fetch(connection, "journal/day_before", flow=flow, business_date=first_day or last_day)
    found = fetch(
        connection,
        "journal/disagreements",
        flow=flow,
        after_day=before[0]["day"],
        last_day=last_day,
    )
    for row in found:
        raise RunDoesNotAddUp(
            f"The journal of {row['business_date']} has {row['journal_minor']} minor units of"
            f" {row['currency']} for {row['account']}, and the proof has {row['proof_minor']}.",
            remedy="Nothing is exported. Find out who changed rows that were reconciled.",
        )


def settled_days(
    connection: Connection, first_day: date | None, last_day: date | None
) -> tuple[date, date]:
    """The business dates to write: those asked for, by default all that are reconciled.

    Raises JournalNotSettled when they are in the wrong order or not all reconciled.
    """
    (known,) = fetch(connection, "journal/reconciled_days")
    first, last = first_day or known["first_day"], last_day or known["last_day"]
    if first is None or last is None or last > known["last_day"]:
        raise JournalNotSettled(
            f"The journal is settled up to {known['last_day'] or 'no date'}, not up to {last}.",
            remedy="Reconcile settlements and payouts of the date first, or ask for fewer dates.",
        )
    if first > last:
        raise JournalNotSettled(
            f"{first} lies behind {last}.", remedy="Give the first day, then the last."
        )
    return first, last


def postings(connection: Connection, first_day: date, last_day: date) -> Iterator[Posting]:
    """The journal, entry by entry in an order that never changes, streamed.

    Raises RunDoesNotAddUp, where it comes to it, when an entry does not add up.
    """
    open_sums: dict[str, int] = {}
    current: tuple[date, str] | None = None
    for row in stream(connection, "journal/postings", first_day=first_day, last_day=last_day):
        one = _posting(row)
        if (one.business_date, one.entry) != current:
            _refuse_unbalanced(current, open_sums)
            current, open_sums = (one.business_date, one.entry), {}
        open_sums[one.currency] = open_sums.get(one.currency, 0) + one.amount_minor
        yield one
    _refuse_unbalanced(current, open_sums)


def balances(connection: Connection, first_day: date, last_day: date) -> list[Balance]:
    """What each account gained per date, and the assets, debts and equity it had before."""
    found = fetch(connection, "journal/balances", first_day=first_day, last_day=last_day)
    return [Balance(**row) for row in found]


def write_csv(out: TextIO, rows: Iterable[Posting]) -> None:
    """The journal as CSV with COLUMNS; `amount` is in major units."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(
        (
            row.business_date.isoformat(),
            row.entry,
            row.number,
            row.account,
            row.currency,
            row.amount_minor,
            format_minor(row.amount_minor, row.currency),
            row.narration,
        )
        for row in rows
    )


def _posting(row: Mapping[str, Any]) -> Posting:
    return Posting(
        business_date=row["business_date"],
        entry=f"{row['entry_kind']}:{row['entry_no']}",
        number=row["posting_no"],
        account=row["account"],
        currency=row["currency"],
        amount_minor=row["amount_minor"],
        narration=row["narration"],
    )


def _refuse_unbalanced(entry: tuple[date, str] | None, sums: Mapping[str, int]) -> None:
    for currency, left in sums.items():
        if left and entry:
            raise RunDoesNotAddUp(
                f"Entry {entry[1]} of {entry[0]} is off by {left} minor units of {currency}.",
                remedy="Nothing is exported. Please report this with `tieout explain` of it.",
            )
