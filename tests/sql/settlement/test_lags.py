"""Learned grace: out of what was matched before the date, from 200 charges on."""

from datetime import timedelta
from typing import Any

import pytest

from tests.sql.books import add, at, line, open_books, payment, rows
from tests.sql.harness import load
from tieout.kernel.database import fetch, transaction
from tieout.settlement.tasks import reconcile

COUNTED = "SELECT business_date::text, method, lag_days, matches FROM settlement_lag_day ORDER BY 3"
FINDINGS = "SELECT code, payment_ref FROM current_finding('infinity') ORDER BY 2"


@pytest.fixture
def url(case_url: str) -> str:
    open_books(case_url)
    return case_url


def lag_day(day: str, lag_days: int, matches: int, method: str = "card") -> dict[str, Any]:
    return {
        "business_date": day,
        "gateway": "adyen",
        "method": method,
        "lag_days": lag_days,
        "matches": matches,
    }


def lags(url: str, day: str) -> list[tuple[Any, ...]]:
    with transaction(url, actor="test") as connection:
        found = fetch(connection, "settlement/lags/report", business_date=day)
    return [tuple(row.values())[1:] for row in found]


def test_the_lag_is_counted_in_business_days_until_we_had_the_line(url: str) -> None:
    friday, thursday = at(6), at(5)
    add(
        url,
        payment=[
            payment(1, captured_at=friday),
            payment(2, captured_at=thursday),
            payment(3, captured_at=friday + timedelta(days=1)),
        ],
        settlement_line=[line(n, booked_at=friday) for n in (1, 2, 3)],
    )
    reconcile(as_of=at(9))
    expected = [("2026-03-09", "card", 1, 2), ("2026-03-09", "card", 2, 1)]
    assert rows(url, COUNTED) == expected
    reconcile(as_of=at(9))
    assert rows(url, COUNTED) == expected


def test_a_payment_in_parts_counts_once(url: str) -> None:
    parts = [{"gross_minor": 400}, {"gross_minor": 600}]
    add(
        url,
        payment=[payment(1)],
        settlement_line=[line(n, of=1, **each) for n, each in enumerate(parts, 1)],
    )
    reconcile(as_of=at(4))
    assert rows(url, COUNTED) == [("2026-03-04", "card", 2, 1)]


def test_grace_is_learned_from_200_charges_of_the_90_days_before(url: str) -> None:
    load(
        url,
        {
            "settlement_lag_day": [
                lag_day("2026-03-01", 1, 150),
                lag_day("2026-03-02", 2, 49),
                lag_day("2026-03-02", 4, 1),
                lag_day("2026-03-02", 6, 1, "wallet"),
                lag_day("2026-03-03", 1, 1000),
                lag_day("2025-12-01", 9, 1000),
            ]
        },
    )
    assert lags(url, "2026-03-02") == [("card", 150, 1, 1, 3, None, 3)]
    assert lags(url, "2026-03-03") == [
        ("card", 200, 1, 2, 3, 3, 3),
        ("wallet", 1, 6, 6, 3, None, 3),
    ]
    assert lags(url, "2026-03-04")[0] == ("card", 1200, 1, 2, 3, 3, 3)
    assert lags(url, "2026-03-01")[0][:2] == ("card", 1000)
    rows(url, "UPDATE gateway_account SET lag_spare_days = 4 RETURNING 1")
    assert lags(url, "2026-03-03")[0][5:] == (6, 6)


def test_money_is_overdue_by_the_learned_grace(url: str) -> None:
    load(url, {"settlement_lag_day": [lag_day("2026-02-27", 1, 200)]})
    others = {"method": "wallet"}
    add(url, payment=[payment(1), payment(2, **others)])
    reconcile(as_of=at(4, 23))
    assert rows(url, FINDINGS) == []
    reconcile(as_of=at(5, 1))
    assert rows(url, FINDINGS) == [("SETTLEMENT_OVERDUE", "P1")]
    reconcile(as_of=at(6, 1))
    assert rows(url, FINDINGS) == [("SETTLEMENT_OVERDUE", "P1"), ("SETTLEMENT_OVERDUE", "P2")]
