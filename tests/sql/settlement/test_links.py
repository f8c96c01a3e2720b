"""Lines that need no payment of their own, against the database: from date to date."""

import pytest

from tests.sql.books import add, at, line, open_books, payment, rows
from tieout.exceptions.tasks import raise_exceptions
from tieout.settlement.tasks import reconcile

FINDINGS = "SELECT code, settlement_line_id FROM current_finding('infinity') ORDER BY 1, 2"
LINKS = """
    SELECT business_date::text, settlement_line_id, relation, payment_id, related_line_id
      FROM settlement_link ORDER BY 2
"""
LIVE = """
    SELECT code, subject FROM exception_case
     WHERE status <> 'AUTO_RESOLVED' AND code NOT LIKE 'ORDER%' ORDER BY 1
"""
PROOF = """
    SELECT opening_count, new_count, matched_count, linked_count, by_kind_count, exception_count,
           open_count
      FROM settlement_proof WHERE side = 'lines' AND business_date = '{}'
"""


@pytest.fixture
def url(case_url: str) -> str:
    open_books(case_url)
    return case_url


def _other(number: int, kind: str, amount: int = -1000, **facts: object) -> dict[str, object]:
    own = {"gateway_ref": "C", "original_ref": "G1", "order_ref": None, "booked_at": at(4)}
    return line(number, 1, kind=kind, gross_minor=amount, **(own | facts))


def test_a_chargeback_stays_open_until_its_reversal_comes(url: str) -> None:
    add(url, payment=[payment(1)], settlement_line=[line(1)])
    reconcile(as_of=at(4))
    add(url, settlement_line=[_other(2, "chargeback")])
    reconcile(as_of=at(5))
    reconcile(as_of=at(6))
    assert rows(url, FINDINGS) == [("CHARGEBACK", 2)]
    assert rows(url, PROOF.format("2026-03-06")) == [(1, 0, 0, 0, 0, 1, 0)]
    add(url, settlement_line=[_other(3, "chargeback_reversal", 1000, booked_at=at(7))])
    reconcile(as_of=at(9))
    assert rows(url, FINDINGS) == []
    assert rows(url, PROOF.format("2026-03-09")) == [(1, 1, 0, 2, 0, 0, 0)]
    assert rows(url, LINKS) == [
        ("2026-03-09", 2, "chargeback_of", 1, 1),
        ("2026-03-09", 3, "reversal_of", 1, 2),
    ]
    reconcile(as_of=at(10))
    assert rows(url, PROOF.format("2026-03-10")) == []


def test_a_second_chargeback_knows_the_first_of_an_earlier_date(url: str) -> None:
    won = _other(3, "chargeback_reversal", 1000, booked_at=at(4))
    add(url, payment=[payment(1)], settlement_line=[line(1), _other(2, "chargeback"), won])
    reconcile(as_of=at(5))
    add(url, settlement_line=[_other(4, "chargeback", booked_at=at(6))])
    reconcile(as_of=at(9))
    assert rows(url, FINDINGS) == [("CHARGEBACK", 4)]
    said = "SELECT evidence ->> 'reason', evidence ->> 'related_line_id' FROM settlement_finding"
    assert ("charged back again", "2") in rows(url, said)


def test_the_same_date_again_changes_nothing(url: str) -> None:
    won = _other(3, "chargeback_reversal", 1000)
    add(url, payment=[payment(1)], settlement_line=[line(1), _other(2, "chargeback"), won])
    reconcile(as_of=at(5))
    before = rows(url, LINKS), rows(url, PROOF.format("2026-03-05"))
    reconcile(as_of=at(5))
    assert (rows(url, LINKS), rows(url, PROOF.format("2026-03-05"))) == before


def test_fees_are_counted_once_and_a_reserve_waits(url: str) -> None:
    fee = _other(2, "fee", -30, original_ref=None)
    add(url, settlement_line=[fee, _other(3, "reserve", original_ref=None)])
    reconcile(as_of=at(5))
    assert rows(url, PROOF.format("2026-03-05")) == [(0, 2, 0, 0, 1, 0, 1)]
    reconcile(as_of=at(6))
    assert rows(url, PROOF.format("2026-03-06")) == [(1, 0, 0, 0, 0, 0, 1)]


