"""Which instant a run speaks of."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from tieout.kernel.errors import SettingsError
from tieout.kernel.instant import business_instant

SCHEDULED = SimpleNamespace(
    data_interval_end=datetime(2026, 3, 2, 1, tzinfo=UTC),
    run_after=datetime(2026, 3, 2, 2, tzinfo=UTC),
)
MANUAL = SimpleNamespace(data_interval_end=None, run_after=datetime(2026, 3, 2, 2, tzinfo=UTC))


def event(as_of: str) -> SimpleNamespace:
    return SimpleNamespace(extra={"as_of": as_of})


def test_the_parameter_comes_first() -> None:
    params = {"as_of": "2026-03-01T12:00:00+02:00"}
    told = {"orders": [event("2026-03-05T00:00:00+00:00")]}
    assert business_instant(SCHEDULED, params, told) == "2026-03-01T10:00:00+00:00"


def test_then_the_newest_instant_of_the_assets() -> None:
    told = {
        "orders": [event("2026-03-05T00:00:00+00:00"), event("2026-03-06T00:00:00+00:00")],
        "settlements": [event("2026-03-04T00:00:00+00:00")],
    }
    assert business_instant(SCHEDULED, {"as_of": None}, told) == "2026-03-06T00:00:00+00:00"


def test_then_the_end_of_the_interval_and_last_the_time_asked_for() -> None:
    assert business_instant(SCHEDULED, {}) == "2026-03-02T01:00:00+00:00"
    assert business_instant(MANUAL, {}, {"orders": [SimpleNamespace(extra={})]}) == (
        "2026-03-02T02:00:00+00:00"
    )


@pytest.mark.parametrize("text", ["yesterday", "2026-03-01T12:00:00"])
def test_an_instant_without_offset_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="not an instant"):
        business_instant(SCHEDULED, {"as_of": text})
