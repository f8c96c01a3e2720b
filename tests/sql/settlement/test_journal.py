"""The journal's entries, and that it agrees with the proofs whatever happens."""

import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sql.books import add, at, line, open_books, payment, rows, source_file
from tests.sql.harness import load
from tieout.kernel.audit import Decision
from tieout.kernel.database import transaction
from tieout.kernel.errors import RunDoesNotAddUp
from tieout.settlement import decisions, journal
from tieout.settlement.beancount import write_beancount
from tieout.settlement.tasks import reconcile

POSTINGS = """
    SELECT entry_kind || ':' || entry_no, account, currency, amount_minor
      FROM journal_posting WHERE business_date = '{}'
     ORDER BY entry_kind, entry_no, posting_no
"""
UNBALANCED = """
    SELECT business_date, entry_kind, entry_no, currency, sum(amount_minor)
      FROM journal_posting GROUP BY 1, 2, 3, 4 HAVING sum(amount_minor) <> 0
"""
SUMS = """
    WITH both_ways AS (
        SELECT business_date, entry_kind, account, currency, amount_minor FROM journal_posting
         UNION ALL
        SELECT business_date, entry_kind, account, currency, -amount_minor FROM journal_sum
    )
    SELECT business_date, entry_kind, account, currency FROM both_ways
     GROUP BY 1, 2, 3, 4 HAVING sum(amount_minor) <> 0
"""
CLEARING, GATEWAY, FEES = (
    "Assets:Clearing:Adyen",
    "Assets:Gateway:Adyen:Main",
    "Expenses:Fees:Adyen",
)


@pytest.fixture
def url(case_url: str) -> str:
    open_books(case_url)
    rows(case_url, "UPDATE gateway_account SET write_off_limit_minor = 9999 RETURNING 1")
    return case_url


def decide(url: str, what, *args, day: int = 5, **named):
    with transaction(url, actor="test") as connection:
        return what(connection, *args, Decision("olive", 'it "is"\nso', at(day, 9)), **named)


def booked(url: str, day: int) -> list[tuple]:
    return rows(url, POSTINGS.format(at(day).date()))


def prove(url: str, last: int, first: int | None = None) -> None:
    with transaction(url, actor="test") as connection:
        journal.prove_journal(
            connection, "settlement", at(last).date(), at(first).date() if first else None
        )
    assert rows(url, UNBALANCED) == []
    assert rows(url, SUMS) == []


def export(url: str, path: Path, first: int | None = None) -> Path:
    with transaction(url, actor="test") as connection, path.open("w", encoding="utf-8") as out:
        days = journal.settled_days(connection, first and at(first).date(), None)
        write_beancount(
            out,
            journal.postings(connection, *days),
            journal.balances(connection, *days),
            *days,
        )
    return path


def bean_check(path: Path) -> subprocess.CompletedProcess[str]:
    found = shutil.which("bean-check", path=str(Path(sys.executable).parent))
    assert found, "bean-check is a development dependency: make setup"
    return subprocess.run([found, str(path)], capture_output=True, text=True, check=False)


def test_a_match_with_a_fee_moves_both_sides_out_of_clearing(url: str) -> None:
    settled = {"fee_minor": 30, "net_minor": 970, "settlement_net_minor": 970}
    add(url, payment=[payment(1)], settlement_line=[line(1, **settled)])
    reconcile(as_of=at(4))
    assert booked(url, 4) == [
        ("line:1", GATEWAY, "EUR", 970),
        ("line:1", FEES, "EUR", 30),
        ("line:1", f"{CLEARING}:Settled", "EUR", -1000),
        ("match:1", f"{CLEARING}:Payments", "EUR", -1000),
        ("match:1", f"{CLEARING}:Settled", "EUR", 1000),
        ("payment:1", f"{CLEARING}:Payments", "EUR", 1000),
        ("payment:1", "Income:Sales:Adyen", "EUR", -1000),
    ]
    prove(url, 4)


