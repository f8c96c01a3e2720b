"""The words for one field of a format file: what a canonical column is made of.

Where Frictionless Table Schema has a word (name, title, description, fields, type, constraints,
required, enum, pattern, minimum, maximum, delimiter, quoteChar, decimalChar, groupChar) it is used
in its meaning.
"""

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


class FieldSpec(Strict):
    """One canonical column, and which source columns it is made of.

    `source` names alternatives: the first that is not blank wins. `source_when` replaces them for
    rows of the given kinds. Money is the sum of `plus` less the sum of `minus` (or `source`), in
    the `unit` given, of the currency in the canonical column `currency`. A timestamp is read in
    the fixed `zone`, or in the zone that the column beside it in `zone_source` names. `map` turns
    the partner's words into ours, without regard to case. `keep` copies the sources to `extra`.
    `required` wants a value in each row; `column` wants the column in the file.
    """

    name: str
    type: FieldType = "text"
    description: str = ""
    source: Names = ()
    source_when: dict[str, Names] = Field(default_factory=dict)
    plus: Names = ()
    minus: Names = ()
    unit: Literal["major", "minor"] = "major"
    currency: str | None = None
    zone: str | None = None
    zone_source: Names = ()
    formats: tuple[str, ...] = ()
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
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """All source columns this field may be made of; its own name when none is stated."""
        named = [*self.source, *self.plus, *self.minus, *self.zone_source]
        named += [name for names in self.source_when.values() for name in names]
        return tuple(dict.fromkeys(named)) or (self.name,)

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The source columns of which the first that is not blank wins."""
        if self.source or self.plus or self.minus or self.source_when:
            return self.source
        return (self.name,)

    @property
    def column_required(self) -> bool:
        """Whether a file without this field's column is refused."""
        return self.required if self.column is None else self.column == "required"


class FactRecord(Strict):
    """A record before or after the rows (header, trailer): `tag`, then `fields` by position."""

    tag: str
    fields: tuple[FieldSpec, ...]
