"""Control totals: what the file says of itself against what is in it, gathered part by part."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.columns import Columns
from tieout.formats.results import CheckResult, Fact
from tieout.formats.spec import Check, FormatSpec
from tieout.kernel.money import format_minor

_REGROUP_AT = 100_000
"""So many groups are gathered before they are grouped again."""


class Tally:
    """One check, over all rows of a file, those that will be rejected included."""

    def __init__(self, check: Check, spec: FormatSpec) -> None:
        self.check, self.spec = check, spec
        self.unread = 0

    def add(self, columns: Columns, size: int, unread: int) -> None:
        """Take in a part: its canonical columns and how many records it has, skipped ones included.

        `unread` of its rows have a number that could not be read: a sum over them cannot tie.
        """
        raise NotImplementedError

    def result(self, facts: Mapping[str, Fact]) -> CheckResult:
        """What came out, after the last part."""
        raise NotImplementedError

    def _said(self, ok: bool, expected: str, found: str) -> CheckResult:
        return CheckResult(self.check.name, ok, expected, found)

    def _with_unread(self, text: str) -> str:
        return f"{text} and {self.unread} rows that cannot be read" if self.unread else text


class _TrailerCount(Tally):
    def __init__(self, check: Check, spec: FormatSpec) -> None:
        super().__init__(check, spec)
        self._size = 0

    def add(self, columns: Columns, size: int, unread: int) -> None:
        del columns, unread
        self._size += size

    def result(self, facts: Mapping[str, Fact]) -> CheckResult:
        expected = facts[str(self.check.fact)]
        return self._said(expected == self._size, str(expected), str(self._size))


class _TrailerSum(Tally):
    def __init__(self, check: Check, spec: FormatSpec) -> None:
        super().__init__(check, spec)
        self._sum = 0

    def add(self, columns: Columns, size: int, unread: int) -> None:
        del size
        self._sum += pc.sum(columns[str(self.check.column)], min_count=0).as_py()
        self.unread += unread

    def result(self, facts: Mapping[str, Fact]) -> CheckResult:
        expected = facts[str(self.check.fact)]
        ok = expected == self._sum and not self.unread
        return self._said(ok, str(expected), self._with_unread(str(self._sum)))


class _Grouped(Tally):
    """A check by groups of rows: each group's sum, and whether it has a row that closes it."""

    def __init__(self, check: Check, spec: FormatSpec) -> None:
        super().__init__(check, spec)
        self._keys = [f"key{index}" for index, _ in enumerate(check.by)]
        self._parts: list[pa.Table] = []

    def add(self, columns: Columns, size: int, unread: int) -> None:
        del size
        self.unread += unread
        closed = pc.is_in(columns["kind"], pa.array(self.check.kinds)).cast(pa.int8())
        column = self.check.column
        amount = pc.fill_null(columns[column], 0) if column else closed.cast(pa.int64())
        arrays = [*(columns[name] for name in self.check.by), closed, amount]
        table = pa.table(arrays, names=[*self._keys, "closed", "amount"])
        self._parts.append(self._regrouped([table]))
        if sum(map(len, self._parts)) > _REGROUP_AT:
            self._parts = [self._regrouped(self._parts)]

    def _regrouped(self, parts: Sequence[pa.Table]) -> pa.Table:
        table = pa.concat_tables(parts)
        sums = table.group_by(self._keys, use_threads=False).aggregate(
            [("closed", "max"), ("amount", "sum")]
        )
        return sums.select([*self._keys, "closed_max", "amount_sum"]).rename_columns(
            table.schema.names
        )

    def groups(self) -> list[dict[str, Any]]:
        """The groups, in the order of their first rows."""
        return self._regrouped(self._parts).to_pylist() if self._parts else []

    def _label(self, group: Mapping[str, object]) -> str:
        return " ".join(str(group[key]) for key in self._keys)


class _SumIsZero(_Grouped):
    def result(self, facts: Mapping[str, Fact]) -> CheckResult:
        """Groups without a closing row are not complete, so that their sum says nothing."""
        del facts
        closed = [group for group in self.groups() if group["closed"]]
        wrong = [group for group in closed if group["amount"] != 0]
        shown = [self._sum_text(group) for group in wrong or closed]
        ok = not wrong and not (self.unread and closed)
        return self._said(ok, "0", self._with_unread("; ".join(shown) or "0"))

    def _sum_text(self, group: Mapping[str, Any]) -> str:
        """The sum, as money where its currency is one of the keys, and the keys it is for."""
        check = self.check
        currency = next(
            (each.currency for each in self.spec.fields if each.name == check.column), None
        )
        amount = str(group["amount"])
        code = group[f"key{check.by.index(currency)}"] if currency in check.by else None
        if code is not None:
            amount = format_minor(int(amount), str(code))
        return f"{amount} ({self._label(group)})"


class _HasKind(_Grouped):
    def result(self, facts: Mapping[str, Fact]) -> CheckResult:
        del facts
        lacking = [self._label(group) for group in self.groups() if not group["closed"]]
        found = f"none for {'; '.join(lacking)}" if lacking else "present"
        return self._said(not lacking, f"a row of {', '.join(self.check.kinds)}", found)


TALLIES: Mapping[str, type[Tally]] = {
    "trailer_count": _TrailerCount,
    "trailer_sum": _TrailerSum,
    "sum_is_zero": _SumIsZero,
    "has_kind": _HasKind,
}


def tallies_of(spec: FormatSpec) -> list[Tally]:
    """A tally for each check of the format."""
    return [TALLIES[check.rule](check, spec) for check in spec.checks]
