"""A format file (include/formats/*.yaml) as a whole; unknown words are refused."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from tieout.formats.canonical import FAMILIES
from tieout.formats.columns import ARROW_TYPES
from tieout.formats.fields import FieldSpec, Names, Numbers, Strict, normal_name
from tieout.formats.layouts.bai2 import Bai2Layout
from tieout.formats.layouts.camt import CamtLayout
from tieout.formats.layouts.delimited import DelimitedLayout
from tieout.formats.layouts.edifact import EdifactLayout
from tieout.formats.layouts.fixed import FixedLayout
from tieout.formats.layouts.json_tree import JsonLayout
from tieout.formats.layouts.jsonl import JsonLinesLayout
from tieout.formats.layouts.ofx import OfxLayout
from tieout.formats.layouts.records import RecordsLayout
from tieout.formats.layouts.swift import SwiftLayout
from tieout.formats.layouts.x12 import X12Layout
from tieout.formats.layouts.xlsx import XlsxLayout
from tieout.formats.layouts.xml_tree import XmlLayout

WORKED_OUT: Mapping[str, str] = {"settlement_gross_minor": "money"}
"""What a format may state for its family to work out canonical columns from."""
AnyLayout = Annotated[
    XlsxLayout
    | OfxLayout
    | Bai2Layout
    | CamtLayout
    | DelimitedLayout
    | EdifactLayout
    | FixedLayout
    | JsonLayout
    | JsonLinesLayout
    | RecordsLayout
    | SwiftLayout
    | X12Layout
    | XmlLayout,
    Field(discriminator="type"),
]


class Drift(Strict):
    """What to do with columns that the spec does not know; a missing required one is refused."""

    new_columns: Literal["extra", "refuse"] = "extra"


class Skip(Strict):
    """Records to leave out: those where each column of `when` has one of its words.

    A word that ends in `*` stands for all that start so; case does not matter; the blank word is a
    blank cell. `reason` says what those records are. They are counted as skipped.
    """

    when: Mapping[str, Names]
    reason: str


class Check(Strict):
    """A control total of the file.

    `sum_is_zero`: `column` adds up to 0 in each group of `by` that has a row of one of `kinds`.
    `has_kind`: each group of `by` has a row of one of `kinds`.
    `trailer_count`, `trailer_sum`: the rows (or their `column`) add up to the trailer's `fact`.
    `closing_balance`: the facts `opening` and `closing` (decimals) differ by the sum of `column`.
    `running_balance`: in rows from old to new, or from new to old, `balance` grows by `column`.
    A failed check refuses the file, or is only reported where `severity` says so.
    """

    name: str
    rule: Literal[
        "sum_is_zero",
        "has_kind",
        "trailer_count",
        "trailer_sum",
        "closing_balance",
        "running_balance",
    ]
    column: str | None = None
    balance: str | None = None
    opening: str | None = None
    closing: str | None = None
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
            "closing_balance": (self.column, self.opening, self.closing),
            "running_balance": (self.column, self.balance),
        }
        if not all(needs[self.rule]):
            raise ValueError(f"check {self.name!r} does not say what {self.rule} needs")
        return self


def _with_numbers(words: dict[str, object], numbers: object) -> dict[str, object]:
    """The words with `numbers` in each field, those of headers and summaries included."""
    found = dict(words)
    for name, word in words.items():
        if isinstance(word, list):
            found[name] = [_numbers_in(name, each, numbers) for each in word]
        elif isinstance(word, dict):
            found[name] = _with_numbers(word, numbers)
    return found


def _numbers_in(name: str, word: object, numbers: object) -> object:
    if not isinstance(word, dict):
        return word
    if name in {"fields", "preamble_fields"}:
        return {"numbers": numbers, **word}
    return _with_numbers(word, numbers)


class FormatSpec(Strict):
    """One version of one partner's file format. A released version is never edited.

    `documentation` is the partner's own description that the format follows. `encodings` are tried
    in their order where the file has no byte order mark. `telltale` is a pattern that the start of
    a file may have, which tells it from files of formats with the same columns. `numbers` holds for
    all fields that do not say otherwise.
    """

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*-[1-9][0-9]*$")
    version: int = Field(ge=1)
    title: str
    description: str = ""
    documentation: str = ""
    family: str
    partner: str
    name_pattern: str | None = None
    telltale: str | None = None
    encodings: tuple[str, ...] = ("utf-8",)
    layout: AnyLayout
    numbers: Numbers = Numbers()
    fields: tuple[FieldSpec, ...]
    drift: Drift = Drift()
    skip: tuple[Skip, ...] = ()
    checks: tuple[Check, ...] = ()
    max_bad_share: float = Field(default=0.05, ge=0, le=1)
    may_have_no_rows: bool = False

    @property
    def can_write(self) -> bool:
        """Whether rows can be written so that reading gives them again.

        That is not so where amounts lose their sign, where only beginnings of the partner's words
        stand for one of ours, or where one column is part of several fields.
        """
        parts = [normal_name(name) for field in self.fields for name in field.parts]
        whole = [field.alternatives[:1] for field in self.fields if field.join is None]
        places = parts + [normal_name(name) for names in whole for name in names]
        shared = any(places.count(part) > 1 for part in parts)
        lossy = any(field.unsigned or field.unsayable for field in self.fields)
        return self.layout.can_write and not lossy and not shared

    @model_validator(mode="before")
    @classmethod
    def _numbers_for_all(cls, words: object) -> object:
        if isinstance(words, dict) and "numbers" in words:
            return _with_numbers(words, words["numbers"])
        return words

    @model_validator(mode="after")
    def _consistent(self) -> "FormatSpec":
        if not self.id.endswith(f"-{self.version}"):
            raise ValueError(f"{self.id!r} does not end with its version {self.version}")
        for pattern in filter(None, (self.name_pattern, self.telltale)):
            re.compile(pattern)
        names = [field.name for field in self.fields]
        if len(set(names)) < len(names):
            raise ValueError("two fields have one name")
        unknown = {field.currency for field in self.fields if field.currency} - set(names)
        if unknown:
            raise ValueError(f"no field for the currency column {sorted(unknown)}")
        self._fit_family()
        return self._with_header()

    def _with_header(self) -> "FormatSpec":
        """Below a preamble, the column names are known by the required ones."""
        layout = self.layout
        if not isinstance(layout, DelimitedLayout) or layout.preamble == "none":
            return self
        if layout.header_has:
            return self
        required = (field for field in self.fields if field.column_required)
        wanted = tuple(field.alternatives or field.sources[:1] for field in required)
        if not wanted:
            raise ValueError("a preamble needs required columns, to find the column names")
        return self.model_copy(update={"layout": layout.model_copy(update={"header_has": wanted})})

    def _fit_family(self) -> None:
        """Raises ValueError for a field that is no column of the family, or of another type."""
        if self.family not in FAMILIES:
            raise ValueError(f"there is no family {self.family!r}, only {', '.join(FAMILIES)}")
        columns = {name: each.type for name, each in FAMILIES[self.family].columns.items()}
        if self.family == "settlement_line":
            columns |= WORKED_OUT
        for each in self.fields:
            wanted = columns.get(each.name)
            if wanted is None:
                known = ", ".join(columns)
                raise ValueError(f"{each.name!r} is no column of {self.family}: {known}")
            if ARROW_TYPES["text" if each.map else each.type] != ARROW_TYPES[wanted]:
                raise ValueError(f"{each.name!r} is {wanted}, not {each.type}")
