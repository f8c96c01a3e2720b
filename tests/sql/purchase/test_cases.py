"""Which purchases, and which storefronts, are somebody's case, and when they no longer are."""

from datetime import timedelta

import pytest

from tests.sql.exceptions.offences import found
from tests.sql.payments.shop import NOW
from tests.sql.purchase.season import MINUTE, PRICE, Season, entry_of
from tieout.kernel.audit import Decision
from tieout.kernel.database import transaction
from tieout.purchase import deciding, store
from tieout.purchase.model import PurchaseError, Store

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def open_shop(season: Season) -> None:
    season.open_shop()


def test_an_unknown_purchase_is_a_case_and_then_a_persons(season: Season) -> None:
    season.capture(1)
    season.capture(2)
    url = season.shop.url
    season.watch(NOW + 5 * MINUTE)
    case = [(entry_of(1), PRICE), (entry_of(2), PRICE)]
    assert found(url, "PURCHASE_UNKNOWN", NOW + 5 * MINUTE) == case
    season.watch(NOW + 8 * DAY)
    assert found(url, "PURCHASE_UNKNOWN", NOW + 8 * DAY) == []
    assert found(url, "PURCHASE_UNDECIDED", NOW + 8 * DAY) == case
    with transaction(url, actor="olive") as connection:
        word = Decision("olive", "seen at the gateway", NOW + 8 * DAY)
        deciding.decide(connection, entry_of(1), word, is_paid=True)
        deciding.decide(connection, entry_of(2), word, is_paid=False)
        with pytest.raises(PurchaseError):
            deciding.decide(connection, entry_of(2), word, is_paid=False)
    season.watch(NOW + 8 * DAY + HOUR)
    assert [season.status(number) for number in (1, 2)] == ["FULFIL_SENT", "CUSTOMER_TOLD"]
    assert found(url, "PURCHASE_UNDECIDED", NOW + 8 * DAY + HOUR) == []


def test_a_paid_purchase_that_cannot_be_ordered_is_a_case(season: Season) -> None:
    season.capture(1)
    season.run("UPDATE order_entry SET sku = 'GONE'")
    season.pay(1)
    season.watch(NOW + 5 * MINUTE)
    assert season.status(1) == "PAID"
    assert found(season.shop.url, "PAID_NOT_FULFILLED", NOW + 30 * MINUTE) == []
    case = [(entry_of(1), PRICE)]
    assert found(season.shop.url, "PAID_NOT_FULFILLED", NOW + 2 * HOUR) == case
    season.run("UPDATE quarantine SET status = 'DISCARDED' WHERE status = 'OPEN'")
    season.watch(NOW + 3 * HOUR)
    assert season.status(1) == "REFUNDED"
    assert season.shop.world.books.rows("SELECT refunded_minor FROM charge") == [
        {"refunded_minor": PRICE}
    ]


def test_a_silent_monitor_and_a_closed_store_are_cases(season: Season) -> None:
    season.capture(1)
    url = season.shop.url
    season.watch(NOW + 15 * MINUTE)
    assert found(url, "PURCHASES_UNWATCHED", NOW + 30 * MINUTE) == []
    assert found(url, "PURCHASES_UNWATCHED", NOW + 40 * MINUTE) == [("watch_purchases", None)]
    with transaction(url, actor="olive") as connection:
        store.overrule(
            connection, "shop", Store.CLOSED, Decision("olive", "upgrade", NOW + 40 * MINUTE)
        )
    assert found(url, "STOREFRONT_CLOSED", NOW + HOUR) == [("shop", PRICE)]
    with transaction(url, actor="olive") as connection:
        store.overrule(connection, "shop", Store.OPEN, Decision("olive", "done", NOW + HOUR))
    assert found(url, "STOREFRONT_CLOSED", NOW + HOUR) == []
