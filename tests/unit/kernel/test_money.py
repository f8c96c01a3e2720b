"""Money is whole minor units; nothing is lost and currencies never mix."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.kernel.errors import MoneyError
from tieout.kernel.money import Money, allocate, exponent, format_minor, round_half_even, to_minor

CURRENCIES = st.sampled_from(["EUR", "JPY", "BHD", "CLF", "BRL"])


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("19.99", "USD", 1999), ("-0.05", "EUR", -5), ("150", "JPY", 150), ("1.234", "KWD", 1234)],
)
def test_major_units_become_minor_units(text: str, currency: str, minor: int) -> None:
    assert to_minor(text, currency) == minor


@pytest.mark.parametrize("text", ["19.999", "1,00", "", "NaN", "Infinity", "1e400000"])
def test_what_is_no_amount_of_the_currency_is_refused(text: str) -> None:
    with pytest.raises(MoneyError):
        to_minor(text, "USD")


@pytest.mark.parametrize("code", ["usd", "EURO", "", "E1R"])
def test_what_is_no_currency_is_refused(code: str) -> None:
    with pytest.raises(MoneyError, match="not a currency"):
        exponent(code)


@given(st.integers(-(10**15), 10**15), CURRENCIES)
def test_text_and_back_changes_nothing(minor: int, currency: str) -> None:
    assert to_minor(format_minor(minor, currency), currency) == minor


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=9))
def test_a_split_adds_up_and_is_fair(minor: int, weights: list[int]) -> None:
    if sum(weights) == 0:
        with pytest.raises(MoneyError):
            allocate(minor, weights)
        return
    parts = allocate(minor, weights)
    assert sum(parts) == minor
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Decimal(minor) * weight / sum(weights)) < 1


def test_currencies_do_not_mix() -> None:
    assert Money("EUR", 5) + Money("EUR", -7) == Money("EUR", -2)
    assert str(Money("EUR", -123456)) == "-1,234.56 EUR"
    with pytest.raises(MoneyError, match="cannot be added"):
        _ = Money("EUR", 1) - Money("USD", 1)


def test_halves_go_to_the_even_neighbour() -> None:
    assert [round_half_even(Decimal(text)) for text in ("0.5", "1.5", "-2.5")] == [0, 2, -2]
