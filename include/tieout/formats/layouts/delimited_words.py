"""The words for delimited text."""

import re
from typing import Literal

from pydantic import Field, model_validator

from tieout.formats.fields import FactRecord, FieldSpec, Names, Strict
from tieout.formats.layouts.base import Layout


class SummarySpec(Strict):
    """Rows that are no rows but totals or heads of the whole file: their `fields` become facts.

    They are the `first` or `last` row, or those that have one of the words in each column of
    `when` (`Total*` is a beginning). What the first row says also stands beside all rows, in the
    columns `summary.<name>`.
    """

    row: Literal["first", "last"] | None = None
    when: dict[str, Names] = Field(default_factory=dict)
    fields: tuple[FieldSpec, ...] = ()

    @model_validator(mode="after")
    def _says_which(self) -> "SummarySpec":
        if (self.row is None) == (not self.when):
            raise ValueError("a summary is either a `row` or known by `when`")
        return self


class DelimitedWords(Layout):
    """Delimited text, in Frictionless words.

    A blank `quoteChar` means that quotes are ordinary characters. Where records are tagged, the
    first cell of each says what it is: `header` (facts), the line of column names (`columns_tag`),
    rows (`rows_tag`), `trailer` (facts). `header_order` is the order in which the partner writes
    the columns.

    Files without column names have `column_names`; their first row is known by how it `looks` (a
    pattern by column). With `preamble: any` the line of column names is the first that has all that
    the format requires, or all of `header_has`; `preamble_fields` are facts from the lines before
    it (`name,value`, `name: value`, `name=value` or a line of names above one of values), which
    also stand beside all rows, in the columns `preamble.<name>`. `summary` tells what rows are
    totals. With `short_rows: fill` cells may be missing at the end of a row. `repeated_columns:
    number` calls the second column `x` `x#2`. Rows of blank cells only are no rows.
    """

    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quoteChar: str = Field(default='"', max_length=1)  # noqa: N815 (Frictionless)
    header: FactRecord | None = None
    columns_tag: str | None = None
    rows_tag: str | None = None
    trailer: FactRecord | None = None
    header_order: tuple[str, ...] = ()
    final_newline: Literal["required", "optional"] = "optional"
    column_names: tuple[str, ...] = ()
    looks: dict[str, str] = Field(default_factory=dict)
    preamble: Literal["none", "any"] = "none"
    header_has: tuple[Names, ...] = ()
    preamble_fields: tuple[FieldSpec, ...] = ()
    summary: tuple[SummarySpec, ...] = ()
    short_rows: Literal["bad", "fill"] = "bad"
    repeated_columns: Literal["refuse", "number"] = "refuse"

    @model_validator(mode="after")
    def _tags_together(self) -> "DelimitedWords":
        tags = (self.columns_tag, self.rows_tag)
        if (self.header or self.trailer or any(tags)) and not all(tags):
            raise ValueError("tagged records need columns_tag and rows_tag")
        loose = self.column_names or self.summary or self.preamble == "any"
        if all(tags) and loose:
            raise ValueError("tagged records have neither preamble, column_names nor summary")
        return self

    @model_validator(mode="after")
    def _names_are_known(self) -> "DelimitedWords":
        if self.column_names and (not self.looks or self.preamble == "any"):
            raise ValueError("column_names need `looks`, and no preamble")
        if unknown := set(self.looks) - set(self.column_names):
            raise ValueError(f"`looks` names {min(unknown)!r}, which is none of column_names")
        for pattern in self.looks.values():
            re.compile(pattern)
        return self

    @property
    def tagged(self) -> bool:
        """Whether each record starts with a tag that names its kind."""
        return self.rows_tag is not None

    @property
    def has_columns(self) -> bool:
        """Whether there is a line of column names."""
        return not self.column_names

    @property
    def around(self) -> tuple[FactRecord, ...]:
        """Header and trailer."""
        return tuple(record for record in (self.header, self.trailer) if record is not None)

    def summary_of(self, row: Literal["first", "last"]) -> SummarySpec | None:
        """The summary that stands in the first or last row."""
        return next((each for each in self.summary if each.row == row), None)
