"""Every fault of a gateway, against the real HTTP server: at most one capture."""

from datetime import timedelta

import psycopg
import pytest

from tests.sql.payments.shop import LATER, NOW, Shop
from tieout.payments.attempts import work
from tieout.payments.model import AttemptState
from tieout.payments.tenders import ask_about, state_of
from tieout.world.payment_books import CAPTURED, Sale
from tieout.world.payment_calls import Call


def test_a_charge_is_captured_once_however_often_it_is_asked_for(shop: Shop, gateway: str) -> None:
    first = shop.pay(gateway)
    assert (first.tender, first.attempt, first.captured_minor) == ("DONE", "SUCCESS", 1999)
    assert shop.pay(gateway) == first
    assert shop.world.captured("A1") == [1999]
    assert shop.world.asked("charge") == 1


@pytest.mark.parametrize("fault", ["too_busy", "refused", "tls_failure"])
def test_what_has_not_begun_goes_out_again_under_its_reference(
    shop: Shop, gateway: str, fault: str
) -> None:
    shop.world.play(fault, times=2, at=(0,))
    done = shop.pay(gateway)
    assert (done.attempt, done.attempt_no) == ("SUCCESS", 1)
    assert shop.world.captured("A1") == [1999]
    sent = ["sent", "not_sent"]
    assert shop.events("A1-1") == ["planned", *sent, *sent, "sent", "approved"]
    assert len(shop.pauses) == 2
    assert 1 <= shop.pauses[0] <= 2 <= shop.pauses[1] <= 4


def test_when_both_addresses_are_closed_it_waits_and_goes_out_later(
    shop: Shop, gateway: str
) -> None:
    shop.world.play("refused")
    assert shop.pay(gateway).attempt == "NOT_SENT"
    shop.world.lift()
    shop.world.now = LATER
    assert set(work(shop.url, as_of=NOW).values()) == set()
    assert set(work(shop.url, as_of=LATER).values()) == {AttemptState.SUCCESS}
    assert state_of(shop.url, "A1").tender == "DONE"
    assert shop.world.captured("A1") == [1999]


@pytest.mark.parametrize("fault", ["timeout_after", "error_after", "garbled"])
def test_what_was_captured_without_an_answer_is_found_and_not_sent_again(
    shop: Shop, gateway: str, fault: str
) -> None:
    shop.world.play(fault, times=1)
    done = shop.pay(gateway)
    assert (done.tender, done.attempt, done.captured_minor) == ("DONE", "SUCCESS", 1999)
    assert shop.events("A1-1") == ["planned", "sent", "no_answer", "approved"]
    assert shop.world.captured("A1") == [1999]
    assert shop.world.asked("charge") == 1


@pytest.mark.parametrize("fault", ["timeout_before", "error_before", "acts_late"])
def test_what_was_not_there_goes_out_again_and_is_captured_once(
    shop: Shop, gateway: str, fault: str
) -> None:
    shop.world.play(fault, times=1, at=(0,))
    shop.pay(gateway)
    work(shop.url, as_of=LATER)
    assert ask_about(shop.url, "A1", as_of=LATER).attempt == "SUCCESS"
    assert shop.world.captured("A1") == [1999]


def test_what_a_search_does_not_have_yet_is_found_in_the_list(shop: Shop) -> None:
    shop.world.books.search_lags = True
    shop.world.play("error_after", times=1)
    done = shop.pay("stripe")
    assert (done.attempt, done.captured_minor) == ("SUCCESS", 1999)
    assert shop.world.captured("A1") == [1999]
    assert shop.world.asked("charge") == 1


def test_a_list_is_read_once_and_then_what_is_newer(shop: Shop) -> None:
    for number in range(150):
        other = Sale(f"B{number}-1", f"B{number}", "O9", "USD", 700, "pm_card_visa")
        shop.world.books.sell(other, CAPTURED)
    shop.world.play("error_before", of=("charge", "find"))
    refs = ["A1", "A2", "A3"]
    assert [shop.pay("stripe", ref).attempt for ref in refs] == ["UNKNOWN"] * 3
    shop.world.lift()
    before = shop.world.asked("find"), shop.world.asked("charge")

    def act_late(call: Call) -> None:
        if "A3" in call.fields.get("query", ""):
            late = Sale("A3-1", "A3", "O1", "USD", 1999, "pm_card_visa")
            shop.world.books.sell(late, CAPTURED)

    shop.world.on_request = act_late
    shop.world.books.search_lags = True
    shop.world.now = LATER
    assert set(work(shop.url, as_of=LATER).values()) == {AttemptState.SUCCESS}
    assert [shop.world.captured(ref) for ref in refs] == [[1999]] * 3
    searches, pages, found = 3, 2 + 1 + 1, 1 + 1
    assert shop.world.asked("find") - before[0] == searches + pages + found
    assert shop.world.asked("charge") - before[1] == 2


