"""Findings of reconciliation, and what hides or overtakes them."""

from tests.sql.books import add, at, line, payment, rows, source_file
from tests.sql.exceptions.offences import found, order_line, quarantined, refused
from tests.sql.harness import load
from tieout.exceptions.tasks import raise_exceptions
from tieout.settlement.tasks import reconcile

CASES = "SELECT code, subject, status FROM exception_case ORDER BY exception_case_id"


def test_settlement_codes_come_from_the_newest_reconciliation(url: str) -> None:
    add(
        url,
        payment=[payment(n) for n in range(1, 6)],
        settlement_line=[
            line(1),
            line(2, gross_minor=999),
            line(3, gross_minor=1002),
            line(4, currency="USD"),
            line(5, of=1),
            line(6, of=1, gross_minor=10),
            line(7, of=90),
            line(8, of=91, order_ref=None),
        ],
    )
    reconcile(as_of=at(6))
    assert found(url, "AMOUNT_UNDER", at(6)) == [("P2", 1)]
    assert found(url, "AMOUNT_OVER", at(6)) == [("P3", 2)]
    assert found(url, "CURRENCY_MISMATCH", at(6)) == [("P4", 1000)]
    assert found(url, "DUPLICATE_SETTLEMENT", at(6)) == [("P1", 1010)]
    assert found(url, "SETTLED_NO_ORDER", at(6)) == [("G91", 1000), ("P90", 1000)]
    assert found(url, "SETTLEMENT_OVERDUE", at(6)) == [("P5", 1000)]


def test_settlement_findings_that_new_rows_overtook_wait_for_the_next_reconciliation(
    url: str,
) -> None:
    add(url, payment=[payment(1)], settlement_line=[line(2)])
    reconcile(as_of=at(6))
    assert found(url, "SETTLED_NO_ORDER", at(6)) == [("P2", 1000)]
    assert found(url, "SETTLEMENT_OVERDUE", at(6)) == [("P1", 1000)]
    add(url, payment=[payment(2)], settlement_line=[line(1, gateway_ref=None)])
    assert found(url, "SETTLED_NO_ORDER", at(6)) == []
    assert found(url, "SETTLEMENT_OVERDUE", at(6)) == []


def test_an_instant_sees_the_findings_of_its_own_reconciliation(url: str) -> None:
    add(url, payment=[payment(1)], settlement_line=[line(2)])
    reconcile(as_of=at(6))
    add(url, payment=[payment(2)], settlement_line=[line(1)])
    reconcile(as_of=at(9))
    for code in ("SETTLED_NO_ORDER", "SETTLEMENT_OVERDUE"):
        assert found(url, code, at(5)) == []
        assert found(url, code, at(6)) == []
        assert found(url, code, at(9)) == []
    add(url, payment=[payment(3)])
    reconcile(as_of=at(10))
    assert found(url, "SETTLEMENT_OVERDUE", at(9)) == []
    assert found(url, "SETTLEMENT_OVERDUE", at(10)) == [("P3", 1000)]


def test_money_of_an_order_in_quarantine_is_no_exception_of_its_own(url: str) -> None:
    entry = {
        "entry_row_id": 1,
        "entry_id": "00000000-0000-0000-0000-000000000001",
        "line_no": 1,
        "payments": [{"payment_ref": "P1", "gateway_ref": "G1"}],
        "status": "QUARANTINED",
        "status_at": at(3),
    }
    row = quarantined(1, doc_type="ORDER_ENTRY", entry_row_id=1) | {"source_file_id": None}
    load(url, {"order_entry": [entry], "quarantine": [row | {"partner_id": "shop"}]})
    add(url, settlement_line=[line(1)])
    reconcile(as_of=at(4))
    raise_exceptions(as_of=at(4))
    raise_exceptions(as_of=at(5))
    assert rows(url, CASES) == [
        ("ROW_REJECTED", "entry:00000000-0000-0000-0000-000000000001:1", "OPEN"),
        ("SETTLED_NO_ORDER", "P1", "SUPPRESSED"),
    ]


def test_what_a_refused_file_hides_is_not_missed_until_its_good_copy_is_reconciled(
    url: str,
) -> None:
    add(url, payment=[payment(1)], order_line=[order_line(1)])
    add(url, source_file=[refused(2, "adyen-2.csv")])
    reconcile(as_of=at(9))
    raise_exceptions(as_of=at(9))
    assert rows(url, CASES) == [
        ("FILE_REFUSED", "file:adyen-2.csv", "OPEN"),
        ("SETTLEMENT_OVERDUE", "P1", "SUPPRESSED"),
    ]
    add(url, source_file=[source_file(3, "adyen-2.csv")])
    add(url, settlement_line=[line(1, source_file_id=3)])
    raise_exceptions(as_of=at(9, 18))
    reconcile(as_of=at(10))
    raise_exceptions(as_of=at(10))
    assert [status for *_, status in rows(url, CASES)] == ["AUTO_RESOLVED", "AUTO_RESOLVED"]
    assert rows(url, "SELECT count(*) FROM exception_case WHERE opened_at IS NOT NULL") == [(1,)]
