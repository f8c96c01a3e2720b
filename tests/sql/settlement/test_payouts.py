"""Payouts against their lines and the bank, day by day, in the database."""

import random
from typing import Any

import pyarrow as pa
import pytest

from tests.sql.books import add, at, feed, line, open_books, rows, source_file
from tests.sql.harness import Row, load
from tieout.exceptions.tasks import raise_exceptions
from tieout.kernel.database import transaction
from tieout.settlement.payout_tasks import reconcile_payouts
from tieout.settlement.payouts import BANK_LINES, PAYERS, PAYOUTS, match_payouts
from tieout.settlement.postgres_store import PostgresStore
from tieout.settlement.tasks import DateReconciled

FINDINGS = """
    SELECT code, payout_ref, bank_line_id, amount_minor
      FROM current_payout_finding('infinity') ORDER BY 1, 2, 3
"""
MATCHES = """
    SELECT p.payout_ref, m.bank_line_id, m.pass, m.match_no, m.payout_part, m.line_part
      FROM payout_match AS m JOIN payout AS p USING (payout_id) ORDER BY 1, 2
"""
PROOF = """
    SELECT side, opening_count, new_count, matched_count, open_count, exception_count,
           returned_count, not_ours_count
      FROM payout_proof WHERE business_date = '{}' ORDER BY side DESC
"""
CASES = "SELECT code, subject, status FROM exception_case ORDER BY 1, 2"


@pytest.fixture
def url(case_url: str) -> str:
    open_payout_books(case_url)
    return case_url


def open_payout_books(url: str) -> None:
    """The books of a gateway that pays EUR to `bank`, which shows it as ADYEN."""
    open_books(url)
    partner = {"calendar_id": "weekdays", "zone": "UTC", "active": True}
    load(
        url,
        {
            "partner": [partner | {"partner_id": "bank", "kind": "BANK", "name": "Bank"}],
            "partner_feed": [feed("bank", "BANK_STATEMENT")],
            "payout_route": [{"gateway": "adyen", "currency": "EUR", "bank": "bank"}],
            "source_file": [
                source_file(2, "payouts.csv", doc_type="PAYOUT"),
                statement_file(3, 4),
            ],
        },
    )
    with_payer = "UPDATE gateway_account SET payer_patterns = '{Adyen N.V.}'"
    rows(url, f"{with_payer} RETURNING gateway")


def statement_file(number: int, day: int) -> Row:
    """A statement of `bank`, received early on a day."""
    return source_file(
        number,
        f"statement-{number}.xml",
        partner_id="bank",
        doc_type="BANK_STATEMENT",
        received_at=at(day, 6),
    )


def payout_line(number: int, batch: str, net: int, **other: Any) -> Row:
    """What leaves the gateway's balance as payout TX<n> of a batch, on Tuesday the 3rd."""
    payout = {"kind": "payout", "payout_ref": f"TX{number:06}", "batch_no": batch}
    amounts = {"gross_minor": -net, "net_minor": -net, "settlement_net_minor": -net}
    return line(number, gateway_ref=None, order_ref=None, **amounts, **payout) | other


def report(number: int, amount: int, **other: Any) -> Row:
    """A row of a payout file: PO<n>, expected on Tuesday the 3rd."""
    return {
        "payout_report_id": number,
        "source_file_id": 2,
        "file_line": number,
        "gateway": "adyen",
        "payout_ref": f"PO-000{number}",
        "kind": "payout",
        "currency": "EUR",
        "amount_minor": amount,
        "arrives_on": "2026-03-03",
        "extra": {},
    } | other


def bank_line(number: int, amount: int, text: str, day: int = 4, **other: Any) -> Row:
    return {
        "bank_line_id": number,
        "source_file_id": 3,
        "file_line": number,
        "bank": "bank",
        "account": "DE1",
        "currency": "EUR",
        "amount_minor": amount,
        "booked_on": f"2026-03-{day:02}",
        "reference_text": text,
        "line_key": str(number),
        "extra": {},
    } | other


