"""What people decide between reconciliations, and how the next proof counts it."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from tests.sql.books import add, at, line, open_books, payment, rows, source_file
from tests.sql.harness import load
from tieout.kernel.audit import Decision, ReasonMissing
from tieout.kernel.database import transaction
from tieout.settlement import decisions
from tieout.settlement.decisions import Outcome, SettlementDecisionError
from tieout.settlement.tasks import reconcile

OLIVE, PAUL = "olive", "Paul"
LIVE = """
    SELECT match_no, payment_id, payment_part, settlement_line_id, line_part, amount_minor,
           variance_minor
      FROM settlement_match WHERE undone_at IS NULL ORDER BY payment_id, settlement_line_id
"""
FINDINGS = """
    SELECT f.code, coalesce(f.payment_ref, f.line_order_ref)
      FROM current_finding('infinity') AS f ORDER BY 1, 2
"""
PROOF = """
    SELECT side, opening_count, new_count, reopened_count, matched_count, exception_count,
           open_count, written_off_count
      FROM settlement_proof WHERE business_date = '{}' ORDER BY side DESC
"""


@pytest.fixture
def url(case_url: str) -> str:
    open_books(case_url)
    return case_url


def says(actor: str = OLIVE, day: int = 5) -> Decision:
    return Decision(actor, "the gateway said so", at(day, 9))


def decide(url: str, what: Callable[..., Any], *args: Any, **named: Any) -> Any:
    with transaction(url, actor="test") as connection:
        return what(connection, *args, **named)


def limit(url: str, minor: int) -> None:
    rows(url, f"UPDATE gateway_account SET write_off_limit_minor = {minor} RETURNING 1")


def test_parts_are_held_both_ways(url: str) -> None:
    add(
        url,
        payment=[
            payment(1),
            payment(2, amount_minor=300, gateway_ref=None),
            payment(3),
        ],
        settlement_line=[
            line(1, gross_minor=400),
            line(4, of=1, gross_minor=600),
            line(2, gross_minor=300),
            line(3),
        ],
    )
    assert reconcile(as_of=at(4))["lines"]["applied"] == 4
    found = rows(url, LIVE)
    assert [row[1:6] for row in found] == [
        (1, 1, 1, 1, 400),
        (1, 2, 4, 1, 600),
        (2, 1, 2, 1, 300),
        (3, 1, 3, 1, 1000),
    ]
    assert found[0][0] == found[1][0]
    assert len({row[0] for row in found}) == 3
    assert rows(url, PROOF.format("2026-03-04")) == [
        ("payments", 0, 3, 0, 3, 0, 0, 0),
        ("lines", 0, 4, 0, 4, 0, 0, 0),
    ]


def test_the_database_refuses_a_payment_in_two_matches(url: str) -> None:
    add(url, payment=[payment(1)], settlement_line=[line(1), line(2)])
    reconcile(as_of=at(4))
    with pytest.raises(DBAPIError, match="settlement_match_payment"):
        rows(
            url,
            "INSERT INTO settlement_match (match_no, business_date, pass, payment_id,"
            " settlement_line_id, amount_minor, variance_minor, matched_at)"
            " VALUES (9, '2026-03-05', 'x', 1, 2, 1, 0, '2026-03-05') RETURNING 1",
        )


def test_what_is_parted_stays_parted_and_the_next_proof_counts_it_as_reopened(url: str) -> None:
    add(url, payment=[payment(1)], settlement_line=[line(1)])
    reconcile(as_of=at(4))
    before = rows(url, PROOF.format("2026-03-04"))
    decide(url, decisions.unmatch, 1, says())
    for day in (5, 6):
        reconcile(as_of=at(day))
        assert rows(url, LIVE) == []
    assert rows(url, PROOF.format("2026-03-04")) == before
    assert rows(url, PROOF.format("2026-03-05")) == [
        ("payments", 0, 0, 1, 0, 0, 1, 0),
        ("lines", 0, 0, 1, 0, 1, 0, 0),
    ]
    assert rows(url, FINDINGS) == [("SETTLED_NO_ORDER", "P1"), ("SETTLEMENT_OVERDUE", "P1")]
    assert rows(url, "SELECT actor, action, subject, reason FROM audit_log") == [
        (OLIVE, "settlement.unmatch", "settlement_match:1", "the gateway said so")
    ]


def test_the_right_line_takes_the_payment_that_was_parted_from_the_wrong_one(url: str) -> None:
    add(url, payment=[payment(1)], settlement_line=[line(1), line(2, of=1)])
    reconcile(as_of=at(4))
    decide(url, decisions.unmatch, 1, says())
    reconcile(as_of=at(5))
    assert [row[1:4] for row in rows(url, LIVE)] == [(1, 1, 2)]


@pytest.mark.parametrize("first", ["unmatch", "match"])
def test_the_same_date_again_after_a_decision_leaves_its_proof_as_it_was(url: str, first) -> None:
    add(url, payment=[payment(1), payment(2)], settlement_line=[line(1), line(9)])
    reconcile(as_of=at(4))
    if first == "unmatch":
        decide(url, decisions.unmatch, 1, says())
    else:
        decide(url, decisions.match, ["P2"], [9], says())
    reconcile(as_of=at(4))
    left = "SELECT side, matched_count, exception_count + open_count FROM settlement_proof"
    assert rows(url, f"{left} WHERE business_date = '2026-03-04' ORDER BY 1") == [
        ("lines", 1, 1),
        ("payments", 1, 1),
    ]
    reconcile(as_of=at(5))
    lines = rows(url, PROOF.format("2026-03-05"))[1]
    assert lines == (
        ("lines", 1, 0, 1, 0, 2, 0, 0) if first == "unmatch" else ("lines", 1, 0, 0, 1, 0, 0, 0)
    )


@pytest.mark.parametrize(
    ("payments", "lines", "shares"),
    [
        (["P1"], [8, 9], [(1, 1, 8, 1, 400, 0), (1, 2, 9, 1, 600, 0)]),
        (["P2", "P3"], [7], [(2, 1, 7, 1, 1000, 0), (3, 1, 7, 2, 1000, 0)]),
    ],
)
def test_a_person_ties_parts_together(url: str, payments, lines, shares) -> None:
    unknown = {"gateway_ref": None, "order_ref": None}
    add(
        url,
        payment=[payment(1), payment(2), payment(3)],
        settlement_line=[
            line(7, gross_minor=2000, **unknown),
            line(8, gross_minor=400, **unknown),
            line(9, gross_minor=600, **unknown),
        ],
    )
    reconcile(as_of=at(4))
    made = decide(url, decisions.match, payments, lines, says())
    assert rows(url, LIVE) == [(made.match_no, *share) for share in shares]
    assert len(rows(url, FINDINGS)) == 3 - len(lines)
    reconcile(as_of=at(5))
    assert rows(url, LIVE) == [(made.match_no, *share) for share in shares]
    assert rows(url, PROOF.format("2026-03-05"))[1] == (
        ("lines", 3, 0, 0, len(lines), 3 - len(lines), 0, 0)
    )


@pytest.mark.parametrize(
    ("payments", "lines", "why"),
    [
        (["P1"], [3], "not of one currency"),
        (["P1"], [4], "not of one kind"),
        (["P1"], [5], "come to -1 minor units more"),
        (["P1"], [2], "Line 2 is in match"),
        (["P2"], [5], "Payment P2 is in match"),
        (["P1"], [6], "Line 6 is not reconciled yet"),
        (["P8"], [5], "There is no payment P8"),
        (["P1"], [88], "There is no line 88"),
        (["P1", "P1a"], [5, 7], "2 payments and 2 lines"),
        ([], [5], "0 payments and 1 lines"),
    ],
)
def test_what_cannot_be_one_match_is_refused(url: str, payments, lines, why: str) -> None:
    other = {"gateway_ref": None, "order_ref": None}
    add(
        url,
        payment=[payment(1), payment(2), payment(3, payment_ref="P1a")],
        settlement_line=[
            line(2),
            line(3, currency="USD", **other),
            line(4, kind="refund", **other),
            line(5, gross_minor=999, **other),
            line(7, gross_minor=1001, **other),
        ],
    )
    reconcile(as_of=at(4))
    add(url, settlement_line=[line(6, of=1)])
    with pytest.raises(SettlementDecisionError, match=why):
        decide(url, decisions.match, payments, lines, says())
    assert len(rows(url, LIVE)) == 1


def test_a_small_variance_is_written_off_by_one_person_a_large_one_by_two(url: str) -> None:
    add(
        url,
        payment=[payment(1), payment(2)],
        settlement_line=[line(1, gross_minor=990), line(2, gross_minor=700)],
    )
    limit(url, 10)
    reconcile(as_of=at(4))
    small = decide(url, decisions.match, ["P1"], [1], says(), write_off_variance=True)
    assert (small.match_no, small.waits) == (1, False)
    large = decide(url, decisions.match, ["P2"], [2], says(), write_off_variance=True)
    assert large == Outcome(write_off_id=2, waits=True)
    assert [row[1:] for row in rows(url, LIVE)] == [(1, 1, 1, 1, 1000, -10)]
    made = decide(url, decisions.approve, 2, says(PAUL, 6))
    assert [row[1:] for row in rows(url, LIVE)][1] == (2, 1, 2, 1, 1000, -300)
    decide(url, decisions.unmatch, made.match_no, says(PAUL, 6))
    assert rows(url, "SELECT amount_minor, status FROM settlement_write_off ORDER BY 1") == [
        (-300, "REOPENED"),
        (-10, "WRITTEN_OFF"),
    ]


def test_a_write_off_ends_a_case_and_is_counted_by_the_next_proof(url: str) -> None:
    add(url, payment=[payment(1)], settlement_line=[line(9)])
    limit(url, 1000)
    reconcile(as_of=at(10))
    assert len(rows(url, FINDINGS)) == 2
    assert not decide(url, decisions.write_off, says(), payment_ref="P1").waits
    assert not decide(url, decisions.write_off, says(), line_id=9).waits
    assert rows(url, FINDINGS) == []
    reconcile(as_of=at(11))
    assert rows(url, PROOF.format("2026-03-11")) == [
        ("payments", 1, 0, 0, 0, 0, 0, 1),
        ("lines", 1, 0, 0, 0, 0, 0, 1),
    ]
    decide(url, decisions.reopen, 1, says(day=12))
    reconcile(as_of=at(12))
    assert rows(url, PROOF.format("2026-03-12"))[0] == ("payments", 0, 0, 1, 0, 1, 0, 0)
    history = "SELECT from_state, to_state FROM status_history WHERE machine = '{}'"
    assert rows(url, history.format("settlement_write_off") + " AND subject_id = 1") == [
        ("", "PROPOSED"),
        ("PROPOSED", "WRITTEN_OFF"),
        ("WRITTEN_OFF", "REOPENED"),
    ]


def test_money_that_comes_after_its_write_off_is_a_case_until_that_is_reopened(url: str) -> None:
    add(url, payment=[payment(1)])
    limit(url, 1000)
    reconcile(as_of=at(4))
    decide(url, decisions.write_off, says(), payment_ref="P1")
    add(url, settlement_line=[line(1)])
    reconcile(as_of=at(5))
    assert rows(url, FINDINGS) == [("SETTLED_AFTER_WRITE_OFF", "P1")]
    decide(url, decisions.reopen, 1, says(day=6))
    reconcile(as_of=at(6))
    assert rows(url, FINDINGS) == []
    assert [row[1:4] for row in rows(url, LIVE)] == [(1, 1, 1)]


def test_above_the_limit_another_person_must_approve(url: str) -> None:
    add(url, payment=[payment(1)])
    limit(url, 999)
    reconcile(as_of=at(4))
    assert decide(url, decisions.write_off, says(), payment_ref="P1").waits
    with pytest.raises(SettlementDecisionError, match="olive proposed write-off 1"):
        decide(url, decisions.approve, 1, says(" Olive "))
    with pytest.raises(DBAPIError, match="write_off_is_approved"):
        rows(
            url,
            "UPDATE settlement_write_off SET status = 'WRITTEN_OFF', business_date = '2026-03-05'"
            " RETURNING 1",
        )
    with pytest.raises(SettlementDecisionError, match="in write-off 1"):
        decide(url, decisions.write_off, says(PAUL), payment_ref="P1")
    assert [row["write_off_id"] for row in decide(url, decisions.waiting)] == [1]
    decide(url, decisions.approve, 1, says(PAUL))
    assert decide(url, decisions.waiting) == []
    with pytest.raises(SettlementDecisionError, match="is WRITTEN_OFF: nobody is asked"):
        decide(url, decisions.reject, 1, says(PAUL))


def test_a_line_that_comes_while_a_write_off_waits_wins(url: str) -> None:
    add(url, payment=[payment(1)])
    reconcile(as_of=at(4))
    decide(url, decisions.write_off, says(), payment_ref="P1")
    add(url, settlement_line=[line(1)])
    reconcile(as_of=at(5))
    with pytest.raises(SettlementDecisionError, match="Payment P1 is in match"):
        decide(url, decisions.approve, 1, says(PAUL, 6))
    decide(url, decisions.reject, 1, says(PAUL, 6))
    assert rows(url, "SELECT status FROM settlement_write_off") == [("REJECTED",)]


def test_a_decision_needs_a_name_and_a_reason(url: str) -> None:
    add(url, payment=[payment(1)], settlement_line=[line(1)])
    reconcile(as_of=at(4))
    with pytest.raises(ReasonMissing):
        decide(url, decisions.unmatch, 1, Decision(OLIVE, " ", at(5)))
    assert len(rows(url, LIVE)) == 1


def test_what_a_person_ties_together_again_may_meet_again(url: str) -> None:
    add(url, payment=[payment(1)], settlement_line=[line(1)])
    reconcile(as_of=at(4))
    decide(url, decisions.unmatch, 1, says())
    with pytest.raises(DBAPIError, match="a person parted it"):
        rows(
            url,
            "INSERT INTO settlement_match (match_no, business_date, pass, payment_id,"
            " settlement_line_id, amount_minor, variance_minor, matched_at)"
            " VALUES (9, '2026-03-05', 'x', 1, 1, 1, 0, '2026-03-05') RETURNING 1",
        )
    decide(url, decisions.match, ["P1"], [1], says(PAUL))
    reconcile(as_of=at(5))
    assert [row[1:4] for row in rows(url, LIVE)] == [(1, 1, 1)]
    assert rows(url, PROOF.format("2026-03-05"))[0] == ("payments", 0, 0, 1, 1, 0, 0, 0)


def test_a_late_line_resolves_its_exception_dates_later(url: str) -> None:
    add(url, payment=[payment(1), payment(2)])
    for day in (4, 10, 11, 12):
        reconcile(as_of=at(day))
    assert rows(url, FINDINGS) == [("SETTLEMENT_OVERDUE", "P1"), ("SETTLEMENT_OVERDUE", "P2")]
    load(url, {"source_file": [source_file(2, "late.csv", received_at=at(13, 6))]})
    add(url, settlement_line=[line(1, source_file_id=2, booked_at=at(12))])
    reconcile(as_of=at(13))
    assert rows(url, FINDINGS) == [("SETTLEMENT_OVERDUE", "P2")]
    assert rows(url, PROOF.format("2026-03-13")) == [
        ("payments", 2, 0, 0, 1, 1, 0, 0),
        ("lines", 0, 1, 0, 1, 0, 0, 0),
    ]


def test_an_opening_that_is_not_what_was_left_stops_the_run(url: str) -> None:
    from tieout.kernel.errors import RunDoesNotAddUp

    add(url, payment=[payment(1)])
    reconcile(as_of=at(4))
    rows(url, "UPDATE payment SET amount_minor = 999 RETURNING 1")
    with pytest.raises(RunDoesNotAddUp, match=r"opens with 1 payments .* left 1 \(1000\)"):
        reconcile(as_of=at(5))
    assert rows(url, "SELECT business_date::text FROM settlement_run") == [("2026-03-04",)]
