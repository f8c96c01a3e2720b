"""Run summaries: what a task read for a business instant, and what became of each row."""

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection

from tieout.kernel.database import execute
from tieout.kernel.errors import RunDoesNotAddUp


@dataclass(frozen=True)
class Counts:
    """Rows of one run: read = applied + duplicate + quarantined + deferred, each at least 0.

    `deferred` rows could not act yet and are read again by a later run.
    Raises RunDoesNotAddUp when a row is not accounted for.
    """

    read: int = 0
    applied: int = 0
    duplicate: int = 0
    quarantined: int = 0
    deferred: int = 0

    def __post_init__(self) -> None:
        fates = (self.applied, self.duplicate, self.quarantined, self.deferred)
        if self.read != sum(fates) or min(fates) < 0:
            raise RunDoesNotAddUp(
                f"The counts of a run do not add up: {self.log_line()}.",
                remedy="Nothing was written; report this with the task's log.",
                counts=self.as_dict(),
            )

    def __add__(self, other: "Counts") -> "Counts":
        mine, theirs = self.as_dict(), other.as_dict()
        return Counts(**{name: mine[name] + theirs[name] for name in mine})

    def as_dict(self) -> dict[str, int]:
        """The counts by name, as a task returns them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def log_line(self) -> str:
        """The line that a task ends its log with."""
        return (
            f"read {self.read} = {self.applied} applied + {self.duplicate} duplicate"
            f" + {self.quarantined} quarantined + {self.deferred} deferred"
        )


def record(
    connection: Connection, *, flow: str, task: str, part: str, as_of: datetime, counts: Counts
) -> None:
    """Add a run's counts to the summary of its flow, task, part and instant.

    Call it in the transaction of the work: a task that runs again and finds nothing to do adds 0.
    """
    execute(
        connection,
        "kernel/record_run",
        flow=flow,
        task=task,
        part=part,
        as_of=as_of,
        **counts.as_dict(),
    )


def forget(connection: Connection, *, flow: str, task: str, as_of: datetime) -> None:
    """Take back the summary of a task and instant, for a task that does all of its work anew."""
    execute(connection, "kernel/forget_run", flow=flow, task=task, as_of=as_of)
