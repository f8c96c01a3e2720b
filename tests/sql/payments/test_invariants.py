"""What holds whatever the gateways do: one capture, states that are the fold of their events."""

from datetime import timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sql.payments.shop import NOW, Shop
from tieout.kernel import crash
from tieout.payments.attempts import work
from tieout.payments.model import AttemptState
from tieout.payments.rules import TRANSITIONS, Event, fold
from tieout.payments.tenders import state_of
from tieout.world.payment_calls import Fault

FAULTS = [fault for fault in Fault if fault not in {Fault.PENDING, Fault.WRONG_AMOUNT}]
POINTS = [point for point in crash.POINTS if point.startswith("payments.")][:6]
FOLDED = """
    SELECT a.status, array_agg(e.event ORDER BY e.payment_event_id)
      FROM payment_attempt AS a JOIN payment_event AS e USING (payment_attempt_id)
     GROUP BY a.payment_attempt_id
"""
LIVE = (
    "INSERT INTO payment_attempt (payment_ref, attempt_no, kind, gateway, currency, amount_minor,\
 customer_id, next_act_at, status_at) SELECT payment_ref, 9, 'CHARGE', gateway, currency,\
 amount_minor, customer_id, asked_at, asked_at FROM tender"
)


def assert_sound(shop: Shop, ref: str) -> None:
    """The invariants of spec section 3, asked of the database and of the gateway's own books."""
    assert len(shop.world.captured(ref)) <= 1
    for status, events in shop.ask(FOLDED):
        assert fold(map(Event, events)) == AttemptState(status)
    books = (
        "SELECT refunded_minor <= captured_minor AND captured_minor <= authorised_minor FROM tender"
    )
    assert set(shop.ask(books)) <= {(True,)}
    captured = state_of(shop.url, ref).captured_minor
    assert captured in {0, *shop.world.captured(ref)}


def test_the_machine_of_the_rules_is_the_one_of_the_database(shop: Shop) -> None:
    told = shop.ask(
        "SELECT from_state, event, to_state FROM state_transition WHERE machine = 'payment_attempt'"
    )
    assert {(old or "", str(event), str(new)) for (old, event), new in TRANSITIONS.items()} == set(
        told
    )


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(
    faults=st.lists(
        st.tuples(st.sampled_from(FAULTS), st.sampled_from(["charge", "find"]), st.integers(0, 1)),
        max_size=4,
    ),
    dies_at=st.none() | st.sampled_from(POINTS),
    gateway=st.sampled_from(["anet", "stripe"]),
)
def test_any_sequence_of_faults_and_a_kill_end_in_one_capture_or_a_proved_none(
    shop: Shop, faults: list[tuple[Fault, str, int]], dies_at: str | None, gateway: str
) -> None:
    number = shop.ask("SELECT 1 + count(*) FROM tender")[0][0]
    ref = f"Z{number}"
    for fault, operation, address in faults:
        shop.world.play(fault, times=1, of=(operation,), at=(address,))
    if dies_at:
        crash.at(dies_at, _die)
    try:
        shop.pay(gateway, ref, entry_id=f"00000000-0000-4000-8000-{number:012d}")
    except KeyboardInterrupt:
        pass
    finally:
        crash.clear()
    assert_sound(shop, ref)
    shop.world.lift()
    for hours in (1, 2):
        shop.world.now = NOW + timedelta(hours=hours)
        work(shop.url, as_of=shop.world.now)
    if state_of(shop.url, ref).attempt_no == 0:
        shop.pay(gateway, ref, entry_id=f"00000000-0000-4000-8000-{number:012d}")
    assert_sound(shop, ref)
    ended = state_of(shop.url, ref)
    taken = 1999 if ended.attempt == "SUCCESS" else 0
    assert sum(shop.world.captured(ref)) == ended.captured_minor == taken
    assert ended.attempt in {"SUCCESS", "SOFT_DECLINE", "HARD_DECLINE"}
    shop.world.now = NOW


def _die() -> None:
    raise KeyboardInterrupt


def test_a_second_live_attempt_is_refused_by_the_database(shop: Shop) -> None:
    shop.world.play("timeout_before")
    shop.world.play("too_busy", of=("find",))
    shop.pay("stripe")
    with pytest.raises(psycopg.errors.UniqueViolation, match="payment_attempt_one_live"):
        shop.do(LIVE)


def test_a_second_capture_is_refused_by_the_database(shop: Shop) -> None:
    shop.pay("stripe")
    with pytest.raises(psycopg.errors.UniqueViolation):
        shop.do(LIVE)
    shop.do("DROP INDEX payment_attempt_one_live")
    shop.do(LIVE)
    shop.do("UPDATE payment_attempt SET status = 'SENT' WHERE attempt_no = 9")
    with pytest.raises(psycopg.errors.UniqueViolation, match="payment_attempt_one_capture"):
        shop.do("UPDATE payment_attempt SET status = 'SUCCESS' WHERE attempt_no = 9")


def test_events_are_never_changed(shop: Shop) -> None:
    shop.pay("stripe")
    with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        shop.do("DELETE FROM payment_event")
