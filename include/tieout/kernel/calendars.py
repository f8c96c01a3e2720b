"""Calendars by name, from the `holidays` library, and the table business_day that SQL counts with.

Names: `weekdays` (Monday to Friday), `everyday`, a country of ISO 3166 such as `US` or `BR`, or a
market of ISO 10383 such as `XECB` (TARGET, the euro's settlement system) or `XNYS`.
"""

from datetime import date
from functools import cache

import holidays
import pyarrow as pa
from sqlalchemy import Connection, text

from tieout.kernel.database import copy_in
from tieout.kernel.errors import SettingsError
from tieout.kernel.time import Calendar

FIRST_DAY = date(2009, 1, 1)
LAST_DAY = date(2040, 12, 31)
_YEARS = range(FIRST_DAY.year, LAST_DAY.year + 1)


@cache
def calendar(calendar_id: str) -> Calendar:
    """The calendar of that name. Raises SettingsError for a name that nobody keeps."""
    if calendar_id == "weekdays":
        return Calendar()
    if calendar_id == "everyday":
        return Calendar(weekend=frozenset())
    try:
        if calendar_id in holidays.list_supported_financial():
            days = holidays.financial_holidays(calendar_id, years=_YEARS)
        else:
            days = holidays.country_holidays(calendar_id, years=_YEARS)
    except NotImplementedError:
        raise SettingsError(
            f"There is no calendar {calendar_id!r}.",
            remedy="Use weekdays, everyday, a country such as US, or a market such as XECB.",
        ) from None
    return Calendar(holidays=frozenset(days))


def load_calendar(connection: Connection, calendar_id: str) -> None:
    """Write the calendar's days to business_day unless they are there."""
    known = connection.execute(
        text("SELECT EXISTS (SELECT 1 FROM business_day WHERE calendar_id = :calendar_id)"),
        {"calendar_id": calendar_id},
    ).scalar_one()
    if known:
        return
    days = list(calendar(calendar_id).numbered(FIRST_DAY, LAST_DAY))
    table = pa.table(
        {
            "calendar_id": [calendar_id] * len(days),
            "day": [day.day for day in days],
            "is_business": [day.is_business for day in days],
            "number": [day.number for day in days],
        }
    )
    copy_in(connection, "business_day", table)
