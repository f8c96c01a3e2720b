"""The world's actors as the product knows them: partners with feeds, products, connections."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection

from tieout.exchange.partners import (
    AccountSpec,
    FeedSpec,
    PartnerSpec,
    load_bundles,
    load_list_prices,
    load_partners,
    load_products,
    load_super_stores,
)
from tieout.exchange.payout_terms import PayoutTerms
from tieout.kernel.database import execute, transaction
from tieout.settlement.fees import load_rate_cards
from tieout.settlement.rate_cards import RateCard
from tieout.stock.receiving import load_items
from tieout.world.bank import BANKS, PAYERS, bank_name, layout_of
from tieout.world.carrier import TRACKING
from tieout.world.catalogue import (
    SERVICE,
    SERVICE_MINOR,
    bundle_name,
    bundles,
    description,
    parts_of,
    price_of,
    price_of_bundle,
    shipping_price,
    sku_name,
    super_stores,
    vendor_name,
)
from tieout.world.gateways import PAYOUTS, SETTLEMENT
from tieout.world.orders import BAND_MINOR, BRAND, RENEWED_AT, STOREFRONT, customer_ref
from tieout.world.payouts import currencies_of
from tieout.world.rates import CENTRAL_BANK, FX_RATES, rate_card
from tieout.world.scenario import CARRIER, GatewayKind, Scenario
from tieout.world.tongues import CSV, EDIFACT, X12, Tongue, tongue_of
from tieout.world.vendors import (
    ANSWERS,
    CONFIRMATIONS,
    ORDERS,
    RECEIPTS,
    SHIPMENTS,
    account_of,
)
from tieout.world.warehouse import MOVEMENTS, WAREHOUSE

GATEWAY_FEEDS: Mapping[GatewayKind, FeedSpec] = {
    "adyen": FeedSpec(
        format_id="adyen-settlement-detail-1",
        directory=SETTLEMENT,
        file_glob="settlement_detail_report_*.csv",
    ),
    "stripe": FeedSpec(
        format_id="stripe-payout-reconciliation-1",
        directory=SETTLEMENT,
        file_glob="payout_reconciliation*.csv",
        complete_by="marker",
    ),
}

STRIPE_PAYOUTS = FeedSpec(
    format_id="stripe-payouts-1", directory=PAYOUTS, file_glob="payouts.itemized_*.csv"
)

PAYMENT_CONNECTIONS = ("world_payments", "world_payments_other")
"""The connections to the payment gateway's usual and its alternate address."""

_PART = pa.schema(
    {
        "bundle_sku": pa.string(),
        "part_no": pa.int64(),
        "part_sku": pa.string(),
        "quantity": pa.int64(),
        "weight_minor": pa.int64(),
    }
)


def connection_id(account: str) -> str:
    """The name of the connection to an account of the world's SFTP server."""
    return f"world_{account}"


def partners_of(scenario: Scenario, spool: Path) -> list[PartnerSpec]:
    """All partners of a scenario; the storefront's spool is a folder of this machine."""
    vendors = [_vendor(scenario, number) for number in range(scenario.vendors)]
    gateways = [paying(scenario, kind) for kind in scenario.gateways]
    banks = [_bank(scenario, currency) for currency in currencies_of(scenario)]
    stock = [_warehouse()] if scenario.own_skus else []
    return [_storefront(spool), carrier(), central_bank(), *stock, *banks, *gateways, *vendors]


def register(url: str, scenario: Scenario, spool: Path) -> None:
    """Make the partners and products of a scenario known to the database."""
    since = datetime.combine(scenario.first_day, time(0), UTC)
    with transaction(url, actor="world/register") as connection:
        load_partners(connection, partners_of(scenario, spool))
        load_products(connection, _products(scenario))
        load_items(connection, _own_articles(scenario))
        load_bundles(connection, _parts(scenario))
        load_list_prices(connection, _shipping_prices(scenario), since)
        stores = [customer_ref(number) for number in sorted(super_stores(scenario))]
        load_super_stores(connection, STOREFRONT, stores)
        cards: dict[str, RateCard] = {kind: rate_card(scenario, kind) for kind in scenario.gateways}
        load_rate_cards(connection, cards, since)
        if RENEWED_AT in scenario.gateways:
            _take_cards(connection, scenario)


