"""When a storefront closes and opens, and which sums tie."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.purchase.model import CertifiedSum, Fate, Store, StoreFacts, StoreTerms, Switch
from tieout.purchase.rules import closing, imbalances, judge, opening

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TERMS = StoreTerms()
BROKEN = StoreFacts(
    state=Store.OPEN,
    since=NOW,
    is_held=False,
    requests=10,
    errors=5,
    customers=2,
    under_way=3,
    backlog=5,
    greens=0,
)


def to(facts: StoreFacts, as_of: datetime = NOW) -> Store | None:
    switch = judge(facts, TERMS, as_of)
    return switch.to if switch else None


def test_it_closes_at_the_limits() -> None:
    assert to(BROKEN) is Store.DRAINING


@pytest.mark.parametrize(
    "change", [{"errors": 4}, {"requests": 11}, {"customers": 1}, {"is_held": True}]
)
def test_below_any_limit_it_stays_open(change: dict[str, int]) -> None:
    assert to(replace(BROKEN, **change)) is None


def test_it_drains_until_nothing_is_under_way_or_for_a_time() -> None:
    draining = replace(BROKEN, state=Store.DRAINING)
    assert to(draining) is None
    assert to(replace(draining, under_way=0)) is Store.CLOSED
    assert to(replace(draining, under_way=0, is_held=True)) is Store.CLOSED
    assert to(draining, NOW + TERMS.drain_at_most) is Store.CLOSED


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"greens": 2}, Store.OPEN),
        ({"greens": 1}, None),
        ({"greens": 2, "backlog": 21}, None),
        ({"greens": 9, "is_held": True}, None),
    ],
)
def test_it_opens_after_green_canaries_and_a_small_backlog(
    change: dict[str, int], expected: Store | None
) -> None:
    assert to(replace(BROKEN, state=Store.CLOSED, **change)) is expected


@given(
    state=st.sampled_from(Store),
    requests=st.integers(0, 50),
    errors=st.integers(0, 50),
    customers=st.integers(0, 50),
    greens=st.integers(0, 5),
    later=st.integers(0, 60),
)
def test_a_held_switch_that_does_not_drain_never_moves(
    state: Store, requests: int, errors: int, customers: int, greens: int, later: int
) -> None:
    facts = StoreFacts(state, NOW, True, requests, errors, customers, 0, 0, greens)
    found = judge(facts, TERMS, NOW + timedelta(minutes=later))
    assert found is None or (state, found.to) == (Store.DRAINING, Store.CLOSED)
    assert found is None or isinstance(found, Switch)


def sums(**fates: int) -> list[CertifiedSum]:
    return [CertifiedSum("USD", Fate[name], minor, minor) for name, minor in fates.items()]


def test_sums_tie_or_say_by_how_much_they_do_not() -> None:
    assert imbalances(sums(OPENING=2, PAID=3, DELIVERED=1, REFUNDED=1, UNDER_WAY=2, LISTED=1)) == {}
    assert imbalances(sums(PAID=3, DELIVERED=1)) == {"USD": (2, 2)}


def test_what_a_certificate_leaves_is_what_is_under_way_or_listed() -> None:
    assert closing(sums(PAID=3, DELIVERED=1, UNDER_WAY=1, LISTED=1)) == {"USD": (2, 2)}
    assert opening(sums(OPENING=2, PAID=1)) == {"USD": (2, 2)}
