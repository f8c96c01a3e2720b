"""Moments of messages: X12's date, time and code of the zone, and EDIFACT's many forms."""

import re

_LONGEST = 6
"""Digits of a time to the second; tenths and hundredths may follow."""
_AREAS = {
    "N": ("America/St_Johns", "-03:30", "-02:30"),
    "T": ("America/Halifax", "-04:00", "-03:00"),
    "E": ("America/New_York", "-05:00", "-04:00"),
    "C": ("America/Chicago", "-06:00", "-05:00"),
    "M": ("America/Denver", "-07:00", "-06:00"),
    "P": ("America/Los_Angeles", "-08:00", "-07:00"),
    "A": ("America/Anchorage", "-09:00", "-08:00"),
    "H": ("Pacific/Honolulu", "-10:00", "-09:00"),
}
"""The zone, its standard time and its daylight time, by the first letter of the code."""
ZONES = (
    {
        f"{area}{kind}": zone
        for area, zones in _AREAS.items()
        for kind, zone in zip("TSD", zones, strict=True)
    }
    | {f"{hours:02d}": f"+{hours:02d}:00" for hours in range(1, 13)}
    | {f"{25 - hours:02d}": f"-{hours:02d}:00" for hours in range(1, 13)}
    | {"UT": "UTC", "GM": "UTC"}
)
"""The zones of X12's time codes (element 623); LT, local time, names none."""


def moment_text(day: str, time: str, code: str = "") -> str:
    """Date and time to the second as digits, then the zone of the code, if there is a time."""
    zone = ZONES.get(code.upper(), "") if time else ""
    return f"{day}{time[:_LONGEST]} {zone}".rstrip()


_DAY_FIRST = {"2": (4, 2, 0), "3": (4, 0, 2), "4": (4, 2, 0), "5": (4, 2, 0)}
"""Where year, month and day start in forms that end with the year (element 2379)."""
_SHORT_YEARS = {"2", "3", "101", "201", "202", "301", "302"}
_PERIODS = {"713": 10, "717": 6, "718": 8, "719": 12}
"""How long each end of a period is."""
_ZONED = re.compile(r"(\d{12}(?:\d\d)?)\s?([A-Z]{1,4}|[+-]\d\d(?::?\d\d)?)", re.ASCII)


def year_first(text: str, form: str) -> str:
    """A date of EDIFACT as CCYYMMDD, CCYYMMDDHHMM or with seconds, and the zone that it names.

    `form` is its code (element 2379); a period counts by its end. What is written in another form
    stays, so that a date field refuses it.
    """
    if form in _PERIODS:
        text = text[-_PERIODS[form] :]
    if form in _DAY_FIRST and text.isdigit():
        year, month, day = _DAY_FIRST[form]
        end = 6 if form in _SHORT_YEARS else 8
        text = f"{text[year:end]}{text[month : month + 2]}{text[day : day + 2]}{text[end:]}"
    if form in _SHORT_YEARS or _PERIODS.get(form) in {6, 10}:
        text = f"20{text}"
    zoned = _ZONED.fullmatch(text)
    return f"{zoned[1]} {zoned[2]}" if zoned else text
