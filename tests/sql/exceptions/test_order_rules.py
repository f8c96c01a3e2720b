"""What is wrong with orders, and rows in quarantine."""

from datetime import timedelta

from tests.sql.books import add, at, order, payment, source_file
from tests.sql.exceptions.offences import found, order_line, quarantined
from tests.sql.harness import load


def test_order_duplicated_names_the_later_order(url: str) -> None:
    same = {"customer_id": 1, "basket_hash": "b"}
    ten = timedelta(minutes=10)
    add(
        url,
        sales_order=[
            order(1, **same),
            order(2, **same, ordered_at=at(2) + ten),
            order(3, **same, ordered_at=at(2) + 3 * ten),
            order(4, **same | {"basket_hash": "c"}),
            order(5, **same | {"customer_id": 2}),
            order(6, **same, total_minor=999),
            order(7, customer_id=9, basket_hash="z", total_minor=0),
            order(8, customer_id=9, basket_hash="z", total_minor=0),
        ],
    )
    assert found(url, "ORDER_DUPLICATED", at(3)) == [("O2", 1000)]


def test_order_balance_rules(url: str) -> None:
    amounts = {1: 1000, 2: 999, 3: 998, 4: 1001, 5: 1002, 6: 998, 7: 0}
    add(
        url,
        sales_order=[*(order(n) for n in amounts), order(8), order(9, total_minor=0)],
        order_line=[order_line(n) for n in (*amounts, 8)],
    )
    load(url, {"payment": [payment(n, amount_minor=minor) for n, minor in amounts.items()]})
    load(url, {"payment": [payment(60, sales_order_id=6, seq=2, state="PENDING"), payment(9)]})
    assert found(url, "ORDER_UNDERPAID", at(3)) == [("O3", 2)]
    assert found(url, "ORDER_OVERPAID", at(3)) == [("O5", 2)]
    assert found(url, "ORDER_WITHOUT_LINES", at(3)) == [("O9", 1000)]
    assert found(url, "ORDER_WITHOUT_PAYMENT", at(3)) == [("O8", 1000)]


def test_row_rejected_names_entry_rows_and_file_rows(url: str) -> None:
    entry = {
        "entry_id": "00000000-0000-0000-0000-000000000001",
        "line_no": 2,
        "order_ref": "O1",
        "currency": "EUR",
        "line_total_minor": 500,
        "payments": [{"payment_ref": "P1", "gateway_ref": "G1"}],
        "status": "QUARANTINED",
        "status_at": at(3),
    }
    load(
        url,
        {
            "order_entry": [
                entry | {"entry_row_id": 1},
                entry | {"entry_row_id": 2, "line_no": 3, "currency": "?", "payments": "no list"},
            ],
            "source_file": [source_file(7, "ack-7.csv", partner_id="v1")],
            "quarantine": [
                quarantined(1, doc_type="ORDER_ENTRY", partner_id="shop", entry_row_id=1)
                | {"source_file_id": None},
                quarantined(2, doc_type="ORDER_ENTRY", partner_id=None, entry_row_id=2)
                | {"source_file_id": None},
                quarantined(3, doc_type="ACKNOWLEDGEMENT", partner_id="v1"),
                quarantined(4, status="RELEASED", doc_type="ACKNOWLEDGEMENT", line_no=9),
                quarantined(5),
            ],
        },
    )
    assert found(url, "ROW_REJECTED", at(3)) == [
        ("entry:00000000-0000-0000-0000-000000000001:2", 500),
        ("entry:00000000-0000-0000-0000-000000000001:3", 500),
        ("file:ack-7.csv:4", None),
    ]
    assert found(url, "TRACKING_LOAD_FAILED", at(3)) == [("file:ack-7.csv:4", None)]
