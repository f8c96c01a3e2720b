"""The same waterfall in pandas, as a careful analyst writes it, to measure the engine against.

All passes that need neither rates nor payouts, in their order, and the naming of what is left
(docs/matching.md). It lacks the checks of the input, links, near misses, evidence, the proof, the
rule that a line equally near to unlike payments is ambiguous, `due_at`, and any bound on memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

_SAME = ("gateway", "kind", "currency")
_WINDOW = timedelta(days=5)
_TOLERANCE = 5
_OVERDUE = timedelta(days=5)
_SUMS = (
    ("parts", "gateway_ref"),
    ("parts", "order_ref"),
    ("bundle", "order_ref"),
)


@dataclass
class Waterfall:
    """What is open on both sides, what was paired, and what was named."""

    payments: pd.DataFrame
    lines: pd.DataFrame
    taken: list[pd.DataFrame] = field(default_factory=list)
    pairs: list[pd.DataFrame] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)

    def take(self, found: pd.DataFrame) -> None:
        """Keep pairs, and take their payments and lines out of what is open."""
        self.pairs.append(found[["payment_id", "line_id"]])
        self._take_out(found)

    def name(self, code: str, found: pd.DataFrame) -> None:
        """Count lines as exceptions of a code, and take them and their payments out."""
        if len(found):
            self.codes[code] = self.codes.get(code, 0) + len(found)
            self._take_out(found)

    def _take_out(self, found: pd.DataFrame) -> None:
        self.lines = self.lines[~self.lines["line_no"].isin(found["line_no"])]
        gone = self.payments["payment_no"].isin(found["payment_no"])
        self.taken.append(self.payments[gone])
        self.payments = self.payments[~gone]


def waterfall(payments: Path, lines: Path, as_of: datetime) -> tuple[pd.DataFrame, dict[str, int]]:
    """The pairs (payment_id, line_id) and how many exceptions of each code; from Parquet files."""
    books = Waterfall(
        _read(payments, "payment_no", "amount_minor"), _read(lines, "line_no", "gross_minor")
    )
    _exact(books)
    _forget_the_far(books)
    _bond(books)
    copies = books.lines[books.lines["bond"] == 2]
    books.lines = books.lines[books.lines["bond"] < 2]
    _one_to_one(books, [*_SAME, "order_ref", "amount"], in_window=True)
    for way, reference in _SUMS:
        _parts(books, way, reference)
    _one_to_one(books, [*_SAME, "gateway_ref"], tolerance=_TOLERANCE)
    named = books.lines[books.lines["bond"] > 0]
    books.lines = books.lines[books.lines["bond"] == 0]
    _one_to_one(books, [*_SAME, "order_ref"], in_window=True, tolerance=_TOLERANCE)
    books.lines = pd.concat([books.lines, named, copies])
    _name_the_rest(books, as_of)
    return pd.concat(books.pairs), books.codes


def _read(file: Path, number: str, amount: str) -> pd.DataFrame:
    """A table whose rows are numbered: looking whole numbers up is many times faster than text."""
    rows = pd.read_parquet(file)
    rows = rows[rows["kind"].isin(["charge", "refund"])]
    settled = rows[amount].where(rows["kind"] != "refund", rows[amount].abs())
    numbers = {number: range(len(rows))}
    return rows.assign(amount=settled, day=rows["booked_at"].dt.floor("D"), **numbers)


def _exact(books: Waterfall) -> None:
    """Key and amount; where several share them, those of one order first, then the n-th each."""
    keys = [*_SAME, "gateway_ref", "amount"]
    lines = books.lines.dropna(subset="gateway_ref")
    found = books.payments.merge(lines, on=keys)
    crowded = found["payment_no"].duplicated(keep=False) | found["line_no"].duplicated(keep=False)
    crowd = found[crowded]
    books.take(found[~crowded])
    payments = books.payments[books.payments["payment_no"].isin(crowd["payment_no"])]
    rest = books.lines[books.lines["line_no"].isin(crowd["line_no"])]
    for more in (["order_ref"], []):
        by = [*keys, *more]
        nth = _nth(payments, by, "payment_id").merge(
            _nth(rest.dropna(subset=by), by, "line_id"), on=[*by, "nth"]
        )
        books.take(nth)
        payments = payments[~payments["payment_no"].isin(nth["payment_no"])]
        rest = rest[~rest["line_no"].isin(nth["line_no"])]


def _nth(rows: pd.DataFrame, by: Sequence[str], row_id: str) -> pd.DataFrame:
    ordered = rows.sort_values(["day", row_id])
    return ordered.assign(nth=ordered.groupby(list(by)).cumcount())


def _forget_the_far(books: Waterfall) -> None:
    """Drop the settled payments that no line left over names, which are nearly all."""
    settled = pd.concat(books.taken)
    near = settled["gateway_ref"].isin(books.lines["gateway_ref"].dropna())
    near |= settled["order_ref"].isin(books.lines["order_ref"].dropna())
    books.taken = [settled[near]]


def _bond(books: Waterfall) -> None:
    """What a line's gateway reference says: 2, a settled payment; 1, a payment; 0, none."""
    keys = [*_SAME, "gateway_ref"]
    lines = books.lines.dropna(subset="gateway_ref")[["line_no", "amount", *keys]]
    bond = pd.Series(0, index=books.lines.index)
    for payments, by, strength in (
        (pd.concat([books.payments, *books.taken]), keys, 1),
        (pd.concat(books.taken), [*keys, "amount"], 2),
    ):
        named = lines.merge(payments[by].drop_duplicates(), on=by)["line_no"]
        bond[books.lines["line_no"].isin(named)] = strength
    books.lines = books.lines.assign(bond=bond)


