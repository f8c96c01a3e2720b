"""Reconciliation against the database: days follow each other, and any day may run again."""

import pytest

from tests.sql.books import add, at, line, open_books, payment, rows
from tieout.settlement.tasks import DateReconciled, day_is_complete, reconcile

FINDINGS = """
    SELECT f.code, coalesce(f.payment_ref, f.line_order_ref)
      FROM current_finding('infinity') AS f ORDER BY 1, 2
"""
MATCHES = (
    "SELECT business_date::text, payment_id, settlement_line_id FROM settlement_match ORDER BY 2"
)
PROOF = """
    SELECT side, opening_count, new_count, matched_count, exception_count, open_count
      FROM settlement_proof WHERE business_date = '{}' ORDER BY side DESC
"""


@pytest.fixture
def url(case_url: str) -> str:
    open_books(case_url)
    return case_url


def test_a_day_is_matched_named_and_proved(url: str) -> None:
    add(
        url,
        payment=[payment(1), payment(2), payment(3), payment(4, captured_at=at(4, 9))],
        settlement_line=[
            line(1),
            line(2, gross_minor=999),
            line(3, currency="USD"),
            line(9),
            line(10, kind="fee"),
        ],
    )
    assert reconcile(as_of=at(4))["payments"] == {
        "read": 4,
        "applied": 1,
        "duplicate": 0,
        "quarantined": 0,
        "deferred": 3,
    }
    assert rows(url, MATCHES) == [("2026-03-04", 1, 1)]
    assert rows(url, FINDINGS) == [
        ("AMOUNT_UNDER", "P2"),
        ("CURRENCY_MISMATCH", "P3"),
        ("SETTLED_NO_ORDER", "P9"),
    ]
    proof = rows(url, "SELECT side, currency, exception_count FROM settlement_proof ORDER BY 1, 2")
    assert proof == [("lines", "EUR", 2), ("lines", "USD", 1), ("payments", "EUR", 2)]


def test_lines_received_after_the_instant_are_not_seen(url: str) -> None:
    add(url, payment=[payment(1)], settlement_line=[line(1)])
    assert reconcile(as_of=at(3, 5))["lines"]["read"] == 0
    assert reconcile(as_of=at(3, 6))["lines"]["applied"] == 1


def test_what_is_left_is_the_next_days_opening(url: str) -> None:
    add(url, payment=[payment(1), payment(2)], settlement_line=[line(1), line(9)])
    reconcile(as_of=at(4))
    add(url, payment=[payment(3)], settlement_line=[line(2), line(3)])
    reconcile(as_of=at(5))
    assert rows(url, PROOF.format("2026-03-04")) == [
        ("payments", 0, 2, 1, 0, 1),
        ("lines", 0, 2, 1, 1, 0),
    ]
    assert rows(url, PROOF.format("2026-03-05")) == [
        ("payments", 1, 1, 2, 0, 0),
        ("lines", 1, 2, 2, 1, 0),
    ]


def test_the_same_instant_again_changes_nothing(url: str) -> None:
    add(url, payment=[payment(1), payment(2)], settlement_line=[line(1), line(9)])
    every = "SELECT to_jsonb(t)::text FROM {} AS t"
    tables = ("settlement_proof", "run_summary", "settlement_run", "payment", "settlement_line")
    first = reconcile(as_of=at(4))
    before = [rows(url, every.format(table)) for table in tables], rows(url, MATCHES)
    assert reconcile(as_of=at(4)) == first
    assert ([rows(url, every.format(table)) for table in tables], rows(url, MATCHES)) == before


def test_the_same_day_later_replaces_its_own_work(url: str) -> None:
    add(url, payment=[payment(1)], settlement_line=[line(1, booked_at=at(9))])
    reconcile(as_of=at(4))
    add(url, settlement_line=[line(2, of=1, gateway_ref="G1")])
    reconcile(as_of=at(4, 20))
    assert rows(url, "SELECT count(*) FROM settlement_match") == [(1,)]
    assert rows(url, FINDINGS) == [("DUPLICATE_SETTLEMENT", "P1")]
    assert rows(url, PROOF.format("2026-03-04"))[1] == ("lines", 0, 2, 1, 1, 0)


@pytest.mark.parametrize("facts", [{}, {"gross_minor": 700}, {"gateway_ref": None}])
def test_a_line_for_a_payment_settled_on_an_earlier_day_is_a_duplicate(url: str, facts) -> None:
    add(url, payment=[payment(1)], settlement_line=[line(1)])
    reconcile(as_of=at(4))
    add(url, settlement_line=[line(2, of=1, **facts)])
    reconcile(as_of=at(5))
    assert rows(url, MATCHES) == [("2026-03-04", 1, 1)]
    assert rows(url, FINDINGS) == [("DUPLICATE_SETTLEMENT", "P1")]
    reconcile(as_of=at(6))
    assert rows(url, FINDINGS) == [("DUPLICATE_SETTLEMENT", "P1")]


def test_a_payment_is_overdue_after_three_business_days_and_not_when_its_amount_is_off(
    url: str,
) -> None:
    thursday = {"captured_at": at(5)}
    add(url, payment=[payment(1, **thursday), payment(2, **thursday)])
    add(url, settlement_line=[line(2, gross_minor=1, booked_at=at(6))])
    reconcile(as_of=at(10, 23))
    assert rows(url, FINDINGS) == [("AMOUNT_UNDER", "P2")]
    reconcile(as_of=at(11, 1))
    assert rows(url, FINDINGS) == [("AMOUNT_UNDER", "P2"), ("SETTLEMENT_OVERDUE", "P1")]


def test_what_is_no_captured_money_is_not_waited_for(url: str) -> None:
    add(
        url,
        payment=[
            payment(1, state="DECLINED"),
            payment(2, amount_minor=0),
            payment(3, gateway=None),
            payment(4, captured_at=at(20)),
        ],
    )
    assert reconcile(as_of=at(15))["payments"]["read"] == 0
    assert rows(url, "SELECT count(*) FROM settlement_run") == [(1,)]


def test_an_instant_before_the_newest_is_refused(url: str) -> None:
    reconcile(as_of=at(5))
    with pytest.raises(DateReconciled, match="2026-03-05 was"):
        reconcile(as_of=at(4))
    with pytest.raises(DateReconciled):
        reconcile(as_of=at(5, 11))


def test_a_late_order_meets_the_line_that_waited_for_it(url: str) -> None:
    add(url, settlement_line=[line(1)])
    reconcile(as_of=at(4))
    assert rows(url, FINDINGS) == [("SETTLED_NO_ORDER", "P1")]
    add(url, payment=[payment(1)])
    reconcile(as_of=at(5))
    assert rows(url, FINDINGS) == []
    assert rows(url, MATCHES) == [("2026-03-05", 1, 1)]


def test_a_day_is_complete_once_every_gateways_file_is_in(url: str) -> None:
    assert day_is_complete(as_of=at(3))
    assert not day_is_complete(as_of=at(3, 5))
    assert not day_is_complete(as_of=at(4))
    reconcile(as_of=at(3))
    assert not day_is_complete(as_of=at(3, 13))