def test_refunds_beyond_the_charge_stay_a_case_on_later_dates(url: str) -> None:
    refunds = [
        payment(n, sales_order_id=n, kind="refund", gateway_ref=f"R{n}", amount_minor=amount)
        for n, amount in ((2, 700), (3, 400))
    ]
    given = [
        _other(n, "refund", -amount, gateway_ref=f"R{n}", order_ref=f"P{n}")
        for n, amount in ((2, 700), (3, 400))
    ]
    add(url, payment=[payment(1), *refunds], settlement_line=[line(1), given[0]])
    reconcile(as_of=at(5))
    assert rows(url, FINDINGS) == []
    add(url, settlement_line=[given[1]])
    for day in (6, 9, 10):
        reconcile(as_of=at(day))
        assert rows(url, FINDINGS) == [("REFUND_EXCEEDS_CHARGE", None)]
    said = "SELECT DISTINCT amount_minor, payment_ref FROM current_finding('infinity')"
    assert rows(url, said) == [(100, "P1")]


def test_near_misses_are_kept_by_date(url: str) -> None:
    add(url, payment=[payment(1)], settlement_line=[line(1, gross_minor=1003)])
    reconcile(as_of=at(5))
    kept = "SELECT setting, needed, more, amount_minor, currency FROM settlement_near_miss"
    assert rows(url, kept) == [("tolerance_minor", 3, 3, 1000, "EUR")]
    reconcile(as_of=at(5))
    assert len(rows(url, kept)) == 1


def test_every_code_becomes_a_case_and_leaves_with_its_cause(url: str) -> None:
    won = _other(6, "chargeback_reversal", 1000, gateway_ref="D", original_ref=None)
    lines = [
        line(1),
        _other(2, "chargeback"),
        _other(3, "reserve", gateway_ref="H", original_ref=None, booked_at=at(3)),
        _other(4, "adjustment", gateway_ref="A", original_ref=None),
        _other(5, "refund", -1001, gateway_ref="R"),
        won,
    ]
    with_refund = [payment(1), payment(2, kind="refund", gateway_ref="R", amount_minor=1001)]
    add(url, payment=with_refund, settlement_line=lines)
    rows(url, "UPDATE gateway_account SET reserve_days = 1 RETURNING 1")
    reconcile(as_of=at(9))
    for _ in range(2):
        raise_exceptions(as_of=at(9))
    assert rows(url, LIVE) == [
        ("ADJUSTMENT_UNEXPLAINED", "A"),
        ("CHARGEBACK", "P1"),
        ("REFUND_EXCEEDS_CHARGE", "P1"),
        ("RESERVE_OVERDUE", "H"),
        ("REVERSAL_UNKNOWN", "D"),
    ]
    later = {"booked_at": at(9)}
    add(
        url,
        settlement_line=[
            _other(7, "chargeback_reversal", 1000, **later),
            _other(8, "reserve", 1000, gateway_ref="H", original_ref=None, **later),
            _other(9, "refund_reversal", 1001, gateway_ref="R", **later),
        ],
    )
    reconcile(as_of=at(10))
    raise_exceptions(as_of=at(10))
    assert rows(url, LIVE) == [("ADJUSTMENT_UNEXPLAINED", "A"), ("REVERSAL_UNKNOWN", "D")]


def test_a_refund_that_stays_open_keeps_its_first_link(url: str) -> None:
    refund = _other(2, "refund", -300, gateway_ref="R")
    add(url, payment=[payment(1)], settlement_line=[line(1), refund])
    reconcile(as_of=at(5))
    reconcile(as_of=at(6))
    assert rows(url, LINKS) == [("2026-03-05", 2, "refund_of", 1, 1)]
    assert rows(url, FINDINGS) == [("SETTLED_NO_ORDER", 2)]
