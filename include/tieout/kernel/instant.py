"""The instant that a run of a flow speaks of.

Every flow works on what was so as of one instant, never on the clock. It is, in this order: the
run's parameter `as_of`; the newest `as_of` of the assets that triggered the run; the end of its
data interval; the time for which the run was asked.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from tieout.kernel.time import parse_instant


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
