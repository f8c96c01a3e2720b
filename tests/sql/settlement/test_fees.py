"""Fees against the rate card: which row holds, what it comes to, and the cases that follow."""

import textwrap
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from sqlalchemy import Connection

from tests.sql.books import add, at, line, open_books, payment, rows, source_file
from tests.sql.harness import load
from tieout.exceptions.tasks import raise_exceptions
from tieout.kernel.database import engine, transaction
from tieout.kernel.errors import SettingsError
from tieout.settlement.fees import Loaded, judge_fees, load_rate_cards
from tieout.settlement.rate_cards import RateCard, read_rate_card
from tieout.settlement.tasks import reconcile

FEES = """
    SELECT settlement_line_id, charged_line_id, expected_minor, found_minor, reason
      FROM settlement_line_fee ORDER BY 1
"""
CASES = """
    SELECT code, subject, amount_minor, currency, status
      FROM exception_case WHERE code LIKE 'FEE%' ORDER BY 1, 2
"""
EVIDENCE = "SELECT evidence::text FROM exception_case WHERE code = 'FEE_VARIANCE' ORDER BY subject"
CARD = """
    country_column: Issuer Country
    amounts_in: EUR
    regions: {EEA: [DE, FR]}
    rates:
    - {percent: 2, fixed_minor: 25}
    - {method: Visa, percent: 1.5, fixed_minor: 10}
    - {method: visa, region: EEA, percent: 1}
    - {method: visa, country: FR, percent: 1.1}
    - {method: amex, percent: 3, minimum_minor: 50, maximum_minor: 100}
    - {kind: chargeback, fixed_minor: 1500}
"""


@pytest.fixture
def url(case_url: str) -> str:
    open_books(case_url)
    return case_url


def put(url: str, text: str, tmp_path: Path, *, day: int = 1) -> Loaded:
    """Load a card of adyen from its YAML text."""
    file = tmp_path / "adyen.yaml"
    file.write_text(textwrap.dedent(text), encoding="utf-8")
    with transaction(url, actor="test") as connection:
        return load_rate_cards(connection, {"adyen": read_rate_card(file)}, at(day))


def charged(number: int, fee: int, of: int | None = None, **other: Any) -> dict[str, Any]:
    """A line of 10.00 EUR (or `gross_minor`) of which the gateway kept `fee`."""
    gross = other.get("gross_minor", 1000)
    facts = {"fee_minor": fee, "settlement_fee_minor": fee, "settlement_net_minor": gross - fee}
    return line(number, of, **(facts | {"net_minor": gross - fee, "method": "visa"} | other))


def test_the_most_specific_row_holds(url: str, tmp_path: Path) -> None:
    put(url, CARD, tmp_path)
    places = [{}, {"Issuer Country": "us"}, {"Issuer Country": "DE"}, {"Issuer Country": "FR"}]
    add(
        url,
        payment=[payment(n) for n in range(1, 7)],
        settlement_line=[
            *(charged(n, 0, extra=extra) for n, extra in enumerate(places, start=1)),
            charged(5, 0, method="amex"),
            charged(6, 0, method=None),
        ],
    )
    reconcile(as_of=at(4))
    expected = {row[0]: row[2] for row in rows(url, FEES)}
    assert expected == {1: 25, 2: 25, 3: 10, 4: 11, 5: 50, 6: 45}


