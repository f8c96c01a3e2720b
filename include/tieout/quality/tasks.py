"""The task of `check_quality`, and the question that the guarded flows ask before they start."""

import json
import logging
from datetime import datetime

from tieout.kernel.database import execute, fetch, lock, transaction
from tieout.kernel.errors import TieoutError
from tieout.kernel.settings import settings
from tieout.kernel.sqlfiles import sql_folder
from tieout.kernel.time import parse_instant
from tieout.quality.engine import evaluate
from tieout.quality.suites import SUITES

FLOW = "check_quality"
_SEVERITIES = ("critical", "warning", "info")
_LOG = logging.getLogger(__name__)


class QualityFailed(TieoutError):  # noqa: N818 (what the data did)
    """A critical expectation that guards a flow does not hold."""

    slug = "quality-failed"


def check_quality(*, as_of: datetime | str) -> dict[str, int]:
    """Evaluate every suite, keep the results under `as_of`, and build the pages for analysts.

    Running it again for the same instant replaces that instant's results. What is checked is what
    is there now, so an instant before the newest results changes nothing. Returns how many
    expectations there are (`expectations`), and how many failed by severity (`critical`, `warning`,
    `info`). Raises QualityNotChecked when an expectation cannot be evaluated.
    """
    own, instant = settings(), parse_instant(as_of)
    actor = f"{FLOW}/check_quality"
    with transaction(own.database_url, actor) as turn:
        lock(turn, FLOW)
        newest = fetch(turn, "quality/newest_check")[0]["as_of"]
        if newest is not None and newest > instant:
            _LOG.info("Nothing to check as of %s: there are results of %s", instant, newest)
            return {"expectations": 0, **dict.fromkeys(_SEVERITIES, 0)}
        with transaction(own.database_url, actor) as connection:
            for file in sql_folder("quality/refresh"):
                execute(connection, file.path.with_suffix("").as_posix())
        rows = evaluate(own.database_url, own.var / "quality", SUITES)
        execute(turn, "quality/save_results", as_of=instant, results=json.dumps(rows))
    failed = [row for row in rows if not row["success"]]
    for row in failed:
        _LOG.info(
            "%s: %s, %s: %s of %s rows differ",
            row["severity"],
            row["suite"],
            row["expectation"],
            row["unexpected_count"],
            row["element_count"],
        )
    counts = {name: sum(row["severity"] == name for row in failed) for name in _SEVERITIES}
    return {"expectations": len(rows), **counts}


def require_quality(flow: str, as_of: datetime | str) -> None:
    """Let a flow go on only if the newest results up to `as_of` have nothing critical against it.

    A flow whose data nobody has checked yet may go on. Raises QualityFailed with what failed.
    """
    with transaction(settings().database_url, actor=f"{flow}/require_quality") as connection:
        failed = fetch(connection, "quality/failed_guards", flow=flow, as_of=parse_instant(as_of))
    if failed:
        first = failed[0]
        raise QualityFailed(
            f"{flow} stops: {len(failed)} critical expectations failed, first {first['suite']}: "
            f"{first['expectation']} ({first['unexpected_count']} rows).",
            remedy="Read the quality pages, correct the rows, run check_quality, then clear this.",
            flow=flow,
            failed=[f"{row['suite']}: {row['expectation']}" for row in failed],
        )
