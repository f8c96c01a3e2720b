"""What all pages share: who asks, what they may do, a session on the database, and the frame."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import Depends, Form, HTTPException, Query, Request
from fastapi import Path as PathParam
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import Connection

from tieout.exceptions.digest import amount
from tieout.exceptions.registry import rules
from tieout.kernel.audit import Decision, ReasonMissing
from tieout.kernel.database import transaction
from tieout.kernel.errors import TieoutError
from tieout.kernel.money import format_minor
from tieout.kernel.settings import settings

PAGE = 50
"""How many rows a page shows."""
_BIGGEST = 2**63 - 1

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["amount"] = lambda row: amount(row["amount_minor"], row["currency"])
_templates.filters["plain"] = partial(format_minor, thousands=True)
_templates.filters["instant"] = lambda at: f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True)
class Person:
    """Who is logged in, by name, and whether they may decide or only look."""

    name: str
    may_decide: bool


@dataclass(frozen=True)
class Typed:
    """What somebody typed into the form named `form` before a problem, so that it is not lost."""

    form: str = ""
    reason: str = ""
    values: Mapping[str, object] = field(default_factory=dict)


class BoardError(TieoutError):
    """A form that says too little."""

    slug = "board"


def viewer(request: Request) -> Person:
    """Whoever is logged in."""
    person: Person = request.state.person
    return person


def operator(request: Request) -> Person:
    """Whoever is logged in and may decide, from a page of ours; anyone else gets a 403.

    The browser sends its cookie also with forms of other sites, but names them as the origin.
    """
    person = viewer(request)
    if not person.may_decide:
        raise HTTPException(403, "You may look, but not decide.")
    if urlsplit(request.headers.get("origin", "")).netloc != request.headers.get("host"):
        raise HTTPException(403, "This form did not come from the board.")
    return person


Viewer = Annotated[Person, Depends(viewer)]
Operator = Annotated[Person, Depends(operator)]
Number = Annotated[int, PathParam(ge=1, le=_BIGGEST)]
Start = Annotated[int, Query(ge=0, le=_BIGGEST)]
Text = Annotated[str, Form()]


@contextmanager
def session(person: Person) -> Iterator[Connection]:
    """One transaction of that person's; rolled back when the block raises."""
    with transaction(settings().database_url, actor=person.name) as connection:
        yield connection


def decision(person: Person, reason: str) -> Decision:
    """That person's decision, taken now."""
    return Decision(person.name, reason, datetime.now(UTC))


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    problem: TieoutError | None = None,
    **values: object,
) -> HTMLResponse:
    """A page; `problem` shows above it as a message with its remedy."""
    frame = {"base": base(request), "person": viewer(request), "problem": problem, "query": query}
    return HTMLResponse(
        _templates.get_template(template).render(**frame, **values), status_code=status
    )


def status_of(problem: TieoutError | None) -> int:
    """The HTTP status of a page that shows a problem, or none."""
    if problem is None:
        return 200
    return 400 if isinstance(problem, ReasonMissing | BoardError) else 409


def go(request: Request, path: str) -> RedirectResponse:
    """Send the browser to another page of the board with GET."""
    return RedirectResponse(f"{base(request)}{path}", status_code=303)


def remedies(codes: Collection[str]) -> dict[str, str]:
    """What to do about the cases of a page, by code."""
    return {rule.code: rule.remedy for rule in rules() if rule.code in codes}


def base(request: Request) -> str:
    """The path below which the board is mounted."""
    return str(request.scope.get("root_path", ""))


def query(values: Mapping[str, object], **change: object) -> str:
    """The query of a link that keeps a list's filters; what is empty is left out."""
    kept = {name: value for name, value in {**values, **change}.items() if value}
    return f"?{urlencode(kept)}" if kept else ""
