"""Counts add up or are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.kernel.errors import RunDoesNotAddUp
from tieout.kernel.runs import Counts

FATES = st.lists(st.integers(0, 10**12), min_size=4, max_size=4)


@given(FATES, FATES)
def test_sums_of_counts_add_up(one: list[int], two: list[int]) -> None:
    total = Counts(sum(one), *one) + Counts(sum(two), *two)
    assert total.read == sum(one) + sum(two)
    assert list(total.as_dict().values())[1:] == [a + b for a, b in zip(one, two, strict=True)]


@given(FATES, st.integers(-5, 5).filter(bool))
def test_a_row_that_is_not_accounted_for_is_refused(fates: list[int], lost: int) -> None:
    with pytest.raises(RunDoesNotAddUp, match="read"):
        Counts(sum(fates) + lost, *fates)


def test_a_negative_fate_is_refused() -> None:
    with pytest.raises(RunDoesNotAddUp):
        Counts(0, 1, -1)
