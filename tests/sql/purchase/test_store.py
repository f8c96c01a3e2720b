"""The storefront's switch: it closes on broken payments, drains, and opens when they work again."""

from datetime import timedelta

import pytest

from tests.sql.payments.shop import NOW
from tests.sql.purchase.season import MINUTE, Season
from tieout.kernel.audit import Decision
from tieout.kernel.database import transaction
from tieout.purchase import store
from tieout.purchase.model import Store
from tieout.world.payment_calls import Fault


@pytest.fixture(autouse=True)
def open_shop(season: Season) -> None:
    season.open_shop()


def switch(season: Season) -> str:
    return str(season.shop.ask("SELECT status FROM store_control")[0][0])


def word(season: Season, to: Store, reason: str = "a test") -> None:
    with transaction(season.shop.url, actor="olive") as connection:
        store.overrule(connection, "shop", to, Decision("olive", reason, NOW))
    store.deliver(season.shop.url, NOW)


def test_an_outage_closes_the_store_and_its_end_opens_it(season: Season) -> None:
    season.shop.world.play(Fault.ERROR_BEFORE, of=("charge", "find", "list"))
    for number in range(6):
        season.capture(number)
        season.pay(number)
    season.watch(NOW + 3 * MINUTE)
    assert not season.door.is_open
    season.watch(NOW + 8 * MINUTE)
    assert switch(season) == "CLOSED"
    assert season.mails("is DRAINING") == {"staff@localhost": 1}
    season.shop.world.lift()
    season.run("UPDATE store_control SET backlog_at_most = 6")
    season.watch_until(NOW + 13 * MINUTE, NOW + 28 * MINUTE)
    assert switch(season) == "OPEN"
    assert season.door.is_open
    assert season.mails("is OPEN") == {"staff@localhost": 1}


def test_declines_and_one_customer_close_nothing(season: Season) -> None:
    season.shop.world.play(Fault.HARD_DECLINE)
    for number in range(8):
        season.capture(number)
        season.pay(number)
    season.watch(NOW + 3 * MINUTE)
    assert (switch(season), season.door.told) == ("OPEN", 0)


def test_a_persons_word_wins(season: Season) -> None:
    word(season, Store.CLOSED)
    assert not season.door.is_open
    season.watch_until(NOW + 5 * MINUTE, NOW + 30 * MINUTE)
    assert switch(season) == "CLOSED"
    word(season, Store.OPEN)
    assert (switch(season), season.door.is_open) == ("OPEN", True)
    season.shop.world.play(Fault.ERROR_BEFORE)
    for number in range(6):
        season.capture(number, at=NOW + 35 * MINUTE)
        season.pay(number, at=NOW + 35 * MINUTE)
    season.watch(NOW + 38 * MINUTE)
    assert switch(season) == "OPEN"


def test_a_late_word_never_undoes_a_later_one(season: Season) -> None:
    season.door.is_deaf = True
    word(season, Store.CLOSED)
    word(season, Store.OPEN)
    season.door.is_deaf = False
    season.watch(NOW + timedelta(hours=5))
    season.watch(NOW + timedelta(hours=10))
    assert season.door.state()["revision"] == 3
    assert season.door.is_open
