"""Payments and lines with every fault, and the truth of each: what must be found, and nothing else.

Each payment has references of its own and meets one fate, drawn by chance; most are settled as they
should be. Amounts end in 00, so that what is planted (3, 4 or 50 minor units) is all that is off.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

from tieout.settlement.engine import Reconciliation, References, reconcile
from tieout.settlement.model import MatchSettings

AS_OF = datetime(2026, 11, 30, tzinfo=UTC)
_START = datetime(2026, 11, 1, tzinfo=UTC)
_MOMENT = pa.timestamp("us", tz="UTC")
_TEXT = {name: pa.string() for name in ("gateway", "gateway_ref", "order_ref", "kind", "currency")}
_PAYMENT = pa.schema(
    {"payment_id": pa.string(), **_TEXT, "amount_minor": pa.int64(), "booked_at": _MOMENT}
)
_LINE = pa.schema(
    {"line_id": pa.string(), **_TEXT, "original_ref": pa.string(), "payout_ref": pa.string()}
    | {"gross_minor": pa.int64(), "net_minor": pa.int64(), "booked_at": _MOMENT, "due_at": _MOMENT}
)
_PAYOUT = pa.schema(
    {name: pa.string() for name in ("gateway", "payout_ref", "currency")}
    | {"net_minor": pa.int64()}
)
_SCHEMAS = {"payments": _PAYMENT, "lines": _LINE, "payouts": _PAYOUT}
_AT_ONCE = 20_000
"""Payments whose rows are held as dicts at once."""
_NEVER = datetime(2027, 6, 1, tzinfo=UTC)
Row = dict[str, Any]
Fact = tuple[str, str]


@dataclass
class Planted:
    """Rows of both sides, payouts, and the facts that a run must find: (what, id).

    Rows are put away as Arrow now and then (`put_away`), so that memory holds few of them as dicts.
    """

    chance: random.Random
    payments: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)
    payouts: list[Row] = field(default_factory=list)
    truth: set[Fact] = field(default_factory=set)
    put: dict[str, list[pa.Table]] = field(default_factory=lambda: {name: [] for name in _SCHEMAS})

    def put_away(self) -> None:
        """Put the rows so far into Arrow tables; no fate may change them any more."""
        for name, schema in _SCHEMAS.items():
            rows: list[Row] = getattr(self, name)
            self.put[name].append(pa.Table.from_pylist(rows, schema))
            rows.clear()

    def table(self, name: str) -> pa.Table:
        """All rows of `payments`, `lines` or `payouts`, shuffled."""
        whole = pa.concat_tables(self.put[name]).combine_chunks()
        order = list(range(whole.num_rows))
        self.chance.shuffle(order)
        return whole.take(order)

    def pay(self, n: int, suffix: str = "", **other: Any) -> Row:
        """Add a payment of its own references, by default of today's amount and day."""
        row = {
            "payment_id": f"P{n}{suffix}",
            "gateway": ("adyen", "stripe")[n % 2],
            "gateway_ref": f"G{n}{suffix}",
            "order_ref": f"O{n}{suffix}",
            "kind": "charge",
            "currency": "EUR",
            "amount_minor": 100 * self.chance.randint(50, 9_000),
            "booked_at": _START + timedelta(days=self.chance.randint(0, 15)),
        } | other
        self.payments.append(row)
        return row

    def settle(self, paid: Row, suffix: str = "", after: int = 1, **other: Any) -> Row:
        """Add a line that settles a payment as it should, but for `other`."""
        same = {name: paid[name] for name in _TEXT}
        gross = other.pop("gross_minor", paid["amount_minor"])
        row = same | {
            "line_id": f"L{paid['payment_id']}{suffix}",
            "gross_minor": gross,
            "net_minor": gross,
            "booked_at": paid["booked_at"] + timedelta(days=after),
        }
        self.lines.append(row | other)
        return self.lines[-1]

    def turn(self, paid: Row, kind: str, suffix: str, after: int, **other: Any) -> Row:
        """Add a line of another kind about a payment, with a reference of its own."""
        own = {"gateway_ref": f"{kind}{paid['gateway_ref']}", "order_ref": None, "kind": kind}
        sign = 1 if kind.endswith("reversal") else -1
        facts = {"original_ref": paid["gateway_ref"], "gross_minor": sign * paid["amount_minor"]}
        return self.settle(paid, suffix, after, **(own | facts | other))

    def find(self, what: str, *rows: Row) -> None:
        """Say that a run must find something of these rows."""
        self.truth |= {(what, row.get("line_id") or row["payment_id"]) for row in rows}


