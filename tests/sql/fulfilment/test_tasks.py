"""The flows from verified orders to delivered parcels, by partners' files in folders."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.sql.exchange.test_outbox import OUTBOX_POINTS
from tests.sql.harness import load
from tieout.exchange.feeds import PartnersNotReached
from tieout.exchange.partners import FeedSpec, PartnerSpec, load_partners
from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.formats.writing import write
from tieout.fulfilment import tasks
from tieout.kernel import crash
from tieout.kernel.database import transaction
from tieout.stock import tasks as stock

AS_OF = datetime(2026, 3, 2, 6, tzinfo=UTC)
LATER = AS_OF + timedelta(hours=5)
HOUR = timedelta(hours=1)
FORMATS = {
    "PURCHASE_ORDER": "tieout-purchase-order-1",
    "ACKNOWLEDGEMENT": "tieout-vendor-ack-1",
    "SHIPMENT": "tieout-shipment-1",
    "TRACKING": "tieout-tracking-1",
}
LINE = {"sku": "S-acme", "vendor_id": "acme", "quantity": 2, "unit_price_minor": 500}
LINE |= {"freight_minor": 0, "line_total_minor": 1000, "description": "Screw, long"}
ORDER = {"storefront": "shop", "customer_id": 1, "address_id": 1, "currency": "EUR"}
ORDER |= {"ordered_at": AS_OF, "promised_on": "2026-03-06", "total_minor": 1000}
ORDER |= {"basket_hash": "", "status": "VERIFIED", "status_at": AS_OF}


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Trade:
    """Three verified orders of two vendors, and the partners' folders."""

    url: str
    root: Path

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with transaction(self.url, actor="test") as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def run(self, statement: str) -> None:
        with transaction(self.url, actor="test") as connection:
            connection.execute(text(statement))

    def files(self, partner_id: str, doc_type: str) -> list[Path]:
        return sorted((self.root / partner_id / doc_type).iterdir())

    def hand_in(self, partner_id: str, doc_type: str, rows: list[dict[str, object]]) -> None:
        folder = self.root / partner_id / doc_type
        number = len(list(folder.iterdir())) + 1
        party = "carrier_id" if doc_type == "TRACKING" else "vendor_id"
        facts = {"control_no": str(number), party: partner_id, "created_at": AS_OF}
        body = write(rows, format_spec(FORMATS[doc_type]), facts=facts)
        (folder / f"{doc_type.lower()}-{number:04d}.csv").write_bytes(body)

    def send(self) -> list[dict[str, int]]:
        stock.allocate(as_of=AS_OF)
        chunks = tasks.plan_vendor_orders(as_of=AS_OF)
        sent = [tasks.send_vendor_orders(chunk=chunk, as_of=AS_OF) for chunk in chunks]
        tasks.mark_ready(as_of=AS_OF)
        return sent

    def take_in(self, as_of: datetime = LATER) -> None:
        for chunk in tasks.answer_chunks(as_of=as_of):
            tasks.take_in_answers(chunk=chunk, as_of=as_of)
        tasks.take_in_tracking(as_of=as_of)

    def asked(self, as_of: datetime) -> list[str]:
        """The vendors whose folders are looked at, an instant."""
        return [one for chunk in tasks.answer_chunks(as_of=as_of) for one in chunk["vendor_ids"]]

    def everything(self) -> dict[str, list[tuple[object, ...]]]:
        tables = ("vendor_order", "vendor_order_line", "vendor_answer", "shipment_line", "parcel")
        tables += ("tracking_event", "effect", "source_file", "run_summary", "status_history")
        return {
            table: self.rows(
                f"SELECT to_jsonb(t) - 'recorded_at' - 'hash' - 'previous_hash' - 'fencing_token'"
                f" - 'lease_until' - 'attempts' - 'remote_mtime' - 'history_id'"
                f" FROM {table} AS t ORDER BY 1"
            )
            for table in tables
        }


