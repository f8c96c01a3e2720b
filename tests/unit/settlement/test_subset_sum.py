"""Exact subset sums: the same verdict as trying every subset, and none beyond the budget."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout.settlement.subset_sum import Subset, Verdict, subset_of_sum

_AMOUNTS = st.lists(st.integers(-12, 30), max_size=10)


def _by_trying(amounts: list[int], total: int) -> Subset:
    found = [
        chosen
        for size in range(1, len(amounts) + 1)
        for chosen in combinations(range(len(amounts)), size)
        if sum(amounts[n] for n in chosen) == total
    ]
    if len(found) == 1:
        return Subset(Verdict.UNIQUE, found[0])
    return Subset(Verdict.SEVERAL if found else Verdict.NONE)


@given(_AMOUNTS, st.integers(-20, 120))
@settings(max_examples=300, deadline=None)
def test_the_verdict_is_that_of_trying_every_subset(amounts: list[int], total: int) -> None:
    assert subset_of_sum(amounts, total) == _by_trying(amounts, total)


@given(_AMOUNTS, st.data())
@settings(max_examples=100, deadline=None)
def test_a_smaller_budget_changes_no_verdict_but_to_spent(
    amounts: list[int], data: st.DataObject
) -> None:
    total = sum(data.draw(st.lists(st.sampled_from(amounts), max_size=3))) if amounts else 0
    whole = subset_of_sum(amounts, total)
    assert subset_of_sum(amounts, total, budget=4) in (whole, Subset(Verdict.SPENT))


@pytest.mark.parametrize(
    ("amounts", "total", "verdict"),
    [
        ([], 0, Verdict.NONE),
        ([5], 0, Verdict.NONE),
        ([0], 0, Verdict.UNIQUE),
        ([5, -5], 0, Verdict.UNIQUE),
        ([5, 5], 5, Verdict.SEVERAL),
        ([5, 0], 5, Verdict.SEVERAL),
        ([10, 20, -7], 23, Verdict.UNIQUE),
    ],
)
def test_small_cases(amounts: list[int], total: int, verdict: Verdict) -> None:
    assert subset_of_sum(amounts, total).verdict is verdict


def test_hundreds_of_small_amounts_are_decided() -> None:
    amounts = [2] * 300 + [3]
    assert subset_of_sum(amounts, 603) == Subset(Verdict.UNIQUE, tuple(range(301)))
    assert subset_of_sum(amounts, 300).verdict is Verdict.SEVERAL
    assert subset_of_sum(amounts, 604).verdict is Verdict.NONE


def test_the_budget_is_spent_rather_than_a_guess_made() -> None:
    amounts = [3**n for n in range(40)]
    assert subset_of_sum(amounts, sum(amounts[::2])).verdict is Verdict.SPENT
