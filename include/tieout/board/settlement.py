"""The pages for closing a day: its proof, what is open, what waits for a second person, periods."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import BaseModel, Field

from tieout.board.web import (
    PAGE,
    BoardError,
    Operator,
    Person,
    Typed,
    Viewer,
    decision,
    go,
    page,
    remedies,
    session,
    status_of,
)
from tieout.kernel.errors import TieoutError
from tieout.settlement import overview
from tieout.settlement.decisions import waiting
from tieout.settlement.periods import close, lock_period, periods, reopen_period

pages = APIRouter()

_BUCKETS = {
    "opening": "Opening",
    "new": "New",
    "reopened": "Reopened",
    "matched": "Matched",
    "linked": "Linked",
    "by_kind": "By kind",
    "exception": "Exceptions",
    "open": "Open",
    "written_off": "Written off",
    "unexplained": "Unexplained",
}
_PAYOUT_BUCKETS = {
    "opening": "Opening",
    "new": "New",
    "reopened": "Reopened",
    "changed": "Changed",
    "matched": "Matched",
    "exception": "Exceptions",
    "open": "Open",
    "returned": "Returned",
    "not_ours": "Not ours",
    "unexplained": "Unexplained",
}


class PeriodVerdict(StrEnum):
    """What may be decided about a period of the books."""

    CLOSE = "close"
    REOPEN = "reopen"
    LOCK = "lock"


_PERIOD_VERDICTS = {
    PeriodVerdict.CLOSE: close,
    PeriodVerdict.REOPEN: reopen_period,
    PeriodVerdict.LOCK: lock_period,
}


class Days(BaseModel):
    """A form: the days of a period, both included, and why it is changed."""

    first_day: date | None = None
    last_day: date | None = None
    reason: str = ""


class Side(StrEnum):
    """Of what the open items are shown."""

    PAYMENT = "payment"
    LINE = "line"
    PAYOUT = "payout"
    BANK = "bank"


class Filters(BaseModel):
    """Which open items a page shows; what is empty does not narrow it."""

    day: str = ""
    side: Side = Side.PAYMENT
    partner: str = ""
    code: str = ""
    after: int = Field(default=0, ge=0, lt=2**63)


@pages.get("/settlement")
def show_day(request: Request, person: Viewer, day: str = "") -> Response:
    """The proof of a business date, what waits for a second person, and the periods."""
    return _day_page(request, person, _asked(day))


@pages.post("/settlement/periods/{verdict}")
def decide_period(
    request: Request,
    person: Operator,
    verdict: PeriodVerdict,
    days: Annotated[Days, Form()],
) -> Response:
    """Close the books of some days, open them again, or lock them for ever."""
    try:
        if days.first_day is None or days.last_day is None:
            raise BoardError("A period has a first and a last day.", remedy="Give both.")
        with session(person) as connection:
            _PERIOD_VERDICTS[verdict](
                connection, days.first_day, days.last_day, decision(person, days.reason)
            )
    except TieoutError as problem:
        subject = f"{verdict}:{days.first_day}" if verdict != PeriodVerdict.CLOSE else verdict
        typed = Typed(subject, days.reason, days.model_dump())
        return _day_page(request, person, days.last_day, problem, typed)
    return go(request, "/settlement#periods")


@pages.get("/settlement/open")
def list_open(request: Request, person: Viewer, filters: Annotated[Filters, Query()]) -> Response:
    """What was open at the end of a business date, the oldest number first."""
    asked = _asked(filters.day)
    with session(person) as connection:
        days = overview.days(connection, asked)
        found = (
            overview.open_items(
                connection,
                days.day,
                filters.side.value,
                partner_id=filters.partner or None,
                code=filters.code or None,
                after=filters.after,
                limit=PAGE + 1,
            )
            if days.day
            else []
        )
    items = found[:PAGE]
    codes = {code for item in items for code in (item["codes"] or "").split()}
    return page(
        request,
        "open.html",
        days=days,
        items=items,
        more=len(found) > PAGE,
        filters=filters.model_dump() | {"day": days.day or ""},
        sides=Side,
        remedies=remedies(codes),
    )


def _asked(day: str) -> date | None:
    """The date of an address, or None where it names none. Raises BoardError for another text."""
    try:
        return date.fromisoformat(day) if day else None
    except ValueError:
        raise BoardError(
            f"{day!r} is no date.", remedy="Write it as year, month and day: 2026-03-31."
        ) from None


def _day_page(
    request: Request,
    person: Person,
    asked: date | None,
    problem: TieoutError | None = None,
    typed: Typed | None = None,
) -> Response:
    """The page of a day; what was typed before a problem is kept."""
    with session(person) as connection:
        days = overview.days(connection, asked)
        proof = overview.proof(connection, days.day) if days.day else []
        payouts = overview.payout_proof(connection, days.day) if days.day else []
        waits = waiting(connection)
        books = periods(connection)
    return page(
        request,
        "settlement.html",
        status=status_of(problem),
        problem=problem,
        typed=typed or Typed(),
        asked=asked,
        days=days,
        proof=proof,
        payouts=payouts,
        buckets=_BUCKETS,
        payout_buckets=_PAYOUT_BUCKETS,
        waiting=waits,
        periods=books,
        state=next(
            (book["status"] for book in books if _covers(book, days.day)),
            "OPEN",
        ),
    )


def _covers(period: dict[str, date], day: date | None) -> bool:
    return day is not None and period["first_day"] <= day <= period["last_day"]
