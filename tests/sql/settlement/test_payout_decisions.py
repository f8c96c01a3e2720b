"""Payouts parted from bank lines, and tied to them, by hand: dates, proof, journal, two persons."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from tests.sql.books import add, at, rows
from tests.sql.settlement import test_payouts as bank
from tests.sql.settlement.test_decisions import decide, limit, says
from tieout.cli.main import main
from tieout.exceptions.tasks import raise_exceptions
from tieout.kernel import archive
from tieout.kernel.database import transaction
from tieout.settlement import decisions, journal, periods
from tieout.settlement.deciding import Outcome, SettlementDecisionError
from tieout.settlement.payout_decisions import match_payout, unmatch_payout
from tieout.settlement.payout_tasks import reconcile_payouts
from tieout.settlement.periods import PeriodClosed
from tieout.settlement.story import meant
from tieout.settlement.tasks import reconcile

url = bank.url

HELD = """
    SELECT payout_id, bank_line_id, origin, business_date::text, undone_on::text, amount_minor,
           variance_minor
      FROM payout_match ORDER BY payout_match_id
"""
PROOF = """
    SELECT side, opening_count, new_count, reopened_count, matched_count, open_count,
           exception_count, not_ours_count
      FROM payout_proof WHERE business_date = '{}' ORDER BY side DESC
