"""What all DAGs share: their defaults, and a form for the instant that a run speaks of."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Param, dag

from tieout.kernel.instant import business_instant

AS_OF = "{{ business_instant(dag_run, params, triggering_asset_events) }}"
FIRST_DAY = datetime(2016, 1, 1, tzinfo=UTC)
DEFAULT_ARGS: dict[str, Any] = {
    "owner": "tieout",
    "retries": 2,
    "retry_delay": timedelta(minutes=2),
    "execution_timeout": timedelta(hours=2),
}


def flow_dag(runbook: str, **options: Any) -> Callable[[Callable[[], None]], Callable[[], Any]]:
    """The decorator that makes a function of a DAG file its DAG, named like the function.

    `runbook` is the file's docstring, which operators read in the UI; `options` (schedule, tags) go
    to Airflow as they are. One run at a time, no catching up, a form for `as_of`.
    """
    as_of = Param(
        None,
        type=["null", "string"],
        format="date-time",
        title="As of",
        description="Work on what was so at this instant. Empty: the run's own instant.",
    )
    made: Callable[[Callable[[], None]], Callable[[], Any]] = dag(
        doc_md=runbook,
        start_date=FIRST_DAY,
        catchup=False,
        max_active_runs=1,
        default_args=DEFAULT_ARGS,
        params={"as_of": as_of},
        user_defined_macros={"business_instant": business_instant},
        **options,
    )
    return made
