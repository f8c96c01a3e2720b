"""The subset that adds up to a sum: the only one, or none is named."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from tieout.settlement.rules import Subset, Verdict, subset_of_sum


def test_the_only_subset_is_named() -> None:
    assert subset_of_sum([500, 200, 130, 99], 330) == Subset(Verdict.UNIQUE, (1, 2))


def test_two_ways_are_no_answer() -> None:
    assert subset_of_sum([100, 200, 300], 300).verdict is Verdict.SEVERAL
    assert subset_of_sum([100, 100], 100).verdict is Verdict.SEVERAL


def test_nothing_is_no_subset_of_a_zero_sum() -> None:
    assert subset_of_sum([100, 200], 0).verdict is Verdict.NONE
    assert subset_of_sum([], 0).verdict is Verdict.NONE


def test_a_search_ends_when_its_budget_is_spent() -> None:
    assert subset_of_sum([1 << n for n in range(60)], 5).verdict is Verdict.SPENT
    assert subset_of_sum([1, 2, 4, 8], 5, budget=7).verdict is Verdict.SPENT
    assert subset_of_sum([1, 2, 4, 8], 5, budget=8).members == (0, 2)


@given(st.lists(st.integers(-30, 30), max_size=9), st.integers(-60, 60))
def test_it_agrees_with_trying_them_all(amounts: list[int], total: int) -> None:
    places = range(len(amounts))
    every = [c for size in places for c in combinations(places, size + 1)]
    fits = [c for c in every if sum(amounts[n] for n in c) == total]
    found = subset_of_sum(amounts, total)
    expected = (Verdict.NONE, Verdict.UNIQUE, Verdict.SEVERAL)[min(len(fits), 2)]
    assert found == Subset(expected, fits[0] if expected is Verdict.UNIQUE else ())