@pytest.fixture
def trade(case_url: str, tmp_path: Path) -> Trade:
    def partner(partner_id: str, kind: str, *doc_types: str) -> PartnerSpec:
        feeds = {
            doc: FeedSpec(format_id=FORMATS[doc], directory=str(tmp_path / partner_id / doc))
            for doc in doc_types
        }
        for doc in doc_types:
            (tmp_path / partner_id / doc).mkdir(parents=True)
        name = partner_id.title()
        return PartnerSpec(partner_id=partner_id, kind=kind, name=name, feeds=feeds)

    vendor = ("PURCHASE_ORDER", "ACKNOWLEDGEMENT", "SHIPMENT")
    with transaction(case_url, actor="test") as connection:
        load_partners(
            connection,
            [
                partner("acme", "VENDOR", *vendor),
                partner("bolt", "VENDOR", *vendor),
                partner("ups", "CARRIER", "TRACKING"),
                partner("shop", "STOREFRONT"),
            ],
        )
    orders = [
        {**ORDER, "sales_order_id": n, "order_ref": f"R{n}", "entry_id": f"{n:032d}"}
        for n in (1, 2, 3)
    ]
    bolts = {**LINE, "sku": "S-bolt", "vendor_id": "bolt"}
    lines = [
        {**LINE, "sales_order_id": 1, "line_no": 1},
        {**bolts, "sales_order_id": 1, "line_no": 2},
        {**LINE, "sales_order_id": 1, "line_no": 3},
        {**LINE, "sales_order_id": 2, "line_no": 1},
        {**bolts, "sales_order_id": 3, "line_no": 1},
    ]
    load(
        case_url,
        {
            "product": [
                {"sku": f"S-{vendor}", "description": "Screw", "vendor_id": vendor}
                for vendor in ("acme", "bolt")
            ],
            "customer": [{"customer_id": 1, "storefront": "shop", "customer_ref": "C1"}],
            "address": [{"address_id": 1, "customer_id": 1, "address_hash": "", "city": "Ulm"}],
            "sales_order": orders,
            "order_line": [
                {**line, "order_line_id": n, "entry_row_id": n} for n, line in enumerate(lines, 1)
            ],
        },
    )
    yield Trade(case_url, tmp_path)
    crash.clear()


def answer(number: str, line: int, vendor: str = "acme", **said: object) -> dict[str, object]:
    row = {"vendor_order_no": number, "order_line_no": line, "sku": f"S-{vendor}", "code": "A"}
    row |= {"quantity_accepted": 2, "quantity_rejected": 0, "quantity_backordered": 0}
    return row | said


def shipment(number: str, line: int) -> dict[str, object]:
    row = {"vendor_order_no": number, "order_line_no": line, "sku": "S-acme", "quantity": 2}
    return row | {"carrier": "ups", "tracking_no": f"TRK-{number}", "shipped_at": AS_OF}


def delivered(number: str) -> dict[str, object]:
    row = {"carrier": "ups", "tracking_no": f"TRK-{number}", "status": "delivered"}
    return row | {"occurred_at": AS_OF + timedelta(hours=3)}


def reports(trade: Trade) -> None:
    trade.hand_in("acme", "ACKNOWLEDGEMENT", [answer("R1-acme", 1), answer("R1-acme", 3)])
    trade.hand_in("acme", "SHIPMENT", [shipment("R1-acme", 1), shipment("R1-acme", 3)])
    none_left = {"code": "R", "quantity_accepted": 0, "quantity_rejected": 2}
    trade.hand_in("bolt", "ACKNOWLEDGEMENT", [answer("R3-bolt", 1, "bolt", **none_left)])
    trade.hand_in("ups", "TRACKING", [delivered("R1-acme")])


def test_each_vendor_gets_one_file_with_all_its_orders(trade: Trade) -> None:
    assert trade.send() == [
        {"written": 2, "delivered": 2, "waiting": 0},
        {"written": 2, "delivered": 2, "waiting": 0},
    ]
    [path] = trade.files("acme", "PURCHASE_ORDER")
    assert path.name == "po-acme-000001.csv"
    order = read(path.read_bytes(), format_spec(FORMATS["PURCHASE_ORDER"]), name=path.name)
    columns = ["vendor_order_no", "order_line_no", "sku", "quantity", "unit_cost_minor", "currency"]
    assert order.rows.select(columns).to_pylist() == [
        dict(zip(columns, ("R1-acme", 1, "S-acme", 2, 500, "EUR"), strict=True)),
        dict(zip(columns, ("R1-acme", 3, "S-acme", 2, 500, "EUR"), strict=True)),
        dict(zip(columns, ("R2-acme", 1, "S-acme", 2, 500, "EUR"), strict=True)),
    ]
    assert order.facts["control_no"] == "000001"
    assert trade.rows("SELECT DISTINCT status FROM sales_order") == [("READY_FOR_SHIPPING",)]


