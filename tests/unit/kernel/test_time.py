"""Business days, counted in Python and in SQL alike."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tieout.kernel.calendars import calendar
from tieout.kernel.time import Calendar, local_day, parse_instant

DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))


def test_the_european_market_rests_at_christmas() -> None:
    assert calendar("XECB").add(date(2026, 12, 24), 1) == date(2026, 12, 28)


@given(DAYS, st.integers(1, 30))
def test_numbers_of_days_agree_with_counting(day: date, business_days: int) -> None:
    days = Calendar(holidays=frozenset({date(2026, 5, 1), date(2025, 12, 25)}))
    later = days.add(day, business_days)
    numbers = {n.day: n.number for n in days.numbered(day, later)}
    assert numbers[later] - numbers[day] == business_days
    assert days.is_business(later)


def test_everyday_has_no_rest() -> None:
    friday = date(2026, 11, 20)
    assert calendar("everyday").add(friday, 2) == friday + timedelta(days=2)


def test_the_day_depends_on_the_zone() -> None:
    instant = parse_instant("2026-11-22T23:30:00Z")
    assert instant == datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert local_day(instant, "Europe/Amsterdam") == date(2026, 11, 23)
