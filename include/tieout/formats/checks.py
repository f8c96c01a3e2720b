"""Control totals: what the file says of itself against what is in it."""

from collections.abc import Mapping, Set
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.families import Columns
from tieout.formats.model import Check, FormatSpec
from tieout.formats.results import CheckResult, Fact


def run_checks(
    spec: FormatSpec, columns: Columns, facts: Mapping[str, Fact], size: int, unread: Set[int]
) -> list[CheckResult]:
    """The results of the spec's checks over all rows, those that will be rejected included.

    `unread` are rows of which a number could not be read: a sum over them cannot tie.
    """
    return [_run(check, columns, facts, size, unread) for check in spec.checks]


def _run(
    check: Check, columns: Columns, facts: Mapping[str, Fact], size: int, unread: Set[int]
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
            return _sum_is_zero(check, columns, unread)
        case "has_kind":
            return _has_kind(check, columns)


def _with_unread(text: str, unread: Set[int]) -> str:
    return f"{text} and {len(unread)} rows that cannot be read" if unread else text


def _sum_is_zero(check: Check, columns: Columns, unread: Set[int]) -> CheckResult:
    groups = _groups(check, columns)
    wrong = [group for group in groups if group["closed_max"] and group["amount_sum"] != 0]
    if not wrong and not (unread and any(group["closed_max"] for group in groups)):
        return CheckResult(check.name, True, "0", "0")
    found = "; ".join(f"{group['amount_sum']} minor units ({_label(group)})" for group in wrong)
    return CheckResult(check.name, False, "0", _with_unread(found or "0", unread))


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
    return cast(list[dict[str, object]], sums.to_pylist())


def _label(group: Mapping[str, object]) -> str:
    return " ".join(str(value) for key, value in group.items() if key.startswith("key"))