def test_a_batch_is_summed_and_its_payout_found_at_the_bank(url: str) -> None:
    add(
        url,
        settlement_line=[
            line(1, batch_no="7"),
            line(2, batch_no="7", kind="fee", settlement_net_minor=-100),
            payout_line(3, "7", 900),
        ],
        bank_line=[
            bank_line(1, 900, "TX000 003, batch 7"),
            bank_line(2, 55, "Rent"),
            bank_line(3, -20, "Fees"),
        ],
    )
    counts = reconcile_payouts(as_of=at(4))
    assert counts["payouts"]["applied"] == 1
    assert counts["bank_lines"]["applied"] == 3
    assert rows(url, MATCHES) == [("TX000003", 1, "reference_and_amount", 1, 1, 1)]
    assert rows(url, FINDINGS) == []
    assert rows(url, PROOF.format("2026-03-04")) == [
        ("payouts", 0, 1, 1, 0, 0, 0, 0),
        ("bank_lines", 0, 3, 1, 0, 0, 0, 2),
    ]


def test_a_payout_that_is_not_the_sum_of_its_lines_is_told_until_the_missing_line_comes(
    url: str,
) -> None:
    add(
        url,
        payout_report=[report(1, 7951)],
        settlement_line=[line(1, payout_ref="PO-0001", settlement_net_minor=7950)],
    )
    reconcile_payouts(as_of=at(3))
    assert rows(url, FINDINGS) == [("PAYOUT_SUM_DIFFERS", "PO-0001", None, 1)]
    add(
        url,
        source_file=[source_file(9, "late.csv", received_at=at(4, 6))],
        settlement_line=[
            line(2, source_file_id=9, payout_ref="PO-0001", settlement_net_minor=1, kind="fee")
        ],
    )
    reconcile_payouts(as_of=at(4))
    assert rows(url, FINDINGS) == []
    assert rows(url, "SELECT sum_ties_on::text FROM payout") == [("2026-03-04",)]


def test_a_line_that_comes_after_the_sum_tied_opens_it_again(url: str) -> None:
    add(
        url,
        payout_report=[report(1, 1000)],
        settlement_line=[line(1, payout_ref="PO-0001")],
    )
    reconcile_payouts(as_of=at(3))
    add(
        url,
        source_file=[source_file(9, "late.csv", received_at=at(4, 6))],
        settlement_line=[line(2, source_file_id=9, payout_ref="PO-0001")],
    )
    reconcile_payouts(as_of=at(4))
    assert ("PAYOUT_SUM_DIFFERS", "PO-0001", None, 1000) in rows(url, FINDINGS)


def test_several_in_one_one_in_several_and_payer_alone(url: str) -> None:
    add(
        url,
        settlement_line=[
            payout_line(1, "1", 100),
            payout_line(2, "2", 200),
            payout_line(3, "3", 500),
            payout_line(4, "4", 700),
        ],
        bank_line=[
            bank_line(1, 300, "TX000001 TX000002"),
            bank_line(2, 150, "TX000003 I"),
            bank_line(3, 350, "TX000003 II"),
            bank_line(4, 700, "ref 4711", counterparty="ADYEN NV"),
        ],
    )
    reconcile_payouts(as_of=at(4))
    assert rows(url, MATCHES) == [
        ("TX000001", 1, "payouts_in_one_credit", 1, 1, 1),
        ("TX000002", 1, "payouts_in_one_credit", 1, 1, 2),
        ("TX000003", 2, "payout_in_several_credits", 2, 1, 1),
        ("TX000003", 3, "payout_in_several_credits", 2, 2, 1),
        ("TX000004", 4, "payer_and_amount", 4, 1, 1),
    ]


def test_what_is_wrong_at_the_bank_is_named_once_it_is_late(url: str) -> None:
    add(
        url,
        settlement_line=[payout_line(1, "1", 1000), payout_line(2, "2", 2000)],
        bank_line=[
            bank_line(1, 990, "TX000001"),
            bank_line(2, 77, "from Adyen N.V.", bank_ref="R2"),
        ],
    )
    sums = "SELECT count(*) FROM payout_finding WHERE code = 'PAYOUT_SUM_DIFFERS'"
    reconcile_payouts(as_of=at(5, 23))
    assert [row for row in rows(url, FINDINGS) if row[0] != "PAYOUT_SUM_DIFFERS"] == [
        ("BANK_CREDIT_UNKNOWN", None, 2, 77)
    ]
    assert rows(url, sums) == [(2,)]
    reconcile_payouts(as_of=at(6, 1))
    assert [row for row in rows(url, FINDINGS) if row[0] != "PAYOUT_SUM_DIFFERS"] == [
        ("BANK_CREDIT_UNKNOWN", None, 2, 77),
        ("PAYOUT_AMOUNT_DIFFERS", "TX000001", 1, 10),
        ("PAYOUT_NOT_AT_BANK", "TX000002", None, 2000),
    ]
    raise_exceptions(as_of=at(6, 1))
    assert rows(url, CASES) == [
        ("BANK_CREDIT_UNKNOWN", "DE1:R2", "PENDING"),
        ("PAYOUT_AMOUNT_DIFFERS", "TX000001", "OPEN"),
        ("PAYOUT_NOT_AT_BANK", "TX000002", "OPEN"),
        ("PAYOUT_SUM_DIFFERS", "TX000001", "PENDING"),
        ("PAYOUT_SUM_DIFFERS", "TX000002", "PENDING"),
    ]


