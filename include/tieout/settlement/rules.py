"""Which of several amounts add up to a sum: exact, and never a guess."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

_STEPS = 200_000
"""How many partial sums a search may look at before it gives up."""


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


def subset_of_sum(amounts: Sequence[int], total: int, budget: int = _STEPS) -> Subset:
    """The subset of `amounts` (minor units, at least one of them) whose sum is exactly `total`.

    Two subsets of the same amounts at other positions are two, so SEVERAL. Meets in the middle: each
    half's sums are listed once, and SPENT when that would take more than `budget` sums.
    """
    middle = len(amounts) // 2
    if (1 << middle) + (1 << (len(amounts) - middle)) > budget:
        return Subset(Verdict.SPENT)
    left, right = _sums(amounts[:middle]), sorted(_sums(amounts[middle:]))
    found: list[int] = []
    for partial, mask in left:
        for other in _equal(right, total - partial):
            if mask or other:
                found.append(mask | other << middle)
            if len(found) > 1:
                return Subset(Verdict.SEVERAL)
    if not found:
        return Subset(Verdict.NONE)
    return Subset(Verdict.UNIQUE, tuple(n for n in range(len(amounts)) if found[0] >> n & 1))


def _sums(amounts: Sequence[int]) -> list[tuple[int, int]]:
    """Every subset's sum, with the subset as bits."""
    sums = [(0, 0)]
    for position, amount in enumerate(amounts):
        sums += [(total + amount, mask | 1 << position) for total, mask in sums]
    return sums


def _equal(sums: list[tuple[int, int]], wanted: int) -> list[int]:
    """The subsets of the sorted `sums` with the wanted sum, three at most (the empty one may be among them)."""
    start = bisect_left(sums, (wanted, 0))
    return [mask for total, mask in sums[start : start + 3] if total == wanted]
