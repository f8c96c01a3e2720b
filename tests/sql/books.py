"""Small books: one gateway, payments of orders, settlement lines of files."""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from tests.sql.harness import Row, load
from tieout.kernel.calendars import load_calendar
from tieout.kernel.database import transaction


def at(day: int, hour: int = 12) -> datetime:
    """That hour of a day of March 2026; the 2nd is a Monday."""
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def open_books(url: str) -> None:
    """A gateway with its account, a storefront, and a settlement file."""
    with transaction(url, actor="test") as connection:
        load_calendar(connection, "weekdays")
    partner = {"calendar_id": "weekdays", "zone": "UTC", "active": True}
    load(
        url,
        {
            "partner": [
                partner | {"partner_id": "adyen", "kind": "GATEWAY", "name": "Adyen"},
                partner | {"partner_id": "shop", "kind": "STOREFRONT", "name": "Shop"},
            ],
            "partner_feed": [feed("adyen", "SETTLEMENT")],
            "gateway_account": [
                {
                    "gateway": "adyen",
                    "account": "main",
                    "window_days": 5,
                    "tolerance_minor": 0,
                    "overdue_business_days": 3,
                }
            ],
            "source_file": [source_file(1, "settlement-1.csv")],
        },
    )


def feed(partner_id: str, doc_type: str) -> Row:
    return {
        "partner_id": partner_id,
        "doc_type": doc_type,
        "format_id": "any",
        "directory": "out",
        "file_glob": "*",
        "complete_by": "trailer",
    }


def source_file(number: int, name: str, **other: Any) -> Row:
    """A loaded settlement file of adyen, received on day 3."""
    return {
        "source_file_id": number,
        "partner_id": "adyen",
        "doc_type": "SETTLEMENT",
        "name": name,
        "sha256": f"{number:064d}",
        "size_bytes": 1,
        "format_id": "any",
        "received_at": at(3, 6),
        "rows_read": 0,
        "rows_applied": 0,
        "rows_duplicate": 0,
        "rows_quarantined": 0,
        "facts": {},
        "status": "LOADED",
        "status_at": at(3, 6),
    } | other


def order(number: int, **other: Any) -> Row:
    """An order of 10.00 EUR, taken on day 2."""
    return {
        "sales_order_id": number,
        "order_ref": f"O{number}",
        "entry_id": f"00000000-0000-0000-0000-{number:012d}",
        "storefront": "shop",
        "customer_id": number,
        "address_id": number,
        "ordered_at": at(2),
        "currency": "EUR",
        "total_minor": 1000,
        "basket_hash": str(number),
        "status": "ACCEPTED",
        "status_at": at(2),
    } | other


def payment(number: int, **other: Any) -> Row:
    """A captured payment P<n> of 10.00 EUR at adyen for order <n>, taken at noon of day 2."""
    return {
        "payment_id": number,
        "payment_ref": f"P{number}",
        "sales_order_id": number,
        "seq": 1,
        "kind": "charge",
        "method": "card",
        "gateway": "adyen",
        "gateway_ref": f"G{number}",
        "currency": "EUR",
        "amount_minor": 1000,
        "captured_at": at(2),
        "state": "CAPTURED",
    } | other


def line(number: int, of: int | None = None, **other: Any) -> Row:
    """A settlement line of payment <of> (default: of the same number), booked on day 3."""
    of = number if of is None else of
    gross = other.get("gross_minor", 1000)
    return {
        "settlement_line_id": number,
        "source_file_id": 1,
        "file_line": number + 1,
        "gateway": "adyen",
        "account": "main",
        "kind": "charge",
        "gateway_ref": f"G{of}",
        "order_ref": f"P{of}",
        "gross_minor": gross,
        "fee_minor": 0,
        "net_minor": gross,
        "currency": "EUR",
        "settlement_currency": "EUR",
        "settlement_net_minor": gross,
        "booked_at": at(3),
        "extra": {},
    } | other


def add(url: str, **tables: list[Row]) -> None:
    """Put rows into tables, and orders beside payments that have none."""
    orders = [order(row["sales_order_id"]) for row in tables.get("payment", [])]
    load(url, ({"sales_order": orders} if orders else {}) | tables)


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """What a query returns, JSON as Python values."""
    with transaction(url, actor="test") as connection:
        found = connection.execute(text(query))
        return [tuple(map(_plain, row)) for row in found]


DRIFTED = """
    WITH payments AS (
        (TABLE settlement_open_payment EXCEPT TABLE settlement_awaited_payment)
        UNION ALL (TABLE settlement_awaited_payment EXCEPT TABLE settlement_open_payment)
    ), lines AS (
        (TABLE settlement_open_line EXCEPT TABLE settlement_awaited_line)
        UNION ALL (TABLE settlement_awaited_line EXCEPT TABLE settlement_open_line)
    )
    SELECT 'payment', payment_id FROM payments
     UNION ALL SELECT 'line', settlement_line_id FROM lines
"""
"""What the sets of open payments and lines have too much, or lack: never anything."""


def _plain(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value.startswith("{") else value
