"""Periods of the books: closed days change no more, and locked ones never again.

Only reconciled days can be closed. What comes late for them is new in the next reconciliation,
whose date is open, and decisions belong to open dates, so nothing waits for a period to open.
"""

from datetime import date
from typing import Any

from sqlalchemy import Connection

from tieout.kernel.audit import Decision, audit
from tieout.kernel.database import execute, fetch, lock
from tieout.kernel.errors import TieoutError

_SQL = "settlement/periods"


class PeriodClosed(TieoutError):  # noqa: N818 (a state, as in FileRefused)
    """Something of a business date whose books are closed or locked."""

    slug = "period-closed"


class PeriodError(TieoutError):
    """A period with which this cannot be done."""

    slug = "period"


def refuse_closed(connection: Connection, day: date, what: str) -> None:
    """Raise PeriodClosed when `day`, the business date of `what`, is closed or locked."""
    for found in fetch(connection, f"{_SQL}/closed", day=day):
        raise PeriodClosed(
            f"{what[:1].upper()}{what[1:]} is of {day}, and {_days(found)} is {found['status']}.",
            remedy="Locked books stay as they are; what came late is in the next reconciliation."
            if found["status"] == "LOCKED"
            else "Reopen the period by `tieout settlement reopen-period`, or leave it: what came"
            " late is in the next reconciliation.",
        )


def close(connection: Connection, first_day: date, last_day: date, decision: Decision) -> None:
    """Close the books of these days, both included; a period that was reopened, with its own days.

    Raises PeriodError when a day is not reconciled yet, or lies in another period.
    """
    if last_day < first_day:
        raise PeriodError(
            f"{first_day} lies behind {last_day}.", remedy="Give the first day, then the last."
        )
    known = _known(connection, first_day, last_day)
    newest = known[0]["newest"]
    if newest is None or last_day > newest:
        raise PeriodError(
            f"{last_day} is not reconciled: the newest date that is, is {newest or 'none'}.",
            remedy="Close what is reconciled; the next reconciliation takes in what comes late.",
        )
    periods = [found for found in known if found["period_id"] is not None]
    if not periods:
        execute(
            connection,
            f"{_SQL}/insert",
            first_day=first_day,
            last_day=last_day,
            at=decision.at,
            reason=decision.reason,
        )
        _audit(connection, "close", f"{first_day} to {last_day}", decision)
        return
    _change(connection, _exactly(periods, first_day, last_day), "CLOSED", "OPEN", decision)


def reopen_period(
    connection: Connection, first_day: date, last_day: date, decision: Decision
) -> None:
    """Open a closed period again. Raises PeriodError when there is none, or it is locked."""
    found = _exactly(_known(connection, first_day, last_day), first_day, last_day)
    _change(connection, found, "OPEN", "CLOSED", decision)


def lock_period(
    connection: Connection, first_day: date, last_day: date, decision: Decision
) -> None:
    """Lock a closed period for ever. Raises PeriodError when there is none that is closed."""
    found = _exactly(_known(connection, first_day, last_day), first_day, last_day)
    _change(connection, found, "LOCKED", "CLOSED", decision)


def periods(connection: Connection) -> list[dict[str, Any]]:
    """All periods, the newest first."""
    return fetch(connection, f"{_SQL}/list")


def _known(connection: Connection, first_day: date, last_day: date) -> list[dict[str, Any]]:
    lock(connection, "settlement")
    return fetch(connection, f"{_SQL}/known", first_day=first_day, last_day=last_day)


def _exactly(known: list[dict[str, Any]], first_day: date, last_day: date) -> dict[str, Any]:
    for found in known:
        if (found["first_day"], found["last_day"]) == (first_day, last_day):
            return found
    others = [_days(found) for found in known if found["period_id"] is not None]
    raise PeriodError(
        f"There is no period {first_day} to {last_day}"
        + (f", but {', '.join(others)}." if others else "."),
        remedy="`tieout settlement periods` lists them; periods never overlap.",
    )


def _change(
    connection: Connection, found: dict[str, Any], to_state: str, only_from: str, decision: Decision
) -> None:
    if found["status"] != only_from:
        raise PeriodError(
            f"{_days(found)} is {found['status']}: it cannot become {to_state}.",
            remedy="An open period is closed, a closed one reopened or locked, a locked one stays.",
        )
    execute(
        connection,
        f"{_SQL}/change",
        period_id=found["period_id"],
        to_state=to_state,
        at=decision.at,
        reason=decision.reason,
    )
    verb = {"CLOSED": "close", "OPEN": "reopen-period", "LOCKED": "lock"}[to_state]
    _audit(connection, verb, _days(found), decision)


def _days(found: dict[str, Any]) -> str:
    return f"{found['first_day']} to {found['last_day']}"


def _audit(connection: Connection, verb: str, days: str, decision: Decision) -> None:
    audit(
        connection,
        actor=decision.actor,
        action=f"settlement.{verb}",
        subject=f"settlement_period:{days}",
        reason=decision.reason,
        occurred_at=decision.at,
    )
