"""Purchases from capture to their end: what is known, what is asked, what is proved."""

from datetime import timedelta

import pytest

from tests.sql.payments.shop import NOW
from tests.sql.payments.test_cards import wanted
from tests.sql.purchase.season import MINUTE, PRICE, Season, entry_of
from tieout.payments.linked import decide
from tieout.payments.tasks import charge_due
from tieout.payments.vault import register
from tieout.world.payment_books import CAPTURED, Sale
from tieout.world.payment_calls import Fault

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def open_shop(season: Season) -> None:
    season.open_shop()


def test_a_purchase_exists_only_where_a_tender_is_pending(season: Season) -> None:
    season.capture(1)
    season.capture(2, state="CAPTURED")
    season.capture(1)
    assert season.shop.ask("SELECT entry_id::text FROM purchase") == [(entry_of(1),)]


def test_a_paid_purchase_becomes_its_order_at_once(season: Season) -> None:
    season.capture(1)
    season.pay(1)
    season.watch(NOW + 5 * MINUTE)
    assert season.history(1) == ["CAPTURED", "PAY_SENT", "PAID", "ORDERED", "FULFIL_SENT"]
    assert season.orders() == {"VERIFIED": 1}
    assert season.shop.world.asked("find") == 0


@pytest.mark.parametrize("gateway", ["anet", "stripe"])
def test_the_site_died_after_the_gateway_took_the_money(season: Season, gateway: str) -> None:
    season.shop.world.play(Fault.TIMEOUT_AFTER, times=1)
    season.shop.world.play(Fault.ERROR_BEFORE, of=("find",))
    season.capture(1, gateway)
    season.pay(1, gateway)
    season.shop.world.lift()
    season.watch(NOW + 5 * MINUTE)
    season.watch(NOW + 10 * MINUTE)
    assert season.status(1) == "FULFIL_SENT"
    assert season.orders() == {"VERIFIED": 1}
    assert season.shop.world.captured("P1") == [1999]
    kinds = season.shop.ask("SELECT DISTINCT kind FROM purchase_evidence WHERE answer = 'CAPTURED'")
    assert kinds == [("UNSETTLED",)]


@pytest.mark.parametrize("gateway", ["anet", "stripe"])
def test_not_paid_needs_three_proofs_and_one_mail(season: Season, gateway: str) -> None:
    season.capture(1, gateway)
    season.watch_until(NOW + 5 * MINUTE, NOW + 60 * MINUTE, 15 * MINUTE)
    assert season.status(1) == "PAY_UNKNOWN"
    assert season.mails("not paid yet") == {}
    season.shop.world.books.close_batch()
    season.watch_until(NOW + 6 * timedelta(hours=1), NOW + 2 * DAY, timedelta(hours=6))
    assert season.history(1) == ["CAPTURED", "PAY_UNKNOWN", "NOT_PAID", "CUSTOMER_TOLD"]
    assert season.mails("not paid yet") == {"c1@example.test": 1}
    proofs = season.shop.ask(
        "SELECT kind FROM purchase_evidence WHERE answer = 'ABSENT' AND proves_at > cut_off"
        " GROUP BY kind ORDER BY kind"
    )
    assert proofs == [("SEARCH",), ("SETTLED",), ("UNSETTLED",)]


def test_nobody_is_told_while_the_gateway_is_silent(season: Season) -> None:
    season.capture(1)
    season.shop.world.play(Fault.ERROR_BEFORE, of=("find", "list", "charge"))
    season.watch_until(NOW + 5 * MINUTE, NOW + 6 * DAY, timedelta(hours=12))
    assert season.status(1) == "PAY_UNKNOWN"
    season.watch(NOW + 8 * DAY)
    assert season.status(1) == "MANUAL"
    assert season.mails("not paid yet") == {}


def test_a_told_customer_resumes_and_pays_once(season: Season) -> None:
    season.capture(1)
    season.shop.world.now = NOW + timedelta(hours=2)
    season.shop.world.books.close_batch()
    season.watch_until(NOW + 3 * timedelta(hours=1), NOW + DAY, timedelta(hours=3))
    assert season.status(1) == "CUSTOMER_TOLD"
    season.pay(1, at=NOW + DAY + timedelta(hours=1))
    season.watch(NOW + DAY + timedelta(hours=2))
    assert season.history(1)[-5:] == ["RESUMED", "PAY_SENT", "PAID", "ORDERED", "FULFIL_SENT"]
    assert season.shop.world.captured("P1") == [1999]


