"""What should have left and is not known to have arrived."""

from typing import Any

from tests.sql.books import at
from tests.sql.exceptions.offences import found, ordered, run
from tests.sql.harness import Row


def put_effect(url: str, number: int, *states: str, **other: Any) -> None:
    """An effect E<n>, `planned` (noon of day 3) and brought through further states at once."""
    facts: Row = {"key": f"E{number}", "kind": "SFTP_PUT", "partner_id": "v1", "target": "there"}
    facts |= {"planned": at(3)} | other
    plan = (
        "INSERT INTO effect (effect_key, kind, partner_id, target, sha256, size_bytes,"
        " next_attempt_at, status_at)"
        " VALUES (:key, :kind, :partner_id, :target, '', 1, :planned, :planned)"
    )
    run(url, plan, **facts)
    for status in states:
        run(url, "UPDATE effect SET status = :to WHERE effect_key = :key", to=status, **facts)


def test_effect_stuck_when_refused_without_answer_or_waiting_too_long(url: str) -> None:
    put_effect(url, 1)
    put_effect(url, 2, "SENT")
    put_effect(url, 3, "SENT", "REFUSED")
    put_effect(url, 4, "SENT", "UNKNOWN")
    put_effect(url, 5, "SENT", "CONFIRMED")
    ordered(url, status="WRITTEN", accepted=0)
    run(url, "UPDATE vendor_order SET effect_id = 1")
    assert found(url, "EFFECT_STUCK", at(3, 11)) == []
    assert found(url, "EFFECT_STUCK", at(3, 16)) == [("E3", None), ("E4", None)]
    late = [("E1", 1000), ("E2", None), ("E3", None), ("E4", None)]
    assert found(url, "EFFECT_STUCK", at(3, 17)) == late


def test_effect_stuck_does_not_count_the_weekend(url: str) -> None:
    put_effect(url, 1, planned=at(7))
    assert found(url, "EFFECT_STUCK", at(9, 3)) == []
    assert found(url, "EFFECT_STUCK", at(9, 5)) == [("E1", None)]


def test_effect_stuck_counts_from_the_plan_and_not_from_the_last_attempt(url: str) -> None:
    put_effect(url, 1, "SENT", "UNKNOWN")
    run(url, "UPDATE effect SET status = 'PLANNED', status_at = :at", at=at(3, 16))
    assert found(url, "EFFECT_STUCK", at(3, 17)) == [("E1", None)]


def test_a_mail_to_staff_is_missed_after_a_day_and_not_once_a_later_one_came(url: str) -> None:
    put_effect(url, 1, kind="MAIL", partner_id=None)
    put_effect(url, 2, kind="MAIL", partner_id=None, target="others")
    assert found(url, "EFFECT_STUCK", at(4)) == []
    assert found(url, "EFFECT_STUCK", at(4, 13)) == [("E1", None), ("E2", None)]
    put_effect(url, 3, "SENT", "CONFIRMED", kind="MAIL", partner_id=None, planned=at(4))
    assert found(url, "EFFECT_STUCK", at(4, 13)) == [("E2", None)]
