"""The order PO-4529 through its 850, 855, 856 and 810, which nobody here wrote."""

import pytest

from tests.real.genuine import SHARED
from tieout.formats.identify import identify
from tieout.formats.reading import read
from tieout.formats.registry import format_spec

FOLDER = SHARED / "04_edi" / "linked_po4529_transcribed"

pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(), reason=f"NOT TESTED: there are no genuine files at {SHARED}"
)


def line_2(kind: str) -> dict[str, object]:
    """The row of the second line, by its article's GTIN."""
    path = FOLDER / f"{kind}_PO-4529.edi"
    format_id = identify(path.read_bytes()).format_id
    assert format_id == f"x12-{kind}-1"
    rows = read(path, format_spec(format_id), name=path.name).rows.to_pylist()
    assert [row["vendor_order_no"] for row in rows] == ["PO-4529"] * 2
    (found,) = [row for row in rows if row["barcode"] == "012345678912"]
    return found


def test_line_2_was_ordered():
    row = line_2("850")
    assert (row["order_line_no"], row["quantity"], row["unit_cost_minor"]) == (2, 5, 3000)


def test_line_2_was_rejected():
    row = line_2("855")
    assert (row["order_line_no"], row["code"], row["reason"]) == (2, "R", "IR")
    assert (row["quantity_accepted"], row["quantity_rejected"]) == (0, 5)


def test_line_2_was_shipped():
    row = line_2("856")
    assert (row["quantity"], row["shipment_ref"]) == (5, "SHIP-88112")
    assert row["package_ref"] == "00000123450000000018"


def test_line_2_was_billed():
    row = line_2("810")
    assert (row["invoice_no"], row["order_line_no"], row["quantity"]) == ("INV-9981", 2, 5)
    assert (str(row["unit_price"]).rstrip("0"), row["invoice_total_minor"]) == ("30.", 24750)
