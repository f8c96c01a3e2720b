"""Payments and lines that meet in all ways, for comparing the engines that the passes run on."""

import random
from datetime import date

import pyarrow as pa

from tests.unit.settlement.tables import (
    MORE_LINES,
    PAYMENTS,
    PAYOUTS,
    RATES,
    Row,
    line,
    pay,
)
from tieout.settlement.engine import References

_ROWS, _OTHERS = 200, 120
_KINDS = (
    *("chargeback", "chargeback_reversal", "refund_reversal", "refund"),
    *("reserve", "adjustment", "fee", "transfer", "payout"),
)


def mixed_tables(seed: int) -> tuple[pa.Table, pa.Table]:
    """Payments and lines that meet in many ways, with ids in upper and lower case."""
    chance = random.Random(seed)

    def facts(n: int) -> Row:
        return {
            "gateway": chance.choice(["adyen", "stripe"]),
            "ref": chance.choice([f"G{n // 4}", f"G{n // 3}", f"G{n}", "G", None]),
            "order_ref": chance.choice([f"O{n // 5}", f"O{n // 2}", "O"]),
            "kind": chance.choice(["charge", "charge", "refund"]),
            "currency": chance.choice(["EUR", "EUR", "EUR", "USD"]),
            "amount": chance.choice([0, 1000, 1000, 1003, 1008, 400, 600, -1000, 7000]),
            "on": chance.randrange(14),
        }

    settled = {n: {"settled_by": f"old {n}"} for n in range(0, _ROWS, 25)}
    payments = [pay(f"{'pP'[n % 2]}{n:04}", **facts(n), **settled.get(n, {})) for n in range(_ROWS)]
    lines = [line(f"{'lL'[n % 2]}{n:04}", **facts(n)) for n in range(_ROWS)]
    for n in range(5):
        split, bundle = {"order_ref": f"S{n}"}, {"order_ref": f"B{n}"}
        payments += [pay(f"S{n}", f"S{n}", 1000, **split)]
        lines += [line(f"S{n}{k}", f"S{n}", amount, **split) for k, amount in ((1, 700), (2, 302))]
        payments += [pay(f"B{n}{k}", None, amount, **bundle) for k, amount in ((1, 700), (2, 300))]
        lines += [line(f"B{n}", None, 999, **bundle)]
    for n, amount in enumerate((1100, 1101, 1109, 1120, 1500)):
        payments += [pay(f"F{n}", f"F{n}", order_ref=f"F{n}")]
        lines += [line(f"F{n}", f"F{n}", amount, currency="USD", order_ref=None)]
    for n, amount in enumerate((123, 456, 790, 456)):
        payments += [pay(f"T{n}", f"T{n}", amount, order_ref=f"T{n}", gateway="paypal")]
    for n, amount in enumerate((913, 456)):
        nameless: Row = {"gateway": "paypal", "payout_ref": "T", "order_ref": None}
        lines += [line(f"T{n}", None, amount, **nameless)]
    lines += [_other(chance, n) for n in range(_OTHERS)]
    return pa.Table.from_pylist(payments, PAYMENTS), pa.Table.from_pylist(lines, MORE_LINES)


def _other(chance: random.Random, n: int) -> Row:
    """A line of a kind that may need no payment, some of them placed by an earlier run."""
    kind = chance.choice(_KINDS)
    amount = chance.choice([0, 100, 100, 400, -100, -100, -400])
    return line(
        f"{'xX'[n % 2]}{n:04}",
        chance.choice([f"C{n // 4}", "C", None, f"G{n}"]),
        amount,
        kind=kind,
        order_ref=chance.choice([f"O{n}", None, None]),
        original_ref=chance.choice([f"G{n // 3}", None]),
        gateway=chance.choice(["adyen", "stripe"]),
        on=chance.randrange(20),
        placed=n % 10 == 0,
        reversed_by="old" if n % 40 == 0 else None,
    )


def mixed_references() -> References:
    """Rates and payouts that some of the mixed rows need."""
    rate = {"base": "EUR", "quote": "USD", "rate": "1.1"}
    days = [rate | {"day": date(2026, 11, n)} for n in range(1, 20)]
    payout = {"gateway": "paypal", "payout_ref": "T", "currency": "EUR", "net_minor": 1369}
    return References(pa.Table.from_pylist(days, RATES), pa.Table.from_pylist([payout], PAYOUTS))
