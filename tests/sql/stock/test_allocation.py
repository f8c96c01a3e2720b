"""Own stock goes to who paid first; what is not there waits, or goes to the vendor."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.sql.harness import load
from tests.sql.stock.shop import AS_OF, Shop
from tieout.fulfilment.tasks import mark_ready, plan_vendor_orders
from tieout.kernel.database import transaction
from tieout.stock.allocation import cancel_line


def test_what_is_short_is_pre_ordered_and_a_receipt_fills_it(shop: Shop) -> None:
    shop.keep("A")
    shop.receive("G1", ("A", 5))
    shop.order(("A", 3))
    shop.order(("A", 3))
    shop.allocate()
    assert shop.fates() == {"R1/1": {"ALLOCATED": 3}, "R2/1": {"ALLOCATED": 2, "PREORDER": 1}}
    shop.receive("G2", ("A", 1))
    assert shop.allocate(1)["filled"] == 1
    assert shop.fates()["R2/1"] == {"ALLOCATED": 3}
    assert shop.rows("SELECT nature, about FROM stock_notice ORDER BY 1") == [
        ("PREORDER", "R2/1/1"),
        ("PREORDER_FILLED", "R2/1/2"),
    ]
    assert shop.broken() == []


def test_who_paid_first_is_served_first_whatever_was_ordered_first(shop: Shop) -> None:
    shop.keep("A")
    shop.receive("G1", ("A", 1))
    shop.order(("A", 1), paid_at=AS_OF - timedelta(minutes=1))
    shop.order(("A", 1), paid_at=AS_OF - timedelta(minutes=2))
    shop.allocate()
    assert shop.fates() == {"R1/1": {"PREORDER": 1}, "R2/1": {"ALLOCATED": 1}}


def test_an_order_is_paid_when_its_tenders_cover_it(shop: Shop) -> None:
    shop.keep("A")
    shop.receive("G1", ("A", 1))
    early, late = AS_OF - timedelta(hours=3), AS_OF - timedelta(hours=1)
    shop.order(("A", 1), paid_at=early)
    shop.run("UPDATE payment SET amount_minor = 40 WHERE payment_ref = 'P1'")
    second = shop.rows("SELECT to_jsonb(p) FROM payment AS p")[0][0]
    changes = {"payment_id": 99, "payment_ref": "P1b", "seq": 2, "amount_minor": 60}
    load(shop.url, {"payment": [second | changes | {"captured_at": late}]})
    shop.order(("A", 1), paid_at=late - timedelta(minutes=1))
    shop.allocate()
    assert shop.fates() == {"R1/1": {"PREORDER": 1}, "R2/1": {"ALLOCATED": 1}}


def test_an_order_that_is_not_paid_gets_nothing(shop: Shop) -> None:
    shop.keep("A")
    shop.receive("G1", ("A", 5))
    shop.order(("A", 1), status="ACCEPTED")
    shop.order(("A", 1), status_at=AS_OF + timedelta(hours=1))
    assert shop.allocate()["decided"] == 0
    assert shop.fates() == {"R1/1": {"PENDING": 1}, "R2/1": {"PENDING": 1}}
    with pytest.raises(IntegrityError, match="R1 is not paid"):
        shop.run(
            "INSERT INTO line_part (order_line_id, part_no, sku, quantity, paid_at, status_at)"
            " VALUES (11, 1, 'A', 1, now(), now())"
        )


def test_vendors_are_sent_just_what_is_routed_to_them(shop: Shop) -> None:
    shop.keep("A")
    shop.receive("G1", ("A", 1))
    shop.order(("A", 2), ("B", 4))
    shop.order(("A", 1))
    shop.order(("C", 2))
    shop.allocate()
    plan_vendor_orders(as_of=AS_OF)
    assert shop.rows("SELECT order_line_id, quantity FROM vendor_order_line ORDER BY 1") == [
        (12, 4),
        (31, 2),
    ]
    assert mark_ready(as_of=AS_OF) == {"ready": 0}
    shop.receive("G2", ("A", 2))
    shop.allocate(1)
    for state in ("WRITTEN", "DELIVERED"):
        shop.run(f"UPDATE vendor_order SET status = '{state}'")
    assert mark_ready(as_of=AS_OF) == {"ready": 3}
    shop.allocate(2)
    plan_vendor_orders(as_of=AS_OF + timedelta(hours=2))
    assert len(shop.rows("SELECT FROM vendor_order_line")) == 2


def test_own_stock_alone_makes_an_order_ready(shop: Shop) -> None:
    shop.keep("A")
    shop.receive("G1", ("A", 2))
    shop.order(("A", 2))
    shop.order(("A", 1))
    shop.allocate()
    plan_vendor_orders(as_of=AS_OF)
    assert mark_ready(as_of=AS_OF) == {"ready": 1}
    assert shop.rows("SELECT order_ref FROM sales_order WHERE status = 'READY_FOR_SHIPPING'") == [
        ("R1",)
    ]


def test_an_order_that_ships_complete_gets_all_or_none(shop: Shop) -> None:
    shop.keep("A", "B")
    shop.receive("G1", ("A", 5), ("B", 1))
    shop.order(("A", 3), ("B", 2), ("C", 1), ship_complete=True)
    shop.order(("A", 5))
    shop.allocate()
    assert shop.fates() == {
        "R1/1": {"PREORDER": 3},
        "R1/2": {"PREORDER": 2},
        "R1/3": {"PENDING": 1},
        "R2/1": {"ALLOCATED": 5},
    }
    assert plan_vendor_orders(as_of=AS_OF) == []
    shop.receive("G2", ("A", 3))
    shop.allocate(1)
    assert shop.fates()["R1/1"] == {"PREORDER": 3}
    shop.receive("G3", ("B", 1))
    shop.allocate(2)
    assert shop.fates() == {
        "R1/1": {"ALLOCATED": 3},
        "R1/2": {"ALLOCATED": 2},
        "R1/3": {"VENDOR_ROUTED": 1},
        "R2/1": {"ALLOCATED": 5},
    }
    assert shop.broken() == []


def test_nothing_is_allocated_before_its_release(shop: Shop) -> None:
    shop.keep("A", release_on=date(2026, 3, 4))
    shop.receive("G1", ("A", 5))
    shop.order(("A", 1))
    shop.allocate()
    assert shop.fates() == {"R1/1": {"PREORDER": 1}}
    assert shop.rows("SELECT pieces -> 0 ->> 'expected_on' FROM stock_notice") == [("2026-03-04",)]
    shop.allocate(41)
    assert shop.fates() == {"R1/1": {"PREORDER": 1}}
    shop.allocate(42)
    assert shop.fates() == {"R1/1": {"ALLOCATED": 1}}


@pytest.mark.parametrize(
    ("counted_hours_ago", "routed"), [(1, 3), (23, 3), (100, 0)], ids=["new", "fresh", "stale"]
)
def test_only_a_fresh_count_of_the_vendor_adds_availability(
    shop: Shop, counted_hours_ago: int, routed: int
) -> None:
    shop.keep("A", shortage="VENDOR")
    counted_at = AS_OF - timedelta(hours=counted_hours_ago)
    vendor_says(shop, "A", 3, counted_at)
    shop.receive("G1", ("A", 1))
    shop.order(("A", 3))
    shop.order(("A", 2))
    shop.order(("A", 1))
    shop.allocate()
    fates = shop.fates()
    assert [fates[f"R{n}/1"].get("VENDOR_ROUTED", 0) for n in (1, 2, 3)] == (
        [2, 1, 0] if routed else [0, 0, 0]
    )
    assert sum(fate.get("PREORDER", 0) for fate in fates.values()) == 5 - routed
    shop.order(("A", 1))
    shop.allocate(1)
    assert shop.fates()["R4/1"] == {"PREORDER": 1}, "what is drawn is gone until the next count"
    assert shop.broken() == []


def vendor_says(shop: Shop, sku: str, available: int, as_at: object) -> None:
    file = {"source_file_id": 1, "partner_id": "acme", "doc_type": "INVENTORY", "name": "stock.csv"}
    file |= {"sha256": "0" * 64, "size_bytes": 1, "format_id": "x12-846-1", "received_at": as_at}
    counts = {"times_again": 0, "rows_read": 0, "rows_applied": 0, "rows_duplicate": 0}
    file |= counts | {"rows_quarantined": 0, "facts": {}, "status": "LOADED", "status_at": as_at}
    said = {"vendor_id": "acme", "sku": sku, "available": available, "as_at": as_at}
    load(shop.url, {"source_file": [file], "vendor_stock": [said | {"source_file_id": 1}]})


def test_what_is_cancelled_goes_to_who_waits(shop: Shop) -> None:
    shop.keep("A")
    shop.receive("G1", ("A", 2))
    shop.order(("A", 3), ("B", 1))
    shop.order(("A", 1))
    shop.allocate()
    for line, pieces in ((1, 3), (2, 1)):
        for again in (pieces, 0):
            with transaction(shop.url, actor="test") as connection:
                told = cancel_line(connection, "R1", line, reason="customer asked", as_of=AS_OF)
            assert (told.cancelled, told.gone) == (again, 0)
    shop.allocate(1)
    assert shop.fates() == {
        "R1/1": {"CANCELLED": 3},
        "R1/2": {"CANCELLED": 1},
        "R2/1": {"ALLOCATED": 1},
    }
    assert shop.broken() == []
    plan_vendor_orders(as_of=AS_OF)
    assert shop.rows("SELECT FROM vendor_order") == []


def test_what_left_or_was_ordered_is_not_cancelled(shop: Shop) -> None:
    shop.keep("A")
    shop.receive("G1", ("A", 1))
    shop.order(("A", 1), ("B", 1))
    shop.allocate()
    plan_vendor_orders(as_of=AS_OF)
    dispatch(shop, "D1", "R1", 1, 1)
    with transaction(shop.url, actor="test") as connection:
        for line in (1, 2):
            told = cancel_line(connection, "R1", line, reason="customer asked", as_of=AS_OF)
            assert (told.cancelled, told.gone) == (0, 1)
    assert shop.rows("SELECT on_hand, allocated FROM stock_item") == [(0, 0)]
    assert shop.broken() == []


def dispatch(shop: Shop, document: str, order_ref: str, line: int, quantity: int) -> None:
    import pyarrow as pa

    from tieout.stock.receiving import enter_movements

    row = {"document_no": document, "document_line": 1, "kind": "dispatch", "sku": "A"}
    row |= {"quantity": quantity, "order_ref": order_ref, "order_line_no": line}
    with transaction(shop.url, actor="test") as connection:
        enter_movements(connection, "warehouse", pa.Table.from_pylist([row]), AS_OF)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE line_part SET quantity = 2",
        "UPDATE line_part SET status = 'PREORDER'",
        "DELETE FROM line_part",
        "UPDATE stock_movement SET quantity = 9",
        "INSERT INTO stock_movement (source_doc, line_no, kind, sku, quantity, occurred_at)"
        " VALUES ('x', 1, 'ADJUSTMENT', 'A', -1, now())",
        "INSERT INTO stock_movement (source_doc, line_no, kind, sku, quantity, order_line_id,"
        " occurred_at) VALUES ('x', 1, 'ALLOCATION', 'A', 1, 11, now())",
    ],
)
def test_the_database_refuses_what_would_not_add_up(shop: Shop, statement: str) -> None:
    shop.keep("A")
    shop.receive("G1", ("A", 1))
    shop.order(("A", 1))
    shop.allocate()
    with pytest.raises(IntegrityError), transaction(shop.url, actor="test") as connection:
        connection.execute(text(statement))
