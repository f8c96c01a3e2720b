"""Settlement as it was known at the end of a past business date.

A payment or line is there from the date that first reconciled it; matches and write-offs hold it
until the date on which they are undone. So a day that is past stays as it was, whatever came later.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection

from tieout.kernel.database import fetch, stream
from tieout.kernel.errors import TieoutError

LISTS = ("open", "matches", "findings")


class NothingReconciled(TieoutError):  # noqa: N818 (it is what was found)
    """A date before the first one that was reconciled."""

    slug = "nothing-reconciled"


def known_day(connection: Connection, day: date) -> date:
    """The newest business date up to `day` that is reconciled; what is told of `day` is of it.

    Raises NothingReconciled when there is none.
    """
    (found,) = fetch(connection, "history/known_day", day=day)
    known: date | None = found["day"]
    if known is None:
        raise NothingReconciled(
            f"Nothing was reconciled up to {day}.", remedy="Ask for a later date."
        )
    return known


def summary(connection: Connection, day: date) -> list[dict[str, Any]]:
    """Counts and sums per side, gateway and currency: open, by code, and matches by pass."""
    return fetch(connection, "history/summary", day=day)


def listed(connection: Connection, what: str, day: date) -> Iterator[Mapping[str, Any]]:
    """The rows of one of LISTS, streamed."""
    return stream(connection, f"history/{what}", day=day)
