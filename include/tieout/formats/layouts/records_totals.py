"""The totals that heads and feet of a file of records give, against its rows."""

import re
from collections.abc import Iterable, Mapping, Sequence
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
class _Rows:
    """Rows that are alike in all that decides to which totals they belong."""

    count: int
    sums: list[Decimal]
    unread: list[list[int]]
    """For each column that is added up, the lines where it is no number."""

    def add(self, other: "_Rows") -> None:
        self.count += other.count
        self.sums = [one + more for one, more in zip(self.sums, other.sums, strict=True)]
        self.unread = [one + more for one, more in zip(self.unread, other.unread, strict=True)]


@dataclass(frozen=True)
class _Stated:
    key: _Key
    text: str
    line: int


@dataclass
class _Group:
    """The rows of a total that are alike in `by`."""

    total: Decimal = Decimal(0)
    unread: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """Where the cells that matter stand in the rows of one tag; -1 where there is none."""

    tag: str
    deciding: tuple[int, ...]
    added: tuple[int, ...]


class Tally:
    """Adds up rows and compares with what the records say."""

    def __init__(self, specs: Sequence[TotalSpec]) -> None:
        self._totals = Totals()
        self._specs = specs
        self._deciding = _names([*spec.where, *spec.by] for spec in specs)
        self._added = _names(spec.sum for spec in specs)
        self._now: dict[_Key, _Rows] = {}
        self._since: dict[str | None, dict[_Key, _Rows]] = {spec.since: {} for spec in specs}
        self._flawed: dict[str | None, list[int]] = {spec.since: [] for spec in specs}
        self._stated: list[list[_Stated]] = [[] for _ in specs]
        self._heads: dict[str, str] = {}

    @property
    def results(self) -> list[CheckResult]:
        """The totals that the file gives, after `close`."""
        return self._totals.results

    def plan(self, tag: str, names: Sequence[str]) -> Plan:
        """Where the cells that matter stand in rows with these columns."""
        place = {_normal(name): at for at, name in enumerate(names)}
        deciding = tuple(place.get(name, -1) for name in self._deciding)
        return Plan(tag, deciding, tuple(place.get(name, -1) for name in self._added))

    def row(self, plan: Plan, cells: Sequence[str], line: int) -> None:
        """Add a row."""
        key = (plan.tag, *(cells[at].strip() if at >= 0 else "" for at in plan.deciding))
        rows = self._now.get(key)
        if rows is None:
            rows = self._now[key] = self._no_rows()
        rows.count += 1
        for column, at in enumerate(plan.added):
            if at < 0 or not (text := cells[at].strip()):
                continue
            number = _number(text)
            if number is None:
                rows.unread[column].append(line)
            else:
                rows.sums[column] += number

    def flawed(self, tag: str, line: int) -> None:
        """Count a row that could not be cut: nothing can be added up with it."""
        key = (tag, *[""] * len(self._deciding))
        self._now.setdefault(key, self._no_rows()).count += 1
        for lines in self._flawed.values():
            lines.append(line)

    def record(self, tag: str, cells: Cells, line: int) -> None:
        """Take a head or a foot: what it opens, and what totals it gives."""
        self._heads |= {_normal(f"{tag}.{name}"): cell for name, cell in cells.items()}
        if tag in self._since:
            self._end(tag)
        for spec, stated in zip(self._specs, self._stated, strict=True):
            text = cells.get(spec.cell, "")
            if tag == spec.record and text:
                key = tuple(cells.get(name, "") for name in spec.by.values())
                stated.append(_Stated(key, text, line))

    def close(self) -> None:
        """Compare what is left at the end of the file."""
        for since in self._since:
            self._end(since)

    def _end(self, since: str | None) -> None:
        """Compare what was added up since that record, and start again."""
        for rows in self._since.values():
            for key, more in self._now.items():
                rows.setdefault(key, self._no_rows()).add(more)
        self._now = {}
        for spec, stated in zip(self._specs, self._stated, strict=True):
            if spec.since == since:
                self._compare(spec, stated)
                stated.clear()
        self._since[since] = {}
        self._flawed[since] = []

    def _no_rows(self) -> _Rows:
        return _Rows(0, [Decimal(0)] * len(self._added), [[] for _ in self._added])

    def _compare(self, spec: TotalSpec, stated: Sequence[_Stated]) -> None:
        if not stated or not _has(spec.when, self._heads, absent=True):
            return
        groups = self._groups(spec)
        flawed = self._flawed[spec.since] if spec.sum or spec.by or spec.where else []
        for each in stated:
            group = groups.get(each.key, _Group())
            where = ", ".join([f"{spec.record} {spec.cell}", *each.key, f"line {each.line}"])
            number = _number(each.text)
            expected = each.text if number is None else _rounded(number, spec.decimals)
            found = _rounded(group.total, spec.decimals)
            self._totals.compare(spec.name, expected, found, where, [*group.unread, *flawed])

    def _groups(self, spec: TotalSpec) -> dict[_Key, _Group]:
        """The rows of a total, by what they have in the columns of `by`."""
        columns = [self._added.index(_normal(name)) for name in spec.sum]
        groups: dict[_Key, _Group] = {}
        for (tag, *cells), rows in self._since[spec.since].items():
            known = dict(zip(self._deciding, cells, strict=True))
            if (spec.of and tag not in spec.of) or not _has(spec.where, known):
                continue
            group = groups.setdefault(tuple(known[_normal(name)] for name in spec.by), _Group())
            group.total += (
                sum((rows.sums[at] for at in columns), Decimal(0)) if columns else rows.count
            )
            group.unread += [line for at in columns for line in rows.unread[at]]
        return groups


def _names(lists: Iterable[Iterable[str]]) -> list[str]:
    """All names of the lists, each once, as they are compared."""
    return list(dict.fromkeys(_normal(name) for names in lists for name in names))


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
