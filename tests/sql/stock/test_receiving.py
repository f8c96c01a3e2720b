"""What warehouses and vendors report by file, and what customers are told, by the real tasks."""

import json
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.sql.exceptions.offences import found
from tests.sql.stock.shop import AS_OF, Shop
from tieout.cli.main import main
from tieout.exchange.partners import FeedSpec, PartnerSpec, load_partners
from tieout.formats.registry import format_spec
from tieout.formats.writing import write
from tieout.kernel import crash
from tieout.kernel.database import transaction
from tieout.kernel.settings import settings
from tieout.stock import tasks
from tieout.stock.receiving import StockRefused, enter_movements
from tieout.world.mailbox import mailbox

HOUR = timedelta(hours=1)
STOCK_846 = (
    "ISA*00*          *00*          *ZZ*ACME           *ZZ*TIEOUT         "
    "*260302*0500*U*00401*{number:09d}*0*P*>~"
    "GS*IB*ACME*TIEOUT*20260302*0500*{number}*X*004010~ST*846*0001~"
    "BIA*08*MB*{number}*{day}~LIN*1*SK*A*VP*X1~QTY*33*{available}*EA~CTT*1~SE*6*0001~"
    "GE*1*{number}~IEA*1*{number:09d}~"
)


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def feeds(shop: Shop, tmp_path: Path) -> Path:
    for name in ("warehouse", "acme"):
        (tmp_path / name).mkdir()
    movements = FeedSpec(format_id="tieout-stock-movement-1", directory=str(tmp_path / "warehouse"))
    counts = FeedSpec(
        format_id="x12-846-1", directory=str(tmp_path / "acme"), promised_within_hours=24
    )
    with transaction(shop.url, actor="test") as connection:
        load_partners(
            connection,
            [
                PartnerSpec(
                    partner_id="warehouse",
                    kind="WAREHOUSE",
                    name="Warehouse",
                    feeds={"STOCK_MOVEMENT": movements},
                ),
                PartnerSpec(
                    partner_id="acme", kind="VENDOR", name="Acme", feeds={"INVENTORY": counts}
                ),
            ],
        )
    return tmp_path


def movement(document: str, line: int, kind: str, sku: str, quantity: int, **other: Any) -> Any:
    row = {"document_no": document, "document_line": line, "kind": kind, "sku": sku}
    row |= {"quantity": quantity, "order_ref": None, "order_line_no": None, "warehouse": "MAIN"}
    return row | {"occurred_at": AS_OF - HOUR} | other


def hand_in(folder: Path, number: int, *rows: Any) -> None:
    facts = {"control_no": str(number), "warehouse_id": "MAIN", "created_at": AS_OF}
    body = write(list(rows), format_spec("tieout-stock-movement-1"), facts=facts)
    (folder / "warehouse" / f"STOCK_MAIN_{number}.csv").write_bytes(body)


def test_a_warehouses_file_moves_stock_once_and_wrong_rows_step_aside(
    shop: Shop, feeds: Path
) -> None:
    shop.keep("A", "B")
    shop.order(("A", 2), ("B", 1))
    hand_in(feeds, 1, movement("G1", 1, "receipt", "A", 5), movement("G1", 2, "receipt", "B", 1))
    assert tasks.take_in_movements(as_of=AS_OF)["applied"] == 2
    shop.allocate()
    left = {"order_ref": "R1", "order_line_no": 1}
    hand_in(
        feeds,
        2,
        movement("G1", 1, "receipt", "A", 5),
        movement("G1", 2, "receipt", "B", 7),
        movement("G2", 1, "receipt", "Z", 1),
        movement("G2", 2, "receipt", "A", -1),
        movement("D1", 1, "dispatch", "A", 1, **left),
        movement("D1", 2, "dispatch", "A", 2, **left),
        movement("D1", 3, "dispatch", "B", 1, **left),
        movement("D1", 4, "dispatch", "A", 1, order_ref="R9", order_line_no=1),
        movement("C1", 1, "adjustment", "A", -3),
        movement("C1", 2, "adjustment", "A", -1),
    )
    counts = tasks.take_in_movements(as_of=AS_OF + HOUR)
    assert counts == {
        "read": 10, "applied": 2, "duplicate": 1, "quarantined": 7, "deferred": 0
    }  # fmt: skip
    assert shop.rows("SELECT line_no - 2, rule FROM quarantine ORDER BY 1") == [
        (2, "same-number"),
        (3, "unknown-sku"),
        (4, "quantity"),
        (6, "over-dispatch"),
        (7, "other-sku"),
        (8, "unknown-order-line"),
        (10, "is-allocated"),
    ]
    assert shop.rows("SELECT sku, on_hand, allocated FROM stock_item ORDER BY 1") == [
        ("A", 1, 1),
        ("B", 1, 1),
    ]
    before = shop.state()
    tasks.take_in_movements(as_of=AS_OF + 2 * HOUR)
    assert shop.state() == before
    assert shop.broken() == []