def _sound(all_: Planted, n: int) -> None:
    all_.find("matched", all_.settle(all_.pay(n), after=9))


def _our_reference(all_: Planted, n: int) -> None:
    all_.find("matched", all_.settle(all_.pay(n), after=5, gateway_ref=None))


def _little_off(all_: Planted, n: int) -> None:
    paid = all_.pay(n)
    all_.find("matched", all_.settle(paid, gross_minor=paid["amount_minor"] + 3))


def _parts(all_: Planted, n: int) -> None:
    paid = all_.pay(n)
    part = paid["amount_minor"] // 4
    all_.find("matched", all_.settle(paid, "a", gross_minor=part))
    all_.find("matched", all_.settle(paid, "b", gross_minor=paid["amount_minor"] - part))


def _amount(all_: Planted, n: int) -> None:
    paid, off = all_.pay(n), all_.chance.choice((-50, 50))
    line = all_.settle(paid, gross_minor=paid["amount_minor"] + off)
    all_.find("AMOUNT_OVER" if off > 0 else "AMOUNT_UNDER", line)
    all_.find("near tolerance_minor", line)


def _currency(all_: Planted, n: int) -> None:
    all_.find("CURRENCY_MISMATCH", all_.settle(all_.pay(n), currency="GBP"))


def _duplicate(all_: Planted, n: int) -> None:
    paid = all_.pay(n)
    all_.find("matched", all_.settle(paid))
    all_.find("DUPLICATE_SETTLEMENT", all_.settle(paid, "again", after=4))


def _missing(all_: Planted, n: int) -> None:
    all_.find("SETTLEMENT_OVERDUE", all_.pay(n))


def _stranger(all_: Planted, n: int) -> None:
    paid = all_.pay(n)
    all_.payments.pop()
    all_.find("SETTLED_NO_ORDER", all_.settle(paid))


def _late(all_: Planted, n: int) -> None:
    paid = all_.pay(n)
    line = all_.settle(paid, after=8, gateway_ref=None)
    all_.find("SETTLED_NO_ORDER", line)
    all_.find("near window_days", line)
    all_.find("SETTLEMENT_OVERDUE", paid)


def _ambiguous(all_: Planted, n: int) -> None:
    paid = all_.pay(n, booked_at=AS_OF - timedelta(days=3))
    other = {name: paid[name] for name in ("order_ref", "booked_at")}
    all_.pay(n, "x", **other, amount_minor=paid["amount_minor"] + 4)
    middle = paid["amount_minor"] + 2
    line = all_.settle(paid, gateway_ref=None, gross_minor=middle)
    all_.find("AMBIGUOUS_MATCH", line)


def _chargeback(all_: Planted, n: int) -> None:
    paid = all_.pay(n)
    all_.find("matched", all_.settle(paid))
    first = all_.turn(paid, "chargeback", "c", 3)
    turns = all_.chance.randint(0, 2)
    if turns == 0:
        all_.find("CHARGEBACK", first)
        return
    ref = first["gateway_ref"]
    won = all_.turn(paid, "chargeback_reversal", "r", 5, gateway_ref=ref)
    all_.find("chargeback_of", first)
    all_.find("reversal_of", won)
    if turns == 2:
        again = all_.turn(paid, "chargeback", "d", 7, gateway_ref=ref)
        all_.find("CHARGEBACK", again)


def _refunds(all_: Planted, n: int) -> None:
    paid, too_much = all_.pay(n), all_.chance.choice((0, 100))
    all_.find("matched", all_.settle(paid))
    half = paid["amount_minor"] // 2
    for suffix, amount in (("f", half), ("g", paid["amount_minor"] - half + too_much)):
        back = all_.pay(n, suffix, kind="refund", amount_minor=amount, booked_at=paid["booked_at"])
        line = all_.settle(back, gross_minor=-amount, original_ref=paid["gateway_ref"])
        all_.find("matched", line)
        all_.find("refund_of", line)
    if too_much:
        all_.find("REFUND_EXCEEDS_CHARGE", paid)


def _lost_reversal(all_: Planted, n: int) -> None:
    paid = all_.pay(n)
    all_.find("matched", all_.settle(paid))
    kind = all_.chance.choice(("chargeback_reversal", "refund_reversal"))
    all_.find("REVERSAL_UNKNOWN", all_.turn(paid, kind, "r", 5))


