"""Payments and lines for benchmarks, seeded, with the usual faults."""

import numpy as np
import pyarrow as pa

_START = np.datetime64("2026-10-01", "us")
_DAY = np.timedelta64(86_400_000_000, "us")


def tables(rows: int, seed: int = 1, per_order: int = 2) -> tuple[pa.Table, pa.Table]:
    """`rows` payments, so many to an order, and about as many lines.

    2 % of the payments have no line; of the lines 5 % lack the gateway's reference, 5 % ours, 0.5 %
    each are off by 3 or by 50 minor units, in another currency, or there twice. Shuffled.
    """
    chance = np.random.default_rng(seed)
    number = np.arange(rows)
    fault, day = chance.random(rows), chance.integers(0, 30, rows)
    amount = chance.integers(100, 50_000, rows)
    currency = np.array(["EUR", "USD", "JPY"])[chance.integers(0, 3, rows)]
    order = np.char.add("O", (number // per_order * per_order).astype(str))
    reference = np.char.add("G", number.astype(str))
    shared = {
        "gateway": np.where(number % 2 == 0, "adyen", "stripe"),
        "kind": np.where(number % 10 == 9, "refund", "charge"),
    }
    payments = pa.table(
        shared
        | {
            "payment_id": np.char.add("P", number.astype(str)),
            "order_ref": order,
            "gateway_ref": reference,
            "currency": currency,
            "amount_minor": amount,
            "booked_at": pa.array(_START + day * _DAY),
        }
    )
    gross = amount + np.where(fault < 0.005, 3, 0) - np.where((fault - 0.0075) ** 2 < 6e-6, 50, 0)
    lines = pa.table(
        shared
        | {
            "line_id": np.char.add("L", number.astype(str)),
            "gateway_ref": _without(reference, (fault > 0.02) & (fault < 0.07)),
            "order_ref": _without(order, (fault > 0.50) & (fault < 0.55)),
            "currency": np.where((fault > 0.010) & (fault < 0.015), "GBP", currency),
            "gross_minor": gross,
            "booked_at": pa.array(_START + (day + chance.integers(0, 5, rows)) * _DAY),
        }
    ).filter(pa.array(chance.random(rows) > 0.02))
    again = lines.slice(0, rows // 200)
    ids = pa.array([f"D{n}" for n in range(again.num_rows)])
    again = again.set_column(again.column_names.index("line_id"), "line_id", ids)
    both = pa.concat_tables([lines, again])
    return payments, both.take(pa.array(chance.permutation(both.num_rows)))


def _without(values: np.ndarray, missing: np.ndarray) -> pa.Array:
    return pa.array(values, pa.string(), mask=missing)
