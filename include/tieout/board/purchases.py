"""Pages of the storefronts' switches and of the daily certificates."""

from datetime import date
from enum import StrEnum

from fastapi import APIRouter, Request, Response

from tieout.board.web import (
    Operator,
    Person,
    Text,
    Viewer,
    decision,
    go,
    page,
    session,
    status_of,
)
from tieout.kernel.errors import TieoutError
from tieout.purchase import certificate, store
from tieout.purchase.model import Store

pages = APIRouter()


class Word(StrEnum):
    """What a person may say about a switch."""

    OPEN = "open"
    CLOSE = "close"
    AUTO = "auto"


@pages.get("/stores")
def list_stores(request: Request, person: Viewer) -> Response:
    """How each storefront stands, and the forms that overrule the monitor."""
    return _stores_page(request, person)


@pages.post("/stores/{storefront}/{word}")
def decide_store(
    request: Request, person: Operator, storefront: str, word: Word, reason: Text = ""
) -> Response:
    """Open or close a storefront, or give it back; the next run of the monitor tells it."""
    taken = decision(person, reason)
    try:
        with session(person) as connection:
            if word is Word.AUTO:
                store.give_back(connection, storefront, taken)
            else:
                to = Store.OPEN if word is Word.OPEN else Store.CLOSED
                store.overrule(connection, storefront, to, taken)
    except TieoutError as problem:
        return _stores_page(request, person, problem)
    return go(request, "/stores")


@pages.get("/certificates")
def list_certificates(request: Request, person: Viewer) -> Response:
    """All certified days, the newest first."""
    with session(person) as connection:
        rows = certificate.chain(connection)
    return page(request, "certificates.html", certificates=rows[::-1])


@pages.get("/certificates/{day}")
def show_certificate(request: Request, person: Viewer, day: date) -> Response:
    """A day's certificate: its sums, and every sale that it lists."""
    with session(person) as connection:
        found = certificate.read(connection, day)
    return page(request, "certificate.html", certificate=found)


def _stores_page(request: Request, person: Person, problem: TieoutError | None = None) -> Response:
    with session(person) as connection:
        stores = store.listed(connection)
    return page(
        request,
        "stores.html",
        status=status_of(problem),
        problem=problem,
        stores=stores,
        words=Word,
    )
