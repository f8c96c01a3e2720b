"""The proof of a run: on both sides, what came in is what became of it, to the minor unit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from tieout.kernel.errors import RunDoesNotAddUp
from tieout.kernel.sqlfiles import sql_text

_ARRIVED = ("opening", "new")
_ENDED = ("matched", "linked", "open", "exceptions", "not_matched_by_kind")
_TAKEN_BACK, _GIVEN_UP = "reopened", "written_off"
"""What only people do, and the engine alone never: not in the proof that `tieout match` writes."""


@dataclass(frozen=True)
class Amount:
    """A number of rows and the sum of their amounts in minor units."""

    count: int = 0
    sum_minor: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.count + other.count, self.sum_minor + other.sum_minor)

    def __sub__(self, other: "Amount") -> "Amount":
        return Amount(self.count - other.count, self.sum_minor - other.sum_minor)


@dataclass(frozen=True)
class ProofRow:
    """One side (payments or lines) of one gateway and currency, as buckets of the proof."""

    gateway: str
    currency: str
    side: str
    buckets: dict[str, Amount]

    @property
    def unexplained(self) -> Amount:
        """Opening and new, less all that became of them; zero in a run that adds up."""
        return self._sum(*_ARRIVED, _TAKEN_BACK) - self._sum(*_ENDED, _GIVEN_UP)

    def _sum(self, *names: str) -> Amount:
        return sum((self.buckets.get(name, Amount()) for name in names), Amount())

    def as_json(self) -> dict[str, dict[str, int]]:
        """All buckets, empty ones too, each with its count and sum."""
        amounts = {name: self.buckets.get(name, Amount()) for name in (*_ARRIVED, *_ENDED)}
        amounts["unexplained"] = self.unexplained
        return {name: vars(amount).copy() for name, amount in amounts.items()}


@dataclass(frozen=True)
class Proof:
    """The proof of one run, with the counts by pass and by code beside it."""

    rows: tuple[ProofRow, ...]
    by_pass: dict[str, int]
    by_code: dict[str, int]

    def as_json(self) -> dict[str, object]:
        """The proof as plain data, one entry per gateway and currency."""
        entries: dict[tuple[str, str], dict[str, object]] = {}
        for row in self.rows:
            key = (row.gateway, row.currency)
            if key not in entries:
                entries[key] = {"gateway": row.gateway, "currency": row.currency}
                entries[key] |= {side: _empty(row, side) for side in ("payments", "lines")}
            entries[key][row.side] = row.as_json()
        return {
            "adds_up": True,
            "matches_by_pass": self.by_pass,
            "exceptions_by_code": self.by_code,
            "proof": list(entries.values()),
        }


def _empty(row: ProofRow, side: str) -> dict[str, dict[str, int]]:
    return ProofRow(row.gateway, row.currency, side, {}).as_json()


def prove(con: duckdb.DuckDBPyConnection) -> Proof:
    """The proof of the run whose tables lie in `con`.

    Raises RunDoesNotAddUp when anything is unexplained.
    """
    entries = con.execute(sql_text("settlement/steps/proof")).fetchall()
    return Proof(_rows(entries), _counts(con, "pairs", "pass"), _counts(con, "exceptions", "code"))


def with_decisions(proof: Proof, decided: Iterable[Sequence[Any]]) -> Proof:
    """The proof of a run with what people did since the run before.

    `decided` holds rows side, gateway, currency, bucket, entries, sum_minor; entries may be below
    zero, where the engine has counted them in another bucket.
    Raises RunDoesNotAddUp when anything is unexplained.
    """
    known = [
        (row.side, row.gateway, row.currency, bucket, amount.count, amount.sum_minor)
        for row in proof.rows
        for bucket, amount in row.buckets.items()
    ]
    return replace(proof, rows=_rows([*known, *decided]))


def _rows(entries: Iterable[Sequence[Any]]) -> tuple[ProofRow, ...]:
    """Entries of side, gateway, currency, bucket, count and sum, added up; fails closed."""
    found: dict[tuple[str, str, str], dict[str, Amount]] = {}
    for side, gateway, currency, bucket, count, total in entries:
        buckets = found.setdefault((gateway, currency, side), {})
        buckets[bucket] = buckets.get(bucket, Amount()) + Amount(count, int(total))
    rows = tuple(ProofRow(*key, buckets) for key, buckets in found.items())
    for row in rows:
        if row.unexplained != Amount():
            raise RunDoesNotAddUp(
                f"{row.unexplained.count} {row.side} of {row.gateway} in {row.currency}, with a"
                f" sum of {row.unexplained.sum_minor} minor units, are not accounted for.",
                remedy="Nothing was written; please report this with the two inputs.",
                gateway=row.gateway,
                currency=row.currency,
            )
    return rows


def _counts(con: duckdb.DuckDBPyConnection, table: str, column: str) -> dict[str, int]:
    counted = con.execute(
        f"SELECT {column}, count(*) FROM {table} GROUP BY {column} ORDER BY {column}"
    ).fetchall()
    return {str(name): int(count) for name, count in counted}
