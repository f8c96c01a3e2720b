"""What was proven and booked for a business date stays; what changes is booked when it is known."""

from typing import Any

import pytest

from tests.sql.books import add, at, line, rows, source_file
from tests.sql.settlement import test_fx
from tests.sql.settlement import test_payouts as bank
from tests.sql.settlement.test_decisions import decide, limit, says
from tests.sql.settlement.test_payout_decisions import prove
from tieout.kernel.database import transaction
from tieout.settlement import overview
from tieout.settlement.payout_decisions import match_payout, unmatch_payout
from tieout.settlement.payout_tasks import reconcile_payouts
from tieout.settlement.periods import close
from tieout.settlement.tasks import reconcile

url = bank.url

BOOKED = """
    SELECT entry_kind || ':' || entry_no, account, currency, amount_minor
      FROM journal_posting WHERE business_date = '2026-03-{:02}'
     ORDER BY entry_kind, entry_no, posting_no
"""
GAPS = """
    WITH dates AS (
        SELECT business_date, lag(business_date) OVER (ORDER BY business_date) AS before
          FROM payout_run
    ), said AS (
        SELECT d.business_date, p.side, p.partner_id, p.opening_count AS entries,
               p.opening_minor AS minor
          FROM dates AS d JOIN payout_proof AS p ON p.business_date = d.business_date
         UNION ALL
        SELECT d.business_date, p.side, p.partner_id, -p.open_count - p.exception_count,
               -p.open_minor - p.exception_minor
          FROM dates AS d JOIN payout_proof AS p ON p.business_date = d.before
    )
    SELECT business_date::text, side, partner_id, sum(entries), sum(minor)
      FROM said GROUP BY 1, 2, 3 HAVING sum(entries) <> 0 OR sum(minor) <> 0
"""
PAYOUT_PROOF = """
    SELECT opening_count, opening_minor, new_minor, reopened_minor, changed_count, changed_minor,
           matched_minor, open_minor + exception_minor AS left_minor
      FROM payout_proof WHERE business_date = '2026-03-{:02}' AND side = 'payouts'
"""
LINE_PROOF = """
    SELECT opening_minor, new_minor, matched_minor, open_minor + exception_minor AS left_minor,
           not_ours_minor
      FROM payout_proof WHERE business_date = '2026-03-{:02}' AND side = 'bank_lines'
"""
BANK, RECEIVED = "Assets:Bank:Bank:DE1", "Assets:Transit:Received:Bank"


def booked(url: str, day: int) -> list[tuple[Any, ...]]:
    return rows(url, BOOKED.format(day))


def left(url: str, day: int, side: Any) -> list[tuple[int, int]]:
    """The numbers and amounts that the board shows as open at the end of a day of March."""
    with transaction(url, actor="test") as connection:
        items = overview.open_items(connection, at(day).date(), side, limit=9)
    return [(item["id"], item["amount_minor"]) for item in items]


def another_amount(url: str, day: int, amount: int) -> None:
    """A payout file of that day says that PO-0001 is worth so much."""
    add(
        url,
        source_file=[
            source_file(day + 40, f"{day}.csv", doc_type="PAYOUT", received_at=at(day, 6))
        ],
        payout_report=[
            bank.report(
                day + 40, amount, payout_ref="PO-0001", source_file_id=day + 40, file_line=1
            )
        ],
    )


def statement(url: str, number: int, day: int, *lines: dict[str, Any]) -> None:
    add(
        url,
        source_file=[bank.statement_file(number, day)],
        bank_line=[each | {"source_file_id": number} for each in lines],
    )


@pytest.fixture
def set_aside(url: str) -> str:
    """Line 1 (6.00), which names PO-0001, is open on the 4th and set aside on the 5th."""
    add(
        url,
        payout_report=[bank.report(1, 1000)],
        bank_line=[bank.bank_line(1, 600, "a part of PO-0001, see INV4711")],
    )
    reconcile(as_of=at(4))
    reconcile_payouts(as_of=at(4))
    with transaction(url, actor="test") as connection:
        close(connection, at(1).date(), at(4).date(), says())
    statement(url, 8, 5, bank.bank_line(2, 1000, "PO-0001", day=5))
    reconcile_payouts(as_of=at(5))
    return url


def test_a_bank_line_set_aside_later_keeps_what_it_booked_before(set_aside: str) -> None:
    line_1 = [("bank_line:1", BANK, "EUR", 600), ("bank_line:1", RECEIVED, "EUR", -600)]
    assert booked(set_aside, 4)[:2] == line_1
    assert [row for row in booked(set_aside, 5) if row[0] == "bank_line_aside:1"] == [
        ("bank_line_aside:1", BANK, "EUR", -600),
        ("bank_line_aside:1", RECEIVED, "EUR", 600),
    ]
    assert rows(set_aside, LINE_PROOF.format(5)) == [(600, 1000, 1000, 0, 600)]
    assert left(set_aside, 4, "bank") == [(1, 600)]
    assert left(set_aside, 5, "bank") == []
    prove(set_aside, 4)
    prove(set_aside, 5)
    assert rows(set_aside, GAPS) == []


def test_a_line_that_a_later_payout_takes_back_counts_as_new_and_keeps_its_past(
    set_aside: str,
) -> None:
    before = [booked(set_aside, day) for day in (4, 5)]
    add(
        set_aside,
        source_file=[source_file(9, "late.csv", doc_type="PAYOUT", received_at=at(6, 6))],
        payout_report=[bank.report(2, 600, payout_ref="INV-4711", source_file_id=9)],
    )
    for _ in range(2):
        reconcile_payouts(as_of=at(6))
        assert [booked(set_aside, day) for day in (4, 5)] == before
        assert ("bank_line:1", RECEIVED, "EUR", -600) in booked(set_aside, 6)
        assert rows(set_aside, LINE_PROOF.format(6)) == [(0, 600, 600, 0, 0)]
        assert rows(set_aside, GAPS) == []
        prove(set_aside, 6)
    assert [left(set_aside, day, "bank") for day in (4, 5, 6)] == [[(1, 600)], [], []]


