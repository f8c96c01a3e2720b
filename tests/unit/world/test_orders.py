"""The storefront's orders: sound, repeatable, and each fault where it is said to be."""

from collections import Counter
from datetime import timedelta

import pytest

from tieout.kernel.cards import mask_cards
from tieout.world.catalogue import bundle_name, bundles, sku_name, super_stores
from tieout.world.orders import BAND_MINOR, Order, entry_rows, orders_of
from tieout.world.scenario import Faults, Scenario, Shares

CALM = Scenario(orders_per_day=200, vendors=7, skus=50)
FIRST = CALM.first_day


def with_faults(**rates: float) -> Scenario:
    return CALM.model_copy(update={"faults": Faults(**rates)})


def of_fault(scenario: Scenario, fault: str) -> list[Order]:
    return [order for order in orders_of(scenario, FIRST) if order.fault == fault]


def test_same_scenario_gives_same_orders() -> None:
    orders = orders_of(CALM, FIRST)
    orders_of.cache_clear()
    assert orders_of(CALM, FIRST) == orders
    other = CALM.model_copy(update={"seed": 2})
    assert orders_of(other, FIRST) != orders


def test_orders_are_sound() -> None:
    orders = orders_of(CALM, FIRST)
    skus = {sku_name(number) for number in range(CALM.skus)}
    skus |= {bundle_name(number) for number in range(bundles(CALM))}
    assert len({order.order_ref for order in orders}) == len(orders) == 200
    assert len({order.entry_id for order in orders}) == 200
    for order in orders:
        rows = entry_rows(order)
        assert sum(int(str(row["line_total_minor"])) for row in rows) == order.total_minor
        captured = [p.amount_minor for p in order.payments if p.state == "CAPTURED"]
        assert sum(captured) in {0, order.total_minor}
        assert {line.sku for line in order.lines} <= skus


def test_renewals_are_of_the_service_and_still_to_be_charged() -> None:
    shares = Shares(kept_cards=0.5, above_band=0.4, super_store=0.2)
    scenario = with_faults(payment_unanswered=0.5, unknown_sku=1, duplicate_entry=1).model_copy(
        update={"shares": shares, "converted": ("USD",)}
    )
    renewals = [order for order in orders_of(scenario, FIRST) if order.is_renewal]
    assert {order.currency for order in renewals} == {"EUR"}
    assert not {order.customer_no for order in renewals} & super_stores(scenario)
    charged = [(order, payment) for order in renewals for payment in order.payments]
    assert {(p.gateway, p.state, p.amount_minor == o.total_minor) for o, p in charged} == {
        ("stripe", "PENDING", True)
    }
    above = [order for order in renewals if order.total_minor > BAND_MINOR]
    unanswered = [order for order in renewals if order.fault == "payment_unanswered"]
    assert 0 < len(above) < len(renewals)
    assert unanswered
    assert not {order.order_ref for order in above} & {order.order_ref for order in unanswered}
    assert {order.fault for order in renewals} == {None, "payment_unanswered"}
    others = scenario.model_copy(update={"gateways": ("adyen",)})
    assert not any(order.is_renewal for order in orders_of(others, FIRST))


def test_ordinary_life_has_its_shares() -> None:
    scenario = CALM.model_copy(
        update={
            "shares": Shares(
                spool=0.5, spool_copies=0.5, split_tender=0.3, abandoned=0.2, bundle=0.1
            )
        }
    )
    orders = orders_of(scenario, FIRST)
    assert set(Counter(order.way for order in orders)) == {"table", "spool", "both"}
    assert any(not order.is_paid for order in orders)
    assert any(len({line.vendor_id for line in order.lines}) > 1 for order in orders)
    assert any(line.vendor_id is None for order in orders for line in order.lines)


def test_a_super_store_pays_less_for_the_same() -> None:
    shares = CALM.shares.model_copy(update={"super_store": 1.0})
    all_of_them = CALM.model_copy(update={"shares": shares})
    none = CALM.model_copy(update={"shares": CALM.shares.model_copy(update={"super_store": 0})})
    assert (len(super_stores(all_of_them)), len(super_stores(none))) == (CALM.orders_per_day, 0)
    prices = [
        [line.unit_price_minor for order in orders_of(each, FIRST) for line in order.lines]
        for each in (none, all_of_them)
    ]
    assert prices[1] == [price * 4 // 5 for price in prices[0]]


def test_nothing_looks_like_a_card_number() -> None:
    rows = [str(row) for order in orders_of(CALM, FIRST) for row in entry_rows(order)]
    assert [row for row in rows if mask_cards(row) != row] == []


def test_doubled_order_differs_in_its_keys_only() -> None:
    scenario = with_faults(duplicate_entry=1)
    doubles = of_fault(scenario, "duplicate_entry")
    originals = {order.order_ref: order for order in orders_of(scenario, FIRST)}
    assert doubles
    for double in doubles:
        original = originals[double.order_ref.removesuffix("D")]
        assert double.entry_id != original.entry_id
        assert double.lines == original.lines
        assert double.customer_no == original.customer_no
        gap = double.captured_at - original.captured_at
        assert timedelta(0) < gap < timedelta(minutes=10)
        assert original.is_paid
        assert double.is_paid


def test_unknown_sku_is_on_one_line_of_every_order_at_rate_one() -> None:
    orders = of_fault(with_faults(unknown_sku=1), "unknown_sku")
    assert len(orders) == 200
    for order in orders:
        assert sum(line.sku.startswith("GONE-") for line in order.lines) == 1


def test_faults_that_exclude_each_other_share_the_orders() -> None:
    scenario = with_faults(unknown_sku=1, duplicate_entry=1)
    unknown, doubled = of_fault(scenario, "unknown_sku"), of_fault(scenario, "duplicate_entry")
    assert len(unknown) > 50
    assert len(doubled) > 50
    assert not {o.order_ref for o in unknown} & {o.order_ref[:-1] for o in doubled}


@pytest.mark.parametrize(("vendors", "skus"), [(1, 1), (9, 3), (3, 400)])
def test_any_number_of_vendors_and_skus_will_do(vendors: int, skus: int) -> None:
    scenario = CALM.model_copy(update={"vendors": vendors, "skus": skus, "orders_per_day": 30})
    assert len(orders_of(scenario, FIRST)) == 30