def test_a_declined_customer_may_try_again_before_the_mail(season: Season) -> None:
    season.shop.world.play(Fault.SOFT_DECLINE, times=2)
    for number in (1, 2):
        season.capture(number)
        season.pay(number)
    season.watch(NOW + 5 * MINUTE)
    assert [season.status(number) for number in (1, 2)] == ["DECLINED", "DECLINED"]
    season.pay(1, at=NOW + 6 * MINUTE, attempt_no=2)
    season.watch_until(NOW + 10 * MINUTE, NOW + 60 * MINUTE, 25 * MINUTE)
    assert [season.status(number) for number in (1, 2)] == ["FULFIL_SENT", "CUSTOMER_TOLD"]
    assert season.mails("not paid yet") == {"c2@example.test": 1}


@pytest.mark.parametrize("gateway", ["anet", "stripe"])
def test_late_proof_of_an_expired_purchase_is_refunded_once(season: Season, gateway: str) -> None:
    season.run("UPDATE purchase_terms SET may_resume = '1 hour'")
    season.shop.world.play(Fault.TIMEOUT_BEFORE)
    season.capture(1, gateway)
    season.pay(1, gateway)
    season.shop.world.lift()
    season.shop.world.now = NOW + timedelta(hours=2)
    season.shop.world.books.close_batch()
    season.watch_until(NOW + timedelta(hours=3), NOW + DAY, timedelta(hours=3))
    assert season.status(1) == "EXPIRED"
    sale = Sale("P1-1", "P1", "O1", "USD", PRICE, "pm_card_visa")
    with season.shop.world.books.turn():
        season.shop.world.books.sell(sale, CAPTURED)
    season.capture(2, gateway, at=NOW + DAY)
    season.watch_until(NOW + DAY + 5 * MINUTE, NOW + DAY + 15 * MINUTE)
    season.shop.world.books.close_batch()
    season.watch_until(NOW + DAY + 80 * MINUTE, NOW + DAY + 85 * MINUTE)
    assert season.history(1)[-2:] == ["REFUND_DUE", "REFUNDED"]
    charges = season.shop.world.books.rows("SELECT refunded_minor FROM charge")
    assert charges == [{"refunded_minor": PRICE}]
    assert season.orders().get("VERIFIED", 0) == 0


def test_what_waits_for_a_second_person_is_not_unknown(season: Season) -> None:
    register(season.shop.url, wanted("stripe"), as_of=NOW, zone="UTC")
    season.run("UPDATE payment_band SET usual_at_most_minor = 0")
    season.capture(1)
    season.pay(1, once_token=None, registration_ref="R1")
    season.watch_until(NOW + 5 * MINUTE, NOW + 9 * DAY, 4 * DAY)
    assert season.history(1) == ["CAPTURED"]
    later = NOW + 10 * DAY
    decide(season.shop.url, "P1", approved=True, decided_by="vera", reason=None, as_of=later)
    season.shop.world.now = later
    assert charge_due(as_of=later)["applied"] == 1
    season.watch(later)
    assert season.history(1)[:3] == ["CAPTURED", "PAY_SENT", "PAID"]


def test_many_purchases_are_served_by_one_list(season: Season) -> None:
    for number in range(20):
        season.capture(number)
    season.watch(NOW + 5 * MINUTE)
    assert season.shop.ask("SELECT kind, count(*) FROM gateway_look GROUP BY kind") == [
        ("SETTLED", 1),
        ("UNSETTLED", 1),
    ]
    assert season.shop.ask("SELECT count(*) FROM purchase_evidence") == [(20,)]
    assert season.shop.world.asked("find") <= 5


def test_any_number_of_runs_changes_nothing(season: Season) -> None:
    season.shop.world.play(Fault.TIMEOUT_AFTER, times=1)
    for number in (1, 2):
        season.capture(number)
        season.pay(number)
    season.watch(NOW + 5 * MINUTE)
    before = season.history(1), season.history(2), season.orders()
    for _ in range(3):
        season.watch(NOW + 5 * MINUTE)
    assert (season.history(1), season.history(2), season.orders()) == before
