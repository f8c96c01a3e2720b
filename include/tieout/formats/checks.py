"""Control totals: what the file says of itself against what is in it."""

from collections.abc import Mapping, Set
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.columns import Columns
from tieout.formats.results import CheckResult, Fact
from tieout.formats.spec import Check, FormatSpec
from tieout.kernel.money import format_minor


def run_checks(
    spec: FormatSpec, columns: Columns, facts: Mapping[str, Fact], size: int, unread: Set[int]
) -> list[CheckResult]:
    """The results of the spec's checks over all rows, those that will be rejected included.

    `unread` are rows of which a number could not be read: a sum over them cannot tie.
    """
    return [_run(check, spec, columns, facts, size, unread) for check in spec.checks]


def _run(
    check: Check,
    spec: FormatSpec,
    columns: Columns,
    facts: Mapping[str, Fact],
    size: int,
    unread: Set[int],
) -> CheckResult:
    match check.rule:
        case "trailer_count":
            expected = facts[str(check.fact)]
            return CheckResult(check.name, expected == size, str(expected), str(size))
        case "trailer_sum":
            expected = facts[str(check.fact)]
            found = pc.sum(columns[str(check.column)], min_count=0).as_py()
            ok = expected == found and not unread
            return CheckResult(check.name, ok, str(expected), _with_unread(str(found), unread))
        case "sum_is_zero":
            return _sum_is_zero(check, spec, columns, unread)
        case "has_kind":
            return _has_kind(check, columns)


def _with_unread(text: str, unread: Set[int]) -> str:
    return f"{text} and {len(unread)} rows that cannot be read" if unread else text


def _sum_is_zero(check: Check, spec: FormatSpec, columns: Columns, unread: Set[int]) -> CheckResult:
    """Groups without a closing row are not complete, so that their sum says nothing."""
    closed = [group for group in _groups(check, columns) if group["closed_max"]]
    wrong = [group for group in closed if group["amount_sum"] != 0]
    shown = [_sum_text(check, spec, group) for group in wrong or closed]
    ok = not wrong and not (unread and closed)
    return CheckResult(check.name, ok, "0", _with_unread("; ".join(shown) or "0", unread))


def _sum_text(check: Check, spec: FormatSpec, group: Mapping[str, object]) -> str:
    """The sum, as money where its currency is one of the keys, and the keys it is for."""
    currency = next((field.currency for field in spec.fields if field.name == check.column), None)
    amount = str(group["amount_sum"])
    code = group[f"key{check.by.index(currency)}"] if currency in check.by else None
    if code is not None:
        amount = format_minor(int(amount), str(code))
    return f"{amount} ({_label(group)})"


def _has_kind(check: Check, columns: Columns) -> CheckResult:
    lacking = [_label(group) for group in _groups(check, columns) if not group["closed_max"]]
    found = f"none for {'; '.join(lacking)}" if lacking else "present"
    return CheckResult(check.name, not lacking, f"a row of {', '.join(check.kinds)}", found)


def _groups(check: Check, columns: Columns) -> list[dict[str, object]]:
    closed = pc.is_in(columns["kind"], pa.array(check.kinds)).cast(pa.int8())
    keys = [f"key{index}" for index, _ in enumerate(check.by)]
    amount = pc.fill_null(columns[check.column], 0) if check.column else closed
    table = pa.table(
        [*(columns[name] for name in check.by), closed, amount], names=[*keys, "closed", "amount"]
    )
    grouped = table.group_by(keys, use_threads=False)
    sums = grouped.aggregate([("closed", "max"), ("amount", "sum")])
    return cast("list[dict[str, object]]", sums.to_pylist())


def _label(group: Mapping[str, object]) -> str:
    return " ".join(str(value) for key, value in group.items() if key.startswith("key"))
