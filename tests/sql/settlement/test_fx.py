"""Reference rates: taken in, looked up, and compared with what gateways paid."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.sql.books import add, at, line, open_books, payment, rows
from tests.sql.harness import load
from tieout.exceptions.tasks import raise_exceptions
from tieout.exchange.partners import FeedSpec, PartnerSpec, load_partners
from tieout.kernel.database import transaction
from tieout.settlement.tasks import reconcile, take_in_rates

RATES = "SELECT day::text, base, quote, rate::text, minor_rate::text FROM fx_rate ORDER BY 1, 3"
FOUND = """
    SELECT settlement_line_id, expected_minor, found_minor, is_out, way
      FROM settlement_line_fx ORDER BY 1
"""
CASES = """
    SELECT subject, amount_minor, currency, status
      FROM exception_case WHERE code = 'FX_OUT_OF_BAND' ORDER BY 1
"""


@pytest.fixture
def url(case_url: str) -> str:
    open_books(case_url)
    return case_url


def rate(day: int, quote: str, value: str, minor: str | None = None, base: str = "EUR") -> Any:
    return {
        "day": f"2026-03-{day:02d}",
        "base": base,
        "quote": quote,
        "rate": value,
        "minor_rate": minor or value,
    }


def converted(number: int, found: int, **other: Any) -> dict[str, Any]:
    """A line of 10.00 USD that brought so many euro cents, fee included."""
    facts = {"currency": "USD", "settlement_currency": "EUR", "settlement_fee_minor": 10}
    return line(number, **(facts | {"settlement_net_minor": found - 10} | other))


def looked_up(url: str, ways: str) -> list[tuple[Any, ...]]:
    return rows(url, f"SELECT day::text, minor_rate, way FROM fx_reference({ways})")


def test_a_file_of_rates_is_taken_in_and_a_later_one_replaces_it(url: str, tmp_path: Path) -> None:
    feed = FeedSpec(format_id="tieout-fx-rates-1", directory=str(tmp_path), file_glob="*.csv")
    bank = PartnerSpec(partner_id="ecb", kind="BANK", name="ECB", feeds={"FX_RATES": feed})
    with transaction(url, actor="test") as connection:
        load_partners(connection, [bank])
    head = "date,base,quote,rate\n"
    good = "".join(f"2026-03-02,EUR,X{letter}X,1.5\n" for letter in "ABCDEFGHIJKLMNOPQRSTUV")
    bad = "2026-03-02,EUR,EUR,1.5\n"
    (tmp_path / "1.csv").write_text(f"{head}2026-03-02,EUR,JPY,161.35\n{good}{bad}")
    counts = take_in_rates(as_of=at(2))
    assert (counts["applied"], counts["quarantined"]) == (23, 1)
    (tmp_path / "2.csv").write_text(f"{head}2026-03-02,EUR,JPY,160\n2026-03-03,EUR,BHD,0.4\n")
    take_in_rates(as_of=at(3))
    kept = [row for row in rows(url, RATES) if row[2] in {"JPY", "BHD"}]
    assert [row[:3] for row in kept] == [
        ("2026-03-02", "EUR", "JPY"),
        ("2026-03-03", "EUR", "BHD"),
    ]
    assert [(Decimal(row[3]), Decimal(row[4])) for row in kept] == [
        (160, Decimal("1.6")),
        (Decimal("0.4"), 4),
    ]


def test_a_reference_is_found_directly_the_other_way_round_or_by_a_third(url: str) -> None:
    load(url, {"fx_rate": [rate(2, "USD", "1.25"), rate(2, "GBP", "0.8"), rate(4, "USD", "1.6")]})
    assert looked_up(url, "'EUR', 'USD', '2026-03-03'") == [
        ("2026-03-02", Decimal("1.25"), "direct")
    ]
    assert looked_up(url, "'USD', 'EUR', '2026-03-04'") == [
        ("2026-03-04", Decimal("0.625"), "inverse")
    ]
    assert looked_up(url, "'USD', 'GBP', '2026-03-09'") == [
        ("2026-03-02", Decimal("0.64"), "by EUR")
    ]
    for nothing in ("'USD', 'EUR', '2026-03-01'", "'USD', 'GBP', '2026-03-10'"):
        assert looked_up(url, nothing) == []


def test_what_is_off_the_reference_is_a_case_with_its_cost(url: str) -> None:
    load(url, {"fx_rate": [rate(3, "USD", "1.25")]})
    add(
        url,
        payment=[payment(n, currency="USD") for n in range(1, 5)] + [payment(5)],
        settlement_line=[
            converted(1, 800),
            converted(2, 792),
            converted(3, 791),
            converted(4, 820),
            line(5),
        ],
    )
    reconcile(as_of=at(4))
    raise_exceptions(as_of=at(4))
    assert rows(url, FOUND) == [
        (1, 800, 800, False, "inverse"),
        (2, 800, 792, False, "inverse"),
        (3, 800, 791, True, "inverse"),
        (4, 800, 820, True, "inverse"),
    ]
    assert rows(url, CASES) == [("adyen:USD-EUR:2026-03-03", 29, "EUR", "OPEN")]
    query = "SELECT evidence::text FROM exception_case WHERE code = 'FX_OUT_OF_BAND'"
    ((evidence,),) = rows(url, query)
    assert {name: evidence[name] for name in ("lines", "cost_minor", "band_bps")} == {
        "lines": 2,
        "cost_minor": -11,
        "band_bps": 100,
    }
    assert [each["settlement_line_id"] for each in evidence["worst"]] == [4, 3]


def test_one_minor_unit_is_rounding_and_a_refund_costs_the_other_way(url: str) -> None:
    load(url, {"fx_rate": [rate(3, "USD", "1.25")]})
    small = {"gross_minor": 10, "settlement_fee_minor": 0}
    back = {"kind": "refund", "gross_minor": -1000, "settlement_fee_minor": 0}
    add(
        url,
        payment=[payment(1, currency="USD", amount_minor=10)],
        settlement_line=[
            converted(1, 17, **small),
            converted(2, 0, **(back | {"settlement_net_minor": -850})),
        ],
    )
    add(url, payment=[payment(3, currency="USD", amount_minor=10)])
    reconcile(as_of=at(4))
    assert rows(url, FOUND) == [(1, 8, 7, False, "inverse"), (2, -800, -850, True, "inverse")]
    assert rows(url, "SELECT lines_out_of_band, cost_minor FROM settlement_fx") == [(1, 51)]


def test_without_a_reference_nothing_is_guessed_until_one_comes(url: str) -> None:
    add(url, payment=[payment(1, currency="USD")], settlement_line=[converted(1, 700)])
    reconcile(as_of=at(4))
    raise_exceptions(as_of=at(4))
    assert rows(url, FOUND) == [(1, None, 700, None, None)]
    assert rows(url, CASES) == []
    count = "SELECT lines, lines_without_reference FROM settlement_fx"
    assert rows(url, count) == [(1, 1)]
    load(url, {"fx_rate": [rate(2, "USD", "1.25")]})
    reconcile(as_of=at(5))
    raise_exceptions(as_of=at(5))
    assert rows(url, CASES) == [("adyen:USD-EUR:2026-03-03", 100, "EUR", "OPEN")]


def test_a_payment_that_settles_in_another_currency_is_matched_at_the_reference(url: str) -> None:
    load(url, {"fx_rate": [rate(2, "USD", "1.25"), rate(2, "GBP", "0.8")]})
    add(
        url,
        payment=[payment(n, currency="USD") for n in (1, 2, 3)],
        settlement_line=[
            line(1, gross_minor=799),
            line(2, gross_minor=640, currency="GBP"),
            line(3, gross_minor=1000),
        ],
    )
    reconcile(as_of=at(4))
    query = "SELECT payment_id, settlement_line_id, pass FROM settlement_match ORDER BY 1"
    assert [row[:2] for row in rows(url, query)] == [(1, 1), (2, 2)]
    codes = "SELECT code, payment_ref FROM current_finding('infinity')"
    assert rows(url, codes) == [("CURRENCY_MISMATCH", "P3")]
