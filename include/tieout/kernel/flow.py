"""What all DAGs share: defaults, and the instant that a run speaks of.

Every flow works on what was so as of one instant, never on the clock. It is, in this order: the
run's parameter `as_of`; the newest `as_of` of the assets that triggered the run; the end of its
data interval; the time for which the run was asked.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from airflow.sdk import Param, dag

from tieout.kernel.time import parse_instant

AS_OF = "{{ business_instant(dag_run, params, triggering_asset_events) }}"
FIRST_DAY = datetime(2016, 1, 1, tzinfo=UTC)
DEFAULT_ARGS: dict[str, Any] = {
    "owner": "tieout",
    "retries": 2,
    "retry_delay": timedelta(minutes=2),
    "execution_timeout": timedelta(hours=2),
}


class DagRun(Protocol):
    """What of Airflow's DAG run matters here; a run without a schedule has no interval."""

    data_interval_end: datetime | None
    run_after: datetime


def business_instant(
    dag_run: DagRun,
    params: Mapping[str, Any],
    triggering_asset_events: Mapping[Any, Iterable[Any]] | None = None,
) -> str:
    """The run's instant as ISO 8601 text in UTC.

    Raises SettingsError when the parameter `as_of` is not an instant with an offset.
    """
    if params.get("as_of"):
        return parse_instant(params["as_of"]).isoformat()
    events = [event for group in (triggering_asset_events or {}).values() for event in group]
    told = [event.extra["as_of"] for event in events if "as_of" in (event.extra or {})]
    if told:
        return max(map(parse_instant, told)).isoformat()
    return (dag_run.data_interval_end or dag_run.run_after).astimezone(UTC).isoformat()


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
