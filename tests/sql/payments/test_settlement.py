"""Charges of kept cards settle like all others: by the reference that the gateway repeats."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.sql.books import at, order
from tests.sql.harness import load
from tests.sql.payments.shop import LATER, NOW, Shop
from tests.sql.payments.test_cards import keep
from tieout.exceptions.tasks import raise_exceptions
from tieout.exchange.partners import AccountSpec, FeedSpec, PartnerSpec, load_partners
from tieout.kernel.calendars import load_calendar
from tieout.kernel.database import transaction
from tieout.payments.linked import LinkedCharge, ask_for_order
from tieout.payments.model import Kind
from tieout.payments.tasks import charge_due
from tieout.payments.tenders import follow_up
from tieout.settlement.tasks import reconcile, take_in_settlements

HEAD = (
    "balance_transaction_id,source_id,charge_id,created_utc,automatic_payout_id,currency,gross,fee"
    ",net,reporting_category,customer_facing_amount,customer_facing_currency"
    ",payment_metadata[our_ref],payment_metadata[order_ref]\n"
)
MATCHES = (
    "SELECT p.payment_ref, m.pass, l.gateway_ref, l.order_ref FROM settlement_match AS m"
    " JOIN payment AS p USING (payment_id) JOIN settlement_line AS l USING (settlement_line_id)"
    " ORDER BY p.payment_ref"
)


def line(number: int, kind: str, source: str, amount: str, our_ref: str, at: datetime) -> str:
    """A line of Stripe's report: its charge has another name than the intent that we were told."""
    return (
        f"txn_{number},{source},ch_{number},{at:%Y-%m-%d %H:%M:%S},po_1,usd,{amount},0.00,{amount}"
        f",{kind},{amount},usd,{our_ref},O1\n"
    )


@pytest.fixture
def inbox(shop: Shop, tmp_path: Path) -> Path:
    """Stripe's settlement files; an order of the customer of card R1, charged for S1 and S2."""
    folder = tmp_path / "stripe"
    folder.mkdir()
    feed = FeedSpec(format_id="stripe-payout-reconciliation-1", directory=str(folder))
    stripe = PartnerSpec(
        partner_id="stripe",
        kind="GATEWAY",
        name="Stripe",
        feeds={"SETTLEMENT": feed},
        account=AccountSpec(account="main"),
    )
    with transaction(shop.url, actor="test") as connection:
        load_calendar(connection, "weekdays")
        load_partners(connection, [stripe])
    keep(shop, "stripe")
    load(shop.url, {"sales_order": [order(1, order_ref="O1", storefront="shop", currency="USD")]})
    shop.do("UPDATE sales_order SET customer_id = (SELECT customer_id FROM customer)")
    for ref in ("S1", "S2"):
        ask_for_order(shop.url, LinkedCharge("O1", "R1", ref, 1500, "olive", "more"), as_of=NOW)
    shop.world.now = LATER
    assert charge_due(as_of=LATER)["applied"] == 2
    return folder


def take_in(inbox: Path, text: str, as_of: datetime) -> None:
    (inbox / "payout_reconciliation.csv").write_text(HEAD + text, encoding="utf-8")
    chunk = {"label": "Stripe", "partner_ids": ["stripe"]}
    assert take_in_settlements(chunk=chunk, as_of=as_of)["applied"] == text.count("\n")


def test_a_kept_card_s_charge_and_its_refund_match_what_the_gateway_settles(
    shop: Shop, inbox: Path
) -> None:
    follow_up(shop.url, "S1", Kind.REFUND, as_of=LATER, amount_minor=500)
    (back,) = shop.world.books.rows("SELECT number FROM refund")
    lines = [
        line(1, "charge", "ch_1", "15.00", "S1-1", LATER),
        line(2, "charge", "ch_2", "15.00", "S2-1", LATER),
        line(1, "refund", f"re_{back['number']}", "-5.00", "S1-1", LATER),
    ]
    take_in(inbox, "".join(lines), at(3))
    reconcile(as_of=at(3, 20))
    assert shop.ask(MATCHES) == [
        ("S1", "our_reference_in_window", "ch_1", "S1"),
        ("S1-2", "exact_reference", f"re_{back['number']}", "S1"),
        ("S2", "our_reference_in_window", "ch_2", "S2"),
    ]
    assert shop.ask("SELECT code FROM settlement_finding") == []


def test_a_charge_that_took_two_attempts_settles_as_one_payment(shop: Shop, inbox: Path) -> None:
    shop.world.play("soft_decline", times=1)
    order_id = shop.ask("SELECT sales_order_id FROM sales_order")[0][0]
    whose = {"registration_ref": "R1", "once_token": None, "sales_order_id": order_id}
    assert shop.pay("stripe", "S3", as_of=LATER, **whose).attempt == "SOFT_DECLINE"
    assert shop.pay("stripe", "S3", as_of=LATER, attempt_no=2, **whose).attempt == "SUCCESS"
    take_in(inbox, line(4, "charge", "ch_4", "19.99", "S3-2", LATER), at(3))
    reconcile(as_of=at(3, 20))
    assert shop.ask(MATCHES) == [("S3", "our_reference_in_window", "ch_4", "S3")]


def test_one_that_never_settles_is_an_exception_after_three_business_days(
    shop: Shop, inbox: Path
) -> None:
    take_in(inbox, line(1, "charge", "ch_1", "15.00", "S1-1", LATER), at(3))
    cases = "SELECT subject, status FROM exception_case WHERE code = 'SETTLEMENT_OVERDUE'"
    for day in (3, 5):
        reconcile(as_of=at(day, 20))
        raise_exceptions(as_of=at(day, 20))
        assert shop.ask(cases) == []
    reconcile(as_of=at(6, 20))
    raise_exceptions(as_of=at(6, 20))
    assert shop.ask(cases) == [("S2", "OPEN")]
    assert at(6, 20) - LATER > timedelta(days=3)