def _take_cards(connection: Connection, scenario: Scenario) -> None:
    """Cards are kept and charged at the payment gateway, up to the band without a second person."""
    usual, other = PAYMENT_CONNECTIONS
    ways = {"usual": usual, "other": other}
    execute(connection, "world/payment_gateway", gateway=RENEWED_AT, connector=RENEWED_AT, **ways)
    execute(
        connection,
        "world/payment_band",
        storefront=STOREFRONT,
        currencies=list(scenario.currencies),
        usual_at_most_minor=BAND_MINOR,
    )


def _products(scenario: Scenario) -> pa.Table:
    """Goods of the vendors, the service, which opens both accounts, and the bundles."""
    goods = [
        (sku_name(n), description(n), vendor_name(n % scenario.vendors), "GOODS", "")
        for n in range(scenario.skus)
    ]
    service = (SERVICE, "Line to the network", "", "SERVICE", "MAIL_BOX,DIRECTORY")
    sets = [(bundle_name(n), "A set", "", "BUNDLE", "") for n in range(bundles(scenario))]
    names = ["sku", "description", "vendor_id", "kind", "accounts"]
    columns = zip(*(*goods, service, *sets), strict=True)
    return pa.table(dict(zip(names, map(list, columns), strict=True)))


def _own_articles(scenario: Scenario) -> pa.Table:
    """The articles that the shop keeps; what is short of them is pre-ordered."""
    skus = [sku_name(number) for number in range(scenario.own_skus)]
    days = pa.nulls(len(skus), pa.date32())
    shortage = pa.array(["PREORDER"] * len(skus), pa.string())
    return pa.table(
        {
            "sku": pa.array(skus, pa.string()),
            "shortage": shortage,
            "release_on": days,
            "expected_on": days,
        }
    )


def _warehouse() -> PartnerSpec:
    feed = FeedSpec(
        format_id="tieout-stock-movement-1", directory=MOVEMENTS, file_glob="STOCK_*.csv"
    )
    return PartnerSpec(
        partner_id=WAREHOUSE,
        kind="WAREHOUSE",
        name="Warehouse",
        connection_id=connection_id(WAREHOUSE),
        feeds={"STOCK_MOVEMENT": feed},
    )


def _parts(scenario: Scenario) -> pa.Table:
    rows = [
        {
            "bundle_sku": bundle_name(number),
            "part_no": part_no,
            "part_sku": sku,
            "quantity": quantity,
            "weight_minor": price,
        }
        for number in range(bundles(scenario))
        for part_no, (sku, quantity, price) in enumerate(parts_of(number), 1)
    ]
    return pa.Table.from_pylist(rows, _PART)


def _shipping_prices(scenario: Scenario) -> pa.Table:
    retail = {sku_name(number): price_of(number) for number in range(scenario.skus)}
    retail |= {bundle_name(number): price_of_bundle(number) for number in range(bundles(scenario))}
    retail[SERVICE] = SERVICE_MINOR
    rows = [
        {"sku": sku, "currency": currency, "unit_price_minor": shipping_price(price)}
        for sku, price in retail.items()
        for currency in scenario.currencies
    ]
    return pa.Table.from_pylist(rows)


def write_connections(file: Path, connections: Mapping[str, Mapping[str, Any]]) -> None:
    """Lay the world's connections over those that the connections file has."""
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.part")
    part.touch(mode=0o600)
    part.write_text(json.dumps(known | dict(connections), indent=1), encoding="utf-8")
    part.replace(file)


def _storefront(spool: Path) -> PartnerSpec:
    feed = FeedSpec(
        format_id="tieout-order-spool-1",
        directory=str(spool.absolute()),
        file_glob="spool-*.jsonl",
        complete_by="marker",
    )
    return PartnerSpec(
        partner_id=STOREFRONT, kind="STOREFRONT", name=BRAND, feeds={"ORDER_SPOOL": feed}
    )


def carrier() -> PartnerSpec:
    """The carrier, who reports tracking."""
    feed = FeedSpec(
        format_id="tieout-tracking-1", directory=TRACKING, file_glob=f"track-{CARRIER}-*.csv"
    )
    return PartnerSpec(
        partner_id=CARRIER,
        kind="CARRIER",
        name="FastShip",
        connection_id=connection_id(CARRIER),
        feeds={"TRACKING": feed},
    )


def central_bank() -> PartnerSpec:
    """The central bank, which publishes reference rates."""
    feed = FeedSpec(format_id="tieout-fx-rates-1", directory=FX_RATES, file_glob="fx-rates-*.csv")
    return PartnerSpec(
        partner_id=CENTRAL_BANK,
        kind="BANK",
        name="Central bank",
        connection_id=connection_id(CENTRAL_BANK),
        feeds={"FX_RATES": feed},
    )


