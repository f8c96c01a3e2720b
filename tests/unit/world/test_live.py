"""The live world has business to show whenever it first starts."""

from datetime import date
from pathlib import Path

import pytest

from tieout.world.serve import live_scenario

FRIDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 23)


@pytest.mark.parametrize(
    "today", [date(2026, 11, 21), date(2026, 11, 22), MONDAY], ids=["sat", "sun", "mon"]
)
def test_it_begins_on_the_business_day_before(tmp_path: Path, today: date) -> None:
    scenario = live_scenario(tmp_path, today)
    assert scenario.first_day == FRIDAY
    assert FRIDAY in scenario.order_days
    assert today in scenario.order_days


def test_it_keeps_its_first_day(tmp_path: Path) -> None:
    live_scenario(tmp_path, FRIDAY)
    assert live_scenario(tmp_path, MONDAY) == live_scenario(tmp_path, FRIDAY)