def test_what_fits_several_is_no_match(url: str) -> None:
    add(
        url,
        settlement_line=[payout_line(1, "1", 1000), payout_line(2, "2", 1000)],
        bank_line=[bank_line(1, 1000, "Adyen N.V.", bank_ref="R1")],
    )
    reconcile_payouts(as_of=at(4))
    assert rows(url, MATCHES) == []
    named = [row[:3] for row in rows(url, FINDINGS) if row[0] == "PAYOUT_AMBIGUOUS"]
    assert named == [("PAYOUT_AMBIGUOUS", "TX000001", 1), ("PAYOUT_AMBIGUOUS", "TX000002", 1)]
    raise_exceptions(as_of=at(4))
    assert ("PAYOUT_AMBIGUOUS", "DE1:R1", "OPEN") in rows(url, CASES)


def test_a_failed_payout_is_told_until_the_gateway_takes_it_back(url: str) -> None:
    add(url, payout_report=[report(1, 1000, gateway_status="failed")])
    reconcile_payouts(as_of=at(3))
    assert ("PAYOUT_REVERSED", "PO-0001", None, 1000) in rows(url, FINDINGS)
    add(
        url,
        source_file=[source_file(9, "news.csv", doc_type="PAYOUT", received_at=at(4, 6))],
        payout_report=[
            report(2, -1000, payout_ref="PO-0001", kind="payout_reversal", source_file_id=9)
        ],
    )
    reconcile_payouts(as_of=at(4))
    assert [row for row in rows(url, FINDINGS) if row[0] != "PAYOUT_SUM_DIFFERS"] == []
    assert rows(url, PROOF.format("2026-03-04")) == [("payouts", 1, 1, 0, 0, 0, 2, 0)]
    reconcile_payouts(as_of=at(5))
    assert rows(url, PROOF.format("2026-03-05")) == []


def test_a_payout_that_comes_after_its_money_takes_the_line_back(url: str) -> None:
    add(url, bank_line=[bank_line(1, 900, "TX000003")])
    reconcile_payouts(as_of=at(4))
    assert rows(url, "SELECT not_ours_on::text FROM bank_line") == [("2026-03-04",)]
    add(
        url,
        source_file=[source_file(9, "late.csv", received_at=at(5, 6))],
        settlement_line=[payout_line(3, "7", 900, source_file_id=9)],
    )
    for _ in range(2):
        reconcile_payouts(as_of=at(5))
        assert [row[0] for row in rows(url, MATCHES)] == ["TX000003"]
        assert rows(url, PROOF.format("2026-03-05"))[1] == ("bank_lines", 0, 1, 1, 0, 0, 0, 0)


def test_the_same_instant_again_changes_nothing(url: str) -> None:
    add(
        url,
        settlement_line=[payout_line(1, "1", 100), payout_line(2, "2", 200)],
        bank_line=[bank_line(1, 100, "TX000001"), bank_line(2, 5, "else")],
    )
    every = "SELECT (to_jsonb(t) - 'payout_match_id' - 'payout_finding_id')::text FROM {} AS t"
    tables = (
        "payout",
        "payout_match",
        "payout_finding",
        "payout_proof",
        "bank_line",
        "run_summary",
    )
    first = reconcile_payouts(as_of=at(4))
    before = [rows(url, every.format(table)) for table in tables]
    assert reconcile_payouts(as_of=at(4)) == first
    after = [rows(url, every.format(table)) for table in tables]
    assert [sorted(map(str, each)) for each in after] == [sorted(map(str, e)) for e in before]


