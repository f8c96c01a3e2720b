"""Small payments and lines tables, written short."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from tieout.settlement.engine import Reconciliation, References, reconcile
from tieout.settlement.model import GatewaySettings, MatchSettings

DAY_0 = datetime(2026, 11, 1, 12, tzinfo=UTC)
AS_OF = datetime(2026, 11, 30, tzinfo=UTC)
_MOMENT = pa.timestamp("us", tz="UTC")
PAYMENTS = pa.schema(
    [
        ("payment_id", pa.string()),
        ("order_ref", pa.string()),
        ("gateway", pa.string()),
        ("gateway_ref", pa.string()),
        ("kind", pa.string()),
        ("currency", pa.string()),
        ("amount_minor", pa.int64()),
        ("booked_at", _MOMENT),
        ("due_at", _MOMENT),
        ("settled_by", pa.string()),
    ]
)
LINES = pa.schema(
    [
        ("line_id", pa.string()),
        ("gateway", pa.string()),
        ("gateway_ref", pa.string()),
        ("order_ref", pa.string()),
        ("kind", pa.string()),
        ("currency", pa.string()),
        ("gross_minor", pa.int64()),
        ("fee_minor", pa.int64()),
        ("net_minor", pa.int64()),
        ("booked_at", _MOMENT),
        ("payout_ref", pa.string()),
    ]
)
MORE_LINES = pa.schema(
    [
        *LINES,
        ("original_ref", pa.string()),
        ("due_at", _MOMENT),
        ("placed", pa.bool_()),
        ("reversed_by", pa.string()),
    ]
)
RATES = pa.schema(
    [("base", pa.string()), ("quote", pa.string()), ("day", pa.date32()), ("rate", pa.string())]
)
PAYOUTS = pa.schema(
    [
        ("gateway", pa.string()),
        ("payout_ref", pa.string()),
        ("currency", pa.string()),
        ("net_minor", pa.int64()),
    ]
)
Row = dict[str, Any]


def pay(payment_id: str, ref: str | None = "G1", amount: int = 1000, **other: Any) -> Row:
    """A payment of order O1, by default a charge of 10.00 EUR at adyen on day 0."""
    return {
        "payment_id": payment_id,
        "order_ref": "O1",
        "gateway": "adyen",
        "gateway_ref": ref,
        "kind": "charge",
        "currency": "EUR",
        "amount_minor": amount,
        "booked_at": day(other.pop("on", 0)),
        "due_at": None,
    } | other


def line(line_id: str, ref: str | None = "G1", amount: int = 1000, **other: Any) -> Row:
    """A settlement line of order O1, by default a charge of 10.00 EUR at adyen on day 1."""
    return {
        "line_id": line_id,
        "gateway": "adyen",
        "gateway_ref": ref,
        "order_ref": "O1",
        "kind": "charge",
        "currency": "EUR",
        "gross_minor": amount,
        "fee_minor": 0,
        "net_minor": amount,
        "booked_at": day(other.pop("on", 1)),
        "payout_ref": None,
    } | other


def day(number: int) -> datetime:
    """Noon of the n-th day."""
    return DAY_0 + timedelta(days=number)


def run(
    payments: list[Row],
    lines: list[Row],
    as_of: datetime = AS_OF,
    by_gateway: dict[str, GatewaySettings] | None = None,
    rates: list[Row] | None = None,
    payouts: list[Row] | None = None,
) -> Reconciliation:
    """Reconcile with the default settings; lines have the optional columns that any row has."""
    has_more = any(key not in LINES.names for row in lines for key in row)
    return reconcile(
        pa.Table.from_pylist(payments, PAYMENTS),
        pa.Table.from_pylist(lines, MORE_LINES if has_more else LINES),
        MatchSettings(as_of, by_gateway=by_gateway or {}),
        references=References(
            None if rates is None else pa.Table.from_pylist(rates, RATES),
            None if payouts is None else pa.Table.from_pylist(payouts, PAYOUTS),
        ),
    )


def matches(found: Reconciliation) -> set[tuple[str, str, str, int]]:
    """(pass, payment, line, variance) of every match."""
    rows = found.matches.to_pylist()
    return {(r["pass"], r["payment_id"], r["line_id"], r["variance_minor"]) for r in rows}


def pairs(found: Reconciliation) -> set[tuple[str, str]]:
    """(payment, line) of every match."""
    return {(payment, line_id) for _, payment, line_id, _ in matches(found)}


def cases(found: Reconciliation) -> set[tuple[str, str | None, str | None, int]]:
    """(code, payment, line, amount) of every exception."""
    rows = found.exceptions.to_pylist()
    return {(r["code"], r["payment_id"], r["line_id"], r["amount_minor"]) for r in rows}


def links(found: Reconciliation) -> set[tuple[str, str, str | None, str | None]]:
    """(line, relation, payment, related line) of every link."""
    rows = found.links.to_pylist()
    return {(r["line_id"], r["relation"], r["payment_id"], r["related_line_id"]) for r in rows}
