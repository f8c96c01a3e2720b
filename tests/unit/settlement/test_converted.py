"""Payments settled in another currency: by the reference rate, in a band, and never by chance."""

from datetime import date

import pytest

from tests.unit.settlement.tables import Row, cases, line, matches, pay, run
from tieout.settlement.model import GatewaySettings

_RATE: Row = {"base": "EUR", "quote": "USD", "day": date(2026, 11, 1), "rate": "1.10"}


def _usd(amount: int, **other: object) -> Row:
    return line("L1", amount=amount, **({"currency": "USD"} | other))


@pytest.mark.parametrize(("settled", "variance"), [(1100, 0), (1105, 5), (1111, 10), (1089, -10)])
def test_a_line_within_the_band_is_matched_with_its_variance(settled: int, variance: int) -> None:
    found = run([pay("P1")], [_usd(settled)], rates=[_RATE])
    assert matches(found) == {("converted_gateway_reference", "P1", "L1", variance)}
    sums = {(row.side, row.currency): row.buckets["matched"].sum_minor for row in found.proof.rows}
    assert sums == {("payments", "EUR"): 1000, ("lines", "USD"): settled}


@pytest.mark.parametrize(
    "facts",
    [
        {"amount": 1112},
        {"amount": 1088},
        {"ref": "G2"},
        {"on": 30},
        {"currency": "GBP"},
        {"kind": "refund"},
    ],
)
def test_what_is_beyond_it_is_a_case_as_before(facts: Row) -> None:
    lines = [_usd(**({"amount": 1100} | facts))]
    found = run([pay("P1", on=25)], lines, rates=[_RATE])
    assert not matches(found)
    assert cases(found) == cases(run([pay("P1", on=25)], lines))


def test_without_a_rate_nothing_is_converted() -> None:
    assert cases(run([pay("P1")], [_usd(1100)])) == {("CURRENCY_MISMATCH", "P1", "L1", 1100)}


def test_the_newest_rate_up_to_the_line_counts() -> None:
    rates = [_RATE | {"day": date(2026, 11, n), "rate": rate} for n, rate in ((1, "2"), (2, "1.1"))]
    assert matches(
        run([pay("P1")], [_usd(1100)], rates=[*rates, _RATE | {"day": date(2026, 11, 3)}])
    )
    assert not matches(run([pay("P1")], [_usd(1100, on=0)], rates=rates))


def test_decimals_of_currencies_count() -> None:
    yen = {"base": "JPY", "quote": "EUR", "day": date(2026, 11, 1), "rate": "0.00625"}
    found = run([pay("P1", amount=1600, currency="JPY")], [line("L1", amount=1000)], rates=[yen])
    assert matches(found) == {("converted_gateway_reference", "P1", "L1", 0)}


def test_the_band_is_a_setting() -> None:
    wide = {"adyen": GatewaySettings(fx_band_bps=500)}
    assert matches(run([pay("P1")], [_usd(1155)], by_gateway=wide, rates=[_RATE]))
    assert not matches(run([pay("P1")], [_usd(1156)], by_gateway=wide, rates=[_RATE]))


def test_a_key_with_a_second_payment_is_left() -> None:
    found = run([pay("P1"), pay("P2", currency="GBP")], [_usd(1100)], rates=[_RATE])
    assert not matches(found)


def test_refunds_keep_their_sign() -> None:
    found = run(
        [pay("P1", amount=-1000, kind="refund")], [_usd(-1105, kind="refund")], rates=[_RATE]
    )
    assert matches(found) == {("converted_gateway_reference", "P1", "L1", -5)}
