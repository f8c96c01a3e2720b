"""The totals that heads and feet of a file of records give, against its rows."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

from pydantic import Field, model_validator

from tieout.formats.fields import Names, Strict, normal_name
from tieout.formats.results import CheckResult
from tieout.formats.totals import Totals

Cells = Mapping[str, str]
_Key = tuple[str, ...]
_NUMBER = re.compile(r"[+-]?\d{1,18}(\.\d{0,9})?", re.ASCII)
"""At most 27 digits: Decimal's context keeps 28 exactly."""


class TotalSpec(Strict):
    """A total that the cell `cell` of a record gives: of `sum` columns, else the count of rows.

    It is of the rows `of` (tags; all by default) whose columns have a word of `where`, and who
    have in the columns of `by` what the record has in the cells that `by` names. It is of the rows
    after the last record `since`, or of all in the file. It counts only `when` the heads of the
    file say so (`TAG.name`), for the totals of a report may be in another file than its rows.
    `decimals` rounds the sum as the partner does.
    """

    name: str
    record: str
    cell: str
    sum: Names = ()
    of: Names = ()
    where: dict[str, Names] = Field(default_factory=dict)
    by: dict[str, str] = Field(default_factory=dict)
    since: str | None = None
    when: dict[str, Names] = Field(default_factory=dict)
    decimals: int | None = None

    @model_validator(mode="after")
    def _complete(self) -> "TotalSpec":
        if not self.name or not self.cell:
            raise ValueError("a total needs a name and a cell")
        return self


@dataclass
class _Group:
    """The rows of a total that are alike."""

    total: Decimal = Decimal(0)
    unread: list[int] = field(default_factory=list)


@dataclass
class _Stated:
    key: _Key
    text: str
    line: int


@dataclass
class _Part:
    """The rows and statements of one total since its opening record."""

    groups: dict[_Key, _Group] = field(default_factory=lambda: defaultdict(_Group))
    stated: list[_Stated] = field(default_factory=list)


class Tally:
    """Adds up rows and compares with what the records say."""

    def __init__(self, specs: Sequence[TotalSpec]) -> None:
        self._totals = Totals()
        self._parts = [(spec, _Part()) for spec in specs]
        self._heads: dict[str, str] = {}

    @property
    def results(self) -> list[CheckResult]:
        """The totals that the file gives, after `close`."""
        return self._totals.results

    def row(self, tag: str, cells: Cells, line: int) -> None:
        """Add a row; one that could not be cut has no cells."""
        known = {_normal(name): cell for name, cell in cells.items()}
        for spec, part in self._parts:
            if spec.of and tag not in spec.of:
                continue
            if not cells and (spec.where or spec.by or spec.sum):
                part.groups[()].unread.append(line)
            elif _has(spec.where, known):
                key = tuple(known.get(_normal(column), "").strip() for column in spec.by)
                _add(part.groups[key], spec, known, line)

    def record(self, tag: str, cells: Cells, line: int) -> None:
        """Take a head or a foot: what it opens, and what totals it gives."""
        self._heads |= {_normal(f"{tag}.{name}"): cell for name, cell in cells.items()}
        for number, (spec, part) in enumerate(self._parts):
            if tag == spec.since:
                self._compare(spec, part)
                self._parts[number] = (spec, part := _Part())
            text = cells.get(spec.cell, "")
            if tag == spec.record and text:
                key = tuple(cells.get(name, "") for name in spec.by.values())
                part.stated.append(_Stated(key, text, line))

    def close(self) -> None:
        """Compare what is left at the end of the file."""
        for spec, part in self._parts:
            self._compare(spec, part)

    def _compare(self, spec: TotalSpec, part: _Part) -> None:
        if not part.stated or not _has(spec.when, self._heads, absent=True):
            return
        broken = part.groups.pop((), _Group()).unread if spec.by else []
        for stated in part.stated:
            group = part.groups.get(stated.key, _Group())
            where = ", ".join([f"{spec.record} {spec.cell}", *stated.key, f"line {stated.line}"])
            number = _number(stated.text)
            expected = stated.text if number is None else _rounded(number, spec.decimals)
            found = _rounded(group.total, spec.decimals)
            self._totals.compare(spec.name, expected, found, where, [*group.unread, *broken])
        for key in part.groups.keys() - {stated.key for stated in part.stated}:
            group = part.groups[key]
            if group.total or group.unread:
                where = f"no record {spec.record} for {', '.join(key)}"
                self._totals.compare(spec.name, "0", f"{group.total:f}", where, group.unread)


def _add(group: _Group, spec: TotalSpec, cells: Cells, line: int) -> None:
    if not spec.sum:
        group.total += 1
        return
    for column in spec.sum:
        text = cells.get(_normal(column), "").strip()
        number = _number(text) if text else Decimal(0)
        if number is None:
            group.unread.append(line)
        else:
            group.total += number


def _has(wanted: Mapping[str, Sequence[str]], cells: Cells, *, absent: bool = False) -> bool:
    """Whether each cell has one of its words; one that is not there is as `absent` says."""
    found = {name: cells.get(_normal(name)) for name in wanted}
    return all(
        absent if cell is None else cell.strip() in wanted[name] for name, cell in found.items()
    )


@cache
def _normal(name: str) -> str:
    return normal_name(name)


def _number(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _rounded(number: Decimal, decimals: int | None) -> Decimal:
    return number if decimals is None else round(number, decimals)
