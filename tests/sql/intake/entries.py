"""Small order entries for tests, and the partners and products that they speak of."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa

from tieout.exchange.partners import (
    AccountSpec,
    FeedSpec,
    PartnerSpec,
    load_partners,
    load_products,
)
from tieout.kernel.database import transaction

Row = dict[str, Any]
CAPTURED_AT = "2026-03-02T05:00:00+00:00"
VENDORS = ("acme", "bolt")
SKUS = ("A-1", "B-2", "C-3")


def set_up(url: str, spool_dir: Path) -> None:
    """A storefront with a spool in a folder of this machine, two vendors, a gateway, products."""
    spool = FeedSpec(
        format_id="tieout-order-spool-1",
        directory=str(spool_dir),
        file_glob="spool-*.jsonl",
        complete_by="marker",
    )
    partners = [
        PartnerSpec(
            partner_id="shop", kind="STOREFRONT", name="Shop", feeds={"ORDER_SPOOL": spool}
        ),
        PartnerSpec(
            partner_id="payco", kind="GATEWAY", name="Payco", account=AccountSpec(account="main")
        ),
        *(PartnerSpec(partner_id=name, kind="VENDOR", name=name) for name in VENDORS),
    ]
    products = pa.table(
        {
            "sku": list(SKUS),
            "description": ["A thing"] * len(SKUS),
            "vendor_id": [VENDORS[place % 2] for place in range(len(SKUS))],
        }
    )
    with transaction(url, actor="test") as connection:
        load_partners(connection, partners)
        load_products(connection, products)


def entry(number: int, lines: list[tuple[str, int, int]], **over: Any) -> list[Row]:
    """The rows of entry `number` (>= 1); a line is product, quantity and price in minor units."""
    total = sum(quantity * price for _, quantity, price in lines)
    tender = {
        "seq": 1,
        "payment_ref": f"R-{number}-1",
        "method": "card",
        "gateway": "payco",
        "account": "main",
        "gateway_ref": f"G-{number}",
        "amount_minor": total,
        "captured_at": CAPTURED_AT,
        "state": "CAPTURED",
    }
    head = {
        "entry_id": str(UUID(int=number)),
        "storefront": "shop",
        "captured_at": CAPTURED_AT,
        "order_ref": f"R-{number}",
        "customer_ref": f"C-{number % 3}",
        "currency": "EUR",
        "order_total_minor": total,
        "payments": [tender],
    }
    return [
        {
            **head,
            "line_no": line_no,
            "sku": sku,
            "quantity": quantity,
            "unit_price_minor": price,
            "freight_minor": 0,
            "line_total_minor": quantity * price,
            **over,
        }
        for line_no, (sku, quantity, price) in enumerate(lines, start=1)
    ]