def test_a_refund_books_the_other_way_round(url: str) -> None:
    add(
        url,
        payment=[payment(1, kind="refund", amount_minor=400)],
        settlement_line=[line(1, kind="refund", gross_minor=-400)],
    )
    reconcile(as_of=at(4))
    assert booked(url, 4) == [
        ("line:1", GATEWAY, "EUR", -400),
        ("line:1", f"{CLEARING}:Settled", "EUR", 400),
        ("match:1", f"{CLEARING}:Refunds", "EUR", 400),
        ("match:1", f"{CLEARING}:Settled", "EUR", -400),
        ("payment:1", f"{CLEARING}:Refunds", "EUR", -400),
        ("payment:1", "Income:Refunds:Adyen", "EUR", 400),
    ]
    prove(url, 4)


@pytest.mark.parametrize(
    ("kind", "account"),
    [
        ("fee", FEES),
        ("transfer", "Assets:Transfers:Adyen"),
        ("chargeback", f"{CLEARING}:Disputes"),
        ("reserve", f"{CLEARING}:Reserves"),
        ("refund_reversal", f"{CLEARING}:Reversals"),
        ("adjustment", f"{CLEARING}:Adjustments"),
    ],
)
def test_lines_of_other_kinds_have_accounts_of_their_own(url: str, kind: str, account: str) -> None:
    add(url, settlement_line=[line(1, kind=kind, gross_minor=-50)])
    reconcile(as_of=at(4))
    assert booked(url, 4) == [("line:1", GATEWAY, "EUR", -50), ("line:1", account, "EUR", 50)]
    prove(url, 4)


def test_what_is_taken_back_leaves_clearing_by_its_link(url: str) -> None:
    add(
        url,
        settlement_line=[
            line(1, kind="chargeback", gross_minor=-50),
            line(2, of=1, kind="chargeback_reversal", gross_minor=50),
        ],
    )
    reconcile(as_of=at(4))
    assert [row for row in booked(url, 4) if row[0].startswith("link")] == [
        ("link:1", f"{CLEARING}:Disputes", "EUR", -50),
        ("link:1", "Expenses:Disputes:Adyen", "EUR", 50),
        ("link:2", f"{CLEARING}:Disputes", "EUR", 50),
        ("link:2", "Expenses:Disputes:Adyen", "EUR", -50),
    ]
    prove(url, 4)


def test_a_converted_line_balances_in_both_currencies(url: str) -> None:
    converted = {
        "settlement_currency": "USD",
        "settlement_net_minor": 1070,
        "settlement_fee_minor": 20,
    }
    add(url, settlement_line=[line(1, **converted)])
    reconcile(as_of=at(4))
    assert booked(url, 4) == [
        ("line:1", GATEWAY, "USD", 1070),
        ("line:1", FEES, "USD", 20),
        ("line:1", f"{CLEARING}:Settled", "EUR", -1000),
        ("line:1", "Equity:Conversions", "EUR", 1000),
        ("line:1", "Equity:Conversions", "USD", -1090),
    ]
    prove(url, 4)


@pytest.mark.parametrize("kind", ["charge", "refund"])
def test_a_variance_is_a_cost_and_a_written_off_one_a_write_off(url: str, kind: str) -> None:
    sign = -1 if kind == "refund" else 1
    add(
        url,
        payment=[payment(1, kind=kind)],
        settlement_line=[line(1, kind=kind, gross_minor=sign * 990)],
    )
    reconcile(as_of=at(4))
    decide(url, lambda c, d: decisions.match(c, ["P1"], [1], d, write_off_variance=True))
    reconcile(as_of=at(5))
    assert [row for row in booked(url, 5) if row[1].startswith("Expenses")] == [
        ("match:1", "Expenses:Variance:Adyen", "EUR", sign * 10),
        ("write_off:1", "Expenses:WriteOff:Adyen", "EUR", sign * 10),
        ("write_off:1", "Expenses:Variance:Adyen", "EUR", -sign * 10),
    ]
    prove(url, 5, 4)
    decide(url, decisions.unmatch, 1, day=6)
    reconcile(as_of=at(6))
    reversed_ = {row[1:] for row in booked(url, 6)}
    assert reversed_ == {(*row[1:3], -row[3]) for row in booked(url, 5)}
    prove(url, 6, 4)