def test_fees_beyond_the_tolerance_are_one_case_per_method_and_day(
    url: str, tmp_path: Path
) -> None:
    put(url, CARD + "    tolerance_minor: 1\n", tmp_path)
    add(
        url,
        payment=[payment(n) for n in range(1, 6)],
        settlement_line=[
            charged(1, 25),
            charged(2, 26),
            charged(3, 27),
            charged(4, 20),
            charged(5, 27, booked_at=at(4)),
        ],
    )
    reconcile(as_of=at(4))
    raise_exceptions(as_of=at(4))
    assert rows(url, CASES) == [
        ("FEE_VARIANCE", "adyen:visa:2026-03-03:EUR", 7, "EUR", "OPEN"),
        ("FEE_VARIANCE", "adyen:visa:2026-03-04:EUR", 2, "EUR", "OPEN"),
    ]
    (evidence,), _ = rows(url, EVIDENCE)
    facts = {name: evidence[name] for name in ("lines", "expected_minor", "found_minor")}
    assert facts == {"lines": 2, "expected_minor": 50, "found_minor": 47}
    assert evidence["rate_card"] == ["adyen.yaml, rates.1"]
    assert [each["settlement_line_id"] for each in evidence["worst"]] == [4, 3]


def test_a_fee_line_that_names_a_charge_is_part_of_its_fee_whenever_it_comes(
    url: str, tmp_path: Path
) -> None:
    put(url, CARD, tmp_path)
    add(url, payment=[payment(1), payment(2)], settlement_line=[charged(1, 10)])
    reconcile(as_of=at(4))
    fee = {"kind": "fee", "first_reconciled_on": date(2026, 3, 4)}
    add(url, settlement_line=[line(11, of=1, gross_minor=-15, **fee), line(12, of=2, **fee)])
    with transaction(url, actor="test") as connection:
        judge_fees(connection, date(2026, 3, 4))
    raise_exceptions(as_of=at(4))
    assert rows(url, FEES) == [(1, 1, 25, 10, None), (11, 1, 0, 15, None)]
    assert rows(url, CASES) == []
    late = fee | {"first_reconciled_on": date(2026, 3, 5), "settlement_net_minor": -3}
    unknown = late | {"gateway_ref": None, "order_ref": None}
    add(url, settlement_line=[line(13, of=1, **late), line(14, **unknown)])
    with transaction(url, actor="test") as connection:
        judge_fees(connection, date(2026, 3, 5))
    assert rows(url, FEES)[2:] == [(13, 1, 0, 3, None)]


def test_a_charge_finds_the_fee_lines_that_came_before_it(url: str, tmp_path: Path) -> None:
    put(url, CARD, tmp_path)
    fee = {"kind": "fee", "first_reconciled_on": date(2026, 3, 3), "order_ref": None}
    add(
        url,
        payment=[payment(1)],
        settlement_line=[line(1, of=1, gross_minor=-25, **fee), charged(2, 0, of=1)],
    )
    with transaction(url, actor="test") as connection:
        judge_fees(connection, date(2026, 3, 3))
    load(url, {"settlement_match": [match_of(1, 2)]})
    with transaction(url, actor="test") as connection:
        judge_fees(connection, date(2026, 3, 4))
    assert rows(url, FEES) == [(1, 2, 0, 25, None), (2, 2, 25, 0, None)]


def match_of(payment_id: int, line_id: int) -> dict[str, Any]:
    """A match of March 4."""
    return {
        "match_no": 1,
        "business_date": "2026-03-04",
        "pass": "exact_reference",
        "origin": "run",
        "payment_id": payment_id,
        "payment_part": 1,
        "settlement_line_id": line_id,
        "line_part": 1,
        "amount_minor": 1000,
        "variance_minor": 0,
        "matched_at": at(4),
    }


def test_only_gateways_with_a_card_and_kinds_that_it_names_are_judged(
    url: str, tmp_path: Path
) -> None:
    add(url, payment=[payment(1)], settlement_line=[charged(1, 25)])
    reconcile(as_of=at(4))
    assert rows(url, FEES) == []
    put(url, CARD, tmp_path)
    add(
        url,
        payment=[payment(2, kind="refund", amount_minor=1000)],
        settlement_line=[charged(2, 0, kind="refund", gross_minor=-1000)],
    )
    reconcile(as_of=at(5))
    assert rows(url, FEES) == []


