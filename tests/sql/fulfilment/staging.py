"""Partners' rows as the inbox stages them, and orders for them to speak of."""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, text

from tests.sql.harness import load

AS_OF = datetime(2026, 3, 2, 6, tzinfo=UTC)
TYPES = {
    "order_line_no": "integer",
    "quantity": "integer",
    "quantity_accepted": "integer",
    "quantity_rejected": "integer",
    "quantity_backordered": "integer",
    "expected_on": "date",
    "occurred_at": "timestamptz",
    "shipped_at": "timestamptz",
    "source_file_id": "bigint",
    "line_no": "integer",
}
ANSWER = {"sku": "S", "code": "P", "reason": None, "expected_on": None, "partner_id": "acme"}
ANSWER |= {"quantity_accepted": 0, "quantity_rejected": 0, "quantity_backordered": 0}
SHIPMENT = {"sku": "S", "carrier": "ups", "partner_id": "acme"}
EVENT = {"carrier": "ups", "location": None, "partner_id": "ups"}
Row = dict[str, Any]


def partners(url: str) -> None:
    """A shop, two vendors with feeds, a carrier, and a product of the first vendor."""
    kinds = {"shop": "STOREFRONT", "acme": "VENDOR", "bolt": "VENDOR", "ups": "CARRIER"}
    load(
        url,
        {
            "partner": [
                {"partner_id": name, "kind": kind, "name": name.title(), "calendar_id": "weekdays"}
                for name, kind in kinds.items()
            ],
            "product": [{"sku": "S", "description": "Screw", "vendor_id": "acme"}],
        },
    )


def vendor_order(connection: Connection, number: str, quantities: list[int]) -> None:
    """A delivered vendor order with a line for each quantity; its order has no entry behind it."""
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    connection.execute(
        text(
            """
            WITH s AS (
                INSERT INTO sales_order (order_ref, entry_id, storefront, customer_id, address_id,
                    ordered_at, currency, total_minor, basket_hash, status_at)
                VALUES (:number, gen_random_uuid(), 'shop', 1, 1, :at, 'EUR', 0, '', :at)
                RETURNING sales_order_id
            ), o AS (
                INSERT INTO vendor_order
                    (vendor_order_no, sales_order_id, vendor_id, status, status_at)
                SELECT :number, sales_order_id, 'acme', 'DELIVERED', :at FROM s
                RETURNING vendor_order_id, sales_order_id
            ), l AS (
                INSERT INTO order_line (sales_order_id, line_no, entry_row_id, sku, vendor_id,
                    quantity, unit_price_minor, freight_minor, line_total_minor)
                SELECT s.sales_order_id, q.n, 10 * s.sales_order_id + q.n, 'S', 'acme', q.q, 0, 0, 0
                FROM s, unnest(cast(:quantities AS integer[])) WITH ORDINALITY AS q (q, n)
                RETURNING order_line_id, line_no, quantity
            )
            INSERT INTO vendor_order_line (vendor_order_id, line_no, order_line_id, sku, quantity)
            SELECT o.vendor_order_id, l.line_no, l.order_line_id, 'S', l.quantity FROM o, l
            """
        ),
        {"number": number, "quantities": quantities, "at": AS_OF},
    )
    connection.execute(text("SET LOCAL session_replication_role = origin"))


def stage(
    connection: Connection, doc_type: str, rows: list[Row], created_at: datetime = AS_OF
) -> int:
    """Stage the rows as those of one new file; returns the file's id."""
    file_id = connection.execute(
        text(
            "INSERT INTO source_file (partner_id, doc_type, name, sha256, size_bytes, format_id,"
            " received_at, status_at, facts) SELECT 'acme', :doc_type, gen_random_uuid(),"
            " gen_random_uuid(), 1, 'test', :at, :at, jsonb_build_object('created_at', :at)"
            " RETURNING source_file_id"
        ),
        {"doc_type": doc_type, "at": created_at},
    ).scalar_one()
    defaults = {"ACKNOWLEDGEMENT": ANSWER, "SHIPMENT": SHIPMENT, "TRACKING": EVENT}[doc_type]
    full = [
        {"source_file_id": file_id, "line_no": number, **defaults, **row}
        for number, row in enumerate(rows, start=3)
    ]
    columns = ", ".join(f"{name} {TYPES.get(name, 'text')}" for name in full[0])
    for table in ("staged", "staged_rejected", "staged_duplicate"):
        connection.execute(text(f"DROP TABLE IF EXISTS pg_temp.{table}"))
    connection.execute(
        text(f"CREATE TEMPORARY TABLE staged ({columns}) ON COMMIT DROP"),
    )
    connection.execute(
        text(
            "INSERT INTO staged SELECT * FROM"
            " jsonb_populate_recordset(null::pg_temp.staged, cast(:rows AS jsonb))"
        ),
        {"rows": json.dumps(full, default=str)},
    )
    key = "source_file_id bigint, line_no integer"
    texts = "field text, value text, rule text, reason text, remedy text"
    connection.execute(
        text(f"CREATE TEMPORARY TABLE staged_rejected ({key}, {texts}) ON COMMIT DROP")
    )
    connection.execute(text(f"CREATE TEMPORARY TABLE staged_duplicate ({key}) ON COMMIT DROP"))
    return int(file_id)


def rejected(connection: Connection) -> list[tuple[int, str]]:
    """The line and the rule of each rejected row."""
    query = text("SELECT line_no, rule FROM staged_rejected ORDER BY line_no")
    return [tuple(row) for row in connection.execute(query)]


def duplicates(connection: Connection) -> list[int]:
    """The lines that were known."""
    query = text("SELECT line_no FROM staged_duplicate ORDER BY line_no")
    return list(connection.execute(query).scalars())


def state(connection: Connection, number: str) -> tuple[str, list[tuple[int, ...]]]:
    """A vendor order's status, and per line: quantity, accepted, rejected, backordered, shipped."""
    status = connection.execute(
        text("SELECT status FROM vendor_order WHERE vendor_order_no = :number"), {"number": number}
    ).scalar_one()
    lines = connection.execute(
        text(
            "SELECT l.quantity, l.accepted, l.rejected, l.backordered, l.shipped"
            " FROM vendor_order_line AS l JOIN vendor_order AS o USING (vendor_order_id)"
            " WHERE o.vendor_order_no = :number ORDER BY l.line_no"
        ),
        {"number": number},
    )
    return status, [tuple(line) for line in lines]