def test_not_found_then_found_is_captured_once(shop: Shop, gateway: str) -> None:
    shop.world.play("timeout_after", times=1)
    shop.world.play("not_found", of=("find",))
    shop.pay(gateway)
    shop.world.lift()
    done = ask_about(shop.url, "A1", as_of=LATER)
    assert (done.attempt, done.captured_minor) == ("SUCCESS", 1999)
    assert shop.world.captured("A1") == [1999]


def test_past_the_life_of_the_key_one_asks_and_never_sends_again(shop: Shop, gateway: str) -> None:
    shop.world.play("timeout_before")
    shop.world.play("too_busy", of=("find",))
    assert shop.pay(gateway).attempt == "UNKNOWN"
    before = shop.world.asked("charge")
    shop.world.lift()
    late = NOW + timedelta(hours=25)
    assert set(work(shop.url, as_of=late).values()) == {AttemptState.UNKNOWN}
    assert shop.world.asked("charge") == before
    assert shop.events("A1-1")[-1] == "asked"


def test_a_slow_answer_is_an_answer(shop: Shop, gateway: str) -> None:
    shop.world.play("slow", times=1)
    assert shop.pay(gateway).attempt == "SUCCESS"
    assert shop.world.asked("charge") == 1


def test_another_amount_in_the_reply_is_kept_beside_what_was_asked(
    shop: Shop, gateway: str
) -> None:
    shop.world.play("wrong_amount", times=1)
    assert shop.pay(gateway).captured_minor == 2000
    assert shop.ask("SELECT amount_minor, answered_minor FROM payment_attempt") == [(1999, 2000)]


@pytest.mark.parametrize(
    ("fault", "state"), [("soft_decline", "SOFT_DECLINE"), ("hard_decline", "HARD_DECLINE")]
)
def test_after_a_decline_only_a_new_attempt_goes_out(
    shop: Shop, gateway: str, fault: str, state: str
) -> None:
    shop.world.play(fault, times=1)
    declined = shop.pay(gateway)
    assert (declined.tender, declined.attempt) == ("STOPPED", state)
    assert shop.pay(gateway) == declined
    done = shop.pay(gateway, attempt_no=2, once_token="pm_card_mastercard")
    assert (done.tender, done.attempt, done.attempt_no) == ("DONE", "SUCCESS", 2)
    assert shop.world.captured("A1") == [1999]


def test_a_duplicate_that_cannot_be_found_stays_unknown(shop: Shop, gateway: str) -> None:
    shop.world.play("duplicate_window", times=1)
    assert shop.pay(gateway).attempt == "UNKNOWN"
    assert shop.events("A1-1") == ["planned", "sent", "no_answer", "asked"]


def test_a_pending_charge_is_settled_by_the_books(shop: Shop, gateway: str) -> None:
    shop.world.play("pending", times=1)
    assert shop.pay(gateway).attempt == "PENDING"
    assert ask_about(shop.url, "A1", as_of=LATER).attempt == "PENDING"
    with shop.world.books.turn():
        shop.world.books.write("UPDATE charge SET status = 'captured', captured_minor = 1999")
    assert ask_about(shop.url, "A1", as_of=LATER).attempt == "SUCCESS"


def test_a_key_that_is_not_taken_stops_at_once_and_goes_out_when_it_is_mended(
    shop: Shop, gateway: str
) -> None:
    shop.world.play("key_expired")
    refused = shop.pay(gateway)
    assert (refused.tender, refused.attempt) == ("DUE", "NOT_SENT")
    assert refused.reason.startswith("KEY_EXPIRED")
    assert shop.world.asked("charge") == 1
    shop.world.lift()
    assert set(work(shop.url, as_of=LATER).values()) == {AttemptState.SUCCESS}


def test_sent_is_committed_before_a_byte_leaves(shop: Shop, gateway: str) -> None:
    seen = []

    def look(call: Call) -> None:
        with psycopg.connect(shop.url) as other:
            query = "SELECT status FROM payment_attempt WHERE our_ref = %s"
            seen.append(other.execute(query, (call.our_ref,)).fetchall())

    shop.world.on_request = look
    shop.pay(gateway)
    assert seen == [[("SENT",)]]


def test_a_known_fault_is_taken_for_what_its_row_says(shop: Shop, gateway: str) -> None:
    connector = {"anet": "authorize_net", "stripe": "stripe"}[gateway]
    shop.do(
        "INSERT INTO gateway_quirk (connector, pattern, class, action, valid_to, note)"
        " VALUES (%s, '^500 ', 'TOO_BUSY', 'RETRY', %s, 'they say 500 for too busy')",
        connector,
        LATER,
    )
    shop.world.play("error_before", times=1)
    assert shop.pay(gateway).attempt == "SUCCESS"
    assert shop.events("A1-1") == ["planned", "sent", "not_sent", "sent", "approved"]
    shop.world.play("error_before", times=1)
    shop.pay(gateway, "A2", as_of=LATER + timedelta(seconds=1))
    assert "no_answer" in shop.events("A2-1")