def test_what_no_row_fits_is_a_case_until_one_does(url: str, tmp_path: Path) -> None:
    put(url, "rates: [{method: mc, percent: 1}]", tmp_path)
    add(url, payment=[payment(1)], settlement_line=[charged(1, 25)])
    reconcile(as_of=at(4))
    raise_exceptions(as_of=at(4))
    subject = "adyen:no_row:charge:visa:any:EUR:EUR"
    assert rows(url, CASES) == [("FEE_NO_RATE", subject, 25, "EUR", "OPEN")]
    put(url, "rates: [{method: mc, percent: 1}, {method: visa, percent: 2.5}]", tmp_path, day=4)
    reconcile(as_of=at(5))
    raise_exceptions(as_of=at(5))
    assert rows(url, FEES) == [(1, 1, 25, 25, None)]
    assert rows(url, CASES) == [("FEE_NO_RATE", subject, 25, "EUR", "AUTO_RESOLVED")]


def test_amounts_of_the_card_are_converted_by_the_reference_or_not_guessed(
    url: str, tmp_path: Path
) -> None:
    put(url, "{amounts_in: USD, rates: [{fixed_minor: 30, percent: 1}]}", tmp_path)
    add(url, payment=[payment(1)], settlement_line=[charged(1, 25)])
    reconcile(as_of=at(4))
    assert rows(url, FEES) == [(1, 1, None, 25, "no_reference_rate")]
    rate = {"day": "2026-03-02", "base": "EUR", "quote": "USD", "rate": 1.2, "minor_rate": 1.2}
    load(url, {"fx_rate": [rate]})
    reconcile(as_of=at(5))
    assert rows(url, FEES) == [(1, 1, 35, 25, None)]


def test_the_volume_of_the_month_before_decides_the_tier(url: str, tmp_path: Path) -> None:
    tiers = """
        amounts_in: EUR
        rates:
        - tiers:
          - {volume_from_minor: 0, percent: 2}
          - {volume_from_minor: 3000, percent: 1}
    """
    put(url, tiers, tmp_path)
    february = datetime(2026, 2, 27, 12, tzinfo=UTC)
    paid, booked = {"captured_at": february}, {"booked_at": february, "source_file_id": 2}
    load(url, {"source_file": [source_file(2, "before.csv", received_at=at(2, 6))]})
    add(url, payment=[payment(8, **paid)], settlement_line=[charged(8, 20, **booked)])
    reconcile(as_of=at(2))
    add(url, payment=[payment(1)], settlement_line=[charged(1, 0)])
    reconcile(as_of=at(4))
    assert rows(url, FEES)[0] == (1, 1, 20, 0, None)
    more = {"gross_minor": 2000} | booked
    add(
        url,
        payment=[payment(2), payment(9, amount_minor=2000, **paid)],
        settlement_line=[charged(2, 0), charged(9, 40, **more)],
    )
    reconcile(as_of=at(5))
    assert rows(url, FEES)[1] == (2, 2, 10, 0, None)


def test_dates_choose_the_row_and_loading_keeps_what_judged(url: str, tmp_path: Path) -> None:
    old = "rates: [{percent: 1, valid_to: 2026-03-02}, {percent: 2, valid_from: 2026-03-03}]"
    assert put(url, old, tmp_path) == Loaded(2, 0)
    assert put(url, old, tmp_path, day=2) == Loaded(0, 0)
    add(
        url,
        payment=[payment(1), payment(2)],
        settlement_line=[charged(1, 10, booked_at=at(2)), charged(2, 20)],
    )
    reconcile(as_of=at(4))
    assert rows(url, FEES) == [(1, 1, 10, 10, None), (2, 2, 20, 20, None)]
    assert put(url, "rates: [{percent: 2.0, valid_from: 2026-03-03}]", tmp_path) == Loaded(0, 1)
    count = "SELECT count(*), count(withdrawn_at) FROM rate_card"
    assert rows(url, count) == [(2, 1)]


