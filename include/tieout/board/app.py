"""The board as a web application, for whatever server knows who is logged in."""

from collections.abc import Awaitable, Callable
from html import escape
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from tieout.board import cases, quarantine, settlement, stories
from tieout.board.web import BoardError, Person, go, page, status_of
from tieout.kernel.errors import TieoutError

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "frame-ancestors 'self'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def board(who: Callable[..., Person]) -> FastAPI:
    """The board's pages. `who` is a dependency that gives the person who asks.

    It raises HTTPException 401 or 403 when nobody is logged in; every address of the board asks it.
    Those who may not decide get 403 for whatever changes something.
    """

    def note(request: Request, person: Annotated[Person, Depends(who)]) -> None:
        request.state.person = person

    app = FastAPI(
        title="Tieout board",
        dependencies=[Depends(note)],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.include_router(quarantine.pages)
    app.include_router(cases.pages)
    app.include_router(settlement.pages)
    app.include_router(stories.pages)
    app.add_api_route("/", _start)
    app.add_api_route("/board.css", _style)
    app.middleware("http")(_with_headers)
    app.exception_handler(HTTPException)(_refused)
    app.exception_handler(TieoutError)(_failed)
    app.exception_handler(RequestValidationError)(_unreadable)
    app.exception_handler(DataError)(_unreadable)
    return app


def _start(request: Request) -> RedirectResponse:
    return go(request, "/quarantine")


def _style() -> FileResponse:
    return FileResponse(Path(__file__).parent / "templates" / "board.css")


async def _with_headers(
    request: Request, answer: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await answer(request)
    response.headers.update(_HEADERS)
    return response


def _refused(_request: Request, error: HTTPException) -> HTMLResponse:
    """Says it without the pages' frame, because perhaps nobody is logged in."""
    words = "Log in to Airflow." if error.status_code == 401 else escape(str(error.detail))
    return HTMLResponse(
        f"<!doctype html><title>Tieout</title><p>{words}</p>", status_code=error.status_code
    )


def _failed(request: Request, error: TieoutError) -> HTMLResponse:
    unknown = request.method == "GET" and not isinstance(error, BoardError)
    status = 404 if unknown else status_of(error)
    return page(request, "problem.html", status=status, problem=error)


def _unreadable(request: Request, _error: Exception) -> HTMLResponse:
    problem = BoardError("The form or the address cannot be read.", remedy="Go back, and try anew.")
    return page(request, "problem.html", status=400, problem=problem)
