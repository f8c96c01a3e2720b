"""The product's flows, run by real Airflow in this process, one instant after the other."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from tieout.kernel.errors import Place, TieoutError

PAY_FLOWS = ("charge_kept_cards", "watch_purchases")
DAY_FLOWS = (
    *(
        "watch_purchases",
        "take_in_orders",
        "allocate_stock",
        "send_vendor_orders",
        "take_in_vendor_answers",
    ),
    *("take_in_settlements", "raise_exceptions"),
)
QUIET_FLOWS = (
    *("take_in_vendor_answers", "take_in_settlements", "reconcile_settlements"),
    *("take_in_payouts", "reconcile_payouts", "raise_exceptions"),
)
FIRST_QUIET_FLOWS = ("approve_charges", *PAY_FLOWS, *QUIET_FLOWS)
"""The evening after orders: what is still to be approved, paid or delivered is looked after."""
NIGHT_FLOWS = (
    *(*PAY_FLOWS, *DAY_FLOWS[1:-1], "reconcile_settlements", "take_in_payouts"),
    *("reconcile_payouts", "certify_day", "raise_exceptions", "check_quality"),
)


class FlowFailed(TieoutError):  # noqa: N818 (it is what happened)
    """A flow of the product did not succeed."""

    slug = "flow-failed"


@dataclass(frozen=True)
class FlowRun:
    """One run of a flow: its instant, how long it took, how many task instances it had."""

    flow: str
    as_of: datetime
    seconds: float
    tasks: int


@contextmanager
def output_to(log: Path) -> Iterator[TextIO]:
    """Everything that is printed goes to `log`; the block gets the terminal to write to itself."""
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as terminal, log.open("ab") as file:
        try:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
            yield terminal
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os.dup2(kept[0], 1)
            os.dup2(kept[1], 2)


def migrate_airflow() -> None:
    """Bring Airflow's own tables to the installed version. Raises FlowFailed when that fails."""
    done = subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=False)
    if done.returncode:
        raise FlowFailed(
            f"Airflow's tables could not be migrated (exit {done.returncode}).",
            remedy="Read the log.",
        )


class Flows:
    """All DAGs of a folder, parsed once. The environment must be Airflow's before the first use.

    Each file is a bundle of its own: a run reads its bundle anew, and so only the file it needs.
    """

    def __init__(self, folder: Path, log: Path) -> None:
        os.environ["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"] = _bundles(folder)
        from airflow.dag_processing.dagbag import DagBag  # noqa: TID251, PLC0415 (drives the DAGs)

        bag = DagBag(dag_folder=str(folder))
        if bag.import_errors:
            file, text = next(iter(bag.import_errors.items()))
            raise FlowFailed(
                f"A DAG cannot be parsed: {text.strip().splitlines()[-1]}",
                remedy="Mend it.",
                place=Place(str(file)),
            )
        self._dags: dict[str, Any] = dict(bag.dags)
        self._log = log
        for dag in self._dags.values():
            for task in dag.tasks:
                task.retries = 0

    def run(self, flow: str, as_of: datetime) -> int:
        """Run a flow as of an instant; returns how many task instances it had.

        Raises FlowFailed with the names of the tasks that did not succeed.
        """
        run = self._dags[flow].test(logical_date=as_of, run_conf={"as_of": as_of.isoformat()})
        instances = run.get_task_instances()
        if str(run.state) != "success":
            raise FlowFailed(
                f"{flow} as of {as_of:%Y-%m-%d %H:%M} did not succeed: {_failed(instances)}.",
                remedy="Read the log from its end.",
                place=Place(str(self._log)),
            )
        return len(instances)


def _bundles(folder: Path) -> str:
    local = "airflow.dag_processing.bundles.local.LocalDagBundle"
    files = sorted(folder.glob("*.py"))
    return json.dumps(
        [{"name": each.stem, "classpath": local, "kwargs": {"path": str(each)}} for each in files]
    )


def timed(flows: Flows, flow: str, as_of: datetime) -> FlowRun:
    """Run a flow and say how long it took."""
    begun = time.monotonic()
    tasks = flows.run(flow, as_of)
    return FlowRun(flow, as_of, time.monotonic() - begun, tasks)


def _failed(instances: Sequence[Any]) -> str:
    failed = sorted({one.task_id for one in instances if str(one.state) == "failed"})
    return ", ".join(failed) or "it did not finish"
