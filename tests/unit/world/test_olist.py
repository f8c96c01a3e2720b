"""The world of the real orders, on a handful of orders in the layout of Olist's files."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.world.olist import FILES, NoRealOrders, OlistWorld
from tieout.world.tables import read_tagged, write_tagged

CSV = {
    "orders": """order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,\
order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date
{a},c1,delivered,2017-11-24 10:00:00,2017-11-24 11:00:00,2017-11-28 09:00:00,\
2017-11-27 09:00:00,2017-12-10 00:00:00
{b},c2,canceled,2017-11-24 12:00:00,,,,2017-12-10 00:00:00
{c},c3,delivered,2017-11-30 12:00:00,,,,2017-12-10 00:00:00
""",
    "items": """order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value
{a},1,p1,onesellerone,2017-11-29 10:00:00,19.99,1.01
{a},2,p1,twosellertwo,2017-11-30 10:00:00,5.00,0.00
{c},1,p2,onesellerone,2017-12-02 10:00:00,1.00,0.00
""",
    "payments": """order_id,payment_sequential,payment_type,payment_installments,payment_value
{a},1,credit_card,1,20.00
{a},2,voucher,1,6.02
{c},1,boleto,1,1.00
""",
    "products": "product_id,product_category_name\np1,pet_shop\np2,\n",
    "sellers": "seller_id,seller_city\nonesellerone,x\ntwosellertwo,y\n",
    "customers": """customer_id,customer_unique_id,customer_zip_code_prefix,\
customer_city,customer_state
c1,u1,01001,sao paulo,SP
c2,u2,01002,sao paulo,SP
c3,u3,01003,sao paulo,SP
""",
}
IDS = {"a": "a" * 32, "b": "b" * 32, "c": "c" * 32}
SINCE, UNTIL = datetime(2017, 11, 24, tzinfo=UTC), datetime(2017, 11, 25, tzinfo=UTC)
LATER = datetime(2018, 1, 1, tzinfo=UTC)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "olist"
    folder.mkdir()
    for name, text in CSV.items():
        (folder / FILES[name]).write_bytes(gzip.compress(text.format(**IDS).encode()))
    return folder


def test_natural_faults_are_counted_from_the_files(source: Path, tmp_path: Path) -> None:
    facts = OlistWorld(source, tmp_path, SINCE, UNTIL).natural_faults()
    assert facts == {
        "orders": 2,
        "lines": 2,
        "payments": 2,
        "without_lines": 1,
        "without_payment": 1,
        "paid_otherwise": 1,
        "split_tender": 1,
        "multi_vendor": 1,
        "delivered_before_shipped": 0,
    }


def test_payments_are_settled_in_genuine_files(source: Path, tmp_path: Path) -> None:
    OlistWorld(source, tmp_path, SINCE, UNTIL).answer(LATER)
    settled = {}
    for gateway, format_id in (
        ("adyen", "adyen-settlement-detail-1"),
        ("stripe", "stripe-payout-reconciliation-1"),
    ):
        (file,) = (tmp_path / "sftp" / gateway / "settlement").glob("*.csv")
        parsed = read(file, format_spec(format_id), name=file.name)
        assert not parsed.rejected
        for row in parsed.rows.to_pylist():
            if row["kind"] == "charge":
                settled[row["order_ref"]] = row["gross_minor"]
    assert settled == {f"{IDS['a']}-1": 2000, f"{IDS['a']}-2": 602}


def test_vendors_answer_and_ship_what_they_read(source: Path, tmp_path: Path) -> None:
    world = OlistWorld(source, tmp_path, SINCE, UNTIL)
    vendor, account = world.vendors()[0]
    home = tmp_path / "sftp" / account / vendor
    columns = ("vendor_order_no", "order_ref", "order_line_no", "sku", "quantity")
    rows = [[f"{IDS['a']}-{vendor}", IDS["a"], 1, "p1-oneselle", 1]]
    body = write_tagged("tieout-purchase-order-1", "000001", vendor, UNTIL, columns, rows)
    (home / "orders" / f"po-{vendor}-000001.csv").write_bytes(body)
    world.answer(LATER)
    (answer,) = (home / "acknowledgements").glob("*.csv")
    (shipment,) = (home / "shipments").glob("*.csv")
    (tracking,) = (tmp_path / "sftp" / "fastship" / "tracking").glob("*.csv")
    assert [row["code"] for row in read_tagged(answer.read_bytes()).rows] == ["A"]
    assert [row["quantity"] for row in read_tagged(shipment.read_bytes()).rows] == ["1"]
    statuses = [row["status"] for row in read_tagged(tracking.read_bytes()).rows]
    assert statuses == ["delivered", "in_transit"]
    assert world.natural_faults()["delivered_before_shipped"] == 1
    files = {file: file.read_bytes() for file in tmp_path.rglob("*.csv")}
    world.answer(LATER)
    assert {file: file.read_bytes() for file in tmp_path.rglob("*.csv")} == files


def test_missing_data_are_named(tmp_path: Path) -> None:
    with pytest.raises(NoRealOrders, match="TIEOUT_SHARED_DATA"):
        OlistWorld(tmp_path / "none", tmp_path, SINCE, UNTIL)
