"""`tieout explain`: from any end of the money to the file, the pass, the people and the books."""

import pytest

from tests.sql.books import add, at, line, open_books, payment, rows, source_file
from tests.sql.harness import load
from tests.sql.settlement.test_decisions import decide
from tieout.cli.main import main
from tieout.kernel import archive
from tieout.kernel.audit import Decision
from tieout.settlement import decisions
from tieout.settlement.tasks import reconcile

CARD = "4111111111111111"


@pytest.fixture
def url(case_url: str, tmp_path) -> str:
    open_books(case_url)
    sha256 = archive.put(f"header\nP1,{CARD},10.00\nP9\n".encode())
    rows(case_url, f"UPDATE source_file SET sha256 = '{sha256}' RETURNING 1")
    add(
        case_url,
        payment=[payment(1), payment(2)],
        settlement_line=[line(1, payout_ref="PO1"), line(2, of=9, order_ref="P9")],
    )
    reconcile(as_of=at(4))
    decide(case_url, decisions.match, ["P2"], [2], Decision("olive", "she asked them", at(5)))
    paid = {"gateway": "adyen", "account": "main", "currency": "EUR", "amount_minor": 1000}
    on = {"first_reconciled_on": "2026-03-05", "source_file_id": 1, "file_line": 2}
    load(
        case_url,
        {
            "payout": [
                paid
                | on
                | {
                    "payout_id": 7,
                    "payout_ref": "PO1",
                    "kind": "payout",
                    "expected_on": "2026-03-05",
                    "is_reported": False,
                }
            ],
            "payout_run": [{"business_date": "2026-03-05", "as_of": at(5, 20)}],
        },
    )
    rows(
        case_url,
        "INSERT INTO bank_line (source_file_id, file_line, bank, account, currency, amount_minor,"
        " booked_on, reference_text, line_key, first_reconciled_on)"
        " VALUES (1, 3, 'adyen', 'DE89', 'EUR', 1000, '2026-03-06', 'PAYOUT PO1', 'k',"
        " '2026-03-05') RETURNING 1",
    )
    rows(
        case_url,
        "INSERT INTO payout_match (business_date, pass, match_no, payout_id, bank_line_id,"
        " payout_part, line_part, amount_minor, matched_at)"
        " VALUES ('2026-03-05', 'reference_and_amount', 1, 7, 1, 1, 1, 1000, '2026-03-06')"
        " RETURNING 1",
    )
    return case_url


def explained(capsys, ref: str) -> str:
    assert main(["explain", ref]) == 0, capsys.readouterr().err
    return capsys.readouterr().out


@pytest.mark.parametrize("ref", ["P1", "G1", "line:1", "match:1"])
def test_from_the_payment_to_the_bank(url: str, capsys, ref: str) -> None:
    told = explained(capsys, ref)
    for part in (
        "payment P1 captured by card through adyen as G1, 10.00 EUR",
        "from settlement-1.csv, line 2, sha256 ",
        "payment P1 matched with line:1 by exact reference (match:1)",
        "journal of 2026-03-04, match:1: Assets:Clearing:Adyen:Payments, -10.00 EUR",
        "adyen pays out PO1 (payout:7)",
        "payout:7 matched with bank:1 by reference and amount",
        "adyen books bank:1 on DE89: PAYOUT PO1",
        "journal of 2026-03-05, payout:7: Assets:Transit:Sent:Adyen, 10.00 EUR",
    ):
        assert part in told
    assert CARD not in told
    assert "| P1," in told


@pytest.mark.parametrize("ref", ["payout:7", "PO1", "bank:1"])
def test_a_payout_and_its_bank_line_from_either_end(url: str, capsys, ref: str) -> None:
    told = explained(capsys, ref)
    assert "adyen pays out PO1 (payout:7)" in told
    assert "bank:1 on DE89: PAYOUT PO1, 10.00 EUR" in told
    assert "journal of 2026-03-05, bank_line:1: Assets:Bank:Adyen:DE89, 10.00 EUR" in told


def test_what_people_decided_is_told(url: str, capsys) -> None:
    (number,) = rows(url, "SELECT max(match_no) FROM settlement_match")[0]
    decide(url, decisions.unmatch, number, Decision("Paul", "it was not", at(6)))
    for ref in (f"match:{number}", "P2", "line:2"):
        told = explained(capsys, ref)
        assert f"olive decides match of match:{number}: she asked them" in told
        assert f"Paul decides unmatch of match:{number}: it was not" in told
        assert f"unmatch:{number}: Assets:Clearing:Adyen:Payments, 10.00 EUR" in told


def test_a_written_off_payment_and_a_case_tell_their_money(url: str, capsys) -> None:
    rows(url, "UPDATE gateway_account SET write_off_limit_minor = 9999 RETURNING 1")
    load(url, {"source_file": [source_file(2, "more.csv", received_at=at(7, 6))]})
    add(url, payment=[payment(3)])
    reconcile(as_of=at(7))
    decide(url, decisions.write_off, Decision("olive", "too small", at(7, 20)), payment_ref="P3")
    for ref in ("P3", "write-off:1"):
        told = explained(capsys, ref)
        assert "olive decides write-off of write-off:1: too small" in told
        assert "write_off:1: Expenses:WriteOff:Adyen, 10.00 EUR" in told


@pytest.mark.parametrize("ref", ["nobody", "match:99", "payout:99", "bank:99", "line:99", "case:9"])
def test_what_nobody_knows_is_said_to_be_unknown(url: str, capsys, ref: str) -> None:
    assert main(["explain", ref]) == 2
    assert f"Nothing is known about '{ref}'" in capsys.readouterr().err
