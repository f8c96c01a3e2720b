"""Payouts and bank lines: which belong together, what does not agree, and the proof of both sides.

Pure, like the engine of payments and lines: Arrow tables in, Arrow tables out, an in-process DuckDB
between. A pass is a SQL file of include/sql/payouts/passes, a naming of leftovers one of
.../classify; each takes what the last left. Nothing is ever guessed: what fits several is named.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import pyarrow as pa

from tieout.kernel.errors import RunDoesNotAddUp
from tieout.kernel.sqlfiles import sql_folder, sql_text
from tieout.settlement.stores import DuckStore, Store
from tieout.settlement.subset_sum import Subset, Verdict, subset_of_sum

_PASSES = sql_folder("payouts/passes")
_NAMINGS = sql_folder("payouts/classify")
_TEXT, _NUMBER = pa.string(), pa.int64()
PAYOUTS = pa.schema(
    dict.fromkeys(["payout_id"], _NUMBER)
    | dict.fromkeys(["gateway", "account", "payout_ref", "kind", "currency"], _TEXT)
    | dict.fromkeys(["amount_minor", "day", "window_days"], _NUMBER)
    | dict.fromkeys(["bank", "key", "other_key"], _TEXT)
    | dict.fromkeys(["is_failed", "is_late", "carried"], _NUMBER)
)
"""A payout that waits: `day` counts from 1970, `key` and `other_key` are looked for at the bank."""

BANK_LINES = pa.schema(
    {"bank_line_id": _NUMBER, "bank": _TEXT, "account": _TEXT, "currency": _TEXT}
    | {"amount_minor": _NUMBER, "day": _NUMBER, "said": _TEXT, "carried": _NUMBER}
)
"""A bank line without a payout; `said` is its text in capitals and digits."""

PAYERS = pa.schema({"gateway": _TEXT, "said": _TEXT})
"""A word by which the bank shows a gateway."""

PARTED = pa.schema({"payout_id": _NUMBER, "bank_line_id": _NUMBER})
"""A payout and a bank line that a person parted: nothing ties them together."""

PAYOUTS_TO_SUM = pa.schema(
    dict.fromkeys(["payout_id"], _NUMBER)
    | dict.fromkeys(["gateway", "account", "payout_ref", "batch_no", "day", "currency"], _TEXT)
    | dict.fromkeys(["amount_minor", "lines_expected"], _NUMBER)
)
LINE_SUMS = pa.schema(
    dict.fromkeys(["gateway", "account", "batch_no", "payout_ref", "currency"], _TEXT)
    | dict.fromkeys(["net_minor", "lines"], _NUMBER)
)
FINDINGS = pa.schema(
    {"code": _TEXT, "payout_id": _NUMBER, "bank_line_id": _NUMBER, "amount_minor": _NUMBER}
    | {"expected_minor": _NUMBER, "found_minor": _NUMBER, "reason": _TEXT}
)
_PAIRS = pa.schema(
    {"pass": _TEXT, "payout_id": _NUMBER, "bank_line_id": _NUMBER, "amount_minor": _NUMBER}
)
_AMBIGUOUS = pa.schema({"bank_line_id": _NUMBER, "reason": _TEXT})
_ARRIVED = ("opening", "new", "reopened", "changed")
BUCKETS = (*_ARRIVED, "matched", "open", "exception", "returned", "not_ours")
"""The buckets of the proof: what came in, and what became of it. Reopened is what a person took
back from the matches of an earlier date, changed what new amounts add to what came in; the engine
alone knows neither."""

_UNSURE = {
    Verdict.SEVERAL: "Several sets of payouts make the amount.",
    Verdict.SPENT: "Too many sets of payouts could make the amount.",
}


@dataclass(frozen=True)
class PayoutProof:
    """One side ("payouts", "bank_lines") of an account and currency: (count, minor) per bucket."""

    side: str
    partner_id: str
    account: str
    currency: str
    buckets: Mapping[str, tuple[int, int]]

    @property
    def unexplained(self) -> tuple[int, int]:
        """All that came in less all that became of it, as count and minor units."""
        signs = {name: 1 if name in _ARRIVED else -1 for name in self.buckets}
        return (
            sum(signs[name] * count for name, (count, _) in self.buckets.items()),
            sum(signs[name] * minor for name, (_, minor) in self.buckets.items()),
        )


@dataclass(frozen=True)
class PayoutMatching:
    """The result: matches (one row per payout and line), findings, what to set aside, the proof."""

    matches: pa.Table
    findings: pa.Table
    returned: pa.Table
    not_ours: pa.Table
    proof: tuple[PayoutProof, ...]

    def count(self, side: str, *buckets: str) -> int:
        """How many payouts or bank lines are in the buckets."""
        rows = [row.buckets for row in self.proof if row.side == side]
        return sum(each[name][0] for each in rows for name in buckets if name in each)


def match_payouts(
    payouts: pa.Table,
    bank_lines: pa.Table,
    payers: pa.Table,
    parted: pa.Table | None = None,
    store: Store | None = None,
) -> PayoutMatching:
    """Match payouts (PAYOUTS) with bank lines (BANK_LINES) that may be theirs by PAYERS.

    Those that are PARTED never meet. The SQL runs in `store`, by default in the call's own DuckDB;
    the result is the same, and the same for rows in any order.
    Raises RunDoesNotAddUp when the proof fails.
    """
    with _own_store() if store is None else nullcontext(store) as used:
        used.put("payouts", payouts.select(PAYOUTS.names))
        used.put("bank_lines", bank_lines.select(BANK_LINES.names))
        used.put("payers", payers.select(PAYERS.names))
        used.put("parted", PARTED.empty_table() if parted is None else parted.select(PARTED.names))
        _match(used)
        _name_the_rest(used)
        return PayoutMatching(
            _taken(used, "edges"),
            _in_order(_table(used, "findings")),
            _table(used, "returned").sort_by("payout_id"),
            _table(used, "not_ours").sort_by("bank_line_id"),
            _prove(used),
        )


def sum_payouts(payouts: pa.Table, line_sums: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Compare payouts (PAYOUTS_TO_SUM) with the sums of their lines (LINE_SUMS).

    Returns the payouts that tie (payout_id), and a finding PAYOUT_SUM_DIFFERS for each that does
    not; a payout without lines is neither where none are expected.
    """
    with _own_store() as store:
        store.put("payouts_to_sum", payouts.select(PAYOUTS_TO_SUM.names))
        store.put("line_sums", line_sums.select(LINE_SUMS.names))
        _make(store, "sums")
        return _taken(store, "tied").sort_by("payout_id"), _in_order(_taken(store, "differing"))