def test_a_line_that_a_person_takes_back_leaves_the_proofs_before_as_they_were(
    set_aside: str,
) -> None:
    before = [booked(set_aside, day) for day in (4, 5)]
    proof = rows(set_aside, LINE_PROOF.format(5))
    limit(set_aside, 400)
    decide(set_aside, unmatch_payout, 2, says(day=5))
    decide(set_aside, match_payout, [1], [1], says(day=5), write_off_variance=True)
    assert rows(set_aside, "SELECT bank_line_id FROM bank_line_before") == [(1,)]
    reconcile_payouts(as_of=at(5, 20))
    assert [booked(set_aside, day) for day in (4, 5)] == before
    assert rows(set_aside, LINE_PROOF.format(5)) == proof
    prove(set_aside, 5)
    reconcile_payouts(as_of=at(6))
    assert [booked(set_aside, day) for day in (4, 5)] == before
    assert rows(set_aside, GAPS) == []
    prove(set_aside, 6)


def test_another_amount_is_booked_on_the_date_that_knows_of_it(url: str) -> None:
    add(url, payout_report=[bank.report(1, 1000)])
    reconcile(as_of=at(4))
    reconcile_payouts(as_of=at(4))
    before = booked(url, 4)
    for day, amount, proof in (
        (5, 950, (1, 1000, 0, 0, 0, -50, 0, 950)),
        (6, 0, (1, 950, 0, 0, -1, -950, 0, 0)),
        (9, 970, (0, 0, 0, 0, 1, 970, 0, 970)),
    ):
        another_amount(url, day, amount)
        for _ in range(2):
            reconcile_payouts(as_of=at(day))
            assert rows(url, PAYOUT_PROOF.format(day)) == [proof]
            prove(url, day)
    assert booked(url, 4) == before
    assert booked(url, 5) == [
        ("payout_change:1", "Assets:Transit:Sent:Adyen", "EUR", -50),
        ("payout_change:1", "Assets:Gateway:Adyen:Main", "EUR", 50),
    ]
    assert rows(url, GAPS) == []
    assert [left(url, day, "payout") for day in (4, 5, 6, 9)] == [
        [(1, 1000)],
        [(1, 950)],
        [],
        [(1, 970)],
    ]


def test_a_second_run_of_a_date_changes_what_the_first_one_changed(url: str) -> None:
    add(url, payout_report=[bank.report(1, 1000)])
    reconcile_payouts(as_of=at(4))
    another_amount(url, 5, 950)
    reconcile_payouts(as_of=at(5))
    add(
        url,
        source_file=[source_file(9, "again.csv", doc_type="PAYOUT", received_at=at(5, 14))],
        payout_report=[bank.report(9, 990, payout_ref="PO-0001", source_file_id=9)],
    )
    reconcile_payouts(as_of=at(5, 20))
    assert rows(url, PAYOUT_PROOF.format(5)) == [(1, 1000, 0, 0, 0, -10, 0, 990)]
    prove(url, 5)
    assert rows(url, GAPS) == []


def test_another_amount_of_what_a_person_parted_is_part_of_what_is_reopened(url: str) -> None:
    add(
        url,
        payout_report=[bank.report(1, 1000)],
        bank_line=[bank.bank_line(1, 1000, "PO-0001")],
    )
    reconcile_payouts(as_of=at(4))
    decide(url, unmatch_payout, 1, says())
    another_amount(url, 5, 950)
    reconcile_payouts(as_of=at(5))
    assert rows(url, PAYOUT_PROOF.format(5)) == [(0, 0, 0, 1000, 0, -50, 0, 950)]
    prove(url, 5)
    assert rows(url, GAPS) == []


def test_another_amount_is_added_up_again_and_that_of_a_matched_payout_stays(url: str) -> None:
    tied = "SELECT amount_minor, sum_ties_on::text FROM payout"
    add(
        url,
        payout_report=[bank.report(1, 1000)],
        settlement_line=[line(1, payout_ref="PO-0001")],
    )
    reconcile_payouts(as_of=at(4))
    assert rows(url, tied) == [(1000, "2026-03-04")]
    another_amount(url, 5, 950)
    reconcile_payouts(as_of=at(5))
    assert rows(url, tied) == [(950, None)]
    statement(url, 8, 6, bank.bank_line(2, 950, "PO-0001", day=6))
    reconcile_payouts(as_of=at(6))
    another_amount(url, 9, 1000)
    reconcile_payouts(as_of=at(9))
    assert rows(url, tied) == [(950, None)]
    prove(url, 9)
    assert rows(url, GAPS) == []


def test_a_reference_rate_that_comes_late_is_booked_when_it_is_there(url: str) -> None:
    add(url, settlement_line=[test_fx.converted(1, 900)])
    reconcile(as_of=at(4))
    before = booked(url, 4)
    add(url, fx_rate=[test_fx.rate(3, "USD", "1.25")])
    for _ in range(2):
        reconcile(as_of=at(5))
        assert booked(url, 4) == before
        assert [row for row in booked(url, 5) if row[0] == "fx:1"] == [
            ("fx:1", "Expenses:Fx:Adyen", "EUR", -100),
            ("fx:1", "Equity:Conversions", "EUR", 100),
        ]
