"""Pages of what was set aside: rows, one row, and files that are not loaded."""

from enum import StrEnum

from fastapi import APIRouter, Request, Response

from tieout.board.web import (
    PAGE,
    Number,
    Operator,
    Person,
    Start,
    Text,
    Viewer,
    decision,
    go,
    page,
    session,
    status_of,
)
from tieout.exchange.quarantine import correct, discard, listed, shown
from tieout.exchange.unloaded import (
    accept_file,
    accept_unbalanced_file,
    discard_file,
    listed_files,
)
from tieout.kernel.errors import TieoutError

pages = APIRouter()


class State(StrEnum):
    """What has become of a row that was set aside."""

    OPEN = "OPEN"
    CORRECTED = "CORRECTED"
    RELEASED = "RELEASED"
    DISCARDED = "DISCARDED"


class FileVerdict(StrEnum):
    """What may be decided about a file that is not loaded."""

    ACCEPT = "accept"
    ACCEPT_UNBALANCED = "accept-unbalanced"
    DISCARD = "discard"


_FILE_VERDICTS = {
    FileVerdict.ACCEPT: accept_file,
    FileVerdict.ACCEPT_UNBALANCED: accept_unbalanced_file,
    FileVerdict.DISCARD: discard_file,
}


@pages.get("/quarantine")
def list_rows(
    request: Request,
    person: Viewer,
    status: State = State.OPEN,
    doc_type: str = "",
    partner: str = "",
    after: Start = 0,
) -> Response:
    """Rows in quarantine, the oldest first."""
    with session(person) as connection:
        rows = listed(
            connection,
            status=status,
            doc_type=doc_type or None,
            partner_id=partner or None,
            after=after,
            limit=PAGE + 1,
        )
    filters = {"status": status, "doc_type": doc_type, "partner": partner}
    return page(
        request, "rows.html", rows=rows[:PAGE], more=len(rows) > PAGE, filters=filters, states=State
    )


@pages.get("/quarantine/{number}")
def show_row(request: Request, person: Viewer, number: Number) -> Response:
    """All that is known of one row, and the forms that decide about it."""
    return _row_page(request, person, number)


@pages.post("/quarantine/{number}/correct")
def correct_row(
    request: Request, person: Operator, number: Number, text: Text = "", reason: Text = ""
) -> Response:
    """Give a row its corrected text."""
    try:
        with session(person) as connection:
            correct(connection, number, text, decision(person, reason))
    except TieoutError as problem:
        return _row_page(request, person, number, problem, text=text, reason=reason)
    return go(request, f"/quarantine/{number}")


@pages.post("/quarantine/{number}/discard")
def discard_row(request: Request, person: Operator, number: Number, reason: Text = "") -> Response:
    """Decide that a row is never loaded."""
    try:
        with session(person) as connection:
            discard(connection, number, decision(person, reason))
    except TieoutError as problem:
        return _row_page(request, person, number, problem, reason=reason)
    return go(request, f"/quarantine/{number}")


@pages.get("/files")
def list_files(request: Request, person: Viewer, partner: str = "", after: Start = 0) -> Response:
    """Files that are not loaded, the oldest first."""
    return _files_page(request, person, partner, after)


@pages.post("/files/{number}/{verdict}")
def decide_file(
    request: Request,
    person: Operator,
    number: Number,
    verdict: FileVerdict,
    reason: Text = "",
) -> Response:
    """Let a file load, or decide that it never is."""
    try:
        with session(person) as connection:
            _FILE_VERDICTS[verdict](connection, number, decision(person, reason))
    except TieoutError as problem:
        return _files_page(request, person, "", number - 1, problem)
    return go(request, "/files")


def _row_page(
    request: Request,
    person: Person,
    number: int,
    problem: TieoutError | None = None,
    text: str | None = None,
    reason: str = "",
) -> Response:
    """The page of a row; what was typed before a problem is kept."""
    with session(person) as connection:
        row = shown(connection, number)
    return page(
        request,
        "row.html",
        status=status_of(problem),
        problem=problem,
        row=row,
        text=row["raw"] if text is None else text,
        reason=reason,
    )


def _files_page(
    request: Request,
    person: Person,
    partner: str,
    after: int,
    problem: TieoutError | None = None,
) -> Response:
    with session(person) as connection:
        files = listed_files(connection, partner_id=partner or None, after=after, limit=PAGE + 1)
    return page(
        request,
        "files.html",
        status=status_of(problem),
        problem=problem,
        files=files[:PAGE],
        more=len(files) > PAGE,
        filters={"partner": partner},
    )