def with_decisions(found: PayoutMatching, decided: Iterable[Sequence[Any]]) -> PayoutMatching:
    """The result with what people did since the run before, and what it cannot see, in its proof.

    `decided` holds rows side, partner_id, account, currency, bucket, entries, sum_minor; entries
    may be below zero, where the engine has counted them in another bucket.
    Raises RunDoesNotAddUp when anything is unexplained.
    """
    known = [
        (row.side, row.partner_id, row.account, row.currency, bucket, count, minor)
        for row in found.proof
        for bucket, (count, minor) in row.buckets.items()
    ]
    return replace(found, proof=_added_up([*known, *decided]))


@contextmanager
def _own_store() -> Iterator[Store]:
    con = duckdb.connect(config={"autoinstall_known_extensions": False})
    try:
        yield DuckStore(con)
    finally:
        con.close()


def _match(store: Store) -> None:
    for name, schema in (("pairs", _PAIRS), ("findings", FINDINGS), ("ambiguous_sums", _AMBIGUOUS)):
        store.put(name, schema.empty_table())
    for step in ("mentions", "likes"):
        _make(store, step)
    _look_at_the_rest(store)
    for file in _PASSES:
        store.append("pairs", file.text)
        _look_at_the_rest(store)
    for whole, part in (("bank_line_id", "payout_id"), ("payout_id", "bank_line_id")):
        _match_sums(store, whole, part)
        _look_at_the_rest(store)


def _look_at_the_rest(store: Store) -> None:
    for step in ("open_mentions", "payer_candidates"):
        _make(store, step)


