"""Lines without any reference: at night too, payouts tell which payments they are the sum of."""

from typing import Any

import pytest

from tests.sql.books import DRIFTED, add, at, line, open_books, payment, rows, source_file
from tests.sql.harness import load
from tieout.kernel.database import read_only
from tieout.settlement import linking
from tieout.settlement.backtest import backtest
from tieout.settlement.rules_folder import Rules
from tieout.settlement.tasks import reconcile

MATCHES = """
    SELECT pass, payment_id, settlement_line_id, amount_minor, line_part, count(*) OVER (
           PARTITION BY match_no) FROM settlement_match ORDER BY payment_id
"""
FINDINGS = """
    SELECT code, settlement_line_id, evidence ->> 'reason' FROM current_finding('infinity')
     WHERE settlement_line_id IS NOT NULL
"""


@pytest.fixture
def url(case_url: str) -> str:
    open_books(case_url)
    return case_url


def nameless(number: int, gross: int, **other: Any) -> dict[str, Any]:
    facts = {"gateway_ref": None, "order_ref": None, "payout_ref": "PO", "gross_minor": gross}
    return line(number, **facts | other)


def report(url: str, amount: int, **other: Any) -> None:
    """A payout file, received on day 3, with the payout PO."""
    file = source_file(50, "payouts.csv", doc_type="PAYOUT")
    row = {"source_file_id": 50, "file_line": 2, "gateway": "adyen", "payout_ref": "PO"} | {
        "kind": "payout",
        "currency": "EUR",
        "amount_minor": amount,
        "extra": {},
    }
    load(url, {"source_file": [file], "payout_report": [row | other]})


def pay(*amounts: int, **other: Any) -> list[dict[str, Any]]:
    return [payment(n, amount_minor=amount, **other) for n, amount in enumerate(amounts, 1)]


def replayed(url: str) -> list[dict[str, Any]]:
    with read_only(url) as connection:
        return backtest(connection, Rules(), at(1).date(), at(30).date()).changes.to_pylist()


def test_a_line_of_a_whole_payout_is_matched_with_the_only_payments_that_add_up(url: str) -> None:
    report(url, 880)
    fee = line(3, 9, kind="fee", gross_minor=0, settlement_net_minor=-20, payout_ref="PO")
    add(url, payment=pay(500, 300, 450), settlement_line=[nameless(1, 800), fee])
    add(url, payment=[payment(4, amount_minor=100)])
    add(url, settlement_line=[line(2, 4, gross_minor=100, payout_ref="PO")])
    reconcile(as_of=at(4))
    assert rows(url, MATCHES) == [
        ("subset_of_payout", 1, 1, 500, 1, 2),
        ("subset_of_payout", 2, 1, 300, 2, 2),
        ("exact_reference", 4, 2, 100, 1, 1),
    ]
    assert rows(url, FINDINGS) == rows(url, DRIFTED) == []
    assert replayed(url) == []


def test_a_line_that_names_no_payout_is_of_the_payout_of_its_batch(url: str) -> None:
    batch = {"batch_no": "7", "payout_ref": None}
    paid = {"kind": "payout", "gateway_ref": None, "order_ref": None, "gross_minor": -800}
    add(url, payment=pay(500, 300), settlement_line=[nameless(1, 800, **batch)])
    reconcile(as_of=at(4))
    assert rows(url, FINDINGS) == [("SETTLED_NO_ORDER", 1, "no reference")]
    load(url, {"source_file": [source_file(2, "more.csv", received_at=at(5, 6))]})
    add(url, settlement_line=[line(2, source_file_id=2, **paid, **batch)])
    reconcile(as_of=at(5))
    assert [row[:3] for row in rows(url, MATCHES)] == [
        ("subset_of_payout", 1, 1),
        ("subset_of_payout", 2, 1),
    ]
    assert replayed(url) == []


def test_several_ways_are_a_case_until_one_is_left(url: str) -> None:
    report(url, 800)
    add(url, payment=pay(500, 300, 800, captured_at=at(3)), settlement_line=[nameless(1, 800)])
    undecided = [("AMBIGUOUS_MATCH", 1, "several subsets of payments")]
    for day in (4, 5):
        reconcile(as_of=at(day))
        assert rows(url, FINDINGS) == undecided
    add(url, settlement_line=[line(2, 3, gross_minor=800)])
    reconcile(as_of=at(6))
    assert rows(url, FINDINGS) == []
    assert [row[:2] for row in rows(url, MATCHES)] == [
        ("subset_of_payout", 1),
        ("subset_of_payout", 2),
        ("exact_reference", 3),
    ]
    assert replayed(url) == []


@pytest.mark.parametrize(
    ("paid", "told"),
    [
        ({"amount_minor": 801}, {}),
        ({"payout_ref": "OTHER"}, {}),
        ({"currency": "USD"}, {}),
        ({"kind": "payout_reversal"}, {}),
        ({}, {"payout_ref": None}),
        ({}, {"settlement_currency": "USD"}),
        ({}, {"booked_at": at(28)}),
        ({}, {"currency": "USD", "settlement_currency": "USD"}),
        ({}, {"kind": "refund"}),
    ],
)
def test_a_line_of_no_whole_payout_or_far_from_the_payments_is_not_matched(
    url: str, paid: dict[str, Any], told: dict[str, Any]
) -> None:
    report(url, 800, **paid)
    add(url, payment=pay(500, 300), settlement_line=[nameless(1, 800, **told)])
    reconcile(as_of=at(4))
    assert rows(url, MATCHES) == []
    assert [row[:2] for row in rows(url, FINDINGS)] == [("SETTLED_NO_ORDER", 1)]


def test_the_newest_payout_file_outweighs_what_a_settlement_file_says(url: str) -> None:
    said = {"kind": "payout", "gateway_ref": None, "order_ref": None, "gross_minor": -799}
    report(url, 800)
    add(
        url,
        payment=pay(500, 300),
        settlement_line=[nameless(1, 800), line(2, payout_ref="PO", **said)],
    )
    reconcile(as_of=at(4))
    assert len(rows(url, MATCHES)) == 2


def test_only_payments_that_may_be_part_of_a_nameless_line_are_pulled(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulled = []
    gather = linking.gather

    def spy(*arguments: Any) -> linking.Gathered:
        found = gather(*arguments)
        pulled.extend(found.payments["payment_id"].to_pylist())
        return found

    monkeypatch.setattr("tieout.settlement.tasks.gather", spy)
    report(url, 800)
    near = {"captured_at": at(15)}
    add(
        url,
        payment=[
            payment(1, amount_minor=500, **near),
            payment(2, amount_minor=300, captured_at=at(11, 0)),
            payment(3, currency="USD", **near),
            payment(4, kind="refund", **near),
            payment(5, captured_at=at(15, 23)),
        ],
        source_file=[source_file(2, "late.csv", received_at=at(16, 6))],
        settlement_line=[nameless(1, 800, source_file_id=2, booked_at=at(16))],
    )
    add(url, payment=[payment(6, captured_at=at(10, 23))])
    load(url, {"settlement_run": [{"business_date": "2026-03-15", "as_of": at(15)}]})
    rows(url, "UPDATE gateway_account SET overdue_business_days = 20 RETURNING 1")
    reconcile(as_of=at(16))
    assert sorted(pulled) == ["1", "2", "5"]
    assert len(rows(url, MATCHES)) == 2
