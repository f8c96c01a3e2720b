"""Rate cards: what a gateway may charge, as files state it, checked before it is used.

A card is a YAML file, or a sheet (CSV) of its rates with or without a YAML file of all else.
A card is a list of rates. Of the rates that fit a line, the one that names most of method, place
and currency holds, and of two that name equally many the one with a country rather than a region.
Where that leaves two, the card is refused: nobody should have to guess which fee was agreed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tieout.kernel.errors import Place
from tieout.settlement.rate_card_sheets import (
    CARD_REMEDY,
    RateCardError,
    card_refused,
    read_sheet,
)

Kind = Literal["charge", "refund", "refund_reversal", "chargeback", "chargeback_reversal"]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
_Amount = Annotated[Decimal, Field(max_digits=18, decimal_places=6)]
_Percent = Annotated[Decimal, Field(ge=-100, le=100, decimal_places=6)]
_Names = frozenset[str] | None


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Price(_Strict):
    """A fee: `percent` of the amount and `fixed_minor`, within minimum and maximum.

    Amounts are minor units. A fee below zero is given back, as with refunds.
    """

    percent: _Percent = Decimal(0)
    fixed_minor: _Amount = Decimal(0)
    minimum_minor: _Amount | None = None
    maximum_minor: _Amount | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        low, high = self.minimum_minor, self.maximum_minor
        if low is not None and high is not None and low > high:
            raise ValueError(f"the minimum of {low} is above the maximum of {high}")
        return self


class Tier(Price):
    """The price from so much gross of charges on, in the calendar month before the line's."""

    volume_from_minor: int = Field(ge=0)


