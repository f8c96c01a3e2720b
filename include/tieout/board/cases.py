"""The page of live cases, and what is decided about those that are ticked."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import BaseModel, Field

from tieout.board.web import (
    PAGE,
    BoardError,
    Operator,
    Person,
    Viewer,
    decision,
    go,
    page,
    query,
    remedies,
    session,
    status_of,
)
from tieout.exceptions.decisions import Verdict, decide, live_cases
from tieout.kernel.errors import TieoutError

pages = APIRouter()


class State(StrEnum):
    """Where a live case stands; the empty one stands for all."""

    ALL = ""
    PENDING = "PENDING"
    OPEN = "OPEN"
    ACKED = "ACKED"
    SNOOZED = "SNOOZED"
    SUPPRESSED = "SUPPRESSED"


class Action(StrEnum):
    """What may be decided about a case."""

    ACK = "ack"
    SNOOZE = "snooze"
    RESOLVE = "resolve"
    WRITE_OFF = "write-off"
    FALSE_ALARM = "false-alarm"


class Filters(BaseModel):
    """Which cases a page shows; what is empty does not narrow it. `offset` are skipped."""

    status: State = State.ALL
    code: str = ""
    partner: str = ""
    offset: int = Field(default=0, ge=0, le=10_000_000)


class Choice(BaseModel):
    """A form: the cases that were ticked, what is decided and why; `until` ends a snooze.

    A time without a zone is UTC.
    """

    ids: list[Annotated[int, Field(ge=1, lt=2**63)]] = Field(default=[], max_length=PAGE)
    action: Action = Action.ACK
    reason: str = ""
    until: datetime | None = None


@pages.get("/cases")
def list_cases(request: Request, person: Viewer, filters: Annotated[Filters, Query()]) -> Response:
    """Live cases, the most urgent first."""
    return _cases_page(request, person, filters, Choice())


@pages.post("/cases")
def decide_cases(
    request: Request,
    person: Operator,
    filters: Annotated[Filters, Query()],
    choice: Annotated[Choice, Form()],
) -> Response:
    """Carry out a decision on all ticked cases, or on none."""
    try:
        if not choice.ids:
            raise BoardError("No case is ticked.", remedy="Tick those that you decide about.")
        with session(person) as connection:
            decide(connection, choice.ids, _verdict(person, choice))
    except TieoutError as problem:
        return _cases_page(request, person, filters, choice, problem)
    return go(request, f"/cases{query(filters.model_dump())}")


def _verdict(person: Person, choice: Choice) -> Verdict:
    taken = decision(person, choice.reason)
    until = choice.until
    if until is not None and until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return Verdict(choice.action, taken.actor, taken.reason, taken.at, until)


def _cases_page(
    request: Request,
    person: Person,
    filters: Filters,
    choice: Choice,
    problem: TieoutError | None = None,
) -> Response:
    """The page of cases; what was ticked and typed before a problem is kept."""
    with session(person) as connection:
        found = live_cases(
            connection,
            status=filters.status or None,
            code=filters.code or None,
            partner_id=filters.partner or None,
            limit=PAGE + 1,
            offset=filters.offset,
        )
    return page(
        request,
        "cases.html",
        status=status_of(problem),
        problem=problem,
        cases=found[:PAGE],
        more=len(found) > PAGE,
        step=PAGE,
        filters=filters.model_dump(),
        choice=choice,
        states=State,
        actions=Action,
        remedies=remedies([case["code"] for case in found[:PAGE]]),
    )
