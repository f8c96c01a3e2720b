"""The words for one field of a format file: what a canonical column is made of.

Where Frictionless Table Schema has a word (name, title, description, fields, type, constraints,
required, enum, pattern, minimum, maximum, delimiter, quoteChar, decimalChar, groupChar) it is used
in its meaning.
"""

from collections.abc import Collection
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

FieldType = Literal["text", "integer", "decimal", "currency", "money", "date", "timestamp", "json"]


def normal_name(name: str) -> str:
    """A column's name as it is compared: case and runs of white space do not matter."""
    return " ".join(name.split()).casefold()


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_as_list)]


class Strict(BaseModel):
    """Words that are known, once said not changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Constraints(Strict):
    """Bounds of one field's values, in Frictionless words; numbers are in the canonical unit."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True
    )

    enum: tuple[str, ...] = ()
    pattern: str | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    max_length: int | None = None


class Numbers(Strict):
    """How numbers are written, in Frictionless words.

    Each character of `groupChar` may stand between groups of digits. With `parentheses`, (5.00) is
    negative. Unless `bareNumber`, text around a number (a currency's mark or code) is no matter.
    """

    decimalChar: str = Field(default=".", min_length=1, max_length=1)  # noqa: N815 (Frictionless)
    groupChar: str = ""  # noqa: N815 (Frictionless)
    parentheses: bool = False
    bareNumber: bool = True  # noqa: N815 (Frictionless)


class FieldSpec(Strict):
    """One canonical column, and which source columns it is made of.

    `source` names alternatives: the first that is not blank wins; with `join` all of them are
    joined by it instead, blanks included. `source_when` replaces them for rows of the given kinds.
    `value` is the value of all rows, or where `source` is stated of those that are blank.

    Money is the sum of `plus` less the sum of `minus` (or `source`), in the `unit` given, of the
    currency in the canonical column `currency`. Hundredths are those of a major unit, whatever the
    decimals of the currency. `sign_source` names the column that holds the sign of an amount, one
    for all or one beside each of `plus` and then of `minus`: a word of `negative` turns it round,
    others must be in `positive` if that is stated. `unsigned` amounts count without the sign that
    they are written with, but for words that are neither in `negative` nor in a stated `positive`.
    `rounding` takes amounts finer than the
    minor unit; else such a row is bad. `numbers` says how numbers are written.

    A timestamp is read in the fixed `zone`, or in the zone that the column beside it in
    `zone_source` names. `formats` are tried in turn: those of strptime, `iso` (ISO 8601), `unix`
    (seconds since 1970) or `unix_ms`; a `%Z` at the end takes what `zone_source` takes. The first
    of them is written; a time with parts that it has no place for cannot be, unless `shortened`.

    `map` turns the partner's words into ours, without regard to case: a word itself, or else the
    longest `beginning*` of it. `keep` copies the sources to `extra`. `required` wants a value in
    each row; `column` wants the column in the file.
    """

    name: str
    type: FieldType = "text"
    description: str = ""
    source: Names = ()
    join: str | None = None
    value: str | None = None
    source_when: dict[str, Names] = Field(default_factory=dict)
    plus: Names = ()
    minus: Names = ()
    sign_source: Names = ()
    negative: Names = ()
    positive: Names = ()
    unsigned: bool = False
    unit: Literal["major", "minor", "hundredths"] = "major"
    rounding: Literal["half_even"] | None = None
    numbers: Numbers = Numbers()
    currency: str | None = None
    zone: str | None = None
    zone_source: Names = ()
    formats: tuple[str, ...] = ()
    shortened: bool = False
    map: dict[str, str] = Field(default_factory=dict)
    required: bool = False
    column: Literal["required", "optional"] | None = None
    keep: bool = False
    constraints: Constraints = Constraints()

    @model_validator(mode="after")
    def _complete(self) -> "FieldSpec":
        if self.type == "money" and self.currency is None:
            raise ValueError(f"money field {self.name!r} does not name its currency column")
        if (self.plus or self.minus) and self.type != "money":
            raise ValueError(f"field {self.name!r}: only money is added up")
        if self.type == "timestamp" and self.zone is None and not self.zone_source:
            raise ValueError(f"timestamp field {self.name!r} names no zone")
        if bool(self.sign_source) != bool(self.negative) or (
            self.sign_source and self.type not in {"money", "integer", "decimal"}
        ):
            raise ValueError(
                f"field {self.name!r}: a sign is of a number, and says what is negative"
            )
        if len(self.sign_source) not in {0, 1, len(self.plus) + len(self.minus)}:
            raise ValueError(f"field {self.name!r}: one sign for all amounts, or one for each")
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """All source columns this field may be made of; its own name when none is stated."""
        named = [*self.alternatives, *self.plus, *self.minus, *self.zone_source, *self.sign_source]
        named += [name for names in self.source_when.values() for name in names]
        return tuple(dict.fromkeys(named))

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The source columns of which the first that is not blank wins, or that are joined."""
        if self.source or self.plus or self.minus or self.source_when or self.value is not None:
            return self.source
        return (self.name,)

    @property
    def unsayable(self) -> set[str]:
        """The words of ours that only beginnings of the partner's words stand for."""
        exact = {value for word, value in self.map.items() if not word.endswith("*")}
        return set(self.map.values()) - exact

    @property
    def parts(self) -> tuple[str, ...]:
        """The source columns that make up the value together."""
        joined = self.source if self.join is not None else ()
        return (*self.plus, *self.minus, *self.sign_source, *joined)

    def sign_of(self, source: str) -> str:
        """The column that holds the sign of the amounts in `source`, blank where none does."""
        if len(self.sign_source) <= 1:
            return "".join(self.sign_source)
        return self.sign_source[(*self.plus, *self.minus).index(source)]

    @property
    def column_required(self) -> bool:
        """Whether a file without this field's column is refused."""
        if self.column is None:
            return self.required and self.value is None
        return self.column == "required"

    def missing_column(self, names: Collection[str]) -> str | None:
        """A column that the file must have for this field and has not, as the format calls it.

        `names` are the normalised names of the file's columns. Of alternatives one is enough, of
        amounts that are added up all must be there.
        """
        if not self.column_required:
            return None
        summed = [*self.plus, *self.minus]
        wanted = summed or self.alternatives or self.sources
        lacking = [source for source in wanted if normal_name(source) not in names]
        return lacking[0] if lacking and (summed or len(lacking) == len(wanted)) else None

    def missing_sign(self, names: Collection[str]) -> str | None:
        """A column with the signs of amounts that the file must have and has not."""
        if not self.column_required:
            return None
        return next((s for s in self.sign_source if s and normal_name(s) not in names), None)


class FactRecord(Strict):
    """A record before or after the rows (header, trailer): `tag`, then `fields` by position."""

    tag: str
    fields: tuple[FieldSpec, ...]
