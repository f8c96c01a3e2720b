"""What the DAG of exceptions calls: raise the cases, tell staff of them."""

import logging
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from tieout.exceptions.digest import plan_digest, planned_digest
from tieout.exceptions.registry import rules
from tieout.exceptions.runner import run_rules
from tieout.kernel.database import fetch, lock, transaction
from tieout.kernel.runs import Counts, forget, record
from tieout.kernel.settings import settings
from tieout.kernel.statistics import refresh_statistics
from tieout.kernel.time import parse_instant

_RAISE = {"flow": "raise_exceptions", "task": "raise_cases"}
_log = logging.getLogger(__name__)


def raise_exceptions(*, as_of: datetime | str) -> dict[str, Any]:
    """Run all rules as of an instant; returns how many cases were seen, opened, resolved ...

    An instant before that of the last run does nothing, since cases never travel back: the result
    then names the later instant as `superseded_by`.
    """
    instant = parse_instant(as_of)
    with transaction(settings().database_url, actor="/".join(_RAISE.values())) as connection:
        lock(connection, "exceptions")
        if later := _later_run(connection, instant):
            _log.warning("Nothing done: exceptions were raised as of %s already.", later)
            return {"superseded_by": later.isoformat()}
        refresh_statistics(connection)
        raised = run_rules(connection, rules(), instant)
        counts = Counts(read=raised.seen, applied=raised.new, duplicate=raised.seen - raised.new)
        forget(connection, **_RAISE, as_of=instant)
        record(connection, **_RAISE, part="cases", as_of=instant, counts=counts)
    _log.info("%s; %s", counts.log_line(), asdict(raised))
    return asdict(raised)


def _later_run(connection: Connection, as_of: datetime) -> datetime | None:
    found = fetch(connection, "exceptions/run/last_run", **_RAISE, as_of=as_of)
    return found[0]["as_of"] if found else None


def send_digest(*, as_of: datetime | str) -> dict[str, int]:
    """Plan the day's digest unless it is planned already, and send what waits.

    The cases are those of the newest run: for an instant before it nothing new is planned.
    """
    from tieout.exchange.sending import send

    instant = parse_instant(as_of)
    url = settings().database_url
    with transaction(url, actor="raise_exceptions/send_digest") as connection:
        is_past = _later_run(connection, instant) is not None
        effect_id = (
            planned_digest(connection, instant) if is_past else plan_digest(connection, instant)
        )
    counts: Counts = send(url, effect_ids=[effect_id] if effect_id else [], as_of=instant)
    _log.info("%s", counts.log_line())
    return counts.as_dict()