def test_the_same_day_again_writes_the_same(url: str, tmp_path: Path) -> None:
    put(url, CARD, tmp_path)
    add(url, payment=[payment(1), payment(2)], settlement_line=[charged(1, 25), charged(2, 9)])
    reconcile(as_of=at(4))
    before = rows(url, "SELECT to_jsonb(f)::text FROM settlement_line_fee AS f ORDER BY 1")
    reconcile(as_of=at(4))
    assert rows(url, "SELECT to_jsonb(f)::text FROM settlement_line_fee AS f ORDER BY 1") == before
    report = "SELECT lines, expected_minor, found_minor, variance_minor FROM settlement_fee"
    assert rows(url, report) == [(2, 50, 34, -16)]


def test_a_card_of_a_stranger_is_refused(url: str) -> None:
    card = RateCard.model_validate({"rates": [{"percent": 1}]})
    with (
        pytest.raises(SettingsError, match="no gateway of ours"),
        transaction(url, actor="test") as connection,
    ):
        load_rate_cards(connection, {"nobody": card}, at(1))


AMOUNTS = st.integers(-10_000, 10_000).map(lambda number: Decimal(number) / 100)
PRICES = st.fixed_dictionaries(
    {
        "percent": st.integers(-1_000_000, 1_000_000).map(lambda number: Decimal(number) / 10_000),
        "fixed_minor": AMOUNTS,
    },
    optional={"limits": st.tuples(AMOUNTS, AMOUNTS)},
)


@pytest.fixture
def judging(url: str) -> Iterator[Connection]:
    """A session whose every example is taken back."""
    load(url, {"source_file": [source_file(2, "other.csv")]})
    with engine(url).connect() as connection:
        yield connection


@effort(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(-(10**12), 10**12), PRICES), min_size=1, max_size=25),
    st.sampled_from(["half-even", "half-up"]),
)
def test_the_fee_of_any_line_is_that_of_decimal_arithmetic(
    judging: Connection, lines: list[tuple[int, dict[str, Any]]], rounding: str
) -> None:
    rates, expected = [], {}
    for number, (gross, price) in enumerate(lines, start=1):
        low, high = sorted(price.get("limits", (None, None)), key=lambda limit: limit or 0)
        limits = {"minimum_minor": low, "maximum_minor": high}
        words = {name: price[name] for name in ("percent", "fixed_minor")} | limits
        rates.append({"kind": "chargeback", "method": f"m{number}", **words})
        fee = abs(gross) * price["percent"] / 100 + price["fixed_minor"]
        if low is not None:
            fee = max(min(fee, high), low)
        mode = ROUND_HALF_UP if rounding == "half-up" else ROUND_HALF_EVEN
        expected[number] = int(fee.quantize(Decimal(1), rounding=mode))
    with judging.begin() as example:
        card = RateCard.model_validate({"rounding": rounding, "rates": rates})
        load_rate_cards(judging, {"adyen": card}, at(1))
        insert = """
            INSERT INTO settlement_line (
                source_file_id, file_line, gateway, account, kind, gross_minor, fee_minor,
                net_minor, currency, settlement_currency, settlement_net_minor, booked_at, method,
                first_reconciled_on
            ) VALUES (
                2, %s, 'adyen', 'main', 'chargeback', %s, 0, 0, 'EUR', 'EUR', %s, '2026-03-03', %s,
                '2026-03-04'
            )
        """
        for number, (gross, _) in enumerate(lines, start=1):
            judging.exec_driver_sql(insert, (number, gross, gross, f"m{number}"))
        judge_fees(judging, date(2026, 3, 4))
        found = judging.exec_driver_sql(
            "SELECT l.file_line, f.expected_minor FROM settlement_line_fee AS f"
            " JOIN settlement_line AS l USING (settlement_line_id)"
        )
        assert dict(found.tuples().all()) == expected
        example.rollback()
