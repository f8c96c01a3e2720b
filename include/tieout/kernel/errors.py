"""Errors as data: a slug to look up, fields to filter by, a place to look at, and a remedy."""

from dataclasses import dataclass
from typing import ClassVar

from tieout.kernel.cards import mask_cards


@dataclass(frozen=True)
class Place:
    """Where something is wrong. `line` counts physical lines from 1; what is unknown is None."""

    file: str | None = None
    line: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        parts = [self.file or ""]
        if self.line is not None:
            parts.append(f"line {self.line}")
        if self.field is not None:
            parts.append(f"field {self.field!r}")
        return ", ".join(part for part in parts if part)


NOWHERE = Place()


class TieoutError(Exception):
    """Base of all errors that Tieout raises on purpose.

    `slug` is a stable word for search and for tests, `fields` the facts as data, `place` where to
    look, and `remedy` a sentence that says what to do. The message names what is wrong and never
    holds a secret; text that looks like a card number is masked.
    """

    slug: ClassVar[str] = "tieout-error"

    def __init__(
        self, message: str, *, remedy: str, place: Place = NOWHERE, **fields: object
    ) -> None:
        self.message = mask_cards(message)
        self.remedy = remedy
        self.place = place
        self.fields = fields
        super().__init__(str(self))

    def __str__(self) -> str:
        where = f"{self.place}: " if str(self.place) else ""
        return f"{where}{self.message} {self.remedy} [{self.slug}]"


class SettingsError(TieoutError):
    """A setting is missing or cannot be used."""

    slug = "settings"


class MoneyError(TieoutError):
    """An amount or a currency that cannot be what it says."""

    slug = "money"


class RunDoesNotAddUp(TieoutError):  # noqa: N818 (it says what is wrong)
    """A run's counts do not add up: something was read and is not accounted for."""

    slug = "run-does-not-add-up"
