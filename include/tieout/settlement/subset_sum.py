"""Which of several amounts add up to a sum: exact, and never a guess.

Meets in the middle: each half of the amounts is listed as the sums that it can come to, equal sums
as one, and sums from which the total is out of reach not at all. So a few dozen amounts of any size
are decided, and hundreds where their sums are few.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

STEPS = 500_000
"""How many partial sums a search may look at before it gives up."""

_ENOUGH = 3
"""Subsets kept per partial sum: two tell SEVERAL, and one of them may be the empty one."""

_Sums = dict[int, tuple[int, ...]]


class Verdict(Enum):
    """What a search for a subset found."""

    UNIQUE = "unique"
    SEVERAL = "several"
    NONE = "none"
    SPENT = "budget spent"


@dataclass(frozen=True)
class Subset:
    """The verdict; `members` are the positions of the amounts, in order, where it is UNIQUE."""

    verdict: Verdict
    members: tuple[int, ...] = ()


def subset_of_sum(amounts: Sequence[int], total: int, budget: int = STEPS) -> Subset:
    """The subset of `amounts` (minor units, at least one of them) whose sum is exactly `total`.

    Amounts may be negative or zero. Two subsets of the same amounts at other positions are two, so
    SEVERAL. SPENT when more than `budget` partial sums of a half would have to be looked at.
    """
    middle = len(amounts) // 2
    halves = [(0, amounts[:middle], amounts[middle:]), (middle, amounts[middle:], amounts[:middle])]
    left, right = (_sums(own, total, other, start, budget) for start, own, other in halves)
    if left is None or right is None:
        return Subset(Verdict.SPENT)
    return _verdict(left, right, total, len(amounts))


def _sums(
    own: Sequence[int], total: int, other: Sequence[int], start: int, budget: int
) -> _Sums | None:
    """What subsets of `own` come to, each with some subsets as bits; None beyond the budget.

    A sum is dropped once neither the rest of `own` nor `other` can lead from it to `total`.
    """
    least, most = _reach(other)
    rest_least, rest_most = _reach(own)
    sums: _Sums = {0: (0,)}
    for position, amount in enumerate(own, start):
        budget -= len(sums)
        if budget < 0:
            return None
        rest_least -= min(amount, 0)
        rest_most -= max(amount, 0)
        low, high = total - most - rest_most, total - least - rest_least
        sums = _with(sums, amount, 1 << position, low, high)
    return sums


def _with(sums: _Sums, amount: int, bit: int, low: int, high: int) -> _Sums:
    """The sums without and with one more amount, those between `low` and `high`."""
    merged = {total: masks for total, masks in sums.items() if low <= total <= high}
    for total, masks in sums.items():
        if low <= total + amount <= high:
            more = tuple(mask | bit for mask in masks)
            merged[total + amount] = (merged.get(total + amount, ()) + more)[:_ENOUGH]
    return merged


def _reach(amounts: Sequence[int]) -> tuple[int, int]:
    """The least and the greatest sum of any subset."""
    return sum(min(each, 0) for each in amounts), sum(max(each, 0) for each in amounts)


def _verdict(left: _Sums, right: _Sums, total: int, size: int) -> Subset:
    masks: list[int] = []
    for partial, some in left.items():
        for other in right.get(total - partial, ()):
            masks += [mask | other for mask in some if mask | other]
        if len(masks) > 1:
            return Subset(Verdict.SEVERAL)
    if not masks:
        return Subset(Verdict.NONE)
    return Subset(Verdict.UNIQUE, tuple(n for n in range(size) if masks[0] >> n & 1))
