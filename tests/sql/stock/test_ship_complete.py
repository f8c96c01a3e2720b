"""A customer's wish for everything at once comes to the order by either way of capture."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from tests.sql.stock.shop import AS_OF, Shop
from tieout.exchange.partners import FeedSpec, PartnerSpec, load_partners
from tieout.intake import tasks
from tieout.intake.capture import capture
from tieout.intake.spool import append, seal
from tieout.kernel.database import transaction
from tieout.storefront_api.model import EntryIn


def entry(number: int, **other: object) -> EntryIn:
    return EntryIn.model_validate(
        {
            "entry_id": UUID(int=number),
            "order_ref": f"E{number}",
            "captured_at": AS_OF - timedelta(hours=1),
            "customer": {"ref": "C1", "email": "eve@example.com"},
            "ship_to": {"name": "Eve", "street": "1 High St", "city": "Ulm", "country": "DE"},
            "currency": "EUR",
            "order_total_minor": 100,
            "lines": [
                {"line_no": 1, "sku": "A", "quantity": 1, "unit_price_minor": 100}
                | {"freight_minor": 0, "line_total_minor": 100, "description": "A"}
            ],
        }
        | other
    )


def test_the_wish_arrives_by_table_and_by_spool(shop: Shop, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    feed = FeedSpec(
        format_id="tieout-order-spool-1",
        directory=str(spool),
        file_glob="spool-*.jsonl",
        complete_by="marker",
    )
    storefront = PartnerSpec(
        partner_id="shop", kind="STOREFRONT", name="Shop", feeds={"ORDER_SPOOL": feed}
    )
    with transaction(shop.url, actor="test") as connection:
        load_partners(connection, [storefront])
    capture(shop.url, spool, entry(1, ship_complete=True).rows("shop"))
    capture(shop.url, spool, entry(2).rows("shop"))
    append(spool, entry(1, ship_complete=True).rows("shop"))
    append(spool, entry(3, ship_complete=True).rows("shop"))
    append(spool, entry(4).rows("shop"))
    seal(spool)
    tasks.take_in_spool(as_of=AS_OF)
    tasks.validate_entries(as_of=AS_OF)
    tasks.normalise_orders(as_of=AS_OF)
    assert shop.rows("SELECT rule, field, value FROM quarantine") == []
    assert shop.rows("SELECT order_ref, ship_complete FROM sales_order ORDER BY 1") == [
        ("E1", True),
        ("E2", False),
        ("E3", True),
        ("E4", False),
    ]
