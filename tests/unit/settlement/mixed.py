"""Payments and lines that meet in all ways, for comparing the engines that the passes run on."""

import random

import pyarrow as pa

from tests.unit.settlement.tables import LINES, PAYMENTS, Row, line, pay

_ROWS = 200


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
    return pa.Table.from_pylist(payments, PAYMENTS), pa.Table.from_pylist(lines, LINES)