"""
CODES = "SELECT code, bank_line_id FROM current_payout_finding('infinity') ORDER BY 1, 2"
WHY = ["--reason", "the bank said so"]


@pytest.fixture
def matched(url: str) -> str:
    """PO-0001 (10.00) is matched with bank line 1 on the 4th; line 2 (10.00) is not ours."""
    add(
        url,
        payout_report=[bank.report(1, 1000)],
        bank_line=[bank.bank_line(1, 1000, "PO-0001"), bank.bank_line(2, 1000, "Rent")],
    )
    reconcile(as_of=at(4))
    reconcile_payouts(as_of=at(4))
    return url


def prove(url: str, last: int) -> None:
    """Hold the journal of payouts up to that day of March against the proofs."""
    with transaction(url, actor="test") as connection:
        journal.prove_journal(connection, "payouts", date(2026, 3, last), date(2026, 3, 1))


def test_what_is_parted_stays_parted_and_is_reopened_in_the_next_proof(matched: str) -> None:
    decide(matched, unmatch_payout, 1, says())
    before = rows(matched, PROOF.format("2026-03-04"))
    reconcile_payouts(as_of=at(5))
    assert rows(matched, HELD) == [(1, 1, "run", "2026-03-04", "2026-03-05", 1000, 0)]
    assert rows(matched, PROOF.format("2026-03-04")) == before
    assert rows(matched, PROOF.format("2026-03-05")) == [
        ("payouts", 0, 0, 1, 0, 1, 0, 0),
        ("bank_lines", 0, 0, 1, 0, 0, 1, 0),
    ]
    assert ("BANK_CREDIT_UNKNOWN", 1) in rows(matched, CODES)
    prove(matched, 5)
    rows(matched, "UPDATE gateway_account SET payer_patterns = '{}' RETURNING 1")
    raise_exceptions(as_of=at(5, 13))
    ((case, partner),) = rows(
        matched,
        "SELECT exception_case_id, partner_id FROM exception_case"
        " WHERE code = 'BANK_CREDIT_UNKNOWN'",
    )
    assert partner == "bank"
    with transaction(matched, actor="test") as connection:
        assert meant(connection, f"case:{case}")["bank_lines"] == [1]
    with pytest.raises(DBAPIError, match="payout 1: a person parted it from this bank line"):
        rows(
            matched,
            "INSERT INTO payout_match (business_date, pass, match_no, payout_id, bank_line_id,"
            " payout_part, line_part, amount_minor, matched_at)"
            " VALUES ('2026-03-06', 'x', 1, 1, 1, 1, 1, 1000, '2026-03-06') RETURNING 1",
        )


def test_the_right_line_is_tied_even_if_it_was_set_aside(matched: str) -> None:
    decide(matched, unmatch_payout, 1, says())
    assert decide(matched, match_payout, [1], [2], says()) == Outcome(match_no=2)
    reconcile_payouts(as_of=at(5))
    assert rows(matched, HELD)[1] == (1, 2, "person", "2026-03-05", None, 1000, 0)
    assert rows(matched, PROOF.format("2026-03-05")) == [
        ("payouts", 0, 0, 1, 1, 0, 0, 0),
        ("bank_lines", 0, 1, 1, 1, 0, 1, 0),
    ]
    prove(matched, 5)
    assert rows(matched, "SELECT action, subject FROM audit_log ORDER BY 1") == [
        ("settlement.match-payout", "payout_match:2"),
        ("settlement.unmatch-payout", "payout_match:1"),
    ]


def test_what_a_person_ties_together_again_may_meet_again(matched: str) -> None:
    decide(matched, unmatch_payout, 1, says())
    decide(matched, match_payout, [1], [1], says())
    assert rows(matched, "SELECT count(*) FROM payout_ban") == [(0,)]
    reconcile_payouts(as_of=at(5))
    assert rows(matched, PROOF.format("2026-03-05"))[0] == ("payouts", 0, 0, 1, 1, 0, 0, 0)
    prove(matched, 5)


def test_the_same_date_again_leaves_what_people_decided_for_the_next_one(matched: str) -> None:
    before = rows(matched, PROOF.format("2026-03-04"))
    decide(matched, unmatch_payout, 1, says())
    reconcile_payouts(as_of=at(4, 20))
    assert rows(matched, PROOF.format("2026-03-04")) == before
    assert len(rows(matched, HELD)) == 1
    prove(matched, 4)


def test_a_line_that_counts_from_a_later_date_on_is_no_part_of_the_proofs_before(
    matched: str,
) -> None:
    decide(matched, unmatch_payout, 1, says(day=8))
    decide(matched, match_payout, [1], [2], says(day=8))
    decide(matched, unmatch_payout, 2, says(day=8))
    reconcile_payouts(as_of=at(5))
    assert rows(matched, PROOF.format("2026-03-05")) == []
    reconcile_payouts(as_of=at(8))
    assert rows(matched, PROOF.format("2026-03-08")) == [
        ("payouts", 0, 0, 1, 0, 0, 1, 0),
        ("bank_lines", 0, 1, 1, 0, 0, 2, 0),
    ]
    prove(matched, 8)


def short(url: str) -> None:
    """PO-0001 (10.00) came as 9.90, and is late on the 9th."""
    add(
        url,
        payout_report=[bank.report(1, 1000)],
        bank_line=[bank.bank_line(1, 990, "PO-0001")],
    )
    reconcile(as_of=at(9))
    reconcile_payouts(as_of=at(9))


@pytest.mark.parametrize("small", [True, False])
def test_a_variance_is_written_off_by_one_person_or_by_two(url: str, small: bool) -> None:
    limit(url, 10 if small else 9)
    short(url)
    assert ("PAYOUT_AMOUNT_DIFFERS", 1) in rows(url, CODES)
    with pytest.raises(SettlementDecisionError, match="-10 minor units more than the payouts"):
        decide(url, match_payout, [1], [1], says())
    made = decide(url, match_payout, [1], [1], says(day=10), write_off_variance=True)
    if not small:
        assert made == Outcome(write_off_id=1, waits=True)
        with pytest.raises(SettlementDecisionError, match="olive proposed write-off 1"):
            decide(url, decisions.approve, 1, says(day=10))
        made = decide(url, decisions.approve, 1, says("paul", day=10))
    assert made == Outcome(match_no=1, write_off_id=1)
    assert rows(url, HELD) == [(1, 1, "person", "2026-03-10", None, 1000, -10)]
    assert ("PAYOUT_AMOUNT_DIFFERS", 1) not in rows(url, CODES)
    reconcile_payouts(as_of=at(10))
    prove(url, 10)
    booked = (
        "SELECT entry_kind, amount_minor FROM journal_posting"
        " WHERE account LIKE 'Expenses:{}%' ORDER BY 1"
    )
    assert rows(url, booked.format("WriteOff")) == [("write_off", 10)]
    assert rows(url, booked.format("Variance")) == [("payout_match", 10), ("write_off", -10)]
    with pytest.raises(SettlementDecisionError, match="the variance of a match") as refused:
        decide(url, decisions.reopen, 1, says(day=10))
    assert refused.value.remedy == "Undo payout match 1 in its place."
    decide(url, unmatch_payout, 1, says(day=11))
    reconcile_payouts(as_of=at(11))
    prove(url, 11)
    assert rows(url, "SELECT status FROM settlement_write_off") == [("REOPENED",)]
    assert rows(
        url, "SELECT sum(amount_minor)::int FROM journal_posting WHERE account LIKE 'Expenses:%'"
    ) == [(0,)]


@pytest.mark.parametrize("many", ["lines", "payouts"])
def test_parts_are_held_both_ways(url: str, many: str) -> None:
    amounts = ([1000], [400, 600]) if many == "lines" else ([400, 600], [1000])
    add(
        url,
        payout_report=[bank.report(n + 1, amount) for n, amount in enumerate(amounts[0])],
        bank_line=[bank.bank_line(n + 1, minor, "Rent") for n, minor in enumerate(amounts[1])],
    )
    reconcile(as_of=at(4))
    reconcile_payouts(as_of=at(4))
    ids = [[n + 1 for n in range(len(side))] for side in amounts]
    assert decide(url, match_payout, *ids, says()).match_no == 1
    assert [row[5] for row in rows(url, HELD)] == [400, 600]
    reconcile_payouts(as_of=at(5))
    prove(url, 5)


REFUSED: dict[str, tuple[list[int], list[int], str]] = {
    "unknown payout": ([9], [2], "There is no payout 9"),
    "unknown line": ([1], [9], "There is no bank line 9"),
    "held": ([1], [2], "Payout 1 is in payout match 1"),
    "held line": ([2], [1], "Bank line 1 is in payout match 1"),
    "several": ([2, 3], [2, 4], "2 payouts and 2 bank lines are no match"),
    "currency": ([2], [4], "not of one currency: EUR, USD"),
    "not seen": ([2], [5], "Bank line 5 is not reconciled yet"),
    "cancelled": ([4], [2], "Payout 4 and its reversal cancelled"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_one_match_is_refused(matched: str, case: str) -> None:
    back = {"payout_ref": "PO-0004", "kind": "payout_reversal"}
    add(
        matched,
        source_file=[bank.source_file(9, "payouts-2.csv", doc_type="PAYOUT", received_at=at(5, 6))],
        payout_report=[
            bank.report(2, 500, source_file_id=9),
            bank.report(3, 600, source_file_id=9),
            bank.report(4, 700, source_file_id=9),
            bank.report(5, -700, source_file_id=9) | back,
        ],
        bank_line=[bank.bank_line(4, 500, "Rent", currency="USD")],
    )
    reconcile_payouts(as_of=at(5))
    add(matched, bank_line=[bank.bank_line(5, 500, "x")])
    payouts, lines, why = REFUSED[case]
    with pytest.raises(SettlementDecisionError, match=why):
        decide(matched, match_payout, payouts, lines, says(day=6))


CHANGES = {
    "match": "UPDATE payout_match SET undone_at = matched_at, undone_on = business_date,"
    " undone_by = 'x', undone_why = 'x'",
    "finding": "INSERT INTO payout_finding (business_date, code, amount_minor, currency, reason)"
    " VALUES ('2026-03-04', 'x', 0, 'EUR', 'x')",
    "proof": "DELETE FROM payout_proof",
    "run": "DELETE FROM payout_run",
}


def test_closed_books_of_payouts_stay_as_they_are(matched: str) -> None:
    decide(matched, periods.close, date(2026, 3, 1), date(2026, 3, 4), says())
    with pytest.raises(PeriodClosed, match="Payout match 1 is of 2026-03-04"):
        decide(matched, unmatch_payout, 1, says())
    with pytest.raises(PeriodClosed, match="The reconciliation of payouts is of 2026-03-04"):
        reconcile_payouts(as_of=at(4, 20))
    for change in CHANGES.values():
        with pytest.raises(DBAPIError, match="2026-03-01 to 2026-03-04 is CLOSED"):
            rows(matched, f"{change} RETURNING 1")
    decide(matched, periods.reopen_period, date(2026, 3, 1), date(2026, 3, 4), says())
    decide(matched, unmatch_payout, 1, says())


def test_a_day_is_closed_once_its_payouts_are_reconciled_too(matched: str) -> None:
    reconcile(as_of=at(5))
    close: Callable[..., Any] = periods.close
    with pytest.raises(periods.PeriodError, match="the newest date that is, is 2026-03-04"):
        decide(matched, close, date(2026, 3, 5), date(2026, 3, 5), says())
    reconcile_payouts(as_of=at(5))
    decide(matched, close, date(2026, 3, 5), date(2026, 3, 5), says())


def test_there_is_nothing_to_undo_twice(matched: str) -> None:
    decide(matched, unmatch_payout, 1, says())
    with pytest.raises(SettlementDecisionError, match="no payout match 1 that stands"):
        decide(matched, unmatch_payout, 1, says())


def test_an_operator_decides_by_command(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    short(url)
    sha256 = archive.put(b"header\n1,PO-0001,9.90\n")
    rows(url, f"UPDATE source_file SET sha256 = '{sha256}' WHERE source_file_id > 1 RETURNING 1")
    tie = ["settlement", "match-payout", "--payout", "1", "--bank-line", "1", *WHY]
    assert main(tie) == 2
    assert "-10 minor units more" in capsys.readouterr().err
    assert main([*tie, "--write-off-variance", "--actor", "olive"]) == 0
    assert "write-off 1 waits for another person" in capsys.readouterr().out
    assert main(["settlement", "waiting"]) == 0
    assert "by olive: variance of payout:1, bank:1" in capsys.readouterr().out
    assert main(["settlement", "approve", "1", *WHY, "--actor", "paul"]) == 0
    assert capsys.readouterr().out == "match 1, write-off 1\n"
    for name in ("payout:1", "write-off:1", "payout-match:1", "bank:1"):
        assert main(["explain", name]) == 0
        told = capsys.readouterr().out
        assert "payout:1 matched with bank:1 by hand (payout-match:1), variance -10" in told
        assert "paul decides approve of write-off:1: the bank said so" in told
    assert main(["settlement", "unmatch-payout", "1", *WHY]) == 0
    assert capsys.readouterr().out == "unmatch-payout: 1\n"
