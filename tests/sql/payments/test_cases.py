"""Which payments are somebody's case, and when they no longer are."""

from datetime import timedelta

from tests.sql.exceptions.offences import found
from tests.sql.payments.shop import NOW, Shop
from tieout.payments.attempts import ask, work

HOUR = timedelta(hours=1)


def test_another_amount_is_a_case(shop: Shop) -> None:
    shop.world.play("wrong_amount", times=1)
    shop.pay("anet", "A1")
    shop.pay("anet", "A2")
    assert found(shop.url, "PAYMENT_AMOUNT_DIFFERS", NOW) == [("A1-1", 1)]


def test_an_attempt_without_an_answer_is_a_case_until_it_is_found(shop: Shop) -> None:
    shop.world.play("timeout_after")
    shop.world.play("too_busy", of=("find",))
    assert shop.pay("stripe").attempt == "UNKNOWN"
    assert found(shop.url, "PAYMENT_UNKNOWN", NOW) == []
    assert found(shop.url, "PAYMENT_UNKNOWN", NOW + HOUR) == [("A1-1", 1999)]
    shop.world.lift()
    work(shop.url, as_of=NOW + HOUR)
    assert found(shop.url, "PAYMENT_UNKNOWN", NOW + HOUR) == []


def test_a_charge_that_cannot_leave_is_a_case_until_it_does(shop: Shop) -> None:
    shop.world.play("refused")
    shop.pay("stripe")
    assert found(shop.url, "PAYMENT_NOT_SENT", NOW) == []
    assert found(shop.url, "PAYMENT_NOT_SENT", NOW + HOUR) == [("A1-1", 1999)]
    shop.world.lift()
    work(shop.url, as_of=NOW + HOUR)
    assert found(shop.url, "PAYMENT_NOT_SENT", NOW + HOUR) == []


def test_a_second_capture_that_shows_up_late_is_a_case(shop: Shop) -> None:
    shop.world.play("too_busy")
    shop.pay("stripe", attempt_no=1)
    shop.world.lift()
    shop.pay("stripe", attempt_no=2)
    late = (
        "INSERT INTO charge (our_ref, payment_ref, order_ref, status, currency, amount_minor,"
        " captured_minor, card, created) SELECT 'A1-1', payment_ref, order_ref, status, currency,"
        " amount_minor, captured_minor, card, created FROM charge"
    )
    with shop.world.books.turn():
        shop.world.books.write(late)
    first = shop.ask("SELECT payment_attempt_id FROM payment_attempt WHERE attempt_no = 1")[0][0]
    ask(shop.url, as_of=NOW + HOUR, attempt_ids=[first])
    assert found(shop.url, "PAYMENT_CAPTURED_TWICE", NOW + HOUR) == [("A1-1", 1999)]
    assert shop.events("A1-1")[-1] == "captured_beside"
