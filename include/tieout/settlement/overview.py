"""What people look at when they close a day: proofs, what is open, what they may decide."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import Connection

from tieout.kernel.database import fetch
from tieout.settlement.story import meant

_SQL = "settlement/board"
Side = Literal["payment", "line", "payout", "bank"]


@dataclass(frozen=True)
class Days:
    """A reconciled business date with its neighbours; None where there is none."""

    day: date | None
    before: date | None
    after: date | None


def days(connection: Connection, asked: date | None) -> Days:
    """The newest reconciled date up to the one asked for, or the newest of all."""
    (found,) = fetch(connection, f"{_SQL}/days", asked=asked)
    return Days(**found)


def proof(connection: Connection, day: date) -> list[dict[str, Any]]:
    """The proof of a date: both sides of each gateway and currency, with what is unexplained."""
    return fetch(connection, f"{_SQL}/proof", day=day)


def payout_proof(connection: Connection, day: date) -> list[dict[str, Any]]:
    """The proof of the payouts of a date: payouts by gateway, bank lines by bank and account."""
    return fetch(connection, f"{_SQL}/payout_proof", day=day)


def open_items(
    connection: Connection,
    day: date,
    side: Side,
    *,
    partner_id: str | None = None,
    code: str | None = None,
    after: int = 0,
    limit: int,
) -> list[dict[str, Any]]:
    """What was open at the end of a date, by number, from behind `after` on.

    Each with the codes of what was found of it (None while it simply waits), whether it was settled
    since (`is_held`), and whether its write-off waits (`is_proposed`).
    """
    query = "open_items" if side in {"payment", "line"} else "open_payouts"
    return fetch(
        connection,
        f"{_SQL}/{query}",
        day=day,
        side=side,
        partner_id=partner_id,
        code=code,
        after=after,
        limit=limit,
    )


def pieces(connection: Connection, asked: str, person: str) -> list[dict[str, Any]]:
    """The payments, lines, matches, payouts, bank lines and write-offs of a reference's story.

    As they stand now: a `state` of open, waits or stands is one about which can be decided. What
    `person` proposed, and so cannot approve, has `is_theirs`.
    """
    found = meant(connection, asked)
    del found["refs"]
    return fetch(connection, f"{_SQL}/pieces", **found, person=person)