class Rate(Price):
    """What is charged for lines of a kind; what it does not name, it fits all of.

    `amounts_in`: the currency of its minor units, by default the card's, else that of each fee.
    `tiers`, if any, state the prices instead.
    """

    kind: Kind = "charge"
    method: str | None = None
    country: Country | None = None
    region: str | None = None
    currency: Currency | None = None
    amounts_in: Currency | None = None
    valid_from: date = date(2000, 1, 1)
    valid_to: date | None = None
    tiers: tuple[Tier, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.country and self.region:
            raise ValueError("a rate names a country or a region, not both")
        if self.valid_to and self.valid_to < self.valid_from:
            raise ValueError(f"it ends on {self.valid_to}, before it begins")
        if self.tiers and Price.model_fields.keys() & self.model_fields_set:
            raise ValueError("with tiers, each tier states the price, and the rate itself none")
        if self.tiers and min(tier.volume_from_minor for tier in self.tiers) > 0:
            raise ValueError("the first tier begins at volume_from_minor 0")
        return self


class RateCard(_Strict):
    """All rates of one gateway, and how its fees are judged.

    A line may be off by the greater of `tolerance_minor` and `tolerance_percent` of the expected
    fee. `country_column` names the column of the gateway's files (kept in `extra`) with the country
    of the card. `regions` are names for sets of countries.
    """

    rounding: Literal["half-even", "half-up"] = "half-even"
    tolerance_minor: int = Field(default=0, ge=0)
    tolerance_percent: Decimal = Field(default=Decimal(0), ge=0, le=100)
    country_column: str | None = None
    amounts_in: Currency | None = None
    regions: Mapping[str, tuple[Country, ...]] = Field(default_factory=dict)
    rates: tuple[Rate, ...] = Field(min_length=1)

    def place(self, rate: int, tier: int) -> str:
        """Where a price stands: the end of its file's name, and the place in the file."""
        tiers = f".tiers.{tier}" if self.rates[rate].tiers else ""
        return f".yaml, rates.{rate}{tiers}"

    def both(self, one: "CardRow", other: "CardRow") -> str:
        """Two prices as people find them in the file."""
        return f"rates {one.number} and {other.number} (from 0)"


class SheetCard(RateCard):
    """A card whose rates came as a sheet: `lines` has for each rate the line of each price."""

    lines: tuple[tuple[int, ...], ...]

    def place(self, rate: int, tier: int) -> str:
        """As of RateCard."""
        return f".csv, line {self.lines[rate][tier]}"

    def both(self, one: "CardRow", other: "CardRow") -> str:
        """As of RateCard."""
        first, second = (self.lines[row.number][row.tier] for row in (one, other))
        return f"the prices of lines {first} and {second}"


@dataclass(frozen=True)
class CardRow:
    """One price of a card, with where it holds; rates of a card and tiers of one count from 0."""

    number: int
    tier: int
    rate: Rate
    price: Price
    countries: _Names
    amounts_in: str | None
    place: str

    @property
    def volume_from_minor(self) -> int:
        """From which volume on it holds."""
        return self.price.volume_from_minor if isinstance(self.price, Tier) else 0

    @property
    def rank(self) -> int:
        """How specific it is: of the rows that fit a line, the highest holds."""
        named = [self.rate.method, self.countries, self.rate.currency]
        return 2 * sum(name is not None for name in named) + bool(self.rate.country)

    @property
    def last_day(self) -> date:
        """The last day on which it holds."""
        return self.rate.valid_to or date.max


@dataclass(frozen=True)
class _Scope:
    """The lines that a row fits; None stands for all names."""

    names: tuple[_Names, _Names, _Names]
    first_day: date
    last_day: date

    def common(self, other: "_Scope") -> "_Scope | None":
        """What both fit, or None for nothing."""
        names = [
            _common(ours, theirs) for ours, theirs in zip(self.names, other.names, strict=True)
        ]
        first, last = max(self.first_day, other.first_day), min(self.last_day, other.last_day)
        if first > last or frozenset() in names:
            return None
        return _Scope((names[0], names[1], names[2]), first, last)


def _common(ours: _Names, theirs: _Names) -> _Names:
    if ours is None or theirs is None:
        return theirs if ours is None else ours
    return ours & theirs


def _scope(row: CardRow) -> _Scope:
    rate = row.rate
    method = frozenset({rate.method.lower()}) if rate.method else None
    currency = frozenset({rate.currency}) if rate.currency else None
    return _Scope((method, row.countries, currency), rate.valid_from, row.last_day)


def read_rate_card(path: Path) -> RateCard:
    """The rate card of a YAML file, or of a sheet (.csv) with the YAML file beside it, if any.

    Raises RateCardError with the file, the line, the field and what to do.
    """
    if path.suffix == ".csv":
        return _read_sheet(path)
    text, content = _yaml(path)
    try:
        card = RateCard.model_validate(content)
        refuse_ties(card)
    except ValidationError as error:
        first = error.errors()[0]
        raise _refused(path, text, first["loc"], first["msg"]) from None
    except BadCardError as error:
        raise _refused(path, text, error.location, str(error)) from None
    return card


def _yaml(path: Path) -> tuple[str, Any]:
    """The text of a YAML file, and what it says."""
    try:
        text = path.read_text(encoding="utf-8")
        return text, yaml.safe_load(text) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        raise RateCardError(
            f"This is no YAML text: {getattr(error, 'problem', None) or error}.",
            remedy=CARD_REMEDY,
            place=Place(str(path), line=mark.line + 1 if mark else None),
        ) from error


def _read_sheet(path: Path) -> SheetCard:
    """The card of a sheet of rates, with all else from the YAML file beside it, if there is one."""
    beside = path.with_suffix(".yaml")
    text, terms = _yaml(beside) if beside.exists() else ("", {})
    if not isinstance(terms, dict):
        raise _refused(beside, text, (), "beside a sheet it has keys and their values")
    if "rates" in terms:
        raise _refused(beside, text, ("rates",), f"it states rates, and so does {path.name}")
    sheet = read_sheet(path)
    try:
        stated = RateCard.model_validate({**terms, "rates": sheet.rates})
        card = SheetCard(**dict(stated), lines=sheet.lines)
        refuse_ties(card)
    except ValidationError as error:
        first = error.errors()[0]
        if first["loc"][:1] == ("rates",):
            raise sheet.refused(first["loc"], first["msg"]) from None
        raise _refused(beside, text, first["loc"], first["msg"]) from None
    except BadCardError as error:
        raise sheet.refused(error.location, str(error)) from None
    return card


def read_rate_cards(folder: Path) -> dict[str, RateCard]:
    """The cards of a folder by gateway: `<partner_id>.yaml`, or the sheet `<partner_id>.csv`.

    Raises RateCardError for a folder without cards and for the first card that does not hold.
    """
    files = {file.stem: file for file in folder.glob("*.yaml")}
    files |= {file.stem: file for file in folder.glob("*.csv")}
    if not files:
        raise RateCardError(
            "There is no rate card in this folder.",
            remedy="Give the folder of the files <partner_id>.yaml or <partner_id>.csv.",
            place=Place(str(folder)),
        )
    return {gateway: read_rate_card(files[gateway]) for gateway in sorted(files)}


class BadCardError(ValueError):
    """Something that is wrong with a card, and where in it."""

    def __init__(self, message: str, location: Sequence[int | str]) -> None:
        super().__init__(message)
        self.location = location


def card_rows(card: RateCard) -> list[CardRow]:
    """The prices of a card, one row each; ValueError for a region that it does not define."""
    return [
        CardRow(
            number,
            tier,
            rate,
            price,
            _countries(card, number, rate),
            rate.amounts_in or card.amounts_in,
            card.place(number, tier),
        )
        for number, rate in enumerate(card.rates)
        for tier, price in enumerate(rate.tiers or (rate,))
    ]


def _countries(card: RateCard, number: int, rate: Rate) -> _Names:
    if rate.country:
        return frozenset({rate.country})
    if rate.region and rate.region not in card.regions:
        raise BadCardError(f"there is no region {rate.region!r}", ("rates", number, "region"))
    return frozenset(card.regions[rate.region]) if rate.region else None


def refuse_ties(card: RateCard) -> None:
    """Raise BadCardError where two prices fit the same lines equally well."""
    rows = card_rows(card)
    for one, other in combinations(rows, 2):
        alike = (one.rate.kind, one.rank, one.volume_from_minor) == (
            other.rate.kind,
            other.rank,
            other.volume_from_minor,
        )
        both = _scope(one).common(_scope(other)) if alike else None
        if both and not any(_decides(row, one, both) for row in rows):
            raise BadCardError(
                f"{card.both(one, other)} fit the same lines equally well, {_said(both)}",
                ("rates", other.number),
            )


def _decides(row: CardRow, tied: CardRow, both: _Scope) -> bool:
    """Whether a more specific row holds for all that two others tie for."""
    is_above = row.rate.kind == tied.rate.kind and row.rank > tied.rank
    return is_above and row.volume_from_minor == 0 and _scope(row).common(both) == both


def _said(scope: _Scope) -> str:
    words = ["/".join(sorted(names)) if names else "any" for names in scope.names]
    return f"method {words[0]}, country {words[1]}, currency {words[2]} on {scope.first_day}"


def _refused(path: Path, text: str, location: Sequence[int | str], problem: str) -> RateCardError:
    field = ".".join(map(str, location)) or None
    return card_refused(Place(str(path), line=_line(text, location), field=field), problem)


def _line(text: str, location: Sequence[int | str]) -> int | None:
    """The line of the innermost part of a location that the text has."""
    node = yaml.compose(text)
    line = None
    for step in location:
        found = next((value for key, value in _parts(node) if key == step), None)
        if found is None:
            break
        node, line = found, found.start_mark.line + 1
    return line


def _parts(node: yaml.Node | None) -> Iterator[tuple[int | str, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        yield from ((key.value, value) for key, value in node.value)
    elif isinstance(node, yaml.SequenceNode):
        yield from enumerate(node.value)