def gateway(kind: GatewayKind, storefront: str) -> PartnerSpec:
    """A gateway, at which the storefront has an account."""
    return PartnerSpec(
        partner_id=kind,
        kind="GATEWAY",
        name=kind.capitalize(),
        connection_id=connection_id(kind),
        feeds={"SETTLEMENT": GATEWAY_FEEDS[kind]},
        account=AccountSpec(account=f"{storefront}-{kind}"),
    )


def paying(scenario: Scenario, kind: GatewayKind) -> PartnerSpec:
    """A gateway that pays to the scenario's banks; Stripe says for which day."""
    known = gateway(kind, STOREFRONT)
    assert known.account is not None
    terms = PayoutTerms(
        banks={currency: bank_name(currency) for currency in currencies_of(scenario)},
        payer_patterns=(PAYERS[kind],),
        business_days=1 if kind == "stripe" else 2,
    )
    feeds = dict(known.feeds)
    if kind == "stripe":
        feeds["PAYOUT"] = STRIPE_PAYOUTS
    account = known.account.model_copy(update={"payouts": terms})
    return known.model_copy(update={"account": account, "feeds": feeds})


def _bank(scenario: Scenario, currency: str) -> PartnerSpec:
    layout = layout_of(scenario, currency)
    feed = FeedSpec(
        format_id=layout.format_id,
        directory=bank_name(currency),
        file_glob=f"*.{layout.suffix}",
    )
    return PartnerSpec(
        partner_id=bank_name(currency),
        kind="BANK",
        name=f"Bank in {currency}",
        connection_id=connection_id(BANKS),
        feeds={"BANK_STATEMENT": feed},
    )


def _vendor(scenario: Scenario, number: int) -> PartnerSpec:
    vendor_id = vendor_name(number)
    account, tongue = account_of(scenario, number), tongue_of(scenario, number)
    return vendor(vendor_id, f"Vendor {number + 1}", account, tongue)


_PLACES = {
    "PURCHASE_ORDER": (ORDERS, "po"),
    "ACKNOWLEDGEMENT": (ANSWERS, "ack"),
    "SHIPMENT": (SHIPMENTS, "ship"),
    "FUNCTIONAL_ACK": (RECEIPTS, "fa"),
    "RECEIPT": (CONFIRMATIONS, "conf"),
}
_FORMATS: Mapping[Tongue, Mapping[str, str]] = {
    CSV: {
        "PURCHASE_ORDER": "tieout-purchase-order-1",
        "ACKNOWLEDGEMENT": "tieout-vendor-ack-1",
        "SHIPMENT": "tieout-shipment-1",
    },
    X12: {
        "PURCHASE_ORDER": "x12-850-1",
        "ACKNOWLEDGEMENT": "x12-855-1",
        "SHIPMENT": "x12-856-1",
        "FUNCTIONAL_ACK": "x12-997-1",
        "RECEIPT": "x12-997-1",
    },
    EDIFACT: {
        "PURCHASE_ORDER": "edifact-orders-1",
        "ACKNOWLEDGEMENT": "edifact-ordrsp-1",
        "SHIPMENT": "edifact-desadv-1",
        "FUNCTIONAL_ACK": "edifact-contrl-1",
        "RECEIPT": "edifact-contrl-1",
    },
}
_RECEIPT_WITHIN_HOURS = 4


def vendor(vendor_id: str, name: str, account: str, tongue: Tongue = CSV) -> PartnerSpec:
    """A vendor whose folder is `vendor_id` in an account of the SFTP server.

    Each purchase order gets one acknowledgement under its number, so that none may be left out;
    but for EDI, where purchase orders and acknowledgements share a series of numbers.
    """
    return PartnerSpec.model_validate(
        {
            "partner_id": vendor_id,
            "kind": "VENDOR",
            "name": name,
            "connection_id": connection_id(account),
            "feeds": {
                doc_type: {
                    "format_id": format_id,
                    "directory": f"{vendor_id}/{_PLACES[doc_type][0]}",
                    "file_glob": f"{_PLACES[doc_type][1]}-*.{tongue.suffix}",
                    "consecutive": doc_type == "ACKNOWLEDGEMENT" and tongue is CSV,
                    "promised_within_hours": (
                        _RECEIPT_WITHIN_HOURS if doc_type == "RECEIPT" else None
                    ),
                }
                for doc_type, format_id in _FORMATS[tongue].items()
            },
        }
    )
