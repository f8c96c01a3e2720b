"""Control totals: what the file says of itself against what is in it, gathered part by part."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.columns import Columns
from tieout.formats.results import CheckResult, Fact
from tieout.formats.spec import Check, FormatSpec
from tieout.kernel.money import format_minor

_REGROUP_AT = 100_000
"""So many groups are gathered before they are grouped again."""


_EXACT = pa.decimal128(38, 0)
"""The type of sums of minor units, which may be more than 64 bits hold."""


def _total(amounts: pa.Int64Array) -> int:
    """The exact sum of amounts in minor units."""
    return int(pc.sum(amounts.cast(_EXACT), min_count=0).as_py())


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

    def _stated(self, facts: Mapping[str, Fact]) -> Fact:
        """The total that the file states; where it states none, that one is wanted."""
        name = str(self.check.fact)
        stated = facts.get(name)
        return f"a {name} in the file" if stated is None else stated

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
        expected = self._stated(facts)
        return self._said(expected == self._size, str(expected), str(self._size))


class _TrailerSum(Tally):
    def __init__(self, check: Check, spec: FormatSpec) -> None:
        super().__init__(check, spec)
        self._sum = 0

    def add(self, columns: Columns, size: int, unread: int) -> None:
        del size
        self._sum += _total(columns[str(self.check.column)])
        self.unread += unread

    def result(self, facts: Mapping[str, Fact]) -> CheckResult:
        expected = self._stated(facts)
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
        amount = (pc.fill_null(columns[column], 0) if column else closed).cast(_EXACT)
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


class _ClosingBalance(Tally):
    """Balances before and after all rows; both in the one currency of the rows."""

    def __init__(self, check: Check, spec: FormatSpec) -> None:
        super().__init__(check, spec)
        self._sum = 0
        self._currencies: set[str] = set()
        fields = (each for each in spec.fields if each.name == check.column)
        self._beside = str(next(fields).currency)

    def add(self, columns: Columns, size: int, unread: int) -> None:
        del size
        self._sum += _total(columns[str(self.check.column)])
        self._currencies |= set(pc.drop_null(columns[self._beside]).unique().to_pylist())
        self.unread += unread

    def result(self, facts: Mapping[str, Fact]) -> CheckResult:
        before, after = (facts.get(str(name)) for name in (self.check.opening, self.check.closing))
        if not isinstance(before, Decimal) or not isinstance(after, Decimal):
            return self._said(False, "balances before and after the rows", "not both")
        if len(self._currencies) > 1:
            return self._said(False, "rows in one currency", ", ".join(sorted(self._currencies)))
        moved = Decimal(0)
        for currency in self._currencies:
            moved = Decimal(format_minor(self._sum, currency))
        ok = before + moved == after and not self.unread
        return self._said(ok, f"{after:f}", self._with_unread(f"{before + moved:f}"))


class _Order:
    """Rows in one order of time: what all balances must have in common, and the first not to."""

    def __init__(self) -> None:
        self.first: int | None = None
        self.wrong: tuple[int, int, int] | None = None

    def add(self, balances: pa.Array, moved: pa.Array, rows: int) -> None:
        """Balances less what moved them are all the same; `rows` were there before these.

        Raises ArrowInvalid for sums beyond 64 bits.
        """
        keys = pc.subtract_checked(balances, moved)
        known = pc.drop_null(keys)
        if self.wrong is not None or not len(known):
            return
        if self.first is None:
            self.first = known[0].as_py()
        differs = pc.indices_nonzero(pc.fill_null(pc.not_equal(keys, self.first), False))
        if len(differs):
            row = differs[0].as_py()
            self.wrong = rows + row, self.first + moved[row].as_py(), balances[row].as_py()


class _RunningBalance(Tally):
    """A balance beside each row, or some, that moves by the rows between."""

    def __init__(self, check: Check, spec: FormatSpec) -> None:
        super().__init__(check, spec)
        self._rows = self._sum = 0
        self._old_first, self._new_first = _Order(), _Order()
        self._is_beyond = False

    def add(self, columns: Columns, size: int, unread: int) -> None:
        amounts = pc.fill_null(columns[str(self.check.column)], 0)
        try:
            self._compare(amounts, columns[str(self.check.balance)])
        except (pa.ArrowInvalid, OverflowError):
            self._is_beyond = True
        self._rows += len(amounts)
        self._sum += _total(amounts)
        self.unread += unread
        del size

    def _compare(self, amounts: pa.Array, balances: pa.Array) -> None:
        """Raises ArrowInvalid or OverflowError for sums beyond 64 bits."""
        after = pc.add_checked(pc.cumulative_sum_checked(amounts), pa.scalar(self._sum, pa.int64()))
        self._old_first.add(balances, after, self._rows)
        self._new_first.add(balances, pc.subtract_checked(amounts, after), self._rows)

    def result(self, facts: Mapping[str, Fact]) -> CheckResult:
        """Expected and found balance of the first row that does not tie, in minor units."""
        del facts
        if self._is_beyond:
            return self._said(False, "each balance ties", "amounts that add up beyond 64 bits")
        old, new = self._old_first.wrong, self._new_first.wrong
        if old is None or new is None:
            ok = not (self.unread and self._old_first.first is not None)
            return self._said(ok, "each balance ties", self._with_unread("each ties"))
        row, expected, found = max(old, new)
        return self._said(False, f"{expected} after row {row + 1}", str(found))


TALLIES: Mapping[str, type[Tally]] = {
    "trailer_count": _TrailerCount,
    "trailer_sum": _TrailerSum,
    "sum_is_zero": _SumIsZero,
    "has_kind": _HasKind,
    "closing_balance": _ClosingBalance,
    "running_balance": _RunningBalance,
}


def tallies_of(spec: FormatSpec) -> list[Tally]:
    """A tally for each check of the format."""
    return [TALLIES[check.rule](check, spec) for check in spec.checks]
