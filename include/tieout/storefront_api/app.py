"""The HTTP app: entries, payments, the state of the store. Errors never show what is inside."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.types import ASGIApp, Receive, Scope, Send

from tieout.intake.capture import entry_of
from tieout.kernel.cards import mask_cards
from tieout.payments.api import payment_router
from tieout.storefront_api.desk import Desk, NotTaken
from tieout.storefront_api.model import EntryIn, EntryTaken, Health, Problem, Problems, Store

MOST_BYTES = 1024 * 1024
MOST_PROBLEMS = 20
CLOCKS_APART = timedelta(minutes=10)
_CONFLICT = "Another entry was received under this entry_id. Send this one under an id of its own."
_AHEAD = "captured_at lies ahead of our clock by more than ten minutes. Set the storefront's clock."
_BEARER = HTTPBearer(auto_error=False, description="The storefront's key, made by `tieout`")
_log = logging.getLogger(__name__)


def make_app(desk: Callable[[], Desk], clock: Callable[[], datetime]) -> FastAPI:
    """The app; `desk` makes its desk, in the event loop that serves it."""

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        app.state.desk = desk()
        await app.state.desk.open()
        yield
        await app.state.desk.close()

    app = FastAPI(
        title="Tieout storefront API",
        version="1",
        description=__doc__,
        lifespan=living,
        responses={401: {"model": Problem}, 503: {"model": Problem}},
    )
    app.add_middleware(SizeLimit)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(NotTaken, _not_taken)
    app.add_exception_handler(Exception, _not_taken)
    _add_routes(app, clock)
    app.include_router(payment_router(storefront, clock))
    return app


async def storefront(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
) -> str:
    """The storefront whose key the request carries; else 401."""
    known: str | None = None
    if credentials is not None:
        known = request.app.state.desk.known.storefront_of(credentials.credentials)
    if known is None:
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED,
            Problem(error="unknown-key", message="Send a good key as a bearer token.").model_dump(),
            headers={"WWW-Authenticate": "Bearer"},
        )
    return known


Storefront = Annotated[str, Depends(storefront)]


def _add_routes(app: FastAPI, clock: Callable[[], datetime]) -> None:
    @app.post(
        "/v1/entries",
        status_code=status.HTTP_201_CREATED,
        responses={409: {"model": Problem}, 422: {"model": Problems}},
    )
    async def post_entry(request: Request, entry: EntryIn, whose: Storefront) -> EntryTaken:
        """Keep an order entry for good. The same entry again gets the same answer."""
        if entry.captured_at > clock() + CLOCKS_APART:
            raise HTTPException(
                status.HTTP_422_UNPROCESSABLE_CONTENT,
                _problems([Problem(error="clock", message=_AHEAD, field="captured_at")]),
            )
        if not await request.app.state.desk.take(entry_of(entry.rows(whose))):
            problem = Problem(error="conflict", message=_CONFLICT, field="entry_id")
            raise HTTPException(status.HTTP_409_CONFLICT, problem.model_dump())
        return EntryTaken(entry_id=entry.entry_id, order_ref=entry.order_ref)

    @app.get("/v1/store")
    async def get_store(request: Request, whose: Storefront) -> Store:
        """Whether the store may sell now."""
        found = request.app.state.desk.known.store(whose)
        return Store.model_validate(
            {"state": found.state, "since": found.since, "reason": found.reason}
        )

    @app.get("/healthz")
    async def get_health(request: Request) -> Health:
        """Whether entries go to the database or to the spool."""
        desk: Desk = request.app.state.desk
        return Health(database="up" if desk.is_up else "down", spooled=desk.spooled)


class SizeLimit:
    """Refuses bodies above MOST_BYTES, and those that do not say their size, unread."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http" and scope["method"] == "POST":
            length = dict(scope["headers"]).get(b"content-length", b"")
            if not length.isdigit() or int(length) > MOST_BYTES:
                message = f"Send a body of at most {MOST_BYTES} bytes, with its Content-Length."
                problem = Problem(error="too-large", message=message)
                code = status.HTTP_413_CONTENT_TOO_LARGE
                await JSONResponse(problem.model_dump(), code)(scope, receive, send)
                return
        await self.app(scope, receive, send)


async def _unreadable(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    problems = [
        Problem(error=one["type"], message=mask_cards(one["msg"]), field=_field(one["loc"]))
        for one in error.errors()[:MOST_PROBLEMS]
    ]
    return JSONResponse(_problems(problems), status.HTTP_422_UNPROCESSABLE_CONTENT)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return JSONResponse(error.detail, error.status_code, headers=error.headers)


async def _not_taken(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, NotTaken):
        _log.error("a request failed: %s", type(error).__name__)
    problem = Problem(error="not-taken", message="The entry was not taken. Send it again.")
    code = status.HTTP_503_SERVICE_UNAVAILABLE
    return JSONResponse(problem.model_dump(), code, headers={"Retry-After": "1"})


def _problems(problems: list[Problem]) -> dict[str, Any]:
    return Problems(problems=problems).model_dump()


def _field(place: tuple[int | str, ...]) -> str:
    """The path of a field as JSON has it; a card number that stands for a name is masked."""
    return ".".join(mask_cards(str(part)) for part in place if part != "body")[:200]