def test_orders_verified_after_the_instant_are_not_planned(trade: Trade) -> None:
    stock.allocate(as_of=AS_OF - HOUR)
    assert tasks.plan_vendor_orders(as_of=AS_OF - HOUR) == []
    stock.allocate(as_of=AS_OF)
    assert tasks.plan_vendor_orders(as_of=AS_OF)


def test_a_second_run_sends_and_writes_nothing(trade: Trade) -> None:
    trade.send()
    before = trade.everything()
    assert trade.send() == []
    assert trade.everything() == before


def test_answers_shipments_and_tracking_make_the_states(trade: Trade) -> None:
    trade.send()
    reports(trade)
    trade.take_in()
    assert trade.rows("SELECT vendor_order_no, status FROM vendor_order ORDER BY 1") == [
        ("R1-acme", "SHIPPED"),
        ("R1-bolt", "DELIVERED"),
        ("R2-acme", "DELIVERED"),
        ("R3-bolt", "REJECTED"),
    ]
    assert trade.rows("SELECT tracking_no, status, delivered_at FROM parcel") == [
        ("TRK-R1-acme", "DELIVERED", AS_OF + timedelta(hours=3))
    ]
    before = trade.everything()
    trade.take_in()
    assert trade.everything() == before


def test_a_row_about_an_unknown_order_goes_to_quarantine_and_loads_when_corrected(
    trade: Trade,
) -> None:
    trade.send()
    good = [answer("R1-acme", 1), answer("R1-acme", 3)]
    trade.hand_in("acme", "ACKNOWLEDGEMENT", [answer("R9-acme", 1), *good])
    trade.take_in()
    [(rule, raw)] = trade.rows("SELECT rule, raw FROM quarantine WHERE status = 'OPEN'")
    assert rule == "unknown-order"
    corrected = str(raw).replace("R9-acme", "R2-acme")
    with transaction(trade.url, actor="olive") as connection:
        connection.execute(
            text(
                "UPDATE quarantine SET status = 'CORRECTED', corrected = :corrected,"
                " status_reason = 'vendor said so'"
            ),
            {"corrected": corrected},
        )
    trade.take_in()
    states = trade.rows("SELECT vendor_order_no, status FROM vendor_order WHERE vendor_id = 'acme'")
    assert sorted(states) == [("R1-acme", "ACCEPTED"), ("R2-acme", "ACCEPTED")]


def test_a_vendor_from_whom_nothing_is_expected_is_asked_once_a_day(trade: Trade) -> None:
    assert trade.asked(LATER) == ["acme", "bolt"]
    trade.take_in()
    assert trade.asked(LATER) == ["acme", "bolt"], "the same instant may run again"
    assert trade.asked(LATER - HOUR) == ["acme", "bolt"], "nobody knows what stood there then"
    assert trade.asked(LATER + 23 * HOUR) == []
    assert trade.asked(LATER + 24 * HOUR) == ["acme", "bolt"]
    trade.send()
    assert trade.asked(LATER + HOUR) == ["acme", "bolt"], "both have open orders"


def test_an_unexpected_file_is_found_within_a_day(trade: Trade) -> None:
    trade.take_in()
    trade.hand_in("bolt", "ACKNOWLEDGEMENT", [answer("R9-bolt", 1, "bolt")])
    trade.take_in(LATER + 23 * HOUR)
    assert trade.rows("SELECT count(*) FROM source_file") == [(0,)]
    trade.take_in(LATER + 24 * HOUR)
    assert trade.rows("SELECT partner_id, status FROM source_file") == [("bolt", "LOADED")]
    assert trade.asked(LATER + 25 * HOUR) == ["bolt"], "it has shown that it lives"
    assert trade.asked(LATER + (24 + 72) * HOUR - HOUR) == ["acme", "bolt"]


