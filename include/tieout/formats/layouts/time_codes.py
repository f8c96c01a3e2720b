"""Moments as X12 writes them: a date, a time, and a code for the zone of the time."""

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
