"""Planted against found: what the product says of the faults that the world planted."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.table import Table

from tieout.kernel.database import fetch, transaction
from tieout.world.ledger import Planted
from tieout.world.scenario import Faults


@dataclass(frozen=True)
class Case:
    """An exception case of the product, in whatever state; `was_open` if people ever saw it."""

    code: str
    subject: str
    status: str
    was_open: bool


@dataclass(frozen=True)
class Score:
    """Counts by kind of planted fault, and the alarms that nothing planted explains, by code."""

    planted: dict[str, int]
    found: dict[str, int]
    missed: dict[str, int]
    false_alarms: dict[str, int]
    missed_subjects: list[str] = field(default_factory=list)
    false_subjects: list[str] = field(default_factory=list)

    @property
    def is_perfect(self) -> bool:
        """All found and none false."""
        return not any(self.missed.values()) and not self.false_alarms

    def as_dict(self) -> dict[str, Any]:
        """The score as JSON has it."""
        return asdict(self) | {"perfect": self.is_perfect}


def cases_of(url: str) -> list[Case]:
    """All cases of a database."""
    with transaction(url, actor="world/score") as connection:
        return [Case(**row) for row in fetch(connection, "world/cases")]


def score(planted: Sequence[Planted], cases: Iterable[Case]) -> Score:
    """A fault is found if there is a case of its code and subject, in any state.

    A false alarm is a case that people saw though nothing was planted that it could mean; a case
    that was only ever held back behind another is none.
    """
    cases = list(cases)
    said = {(case.code, case.subject) for case in cases}
    meant = {(fault.code, fault.subject) for fault in planted}
    missed = [fault for fault in planted if (fault.code, fault.subject) not in said]
    wrong = [case for case in cases if case.was_open and (case.code, case.subject) not in meant]
    kinds = list(Faults.model_fields)
    total, lost = Counter(fault.kind for fault in planted), Counter(fault.kind for fault in missed)
    return Score(
        planted={kind: total[kind] for kind in kinds},
        found={kind: total[kind] - lost[kind] for kind in kinds},
        missed={kind: lost[kind] for kind in kinds},
        false_alarms=dict(sorted(Counter(case.code for case in wrong).items())),
        missed_subjects=sorted(f"{fault.code} {fault.subject}" for fault in missed),
        false_subjects=sorted(f"{case.code} {case.subject}" for case in wrong),
    )


def score_table(result: Score) -> Table:
    """The score for the terminal, one line per kind."""
    table = Table("fault", title="Planted and found")
    for heading in ("planted", "found", "missed"):
        table.add_column(heading, justify="right")
    for kind, planted in result.planted.items():
        table.add_row(kind, str(planted), str(result.found[kind]), str(result.missed[kind]))
    sums = [sum(counts.values()) for counts in (result.planted, result.found, result.missed)]
    table.add_section()
    table.add_row("all", *map(str, sums))
    return table