def test_a_vendor_is_asked_while_its_orders_are_open_and_some_days_more(trade: Trade) -> None:
    trade.send()
    trade.take_in()
    for status in ("ACCEPTED", "SHIPPED"):
        trade.run(f"UPDATE vendor_order SET status = '{status}' WHERE vendor_id = 'acme'")
    assert trade.asked(LATER + HOUR) == ["acme", "bolt"]
    trade.take_in(AS_OF + 72 * HOUR - HOUR)
    assert trade.asked(AS_OF + 72 * HOUR - HOUR / 2) == ["acme", "bolt"]
    assert trade.asked(AS_OF + 72 * HOUR) == ["bolt"], "its order is still open"


def test_a_vendor_that_failed_or_has_something_corrected_is_asked_at_once(trade: Trade) -> None:
    trade.take_in()
    (trade.root / "bolt" / "SHIPMENT").rename(trade.root / "bolt" / "gone")
    with pytest.raises(PartnersNotReached):
        trade.take_in(LATER + 24 * HOUR)
    assert trade.asked(LATER + 25 * HOUR) == ["bolt"]
    trade.run(
        "INSERT INTO quarantine (row_key, doc_type, partner_id, raw, rule, reason, remedy,"
        " first_seen_at, status_at) VALUES ('k', 'ACKNOWLEDGEMENT', 'acme', '', '', '', '',"
        " now(), now())"
    )
    assert trade.asked(LATER + 25 * HOUR) == ["bolt"]
    trade.run("UPDATE quarantine SET status = 'CORRECTED'")
    assert trade.asked(LATER + 25 * HOUR) == ["acme", "bolt"]


def killed_at(point: str, work: Callable[[], object]) -> None:
    def kill() -> None:
        crash.clear()
        raise Killed

    crash.at(point, kill)
    with pytest.raises(Killed):
        work()


def ends(trade: Trade) -> dict[str, object]:
    return {
        "files": [trade.files(vendor, "PURCHASE_ORDER") for vendor in ("acme", "bolt")],
        "orders": trade.rows("SELECT vendor_order_no, status FROM vendor_order ORDER BY 1"),
        "sales": trade.rows("SELECT order_ref, status FROM sales_order ORDER BY 1"),
        "parcels": trade.rows("SELECT tracking_no, status FROM parcel ORDER BY 1"),
        "summary": trade.rows("SELECT * FROM run_summary ORDER BY 1, 2, 3, 4"),
    }


SEND_POINTS = [point for point in crash.POINTS if point.startswith("archive")] + OUTBOX_POINTS
TAKE_POINTS = [point for point in crash.POINTS if point.startswith(("archive", "inbox"))]


@pytest.mark.parametrize("point", SEND_POINTS)
def test_a_sender_that_is_killed_and_run_again_sends_each_file_once(
    trade: Trade, point: str
) -> None:
    killed_at(point, trade.send)
    trade.send()
    end = ends(trade)
    assert [[path.name for path in files] for files in end["files"]] == [
        ["po-acme-000001.csv"],
        ["po-bolt-000001.csv"],
    ]
    assert {status for _, status in end["orders"]} == {"DELIVERED"}
    assert {status for _, status in end["sales"]} == {"READY_FOR_SHIPPING"}
    assert [(row[1], row[4], row[5]) for row in end["summary"]] == [
        ("allocate", 5, 5),
        ("mark_ready", 3, 3),
        ("plan", 3, 3),
        ("send", 2, 2),
        ("send", 2, 2),
    ]


@pytest.mark.parametrize("point", TAKE_POINTS)
def test_taking_in_that_is_killed_and_run_again_takes_each_row_once(
    trade: Trade, point: str
) -> None:
    trade.send()
    reports(trade)
    killed_at(point, trade.take_in)
    trade.take_in()
    end = ends(trade)
    assert dict(end["orders"])["R1-acme"] == "SHIPPED"
    assert end["parcels"] == [("TRK-R1-acme", "DELIVERED")]
    taken = [(row[1], row[4], row[5]) for row in end["summary"] if row[1].startswith("take_in")]
    assert sorted(set(taken)) == [
        ("take_in_acknowledgement", 3, 3),
        ("take_in_receipt", 0, 0),
        ("take_in_shipment", 2, 2),
        ("take_in_tracking", 1, 1),
    ]