def _candidates(
    payments: pd.DataFrame, lines: pd.DataFrame, keys: Sequence[str], *, in_window: bool = False
) -> pd.DataFrame:
    """Pairs that share the keys, with how far they are apart, nearest first."""
    found = payments.dropna(subset=list(keys)).merge(
        lines.dropna(subset=list(keys)).assign(settled=lines["amount"]),
        on=list(keys),
        suffixes=("_p", "_l"),
    )
    expected = found["amount_p"] if "amount_p" in found else found["amount"]
    found = found.assign(
        off=(expected - found["settled"]).abs(), apart=(found["day_p"] - found["day_l"]).abs()
    )
    if in_window:
        found = found[found["apart"] <= _WINDOW]
    return found.sort_values(["off", "apart", "payment_id", "line_id"])


def _mutual_best(found: pd.DataFrame) -> pd.DataFrame:
    """Pairs of which each is the other's best, again and again until nothing is added."""
    won = []
    while len(found):
        first = ~found["payment_no"].duplicated() & ~found["line_no"].duplicated()
        best = found[first]
        won.append(best)
        left = ~found["payment_no"].isin(best["payment_no"]) & ~found["line_no"].isin(
            best["line_no"]
        )
        found = found[left]
    return pd.concat(won) if won else found


def _one_to_one(
    books: Waterfall, keys: Sequence[str], *, in_window: bool = False, tolerance: int = 0
) -> None:
    found = _candidates(books.payments, books.lines, keys, in_window=in_window)
    books.take(_mutual_best(found[found["off"] <= tolerance]))


def _parts(books: Waterfall, way: str, reference: str) -> None:
    """Keys with one row on one side and several on the other, matched whole if both add up."""
    keys = [*_SAME, reference]
    sums = [
        side.groupby(keys)
        .agg(count=("amount", "size"), total=("amount", "sum"), least=("amount", "min"))
        .join(side.groupby(keys)["day"].agg(["min", "max"]))
        for side in (books.payments, books.lines)
    ]
    both = sums[0].join(sums[1], how="inner", lsuffix="_p", rsuffix="_l")
    one, several = ("count_p", "count_l") if way == "parts" else ("count_l", "count_p")
    good = (both[one] == 1) & (both[several] > 1) & (both["least_p"] > 0) & (both["least_l"] > 0)
    good &= (both["total_p"] - both["total_l"]).abs() <= _TOLERANCE
    if reference == "order_ref":
        good &= both["max_l"] - both["min_p"] <= _WINDOW
        good &= both["max_p"] - both["min_l"] <= _WINDOW
    whole = both[good].index.to_frame(index=False)
    books.take(books.payments.merge(whole, on=keys).merge(books.lines, on=keys))


def _name_the_rest(books: Waterfall, as_of: datetime) -> None:
    """The first that fits names a line: by the gateway's reference, then by ours."""
    for reference in ("gateway_ref", "order_ref"):
        in_window = reference == "order_ref"
        other = ["gateway", "kind", reference]
        same = [*_SAME, reference]
        _name_copies(books, [*same, "amount"])
        found = _mutual_best(_candidates(books.payments, books.lines, same, in_window=in_window))
        books.name("AMOUNT_UNDER", found[found["settled"] < found["amount_p"]])
        books.name("AMOUNT_OVER", found[found["settled"] > found["amount_p"]])
        found = _candidates(books.payments, books.lines, other, in_window=in_window)
        found = found[found["currency_p"] != found["currency_l"]]
        books.name("CURRENCY_MISMATCH", _mutual_best(found))
        _name_copies(books, other)
    books.name("SETTLED_NO_ORDER", books.lines.assign(payment_no=-1))
    booked = books.payments["booked_at"]
    due = pd.Timestamp(as_of).tz_localize(booked.dt.tz) - _OVERDUE
    late = (booked < due) & (books.payments["amount"] != 0)
    books.name("SETTLEMENT_OVERDUE", books.payments[late].assign(line_no=-1))


def _name_copies(books: Waterfall, keys: Sequence[str]) -> None:
    lines = books.lines.dropna(subset=list(keys))
    known = pd.concat(books.taken)[list(keys)].drop_duplicates()
    found = lines.merge(known, on=list(keys))
    books.name("DUPLICATE_SETTLEMENT", found.assign(payment_no=-1))
