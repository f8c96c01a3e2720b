"""A capture killed at any of its commits and writes: sent again, it is one order all the same."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.killing import killed_at
from tests.sql.books import rows
from tests.sql.intake.entries import entry, set_up
from tieout.intake import capture, tasks
from tieout.intake.capture import entry_of
from tieout.kernel import crash
from tieout.storefront_api.desk import Desk
from tieout.storefront_api.known import Known

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
LINES = [("A-1", 2, 1000)]
POINTS = [name for name in crash.POINTS if name.startswith("entry.")]


async def taken(url: str, spool_dir: Path, number: int) -> bool:
    """Whether a desk kept an entry and what came first under its id said the same."""
    desk = Desk(url, spool_dir, Known(), lambda: NOW, lambda *_: None)
    await desk.open()
    kept = await desk.take(entry_of(entry(number, LINES)))
    while desk.is_up and desk.spooled:
        await asyncio.sleep(0.05)
    await desk.close()
    return kept


def captured(url: str, spool_dir: Path) -> None:
    """A library's capture and a desk's in an outage, and one when the database is back."""
    nowhere = f"{url}_that_is_not_there"
    assert capture.capture(nowhere, spool_dir, entry(1, LINES))
    assert asyncio.run(taken(nowhere, spool_dir, 2))
    assert asyncio.run(taken(url, spool_dir, 3))
    capture.capture(url, spool_dir, entry(4, LINES))


@pytest.mark.parametrize("point", POINTS)
def test_what_is_sent_again_after_a_kill_is_one_order(
    case_url: str, tmp_path: Path, point: str
) -> None:
    spool_dir = tmp_path / "spool"
    spool_dir.mkdir()
    set_up(case_url, spool_dir)
    assert killed_at(point, case_url, lambda: captured(case_url, spool_dir)), "never came there"
    captured(case_url, spool_dir)
    for task in (tasks.take_in_spool, tasks.validate_entries, tasks.normalise_orders):
        task(as_of=NOW)
    assert rows(case_url, "SELECT order_ref FROM sales_order ORDER BY 1") == [
        (f"R-{number}",) for number in (1, 2, 3, 4)
    ]
    assert rows(case_url, "SELECT count(*) FROM quarantine") == [(0,)]
    assert [path.name for path in spool_dir.iterdir() if path.suffix == ".open"] == []