def test_an_instant_before_the_newest_is_refused(url: str) -> None:
    reconcile_payouts(as_of=at(5))
    with pytest.raises(DateReconciled, match="2026-03-05 was"):
        reconcile_payouts(as_of=at(4))


def test_a_batch_left_out_is_missed_where_numbers_are_promised(url: str) -> None:
    add(url, settlement_line=[line(1, batch_no="7"), line(2, batch_no="9")])
    reconcile_payouts(as_of=at(3))
    raise_exceptions(as_of=at(3))
    assert rows(url, CASES) == []
    rows(url, "UPDATE gateway_account SET consecutive_batches = true RETURNING 1")
    reconcile_payouts(as_of=at(3, 13))
    raise_exceptions(as_of=at(3, 16))
    assert rows(url, CASES) == [("SETTLEMENT_BATCH_MISSING", "main:8-8", "PENDING")]


def statement(number: int, day: int, opening: int, closing: int, **other: Any) -> Row:
    return {
        "bank_statement_id": number,
        "source_file_id": number,
        "bank": "bank",
        "account": "DE1",
        "currency": "EUR",
        "statement_no": str(number),
        "opening_minor": opening,
        "closing_minor": closing,
        "movement_minor": closing - opening,
        "lines": 1,
        "known_lines": 0,
        "first_on": f"2026-03-{day:02}",
        "last_on": f"2026-03-{day:02}",
    } | other


def test_a_statement_that_is_missing_shows_until_it_comes(url: str) -> None:
    files = [statement_file(number, number) for number in (11, 13)]
    add(url, source_file=files, bank_statement=[statement(11, 10, 0, 5), statement(13, 12, 9, 8)])
    raise_exceptions(as_of=at(13))
    assert rows(url, CASES) == [("BANK_STATEMENT_GAP", "DE1:2026-03-12", "OPEN")]
    add(url, source_file=[statement_file(12, 12)], bank_statement=[statement(12, 11, 5, 9)])
    raise_exceptions(as_of=at(14))
    assert rows(url, CASES) == [("BANK_STATEMENT_GAP", "DE1:2026-03-12", "AUTO_RESOLVED")]


def test_lines_that_do_not_lead_to_the_closing_balance_show(url: str) -> None:
    add(url, bank_statement=[statement(3, 3, 0, 5, movement_minor=4)])
    raise_exceptions(as_of=at(4))
    assert rows(url, CASES) == [("BANK_STATEMENT_GAP", "DE1:2026-03-03", "OPEN")]


def test_postgresql_gives_the_same_rows_as_duckdb(url: str) -> None:
    chance = random.Random(4)
    refs = [f"PAY{n:04}" for n in range(40)]
    payouts = [
        {
            "payout_id": n,
            "gateway": "adyen",
            "account": "main",
            "payout_ref": ref,
            "kind": "payout",
            "currency": chance.choice(["EUR", "USD"]),
            "amount_minor": chance.choice([100, 200, 300, 500]),
            "day": chance.randrange(30),
            "window_days": 5,
            "bank": None,
            "key": ref,
            "other_key": None,
            "is_failed": int(n % 13 == 0),
            "is_late": n % 2,
            "carried": n % 3 % 2,
        }
        for n, ref in enumerate(refs)
    ]
    lines = [
        {
            "bank_line_id": n,
            "bank": "bank",
            "account": "DE1",
            "currency": chance.choice(["EUR", "USD"]),
            "amount_minor": chance.choice([100, 200, 300, 500, -100]),
            "day": chance.randrange(30),
            "said": chance.choice(["ADYEN"] * 40 + ["ELSE", *refs])
            + chance.choice([""] * 40 + refs),
            "carried": 0,
        }
        for n in range(60)
    ]
    tables = (
        pa.Table.from_pylist(payouts, PAYOUTS),
        pa.Table.from_pylist(lines, BANK_LINES),
        pa.Table.from_pylist([{"gateway": "adyen", "said": "ADYEN"}], PAYERS),
    )
    expected = match_payouts(*tables)
    with transaction(url, actor="test") as connection:
        found = match_payouts(*tables, store=PostgresStore(connection))
    assert expected.matches.num_rows > 3
    assert len(set(expected.findings["code"].to_pylist())) >= 4
    assert found.matches.to_pylist() == expected.matches.to_pylist()
    assert found.findings.to_pylist() == expected.findings.to_pylist()
    assert found.proof == expected.proof
