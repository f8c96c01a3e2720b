"""Control totals that a standard prescribes: many comparisons, one result for each kind of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tieout.formats.results import CheckResult

Total = int | Decimal | str


@dataclass
class Totals:
    """The comparisons of a file so far; of each kind the first that failed is kept."""

    _counts: Counter[str] = field(default_factory=Counter)
    _failed: dict[str, CheckResult] = field(default_factory=dict)

    def compare(
        self, name: str, expected: Total, found: Total, where: str, unread: Sequence[int] = ()
    ) -> None:
        """Compare what the file says with what is in it.

        `where` names the part of the file. `unread` are the lines of rows that `found` lacks
        because their numbers cannot be read: with them nothing ties.
        """
        self._counts[name] += 1
        if (expected == found and not unread) or name in self._failed:
            return
        lines = ", ".join(map(str, unread[:3]))
        without = f" without the row on line {lines}" if unread else ""
        self._failed[name] = CheckResult(
            name, False, f"{text_of(expected)} ({where})", f"{text_of(found)}{without}"
        )

    @property
    def results(self) -> list[CheckResult]:
        """One result per kind of comparison, in the order of the file."""
        return [
            self._failed.get(name) or CheckResult(name, True, f"all {times} tie", f"all {times}")
            for name, times in self._counts.items()
        ]


def text_of(total: Total) -> str:
    """A total as people write it."""
    return f"{total:f}" if isinstance(total, Decimal) else str(total)
