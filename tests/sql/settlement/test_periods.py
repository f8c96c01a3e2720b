"""Closed books: what the database refuses, and where late items go."""

from datetime import date

import pytest
from sqlalchemy.exc import DBAPIError

from tests.sql.books import add, at, line, open_books, payment, rows
from tests.sql.settlement.test_decisions import decide, limit, says
from tieout.settlement import decisions, periods
from tieout.settlement.periods import PeriodClosed, PeriodError
from tieout.settlement.tasks import reconcile

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 4)
CHANGES = {
    "match": "UPDATE settlement_match SET undone_at = matched_at, undone_on = business_date,"
    " undone_by = 'x', undone_why = 'x'",
    "new_match": "INSERT INTO settlement_match (match_no, business_date, pass, payment_id,"
    " settlement_line_id, amount_minor, variance_minor, matched_at)"
    " VALUES (9, '2026-03-04', 'x', 2, 9, 1, 0, '2026-03-05')",
    "finding": "DELETE FROM settlement_finding",
    "proof": "UPDATE settlement_proof SET business_date = business_date + 9",
    "run": "DELETE FROM settlement_run",
    "write_off": "UPDATE settlement_write_off SET status = 'REOPENED', reopened_on = '2026-03-09'",
    "new_finding": "INSERT INTO settlement_finding (business_date, code, amount_minor, currency,"
    " evidence) VALUES ('2026-03-01', 'x', 0, 'EUR', '{}')",
}


@pytest.fixture
def url(case_url: str) -> str:
    """The 3rd and 4th are reconciled, something is written off on the 4th, the books are closed."""
    open_books(case_url)
    limit(case_url, 1000)
    add(
        case_url,
        payment=[payment(1), payment(2), payment(3)],
        settlement_line=[line(1), line(9)],
    )
    reconcile(as_of=at(3, 5))
    decide(case_url, decisions.write_off, says(day=4), payment_ref="P3")
    reconcile(as_of=at(4))
    decide(case_url, periods.close, FIRST, LAST, says())
    return case_url


@pytest.mark.parametrize("what", CHANGES)
def test_the_database_refuses_every_change_of_a_closed_date(url: str, what: str) -> None:
    with pytest.raises(DBAPIError, match="2026-03-01 to 2026-03-04 is CLOSED"):
        rows(url, f"{CHANGES[what]} RETURNING 1")


def test_a_closed_date_is_not_reconciled_again_but_the_next_one_is(url: str) -> None:
    with pytest.raises(PeriodClosed, match=r"of 2026-03-04, and 2026-03-01 to 2026-03-04 is CLO"):
        reconcile(as_of=at(4, 20))
    add(url, settlement_line=[line(2)])
    assert reconcile(as_of=at(5))["lines"]["applied"] == 1
    dates = "SELECT business_date::text FROM settlement_match WHERE payment_id = 2"
    assert rows(url, dates) == [("2026-03-05",)]


def test_decisions_about_a_closed_date_are_refused_and_others_go_to_the_open_one(url: str) -> None:
    with pytest.raises(PeriodClosed, match="Match 1 is of 2026-03-04"):
        decide(url, decisions.unmatch, 1, says(day=4))
    with pytest.raises(PeriodClosed, match="Write-off 1 is of 2026-03-04"):
        decide(url, decisions.reopen, 1, says(day=4))
    made = decide(url, decisions.match, ["P2"], [9], says(day=3))
    dates = f"SELECT business_date::text FROM settlement_match WHERE match_no = {made.match_no}"
    assert rows(url, dates) == [("2026-03-05",)]


def test_a_closed_period_opens_again_and_a_locked_one_never(url: str) -> None:
    decide(url, periods.reopen_period, FIRST, LAST, says())
    decide(url, decisions.unmatch, 1, says())
    reconcile(as_of=at(4, 20))
    decide(url, periods.close, FIRST, LAST, says())
    decide(url, periods.lock_period, FIRST, LAST, says())
    for change in (periods.reopen_period, periods.lock_period):
        with pytest.raises(PeriodError, match="is LOCKED"):
            decide(url, change, FIRST, LAST, says())
    with pytest.raises(PeriodClosed, match="Locked books stay as they are"):
        reconcile(as_of=at(4, 21))
    for change in ("status = 'OPEN'", "last_day = '2026-03-02'"):
        with pytest.raises(DBAPIError, match=r"no transition|append-only"):
            rows(url, f"UPDATE settlement_period SET {change} RETURNING 1")
    with pytest.raises(DBAPIError, match="append-only"):
        rows(url, "DELETE FROM settlement_period RETURNING 1")
    assert [row[0] for row in rows(url, "SELECT action FROM audit_log ORDER BY audit_id")] == [
        "settlement.write-off",
        "settlement.close",
        "settlement.reopen-period",
        "settlement.unmatch",
        "settlement.close",
        "settlement.lock",
    ]


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        (5, 5, "2026-03-05 is not reconciled: the newest date that is, is 2026-03-04"),
        (4, 3, "2026-03-04 lies behind 2026-03-03"),
        (2, 4, "no period 2026-03-02 to 2026-03-04, but 2026-03-01 to 2026-03-04"),
        (1, 4, "is CLOSED: it cannot become CLOSED"),
    ],
)
def test_what_cannot_be_closed_is_refused(url: str, first: int, last: int, why: str) -> None:
    with pytest.raises(PeriodError, match=why):
        decide(url, periods.close, date(2026, 3, first), date(2026, 3, last), says())