def test_write_offs_and_their_taking_back_cancel_out(url: str) -> None:
    add(
        url,
        payment=[payment(1), payment(2, kind="refund")],
        settlement_line=[line(8), line(9, kind="refund", gross_minor=-300)],
    )
    reconcile(as_of=at(10))
    for subject in ({"payment_ref": "P1"}, {"payment_ref": "P2"}, {"line_id": 8}, {"line_id": 9}):
        decide(url, decisions.write_off, **subject)
    reconcile(as_of=at(11))
    lost = [row for row in booked(url, 11) if row[1] == "Expenses:WriteOff:Adyen"]
    assert [row[3] for row in lost] == [1000, -1000, -1000, 300]
    prove(url, 11, 10)
    for number in (1, 2, 3, 4):
        decide(url, decisions.reopen, number, day=12)
    reconcile(as_of=at(12))
    assert {row[1:] for row in booked(url, 12)} == {(*row[1:3], -row[3]) for row in booked(url, 11)}
    prove(url, 12, 10)


def test_the_exported_file_is_accepted_by_bean_check(url: str, tmp_path: Path) -> None:
    several_days(url)
    for first in (None, 5):
        path = export(url, tmp_path / f"from-{first}.beancount", first)
        done = bean_check(path)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"2026-03-07 balance {CLEARING}:Settled  " in path.read_text(encoding="utf-8")
    assert "opening balances" in path.read_text(encoding="utf-8")


def test_bean_check_finds_a_row_that_is_lost(url: str, tmp_path: Path) -> None:
    several_days(url)
    path = export(url, tmp_path / "all.beancount")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    start = next(n for n, text in enumerate(lines) if 'entry: "line:2"' in text) - 1
    end = lines.index("\n", start)
    path.write_text("".join(lines[:start] + lines[end:]), encoding="utf-8")
    assert "Balance failed" in bean_check(path).stderr


def test_the_same_export_twice_is_the_same(url: str, tmp_path: Path) -> None:
    several_days(url)
    first, second = (export(url, tmp_path / name) for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()


def test_the_csv_has_one_row_per_posting(url: str) -> None:
    add(url, payment=[payment(1, currency="JPY")])
    reconcile(as_of=at(4))
    out = io.StringIO()
    with transaction(url, actor="test") as connection:
        journal.write_csv(out, journal.postings(connection, at(1).date(), at(9).date()))
    assert out.getvalue().splitlines()[1:] == [
        f"2026-03-04,payment:1,1,{CLEARING}:Payments,JPY,1000,1000,charge P1",
        "2026-03-04,payment:1,2,Income:Sales:Adyen,JPY,-1000,-1000,charge P1",
    ]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE payment SET amount_minor = 999 WHERE payment_id = 2",
        "UPDATE settlement_line SET gross_minor = 1 WHERE settlement_line_id = 2",
        "UPDATE settlement_match SET undone_at = now(), undone_on = '2026-03-04',"
        " undone_by = 'x', undone_why = 'x' WHERE match_no = 2",
    ],
)
def test_what_is_changed_behind_the_books_is_found(url: str, change: str) -> None:
    several_days(url)
    prove(url, 6, 4)
    rows(url, f"{change} RETURNING 1")
    with pytest.raises(RunDoesNotAddUp, match="The journal of 2026-03-0"):
        prove(url, 6, 4)


def test_days_that_are_not_reconciled_are_refused(url: str) -> None:
    with transaction(url, actor="test") as connection:
        with pytest.raises(journal.JournalNotSettled, match="up to no date"):
            journal.settled_days(connection, None, None)
        several_days(url)
        with pytest.raises(journal.JournalNotSettled, match="settled up to 2026-03-06"):
            journal.settled_days(connection, None, at(7).date())
        with pytest.raises(journal.JournalNotSettled, match="lies behind"):
            journal.settled_days(connection, at(6).date(), at(5).date())


def several_days(url: str) -> None:
    """Matches, an open payment, an unknown line, a late one, an un-match, a write-off."""
    add(
        url,
        payment=[payment(1), payment(2), payment(3, currency="JPY", amount_minor=100)],
        settlement_line=[line(1, fee_minor=10, settlement_net_minor=990), line(2), line(9)],
    )
    reconcile(as_of=at(4))
    decide(url, decisions.unmatch, 1)
    reconcile(as_of=at(5))
    decide(url, decisions.write_off, day=6, line_id=9)
    load(url, {"source_file": [source_file(2, "late.csv", received_at=at(6, 6))]})
    late = {"source_file_id": 2, "currency": "JPY", "settlement_currency": "JPY"}
    add(url, settlement_line=[line(3, gross_minor=100, **late)])
    reconcile(as_of=at(6))
