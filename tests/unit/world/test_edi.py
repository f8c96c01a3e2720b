"""The world's X12 and the product's understand each other, each read by the other."""

from datetime import UTC, date, datetime

import pytest

from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.formats.writing import write
from tieout.world import edi
from tieout.world.post import cut_place

AT = datetime(2026, 3, 3, 9, 30, 15, tzinfo=UTC)
ANSWERS = [
    ["T1-V0001", "1", "SKU-1", "A", "2", 0, 0, "", "2026-03-05"],
    ["T1-V0001", "2", "SKU-2", "A", "1", 0, 0, "", "2026-03-05"],
    ["T2-V0001", "1", "SKU-1", "R", 0, "3", 0, "Out of stock", ""],
]


def test_a_vendor_reads_what_is_ordered():
    order = {"vendor_order_no": "T1-V0001", "revision": 1, "order_ref": "T1", "order_line_no": 1}
    order |= {"sku": "SKU-1", "quantity": 2, "unit_cost_minor": 500, "currency": "USD"}
    order |= {"ship_by": date(2026, 3, 5), "ship_to_name": "Ann"}
    facts = {"control_no": "000017", "vendor_id": "V0001", "created_at": AT}
    read_back = edi.read_order(write([order], format_spec("x12-850-1"), facts=facts))
    assert (read_back.header[1], read_back.header[4]) == ("000017", "2026-03-03T09:30:15Z")
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


def test_an_answer_is_read_as_it_was_meant():
    body = edi.write_answers("000017", "V0001", AT, ANSWERS)
    found = read(body, format_spec("x12-855-1"), name="ack.edi")
    columns = ("vendor_order_no", "order_line_no", "code", "quantity_accepted", "quantity_rejected")
    assert [tuple(row[name] for name in columns) for row in found.rows.to_pylist()] == [
        ("T1-V0001", 1, "A", 2, 0),
        ("T1-V0001", 2, "A", 1, 0),
        ("T2-V0001", 1, "R", 0, 3),
    ]
    assert found.facts["created_at"] == AT


def test_a_shipment_is_read_as_it_was_meant():
    rows = [
        ["T1-V0001", "1", "SKU-1", "2", "fastship", "FS123", AT],
        ["T1-V0001", "2", "SKU-2", "1", "fastship", "FS123", AT],
        ["T2-V0001", "1", "SKU-1", "3", "fastship", "FS456", AT],
    ]
    body = edi.write_shipments("00001701", "V0001", AT, rows)
    found = read(body, format_spec("x12-856-1"), name="ship.edi").rows.to_pylist()
    columns = ("vendor_order_no", "order_line_no", "sku", "quantity", "carrier", "tracking_no")
    assert [[row[name] for name in columns] for row in found] == [
        ["T1-V0001", 1, "SKU-1", 2, "fastship", "FS123"],
        ["T1-V0001", 2, "SKU-2", 1, "fastship", "FS123"],
        ["T2-V0001", 1, "SKU-1", 3, "fastship", "FS456"],
    ]
    assert {row["shipped_at"] for row in found} == {AT}


@pytest.mark.parametrize("seed", range(20))
def test_an_interchange_is_cut_before_its_end(seed):
    body = edi.write_answers("000017", "V0001", AT, ANSWERS)
    assert b"IEA" not in body[: cut_place(body, seed, "ack.edi")]
