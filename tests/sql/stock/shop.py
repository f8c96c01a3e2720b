"""A small shop with own stock: articles, paid orders, and what a test asks of them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from sqlalchemy import text

from tests.sql.harness import Row, load
from tieout.exchange.partners import PartnerSpec, load_partners
from tieout.kernel.database import transaction
from tieout.stock import receiving, tasks

AS_OF = datetime(2026, 3, 2, 6, tzinfo=UTC)
SKUS = ("A", "B", "C")
FATES = ("ALLOCATED", "CANCELLED", "PENDING", "PREORDER", "VENDOR_ROUTED")
INVARIANTS = {
    "on_hand is the sum of movements": """
        SELECT i.sku FROM stock_item AS i LEFT JOIN stock_movement AS m USING (sku) GROUP BY i.sku
        HAVING (i.on_hand, i.allocated) IS DISTINCT FROM (
            coalesce(sum(m.on_hand_change), 0), coalesce(sum(m.allocated_change), 0))""",
    "0 <= allocated <= on_hand": """
        SELECT sku FROM stock_item WHERE NOT (0 <= allocated AND allocated <= on_hand)""",
    "the parts are what was ordered": """
        SELECT order_line_id FROM order_line_stock
        WHERE pending + allocated + preordered + routed + cancelled <> ordered""",
    "allocated parts are the ledger's": """
        SELECT o.order_line_id FROM order_line_stock AS o LEFT JOIN (
            SELECT order_line_id,
                   sum(CASE kind WHEN 'ALLOCATION' THEN quantity WHEN 'RELEASE' THEN -quantity END)
                       AS net
            FROM stock_movement GROUP BY order_line_id) AS m USING (order_line_id)
        WHERE o.allocated <> coalesce(m.net, 0)""",
    "what is not paid has nothing": """
        SELECT l.order_line_id FROM line_part AS p JOIN order_line AS l USING (order_line_id)
        JOIN sales_order AS o USING (sales_order_id)
        WHERE o.status NOT IN ('VERIFIED', 'READY_FOR_SHIPPING')""",
    "every state was reached by its transitions": """
        SELECT p.line_part_id FROM line_part AS p WHERE p.status IS DISTINCT FROM (
            SELECT h.to_state FROM status_history AS h
            WHERE h.machine = 'line_part' AND h.subject_id = p.line_part_id
            ORDER BY h.history_id DESC LIMIT 1)""",
}


@dataclass
class Shop:
    """A database with articles A, B and C, of which some are kept, and orders of them."""

    url: str
    orders: int = 0

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with transaction(self.url, actor="test") as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def run(self, statement: str) -> None:
        with transaction(self.url, actor="test") as connection:
            connection.execute(text(statement))

    def keep(self, *skus: str, **other: Any) -> None:
        item = {"shortage": "PREORDER", "release_on": None, "expected_on": None} | other
        with transaction(self.url, actor="test") as connection:
            receiving.load_items(
                connection, pa.Table.from_pylist([{"sku": s} | item for s in skus])
            )

    def receive(self, document: str, *pieces: tuple[str, int], kind: str = "receipt") -> int:
        rows = [
            {"document_no": document, "document_line": number, "kind": kind}
            | {"sku": sku, "quantity": quantity}
            for number, (sku, quantity) in enumerate(pieces, 1)
        ]
        with transaction(self.url, actor="test") as connection:
            return receiving.enter_movements(
                connection, "warehouse", pa.Table.from_pylist(rows), AS_OF
            )

    def order(self, *lines: tuple[str, int], **other: Any) -> str:
        """An order paid in full, each a minute after the one before; returns its reference."""
        self.orders += 1
        number = self.orders
        place = {"sales_order_id": number, "order_ref": f"R{number}"}
        paid_at = other.pop("paid_at", AS_OF - timedelta(hours=5) + timedelta(minutes=number))
        total = sum(quantity for _, quantity in lines) * 100
        order = ORDER | place | {"entry_id": f"{number:032d}", "total_minor": total} | other
        payment = PAYMENT | {"sales_order_id": number, "payment_ref": f"P{number}"}
        payment |= {"amount_minor": total, "captured_at": paid_at}
        load(
            self.url,
            {
                "sales_order": [order],
                "payment": [payment],
                "order_line": [
                    LINE
                    | {
                        "sales_order_id": number,
                        "line_no": line,
                        "order_line_id": number * 10 + line,
                    }
                    | {"entry_row_id": number * 10 + line, "sku": sku, "quantity": quantity}
                    | {"line_total_minor": quantity * 100}
                    for line, (sku, quantity) in enumerate(lines, 1)
                ],
            },
        )
        return f"R{number}"

    def allocate(self, hours: int = 0) -> dict[str, int]:
        return tasks.allocate(as_of=AS_OF + timedelta(hours=hours))

    def fates(self) -> dict[str, dict[str, int]]:
        """Pieces by fate, per line named `R1/1`; fates without pieces are left out."""
        rows = self.rows(
            "SELECT o.order_ref || '/' || s.line_no, s.allocated, s.cancelled, s.pending,"
            " s.preordered, s.routed FROM order_line_stock AS s JOIN sales_order AS o"
            " USING (sales_order_id) ORDER BY 1"
        )
        return {
            name: {fate: n for fate, n in zip(FATES, counts, strict=True) if n}
            for name, *counts in rows
        }

    def broken(self) -> list[str]:
        """The invariants that do not hold."""
        return [name for name, offenders in INVARIANTS.items() if self.rows(offenders)]

    def state(self) -> list[list[tuple[Any, ...]]]:
        """All that stock writes, without the numbers that a repeated run may deal out anew."""
        return [
            self.rows(
                "SELECT o.order_ref, l.line_no, p.part_no, p.quantity, p.status FROM line_part AS p"
                " JOIN order_line AS l USING (order_line_id) JOIN sales_order AS o"
                " USING (sales_order_id) ORDER BY 1, 2, 3"
            ),
            self.rows(
                "SELECT source_doc, line_no, kind, sku, quantity FROM stock_movement"
                " ORDER BY 1, 2, 3"
            ),
            self.rows("SELECT sku, on_hand, allocated FROM stock_item ORDER BY 1"),
            self.rows("SELECT nature, about, pieces::text FROM stock_notice ORDER BY 1, 2"),
            self.rows("SELECT order_line_id, vendor_id, quantity FROM vendor_draw ORDER BY 1"),
            self.rows(
                "SELECT from_state, to_state, count(*) FROM status_history"
                " WHERE machine = 'line_part' GROUP BY 1, 2 ORDER BY 1, 2"
            ),
        ]


ORDER: Row = {"storefront": "shop", "customer_id": 1, "address_id": 1, "currency": "EUR"}
ORDER |= {"ordered_at": AS_OF, "basket_hash": "", "status": "VERIFIED", "status_at": AS_OF}
ORDER |= {"price_list": "RETAIL", "ship_complete": False}
LINE: Row = {"vendor_id": "acme", "unit_price_minor": 100, "freight_minor": 0}
LINE |= {"remainder_minor": 0}
PAYMENT: Row = {
    "seq": 1,
    "kind": "charge",
    "method": "card",
    "currency": "EUR",
    "state": "CAPTURED",
}


def open_shop(url: str) -> Shop:
    """The shop without own stock and without orders."""
    with transaction(url, actor="test") as connection:
        load_partners(
            connection,
            [
                PartnerSpec(partner_id="acme", kind="VENDOR", name="Acme"),
                PartnerSpec(partner_id="shop", kind="STOREFRONT", name="Shop"),
            ],
        )
    load(
        url,
        {
            "product": [
                {"sku": sku, "description": sku, "vendor_id": "acme", "active": True}
                | {"kind": "GOODS", "accounts": []}
                for sku in SKUS
            ],
            "customer": [
                {"customer_id": 1, "storefront": "shop", "customer_ref": "C1"}
                | {"email": "eve@example.com"}
            ],
            "address": [{"address_id": 1, "customer_id": 1, "address_hash": "", "city": "Ulm"}],
        },
    )
    return Shop(url)
