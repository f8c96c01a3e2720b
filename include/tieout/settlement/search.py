"""Lines that name nothing: which open payments alone can add up to each."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

import pyarrow as pa

from tieout.settlement.subset_sum import Verdict, subset_of_sum

_REASONS = {
    Verdict.SEVERAL: "several subsets of payments",
    Verdict.SPENT: "too many payments to try",
}
_COLUMNS = ("line_no", "whole_minor", "payment_no", "settle_minor")
SUBSETS = pa.schema({"line_no": pa.int64(), "payment_no": pa.int64()})
UNDECIDED = pa.schema({"line_no": pa.int64(), "reason": pa.string(), "candidates": pa.int64()})


def search(candidates: pa.Table, sizes: pa.Table) -> tuple[pa.Table, pa.Table]:
    """The subsets that are the only ones (SUBSETS), and the lines that stay undecided (UNDECIDED).

    `candidates` has line_no, whole_minor, payment_no and settle_minor; `sizes` has line_no
    and payments, also of lines with too many payments to be among the candidates. Two lines that
    want one payment are both undecided.
    """
    found: dict[int, list[int]] = {}
    why: dict[int, Verdict] = {}
    ordered = candidates.sort_by([("line_no", "ascending"), ("payment_no", "ascending")])
    rows = zip(*(ordered[name].to_pylist() for name in _COLUMNS), strict=True)
    for line_no, group in groupby(rows, key=lambda row: row[0]):
        _, (whole, *_), numbers, amounts = zip(*group, strict=True)
        subset = subset_of_sum(amounts, whole)
        why[line_no] = subset.verdict
        if subset.verdict is Verdict.UNIQUE:
            found[line_no] = [numbers[member] for member in subset.members]
    wanted = Counter(number for numbers in found.values() for number in numbers)
    shared = {line for line, numbers in found.items() if any(wanted[n] > 1 for n in numbers)}
    why |= dict.fromkeys(shared, Verdict.SEVERAL)
    pairs = [(line, n) for line, numbers in found.items() if line not in shared for n in numbers]
    return _table(SUBSETS, pairs), _undecided(sizes, why)


def _undecided(sizes: pa.Table, why: dict[int, Verdict]) -> pa.Table:
    counts = zip(sizes["line_no"].to_pylist(), sizes["payments"].to_pylist(), strict=True)
    told = [(line, why.get(line, Verdict.SPENT), size) for line, size in counts]
    return _table(
        UNDECIDED,
        [(line, _REASONS[verdict], size) for line, verdict, size in told if verdict in _REASONS],
    )


def _table(schema: pa.Schema, rows: Sequence[tuple[object, ...]]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [[] for _ in schema]
    return pa.Table.from_arrays(
        [pa.array(list(column), field.type) for column, field in zip(columns, schema, strict=True)],
        schema=schema,
    )
