"""Open payments that nothing names are counted, not pulled; nobody can tell from the result."""

import random
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import text

from tests.sql.books import DRIFTED, add, at, line, open_books, payment, rows
from tieout.kernel.database import transaction
from tieout.settlement import linking
from tieout.settlement.tasks import reconcile

DAYS = (4, 5, 10)
EVERYTHING = {
    "settlement_match": "pass, payment_id, payment_part, settlement_line_id, line_part,"
    " amount_minor, variance_minor, business_date::text",
    "settlement_finding": "code, payment_id, settlement_line_id, amount_minor, currency,"
    " evidence::text, business_date::text",
    "settlement_link": "settlement_line_id, relation, payment_id, related_line_id",
    "settlement_proof": "to_jsonb(settlement_proof)::text",
}
OPEN = ("settlement_open_payment", "settlement_open_line", "settlement_file")
KINDS = ("charge", "charge", "charge", "refund", "chargeback", "fee", "adjustment", "reserve")


@pytest.fixture
def url(case_url: str) -> str:
    open_books(case_url)
    return case_url


def books(seed: int) -> list[dict[str, list[dict[str, Any]]]]:
    """For each of three days, payments and lines that share references more or less by chance."""
    chance, days, numbers = random.Random(seed), [], iter(range(1, 1000))
    for day in DAYS:
        paid = [_paid(chance, next(numbers), day) for _ in range(12)]
        known = [row["payment_id"] for each in days for row in each["payment"]]
        known += [row["payment_id"] for row in paid]
        told = [_told(chance, next(numbers), chance.choice(known), day) for _ in range(8)]
        days.append({"payment": paid, "settlement_line": told})
    return days


def _paid(chance: random.Random, number: int, day: int) -> dict[str, Any]:
    refund = {"kind": "refund"} if chance.random() < 0.2 else {}
    moment = at(day - chance.choice((1, 2, 3)))
    shared = {"gateway_ref": f"G{number - 1}"} if chance.random() < 0.2 else {}
    return payment(number, captured_at=moment, **refund, **shared)


def _told(chance: random.Random, number: int, of: int, day: int) -> dict[str, Any]:
    kind = chance.choice(KINDS)
    sign = 1 if kind == "charge" else -1
    facts: dict[str, Any] = {
        "kind": kind,
        "gross_minor": sign * chance.choice((1000, 1000, 400, 1500)),
        "original_ref": chance.choice((None, f"G{chance.randint(1, of)}")),
        "booked_at": at(day - 1),
    }
    for name in ("gateway_ref", "order_ref"):
        if chance.random() < 0.3:
            facts[name] = None
    return line(number, of, **facts)


def run(url: str, days: list[dict[str, list[dict[str, Any]]]]) -> dict[str, list[Any]]:
    """What three reconciliations have written."""
    for day, tables in zip(DAYS, days, strict=True):
        add(url, **tables)
        reconcile(as_of=at(day))
        assert rows(url, DRIFTED) == []
    return {
        table: sorted(rows(url, f"SELECT {columns} FROM {table}"), key=repr)
        for table, columns in EVERYTHING.items()
    }


@pytest.mark.parametrize("seed", range(6))
def test_pulling_all_open_payments_gives_the_same_rows_and_proof(
    url: str, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    days = books(seed)
    found = run(url, days)
    tables = ("settlement_run", "payment", "sales_order", "settlement_line", *EVERYTHING, *OPEN)
    clear(url, tables)

    def every(*_: pa.Table) -> pa.Table:
        refs = [f"P{number}" for number in range(1, 1000)]
        return pa.table({"gateway": ["adyen"] * len(refs), "ref": refs})

    monkeypatch.setattr(linking, "names", every)
    assert run(url, days) == found


def clear(url: str, tables: tuple[str, ...]) -> None:
    """Empty tables, past all guards."""
    with transaction(url, actor="test") as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table in tables:
            connection.execute(text(f"DELETE FROM {table}"))


def test_a_payment_that_nothing_names_is_not_pulled_but_counted(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulled = []
    gather = linking.gather

    def spy(*arguments: Any) -> linking.Gathered:
        found = gather(*arguments)
        pulled.extend(found.payments["payment_id"].to_pylist())
        return found

    monkeypatch.setattr("tieout.settlement.tasks.gather", spy)
    late = payment(4, captured_at=at(2))
    add(
        url,
        payment=[payment(n, captured_at=at(9)) for n in (1, 2, 3)] + [late],
        settlement_line=[line(1)],
    )
    counts = reconcile(as_of=at(10))["payments"]
    assert sorted(pulled) == ["1", "4"]
    assert (counts["read"], counts["applied"], counts["deferred"]) == (4, 1, 3)