def test_a_vendors_846_fills_a_shortage_while_it_is_fresh(shop: Shop, feeds: Path) -> None:
    shop.keep("A", shortage="VENDOR")
    say(feeds, number=1, day="20260302", available=3)
    assert tasks.take_in_vendor_stock(as_of=AS_OF)["applied"] == 1
    shop.order(("A", 2))
    shop.allocate()
    assert shop.fates() == {"R1/1": {"VENDOR_ROUTED": 2}}
    assert found(shop.url, "STOCK_FEED_STALE", AS_OF) == []
    late = AS_OF + 24 * HOUR
    shop.order(("A", 1))
    assert tasks.allocate(as_of=late)["preordered"] == 1
    assert found(shop.url, "STOCK_FEED_STALE", late) == [("stock:acme", None)]
    say(feeds, number=2, day="20260303", available=1)
    say(feeds, number=3, day="20260301", available=9)
    tasks.take_in_vendor_stock(as_of=late)
    assert found(shop.url, "STOCK_FEED_STALE", late) == []
    assert shop.rows("SELECT available FROM vendor_availability") == [(1,)]


def say(feeds: Path, **facts: Any) -> None:
    (feeds / "acme" / f"846-{facts['number']}.edi").write_text(STOCK_846.format(**facts))


def test_each_customer_is_told_once_wherever_the_teller_died(shop: Shop, tmp_path: Path) -> None:
    shop.keep("A")
    shop.receive("G1", ("A", 5))
    shop.order(("A", 3))
    shop.order(("A", 3))
    shop.allocate()
    shop.receive("G2", ("A", 1))
    shop.allocate(1)
    later = AS_OF + HOUR
    with mailbox(tmp_path / "mail") as server:
        file = settings().connections_file
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"smtp": server.connection()}))

        def die() -> None:
            raise Killed

        crash.at("stock.told", die)
        with pytest.raises(Killed):
            tasks.tell_customers(as_of=later)
        crash.clear()
        assert tasks.tell_customers(as_of=later)["applied"] == 2
        assert tasks.tell_customers(as_of=later + HOUR)["applied"] == 0
        files = (tmp_path / "mail").glob("*.eml")
        mails = [message_from_bytes(path.read_bytes(), policy=default) for path in files]
    assert len((tmp_path / "mail" / "received.txt").read_text().splitlines()) == 2
    assert sorted((mail["To"], mail["Subject"]) for mail in mails) == [
        ("eve@example.com", "Your order R2: some articles will follow"),
        ("eve@example.com", "Your order R2: your pre-order has arrived"),
    ]
    assert all(": 1 x A" in mail.get_content() for mail in mails)


def test_a_pre_order_is_overdue_after_its_day_or_two_weeks(shop: Shop) -> None:
    shop.keep("A")
    shop.order(("A", 2))
    shop.allocate()
    paid_at = shop.rows("SELECT paid_at FROM line_part")[0][0]
    fortnight = paid_at + timedelta(days=14)
    assert found(shop.url, "PREORDER_OVERDUE", fortnight - HOUR) == []
    assert found(shop.url, "PREORDER_OVERDUE", fortnight) == [("R1/1", 200)]
    shop.keep("A", expected_on=(AS_OF + timedelta(days=2)).date())
    assert found(shop.url, "PREORDER_OVERDUE", AS_OF + timedelta(days=2)) == []
    assert found(shop.url, "PREORDER_OVERDUE", AS_OF + timedelta(days=3)) == [("R1/1", 200)]
    shop.receive("G1", ("A", 2))
    shop.allocate(80)
    assert found(shop.url, "PREORDER_OVERDUE", fortnight) == []


def test_a_movement_entered_by_hand_is_refused_whole(shop: Shop) -> None:
    shop.keep("A")
    rows = [
        {"document_no": "G1", "document_line": 1, "kind": "receipt", "sku": "A", "quantity": 1},
        {"document_no": "G1", "document_line": 2, "kind": "receipt", "sku": "B", "quantity": 1},
    ]
    with (
        pytest.raises(StockRefused, match="Movement 2: This is no article that we keep"),
        transaction(shop.url, actor="test") as connection,
    ):
        enter_movements(connection, "hand", pa.Table.from_pylist(rows), AS_OF)
    assert shop.rows("SELECT FROM stock_movement") == []


def test_the_command(shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "items.csv"
    file.write_text("sku,shortage,release_on,expected_on\nA,PREORDER,,2026-04-01\n")
    assert main(["stock", "items", str(file)]) == 0
    assert main(["stock", "receive", "G1", "A", "2"]) == 0
    assert main(["stock", "receive", "G1", "A", "2"]) == 0
    shop.order(("A", 3))
    shop.allocate()
    assert main(["stock", "show", "A"]) == 0
    assert main(["stock", "cancel", "R1", "1", "--reason", "customer asked", "--by", "eve"]) == 0
    assert main(["stock", "show", "R1"]) == 0
    said = capsys.readouterr().out
    assert "1 articles read, 1 new or changed" in said
    assert "this receipt is known; nothing changed" in said
    assert "on_hand 2" in said
    assert "preordered 1" in said
    assert "3 pieces cancelled, 0 dispatched or ordered already" in said
    assert "cancelled 3" in said
    assert shop.rows("SELECT actor, action, subject, reason FROM audit_log") == [
        ("eve", "stock.cancel", "order:R1/1", "customer asked")
    ]
    file.write_text("sku,shortage,release_on,expected_on\nZ,PREORDER,,\n")
    assert main(["stock", "items", str(file)]) == 2
    file.write_text("sku,shortage,release_on,expected_on\nA,LATER,,\n")
    assert main(["stock", "items", str(file)]) == 2
    assert shop.rows("SELECT sku, shortage FROM stock_item") == [("A", "PREORDER")]