def _reserve(all_: Planted, n: int) -> None:
    paid = all_.pay(n)
    all_.find("matched", all_.settle(paid))
    fate = all_.chance.randint(0, 2)
    until = AS_OF - timedelta(days=1) if fate == 0 else _NEVER
    held = all_.turn(paid, "reserve", "h", 1, original_ref=None, due_at=until)
    if fate == 1:
        amount = {"gross_minor": paid["amount_minor"], "net_minor": paid["amount_minor"]}
        free = all_.turn(paid, "reserve", "i", 6, original_ref=None, **amount)
        all_.find("released_by", held)
        all_.find("release_of", free)
    else:
        all_.find("RESERVE_OVERDUE" if fate == 0 else "open line", held)


def _adjustment(all_: Planted, n: int) -> None:
    paid = all_.pay(n)
    all_.find("matched", all_.settle(paid))
    named = all_.chance.random() < 0.5
    line = all_.turn(paid, "adjustment", "a", 2, **({} if named else {"original_ref": None}))
    all_.find("adjustment_of" if named else "ADJUSTMENT_UNEXPLAINED", line)


def _fee(all_: Planted, n: int) -> None:
    paid = all_.pay(n)
    all_.find("matched", all_.settle(paid))
    line = all_.turn(paid, "fee", "f", 1, gateway_ref=paid["gateway_ref"], original_ref=None)
    all_.find("fee_of", line)


def _converted(all_: Planted, n: int) -> None:
    paid = all_.pay(n)
    all_.find(
        "matched", all_.settle(paid, currency="USD", gross_minor=paid["amount_minor"] * 111 // 100)
    )


def _nameless(all_: Planted, n: int) -> None:
    """Two payments of a gateway of their own, in a line without a name."""
    own = {"gateway": f"bulk{n}"}
    parts = [all_.pay(n, suffix, **own) for suffix in ("a", "b")]
    total = sum(paid["amount_minor"] for paid in parts)
    day = {"booked_at": parts[0]["booked_at"]}
    parts[1] |= day
    line = all_.settle(
        parts[0], gross_minor=total, gateway_ref=None, order_ref=None, payout_ref=f"T{n}"
    )
    payout = {"payout_ref": f"T{n}", "currency": "EUR", "net_minor": total}
    all_.payouts.append(own | payout)
    all_.find("matched", line)


_FATES: dict[Callable[[Planted, int], None], int] = {
    _sound: 800,
    **dict.fromkeys((_our_reference, _little_off, _parts), 20),
    **dict.fromkeys((_amount, _currency, _duplicate, _missing, _stranger, _late, _ambiguous), 8),
    **dict.fromkeys((_chargeback, _refunds, _lost_reversal, _reserve, _adjustment, _fee), 8),
    _converted: 8,
    _nameless: 1,
}


def plant(rows: int, seed: int = 1) -> Planted:
    """About `rows` payments with their lines."""
    all_ = Planted(random.Random(seed))
    fates = all_.chance.choices(list(_FATES), list(_FATES.values()), k=rows)
    for n, fate in enumerate(fates):
        fate(all_, n)
        if n % _AT_ONCE == _AT_ONCE - 1:
            all_.put_away()
    all_.put_away()
    return all_


def run(planted: Planted) -> Reconciliation:
    """Match what was planted, with a rate of 1.1 dollars for a euro and the payouts' totals."""
    rate = {"base": "EUR", "quote": "USD", "rate": "1.1"}
    days = [rate | {"day": date(2026, 11, n)} for n in range(1, 30)]
    return reconcile(
        planted.table("payments"),
        planted.table("lines"),
        MatchSettings(AS_OF),
        references=References(pa.Table.from_pylist(days), planted.table("payouts")),
    )


def facts(found: Reconciliation) -> set[Fact]:
    """What a run found, in the words of the truth."""
    told = {("matched", line) for line in found.matches["line_id"].to_pylist()}
    for row in found.exceptions.to_pylist():
        subject = row["line_id"] or row["payment_id"]
        if row["code"] == "REFUND_EXCEEDS_CHARGE":
            subject = row["evidence"].partition('"related_payment_id":"')[2].partition('"')[0]
        told.add((row["code"], subject))
    told |= {(row["relation"], row["line_id"]) for row in found.links.to_pylist()}
    told |= {(f"near {row['setting']}", row["line_id"]) for row in found.near_misses.to_pylist()}
    told |= {("open line", line) for line in found.open_lines["line_id"].to_pylist()}
    return told


def scores(truth: Iterable[Fact], told: Iterable[Fact]) -> list[tuple[str, int, int, int]]:
    """By what: how many were planted, how many of them found, and how many were told wrongly."""
    truth, told = set(truth), set(told)
    planted, right = Counter(w for w, _ in truth), Counter(w for w, _ in truth & told)
    wrong = Counter(w for w, _ in told - truth)
    return [(w, planted[w], right[w], wrong[w]) for w in sorted({*planted, *wrong})]
