"""What rules find, and the rows that tests of rules have in common."""

from datetime import datetime
from typing import Any

from sqlalchemy import text

from tests.sql.books import add, at, order, rows, source_file
from tests.sql.harness import Row
from tieout.exceptions.registry import rules
from tieout.exceptions.runner import find_offences
from tieout.kernel.database import transaction


def found(url: str, code: str, as_of: datetime) -> list[tuple[str, int | None]]:
    """(subject, amount) of what one rule finds."""
    with transaction(url, actor="test") as connection:
        find_offences(connection, [rule for rule in rules() if rule.code == code], as_of)
        query = "SELECT subject, amount_minor FROM judged ORDER BY subject"
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def order_line(number: int, **other: Any) -> Row:
    return {
        "order_line_id": number,
        "sales_order_id": number,
        "line_no": 1,
        "entry_row_id": number,
        "sku": "A",
        "vendor_id": "v1",
        "quantity": 2,
        "unit_price_minor": 400,
        "freight_minor": 200,
        "line_total_minor": 1000,
    } | other


def vendor_order(number: int, **other: Any) -> Row:
    """A vendor order of order <n>, sent at noon of Tuesday, promised for Thursday the 5th."""
    return {
        "vendor_order_id": number,
        "vendor_order_no": f"O{number}-v1",
        "revision": 1,
        "sales_order_id": number,
        "vendor_id": "v1",
        "ship_by": "2026-03-05",
        "status": "ACCEPTED",
        "status_at": at(3),
    } | other


def vendor_line(number: int, **other: Any) -> Row:
    return {
        "vendor_order_line_id": number,
        "vendor_order_id": number,
        "line_no": 1,
        "order_line_id": number,
        "sku": "A",
        "quantity": 2,
        "accepted": 2,
        "rejected": 0,
        "backordered": 0,
        "shipped": 0,
    } | other


def ordered(url: str, status: str = "ACCEPTED", **facts: Any) -> None:
    """Order 1 with its vendor order."""
    add(
        url,
        sales_order=[order(1)],
        order_line=[order_line(1)],
        vendor_order=[vendor_order(1, status=status)],
        vendor_order_line=[vendor_line(1, **facts)],
    )


def shipped(url: str, moment: datetime, quantity: int = 2, told: datetime | None = None) -> None:
    number = rows(url, "SELECT count(*) + 10 FROM source_file")[0][0]
    vendor = {"partner_id": "v1", "doc_type": "SHIPMENT", "received_at": told or moment}
    add(
        url,
        source_file=[source_file(number, f"ship-{number}.csv", **vendor)],
        shipment_line=[
            {
                "shipment_line_id": number,
                "source_file_id": number,
                "file_line": 2,
                "vendor_id": "v1",
                "vendor_order_no": "O1-v1",
                "line_no": 1,
                "quantity": quantity,
                "carrier": "ups",
                "tracking_no": "T1",
                "shipped_at": moment,
            }
        ],
    )


def run(url: str, statement: str, **params: Any) -> None:
    with transaction(url, actor="test") as connection:
        connection.execute(text(statement), params)


def refused(number: int, name: str, **other: Any) -> Row:
    facts = {"status": "REFUSED", "problem": {"slug": "truncated"}}
    return source_file(number, name, **(facts | other))


def quarantined(number: int, **other: Any) -> Row:
    return {
        "quarantine_id": number,
        "row_key": f"k{number}",
        "doc_type": "TRACKING",
        "partner_id": "ups",
        "source_file_id": 7,
        "line_no": 4,
        "raw": "x",
        "rule": "r",
        "reason": "It is bad.",
        "remedy": "Mend it.",
        "first_seen_at": at(3),
        "status": "OPEN",
        "status_at": at(3),
    } | other
