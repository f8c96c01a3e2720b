"""Business time: instants in UTC, calendars of business days. The clock is an argument."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tieout.kernel.errors import SettingsError

SATURDAY_AND_SUNDAY = frozenset({5, 6})


@dataclass(frozen=True)
class NumberedDay:
    """A day of a calendar; `number` counts the business days up to and including it."""

    day: date
    is_business: bool
    number: int


@dataclass(frozen=True)
class Calendar:
    """Which days are business days: neither of the weekend (Monday is 0) nor a holiday."""

    weekend: frozenset[int] = SATURDAY_AND_SUNDAY
    holidays: frozenset[date] = frozenset()

    def is_business(self, day: date) -> bool:
        """Whether business is done on that day."""
        return day.weekday() not in self.weekend and day not in self.holidays

    def add(self, day: date, business_days: int) -> date:
        """The business day that is `business_days` (>= 1) business days after `day`."""
        left = business_days
        while left:
            day += timedelta(days=1)
            left -= self.is_business(day)
        return day

    def numbered(self, first: date, last: date) -> Iterator[NumberedDay]:
        """Every day from `first` to `last`, numbered from the first business day as 1."""
        number = 0
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            is_business = self.is_business(day)
            number += is_business
            yield NumberedDay(day, is_business, number)


def parse_instant(text: str | datetime) -> datetime:
    """An instant in UTC from ISO 8601 text that states its offset, or from a datetime that does.

    Raises SettingsError when the text is no instant or leaves the offset open.
    """
    try:
        instant = datetime.fromisoformat(str(text))
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise SettingsError(
            f"{str(text)!r} is not an instant.",
            remedy="Write ISO 8601 with an offset, such as 2026-11-22T06:00:00+00:00.",
        )
    return instant.astimezone(UTC)


def local_day(instant: datetime, zone: str) -> date:
    """The calendar day of an instant in a zone of the IANA database."""
    return instant.astimezone(ZoneInfo(zone)).date()
