"""The words of a format file (include/formats/*.yaml); unknown words are refused.

Where Frictionless Table Schema has a word (name, title, description, fields, type, constraints,
required, enum, pattern, minimum, maximum, dialect, delimiter, quoteChar) it is used in its meaning.
"""

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

FieldType = Literal["text", "integer", "decimal", "currency", "money", "date", "timestamp", "json"]
Family = Literal[
    "settlement_line", "purchase_order", "vendor_ack", "shipment", "tracking_event", "order_entry"
]


def normal_name(name: str) -> str:
    """A column's name as it is compared: case and runs of white space do not matter."""
    return " ".join(name.split()).casefold()


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_as_list)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Constraints(_Strict):
    """Bounds of one field's values, in Frictionless words; numbers are in the canonical unit."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True
    )

    enum: tuple[str, ...] = ()
    pattern: str | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    max_length: int | None = None


class FieldSpec(_Strict):
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


class FactRecord(_Strict):
    """A record before or after the rows (header, trailer): `tag`, then `fields` by position."""

    tag: str
    fields: tuple[FieldSpec, ...]


class DetailRecord(_Strict):
    """The rows: `tag` is the first cell where records are tagged; fields are found by name."""

    tag: str | None = None
    fields: tuple[FieldSpec, ...]


class Records(_Strict):
    """The records of a file: header facts, the line of column names, the rows, trailer facts."""

    header: FactRecord | None = None
    columns_tag: str | None = None
    detail: DetailRecord
    trailer: FactRecord | None = None

    @model_validator(mode="after")
    def _tagged(self) -> "Records":
        tags = (self.columns_tag, self.detail.tag)
        if (self.header or self.trailer or any(tags)) and not all(tags):
            raise ValueError("tagged records need columns_tag and detail.tag")
        return self


class Dialect(_Strict):
    """How cells are told apart, in Frictionless words."""

    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quoteChar: str = Field(default='"', min_length=1, max_length=1)  # noqa: N815 (Frictionless)


class Drift(_Strict):
    """What to do with columns that the spec does not know; a missing required one is refused."""

    new_columns: Literal["extra", "refuse"] = "extra"


class Check(_Strict):
    """A control total of the file.

    `sum_is_zero`: `column` adds up to 0 in each group of `by` that has a row of one of `kinds`.
    `has_kind`: each group of `by` has a row of one of `kinds`.
    `trailer_count`, `trailer_sum`: the rows (or their `column`) add up to the trailer's `fact`.
    A failed check refuses the file, or is only reported where `severity` says so.
    """

    name: str
    rule: Literal["sum_is_zero", "has_kind", "trailer_count", "trailer_sum"]
    column: str | None = None
    by: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    fact: str | None = None
    severity: Literal["refuse", "report"] = "refuse"

    @model_validator(mode="after")
    def _complete(self) -> "Check":
        needs = {
            "sum_is_zero": (self.column, self.kinds),
            "has_kind": (self.kinds,),
            "trailer_count": (self.fact,),
            "trailer_sum": (self.column, self.fact),
        }
        if not all(needs[self.rule]):
            raise ValueError(f"check {self.name!r} does not say what {self.rule} needs")
        return self


class FormatSpec(_Strict):
    """One version of one partner's file format. A released version is never edited."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*-[1-9][0-9]*$")
    version: int = Field(ge=1)
    title: str
    description: str = ""
    family: Family
    partner: str
    name_pattern: str | None = None
    encoding: Literal["utf-8"] = "utf-8"
    layout: Literal["delimited", "jsonl"]
    dialect: Dialect = Dialect()
    records: Records
    header_order: tuple[str, ...] = ()
    drift: Drift = Drift()
    checks: tuple[Check, ...] = ()
    max_bad_share: float = Field(default=0.05, ge=0, le=1)
    may_have_no_rows: bool = False
    final_newline: Literal["required", "optional"] = "optional"

    @model_validator(mode="after")
    def _consistent(self) -> "FormatSpec":
        if not self.id.endswith(f"-{self.version}"):
            raise ValueError(f"{self.id!r} does not end with its version {self.version}")
        if self.name_pattern is not None:
            re.compile(self.name_pattern)
        names = [field.name for field in self.fields]
        if len(set(names)) < len(names):
            raise ValueError("two fields of the detail record have one name")
        unknown = {field.currency for field in self.fields if field.currency} - set(names)
        if unknown:
            raise ValueError(f"no field for the currency column {sorted(unknown)}")
        return self

    @property
    def fields(self) -> tuple[FieldSpec, ...]:
        """The fields of the rows."""
        return self.records.detail.fields

    @property
    def tagged(self) -> bool:
        """Whether each record starts with a tag that names its kind."""
        return self.records.detail.tag is not None