def _match_sums(store: Store, whole: str, part: str) -> None:
    """Match what is the one subset sum of open parts; what is several is noted as ambiguous."""
    found = {key: _subset(rows, whole) for key, rows in _candidates(store, whole, part).items()}
    uses = Counter(row[part] for _, rows in found.values() for row in rows)
    sure = [
        rows for _, rows in found.values() if rows and all(uses[row[part]] == 1 for row in rows)
    ]
    name = "payouts_sum_to_credit" if whole == "bank_line_id" else "credits_sum_to_payout"
    amount = "amount_minor" if part == "payout_id" else "line_minor"
    pairs = [
        {
            "pass": name,
            "payout_id": row["payout_id"],
            "bank_line_id": row["bank_line_id"],
            "amount_minor": row[amount],
        }
        for rows in sure
        for row in rows
    ]
    _append(store, "pairs", pa.Table.from_pylist(pairs, _PAIRS))
    if whole == "bank_line_id":
        unsure = [
            {"bank_line_id": key, "reason": _UNSURE.get(verdict, _UNSURE[Verdict.SEVERAL])}
            for key, (verdict, rows) in found.items()
            if verdict in _UNSURE or (rows and rows not in sure)
        ]
        _append(store, "ambiguous_sums", pa.Table.from_pylist(unsure, _AMBIGUOUS))


_Row = dict[str, int]


def _candidates(store: Store, whole: str, part: str) -> dict[int, list[_Row]]:
    """The candidates of each whole that has several parts and none of its own amount."""
    rows = _table(store, "payer_candidates").sort_by([(whole, "ascending"), (part, "ascending")])
    groups: dict[int, list[_Row]] = {}
    for row in rows.drop_columns(["gateway"]).to_pylist():
        groups.setdefault(row[whole], []).append(row)
    return {
        key: group
        for key, group in groups.items()
        if len(group) > 1 and all(row["amount_minor"] != row["line_minor"] for row in group)
    }


def _subset(rows: Sequence[_Row], whole: str) -> tuple[Verdict, list[_Row]]:
    sides = ("line_minor", "amount_minor")
    total, amount = sides if whole == "bank_line_id" else sides[::-1]
    found: Subset = subset_of_sum([row[amount] for row in rows], rows[0][total])
    return found.verdict, [rows[member] for member in found.members]


def _name_the_rest(store: Store) -> None:
    _make(store, "returned")
    for file in _NAMINGS:
        for step in ("rest_payouts", "rest_lines"):
            _make(store, step)
        store.append("findings", file.text)
    for step in ("rest_lines", "not_ours", "open_payouts", "open_lines"):
        _make(store, step)


def _prove(store: Store) -> tuple[PayoutProof, ...]:
    return _added_up(tuple(row.values()) for row in _taken(store, "proof").to_pylist())


def _added_up(entries: Iterable[Sequence[Any]]) -> tuple[PayoutProof, ...]:
    """Entries (side, partner, account, currency, bucket, count, sum) as a proof; fails closed."""
    found: dict[tuple[str, str, str, str], dict[str, tuple[int, int]]] = {}
    for side, partner_id, account, currency, bucket, count, minor in entries:
        buckets = found.setdefault((side, partner_id, account, currency), {})
        before = buckets.get(bucket, (0, 0))
        buckets[bucket] = (before[0] + int(count), before[1] + int(minor))
    proof = tuple(PayoutProof(*key, buckets) for key, buckets in sorted(found.items()))
    for each in proof:
        if each.unexplained != (0, 0):
            count, minor = each.unexplained
            raise RunDoesNotAddUp(
                f"{count} {each.side} of {each.partner_id} {each.account} in {each.currency}, with"
                f" a sum of {minor} minor units, are not accounted for.",
                remedy="Nothing was written; please report this with the task's log.",
                partner_id=each.partner_id,
                account=each.account,
            )
    return proof


def _make(store: Store, step: str) -> None:
    store.make(step, sql_text(f"payouts/steps/{step}"))


def _taken(store: Store, step: str) -> pa.Table:
    _make(store, step)
    return _table(store, step)


def _table(store: Store, name: str) -> pa.Table:
    """All rows of a table of the store, which may hand them out one batch after the other."""
    rows = store.take(name)
    return rows.read_all() if isinstance(rows, pa.RecordBatchReader) else rows


def _append(store: Store, name: str, rows: pa.Table) -> None:
    store.put("more", rows)
    store.append(name, "SELECT * FROM more")


def _in_order(findings: pa.Table) -> pa.Table:
    keys = ("code", "payout_id", "bank_line_id", "reason")
    return findings.sort_by([(name, "ascending") for name in keys])
