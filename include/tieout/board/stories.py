"""The page that tells the story of a reference, and what is decided about its parts."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel
from sqlalchemy import Connection

from tieout.board.web import (
    BoardError,
    Number,
    Operator,
    Person,
    Text,
    Typed,
    Viewer,
    decision,
    go,
    page,
    query,
    session,
    status_of,
)
from tieout.kernel.audit import Decision
from tieout.kernel.errors import TieoutError
from tieout.settlement import decisions, overview, payout_decisions
from tieout.settlement.deciding import Outcome
from tieout.settlement.story import NothingKnown, story

pages = APIRouter()


class Verdict(StrEnum):
    """What may be decided about a write-off."""

    APPROVE = "approve"
    REJECT = "reject"
    REOPEN = "reopen"


_VERDICTS: dict[Verdict, Callable[[Connection, int, Decision], object]] = {
    Verdict.APPROVE: decisions.approve,
    Verdict.REJECT: decisions.reject,
    Verdict.REOPEN: decisions.reopen,
}


class Meeting(BaseModel):
    """A form: what is tied together, several apart by blanks, and why.

    `many` and `with_many` are payments and lines, or payouts and bank lines. `of` is the story on
    whose page the form was.
    """

    of: str = ""
    many: str = ""
    with_many: str = ""
    write_off_variance: bool = False
    reason: str = ""


@pages.get("/story")
def show_story(request: Request, person: Viewer, of: str = "") -> Response:
    """All that is known of a reference, and the forms that decide about its parts."""
    return _story_page(request, person, of.strip())


@pages.post("/matches/{number}/unmatch")
def unmatch(request: Request, person: Operator, number: Number, reason: Text = "") -> Response:
    """Undo a match of payments and lines."""
    return _decided(request, person, f"match:{number}", reason, decisions.unmatch, number)


@pages.post("/payout-matches/{number}/unmatch")
def unmatch_payout(
    request: Request, person: Operator, number: Number, reason: Text = ""
) -> Response:
    """Undo a match of payouts and bank lines."""
    undo = payout_decisions.unmatch_payout
    return _decided(request, person, f"payout-match:{number}", reason, undo, number)


@pages.post("/write-offs/{number}/{verdict}")
def decide_write_off(
    request: Request, person: Operator, number: Number, verdict: Verdict, reason: Text = ""
) -> Response:
    """Approve or reject a write-off that waits, or take one back."""
    return _decided(request, person, f"write-off:{number}", reason, _VERDICTS[verdict], number)


@pages.post("/write-off")
def write_off(
    request: Request,
    person: Operator,
    payment: Text = "",
    line: Annotated[int | None, Form(ge=1, lt=2**63)] = None,
    reason: Text = "",
) -> Response:
    """Give up an open payment (our reference) or an open line."""
    subject = payment or f"line:{line}"
    try:
        with session(person) as connection:
            made = decisions.write_off(
                connection, decision(person, reason), payment_ref=payment or None, line_id=line
            )
    except TieoutError as problem:
        return _story_page(request, person, subject, problem, Typed(subject, reason))
    return _go_to(request, made)


@pages.post("/match")
def match(request: Request, person: Operator, meeting: Annotated[Meeting, Form()]) -> Response:
    """Tie payments (our references) and lines together."""

    def tie(connection: Connection, taken: Decision) -> Outcome:
        return decisions.match(
            connection,
            meeting.many.split(),
            _numbers(meeting.with_many, "line"),
            taken,
            write_off_variance=meeting.write_off_variance,
        )

    return _tied(request, person, meeting, "match", tie)


@pages.post("/match-payouts")
def match_payouts(
    request: Request, person: Operator, meeting: Annotated[Meeting, Form()]
) -> Response:
    """Tie payouts and bank lines together."""

    def tie(connection: Connection, taken: Decision) -> Outcome:
        return payout_decisions.match_payout(
            connection,
            _numbers(meeting.many, "payout"),
            _numbers(meeting.with_many, "bank"),
            taken,
            write_off_variance=meeting.write_off_variance,
        )

    return _tied(request, person, meeting, "payout-match", tie)


def _numbers(text: str, prefix: str) -> list[int]:
    """Numbers apart by blanks, with or without the word that `tieout explain` puts before them."""
    numbers = [word.removeprefix(f"{prefix}:") for word in text.split()]
    for number in numbers:
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            raise BoardError(
                f"{number!r} is no number.", remedy=f"Write {prefix}:12 or 12, apart by blanks."
            )
    return [int(number) for number in numbers]


def _tied(
    request: Request,
    person: Person,
    meeting: Meeting,
    piece: str,
    tie: Callable[[Connection, Decision], Outcome],
) -> Response:
    try:
        with session(person) as connection:
            made = tie(connection, decision(person, meeting.reason))
    except TieoutError as problem:
        typed = Typed(piece, meeting.reason, meeting.model_dump())
        return _story_page(request, person, meeting.of, problem, typed)
    return _go_to(request, made, piece)


def _decided(
    request: Request,
    person: Person,
    subject: str,
    reason: str,
    decide: Callable[[Connection, int, Decision], object],
    number: int,
) -> Response:
    try:
        with session(person) as connection:
            decide(connection, number, decision(person, reason))
    except TieoutError as problem:
        return _story_page(request, person, subject, problem, Typed(subject, reason))
    return _go_to_story(request, subject)


def _go_to(request: Request, made: Outcome, piece: str = "match") -> Response:
    """The story of what a decision made: the match, else the write-off."""
    if made.match_no is not None:
        return _go_to_story(request, f"{piece}:{made.match_no}")
    return _go_to_story(request, f"write-off:{made.write_off_id}")


def _go_to_story(request: Request, subject: str) -> Response:
    return go(request, f"/story{query({'of': subject})}")


def _story_page(
    request: Request,
    person: Person,
    asked: str,
    problem: TieoutError | None = None,
    typed: Typed | None = None,
) -> Response:
    """The page of a story; what was typed before a problem is kept."""
    events, pieces = [], list[dict[str, Any]]()
    status = status_of(problem)
    if asked:
        with session(person) as connection:
            try:
                events = story(connection, asked)
                pieces = overview.pieces(connection, asked, person.name)
            except NothingKnown as nothing:
                problem, status = problem or nothing, status if problem else 404
    return page(
        request,
        "story.html",
        status=status,
        problem=problem,
        typed=typed or Typed(),
        asked=asked,
        events=events,
        pieces=pieces,
        open={
            piece: [row for row in pieces if (row["piece"], row["state"]) == (piece, "open")]
            for piece in ("payment", "line", "payout", "bank")
        },
    )
