"""The world's X12 and EDIFACT and the product's understand each other, each read by the other."""

from datetime import UTC, date, datetime

import pytest

from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.formats.writing import write
from tieout.world.post import cut_place
from tieout.world.tongues import EDIFACT, X12, Tongue

AT = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
FORMATS = {
    X12: ("x12-850-1", "x12-997-1", "x12-855-1", "x12-856-1"),
    EDIFACT: ("edifact-orders-1", "edifact-contrl-1", "edifact-ordrsp-1", "edifact-desadv-1"),
}
EACH = pytest.mark.parametrize("tongue", [X12, EDIFACT], ids=["x12", "edifact"])
ANSWERS = [
    ["T1-V0001", "1", "SKU-1", "A", "2", 0, 0, "", "2026-03-05"],
    ["T1-V0001", "2", "SKU-2", "A", "1", 0, 0, "", "2026-03-05"],
    ["T2-V0001", "1", "SKU-1", "R", 0, "3", 0, "Out of stock", ""],
]


@EACH
def test_a_vendor_reads_what_is_ordered(tongue: Tongue):
    order = {"vendor_order_no": "T1-V0001", "revision": 1, "order_ref": "T1", "order_line_no": 1}
    order |= {"sku": "SKU-1", "quantity": 2, "unit_cost_minor": 500, "currency": "USD"}
    order |= {"ship_by": date(2026, 3, 5), "ship_to_name": "Ann+Bo's?"}
    facts = {"control_no": "000017", "vendor_id": "V0001", "created_at": AT}
    read_back = tongue.read_order(write([order], format_spec(FORMATS[tongue][0]), facts=facts))
    assert (read_back.header[1], read_back.header[4]) == ("000017", "2026-03-03T09:30:00Z")
    assert read_back.rows == [
        {
            "vendor_order_no": "T1-V0001",
            "order_ref": "T1",
            "order_line_no": "1",
            "quantity": "2",
            "sku": "SKU-1",
            "ship_by": "2026-03-05",
        }
    ]


@EACH
def test_a_receipt_is_read_as_it_was_meant(tongue: Tongue):
    assert tongue.receipt is not None
    body = tongue.receipt("000017", "V0001", AT, ["T1-V0001", "T2-V0001"], ["T2-V0001"])
    found = read(body, format_spec(FORMATS[tongue][1]), name="conf.edi").rows.to_pylist()
    assert [(row["set_control_no"].lstrip("0"), row["status"]) for row in found] == [
        ("1", "accepted"),
        ("2", "rejected"),
    ]
    assert {row["group_control_no"] or row["control_no"] for row in found} == {"17"}


@EACH
def test_an_answer_is_read_as_it_was_meant(tongue: Tongue):
    body = tongue.answers("000017", "V0001", AT, ANSWERS)
    found = read(body, format_spec(FORMATS[tongue][2]), name="ack.edi")
    columns = ("vendor_order_no", "order_line_no", "code", "quantity_accepted", "quantity_rejected")
    assert [tuple(row[name] for name in columns) for row in found.rows.to_pylist()] == [
        ("T1-V0001", 1, "A", 2, 0),
        ("T1-V0001", 2, "A", 1, 0),
        ("T2-V0001", 1, "R", 0, 3),
    ]
    assert found.facts["created_at"] == AT


@EACH
def test_a_shipment_is_read_as_it_was_meant(tongue: Tongue):
    rows = [
        ["T1-V0001", "1", "SKU-1", "2", "fastship", "FS123", AT],
        ["T1-V0001", "2", "SKU-2", "1", "fastship", "FS123", AT],
        ["T2-V0001", "1", "SKU-1", "3", "fastship", "FS456", AT],
    ]
    body = tongue.shipments("00001701", "V0001", AT, rows)
    found = read(body, format_spec(FORMATS[tongue][3]), name="ship.edi").rows.to_pylist()
    columns = ("vendor_order_no", "order_line_no", "sku", "quantity", "carrier", "tracking_no")
    assert [[row[name] for name in columns] for row in found] == [
        ["T1-V0001", 1, "SKU-1", 2, "fastship", "FS123"],
        ["T1-V0001", 2, "SKU-2", 1, "fastship", "FS123"],
        ["T2-V0001", 1, "SKU-1", 3, "fastship", "FS456"],
    ]
    assert {row["shipped_at"] for row in found} == {AT}


@EACH
@pytest.mark.parametrize("seed", range(20))
def test_an_interchange_is_cut_before_its_end(tongue: Tongue, seed: int):
    body = tongue.answers("000017", "V0001", AT, ANSWERS)
    cut = body[: cut_place(body, seed, "ack.edi")]
    assert b"IEA" not in cut
    assert b"UNZ" not in cut
