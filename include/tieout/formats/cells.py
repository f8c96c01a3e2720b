"""One cell's text -> one value: what each type means; columns.py is only its faster twin."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from zoneinfo import ZoneInfo

from tieout.formats.fields import FieldSpec
from tieout.formats.numbers import plain_number
from tieout.kernel.errors import MoneyError
from tieout.kernel.money import exponent, to_minor

Value = str | int | Decimal | date | datetime
RATE_SCALE = 15
MAX_INT = 2**63 - 1
MOST_MINOR = 10**17 - 1
"""The largest amount, in minor units: what is worked out from a row's amounts fits into 64 bits."""

OUT_OF_BOUNDS = "The amount is out of bounds."

# Zone abbreviations that mean one offset wherever gateways write them, in hours east of UTC.
# Those with several meanings (CST, IST, AST, ...) are left out: such a row is rejected.
ZONE_HOURS: Mapping[str, int] = {
    "UTC": 0,
    "GMT": 0,
    "Z": 0,
    "WET": 0,
    "WEST": 1,
    "BST": 1,
    "CET": 1,
    "CEST": 2,
    "EET": 2,
    "EEST": 3,
    "EST": -5,
    "EDT": -4,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "AEST": 10,
    "AEDT": 11,
    "JST": 9,
    "HKT": 8,
    "NZST": 12,
    "NZDT": 13,
    "BRT": -3,
}
# Zones as Rails names them (Square's exports), where the name is no IANA one.
ZONE_NAMES: Mapping[str, str] = {
    "EASTERN TIME (US & CANADA)": "America/New_York",
    "CENTRAL TIME (US & CANADA)": "America/Chicago",
    "MOUNTAIN TIME (US & CANADA)": "America/Denver",
    "PACIFIC TIME (US & CANADA)": "America/Los_Angeles",
    "ATLANTIC TIME (CANADA)": "America/Halifax",
    "INDIANA (EAST)": "America/Indiana/Indianapolis",
    "ARIZONA": "America/Phoenix",
    "ALASKA": "America/Juneau",
    "HAWAII": "Pacific/Honolulu",
    "NEWFOUNDLAND": "America/St_Johns",
    "SASKATCHEWAN": "America/Regina",
    "PUERTO RICO": "America/Puerto_Rico",
    "LONDON": "Europe/London",
    "EDINBURGH": "Europe/London",
    "DUBLIN": "Europe/Dublin",
    "PARIS": "Europe/Paris",
    "MADRID": "Europe/Madrid",
    "TOKYO": "Asia/Tokyo",
    "OSAKA": "Asia/Tokyo",
    "SYDNEY": "Australia/Sydney",
    "CANBERRA": "Australia/Canberra",
    "MELBOURNE": "Australia/Melbourne",
    "BRISBANE": "Australia/Brisbane",
    "ADELAIDE": "Australia/Adelaide",
    "DARWIN": "Australia/Darwin",
    "PERTH": "Australia/Perth",
    "HOBART": "Australia/Hobart",
}
_NUMBER = re.compile(r"[+-]?(\d{1,18}(\.\d*)?|\.\d+)", re.ASCII)
# At most 27 digits: Decimal's context keeps 28 exactly.
_AMOUNT = re.compile(r"[+-]?(\d{1,18}(\.\d{0,9})?|\.\d{1,9})", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNIX = {"unix": 1_000_000, "unix_ms": 1_000}
"""How many microseconds one of them is."""
_SHOWN = {
    "iso": "ISO 8601, such as 2026-11-22T08:00:00Z",
    "unix": "seconds since 1970",
    "unix_ms": "milliseconds since 1970",
}
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?", re.ASCII)


class CellError(Exception):
    """A cell that does not hold what its column says: a rule's word, the reason, the remedy."""

    def __init__(self, rule: str, reason: str, remedy: str) -> None:
        self.rule, self.reason, self.remedy = rule, reason, remedy
        super().__init__(reason)


def cell_value(field: FieldSpec, text: str, beside: str | None) -> Value:
    """The value of a cell that is not blank. `beside` is its row's currency or zone, if any.

    Money becomes whole minor units, a timestamp UTC. Raises CellError.
    """
    if field.map:
        return _mapped(field, text)
    match field.type:
        case "text":
            return text
        case "integer":
            return _integer(_without_zeros(_plain(field, text)))
        case "decimal":
            return _decimal(_plain(field, text))
        case "currency":
            return _currency(text)
        case "money":
            return _money(field, text, beside)
        case "date":
            return _moment(field, text).date()
        case "json":
            return _json(text)
        case "timestamp":
            return _in_utc(_moment(field, text), beside or field.zone)


def _mapped(field: FieldSpec, text: str) -> str:
    word = " ".join(text.split()).casefold()
    value = lowered(field).get(word)
    if value is None:
        beginnings = _beginnings(tuple(field.map.items()))
        value = next((mapped for start, mapped in beginnings if word.startswith(start)), None)
    if value is None:
        raise CellError(
            "vocabulary",
            "This word is not in the format's vocabulary.",
            "Add the word to the format's next version, or ask the partner what it means.",
        )
    return value


def lowered(field: FieldSpec) -> Mapping[str, str]:
    """The field's vocabulary with its words casefolded."""
    return _lowered(tuple(field.map.items()))


@cache
def _lowered(words: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    return {word.casefold(): value for word, value in words if not word.endswith("*")}


@cache
def _beginnings(words: tuple[tuple[str, str], ...]) -> Sequence[tuple[str, str]]:
    """The beginnings of words (`refund*`) without their star, the longest first."""
    starts = [(word[:-1].casefold(), value) for word, value in words if word.endswith("*")]
    return sorted(starts, key=lambda start: -len(start[0]))


def _plain(field: FieldSpec, text: str) -> str:
    plain = plain_number(text, field.numbers)
    if plain is None:
        raise CellError(
            "number" if field.type == "decimal" else field.type,
            "This is no number in the way that the format states.",
            f"Write digits with {field.numbers.decimalChar!r} before the decimals.",
        )
    return plain


def _without_zeros(text: str) -> str:
    """A whole number as digits only, where a partner wrote it with decimals (12.000)."""
    whole, _, decimals = text.partition(".")
    return text if decimals.strip("0") else whole


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text) or abs(int(text)) > MAX_INT:
        raise CellError("integer", "This is no whole number.", "Write digits only.")
    return int(text)


def _decimal(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise CellError("number", "This is no number.", "Write digits with a decimal point.")
    if len(text.partition(".")[2].rstrip("0")) > RATE_SCALE:
        raise CellError("number", f"More than {RATE_SCALE} decimals.", "Round the number.")
    return Decimal(text)


def _json(text: str) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise CellError("json", "This is no JSON.", "Write a JSON value.") from None
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _currency(text: str) -> str:
    code = text.upper()
    try:
        exponent(code)
    except MoneyError as error:
        raise CellError("currency", error.message, error.remedy) from error
    return code


def _money(field: FieldSpec, text: str, currency: str | None) -> int:
    if field.unit == "minor":
        return _within_bounds(_integer(_plain(field, text)))
    if currency is None:
        raise CellError(
            "currency", "The amount has no currency.", f"Fill the column of {field.currency}."
        )
    amount = _plain(field, text)
    if field.unit == "hundredths":
        amount = str(Decimal(_integer(amount)).scaleb(-2))
    if not _AMOUNT.fullmatch(amount):
        raise CellError("money", "This is no amount.", "Write digits with a decimal point.")
    try:
        minor = _to_minor(amount, currency, field)
    except MoneyError as error:
        raise CellError("money", error.message, error.remedy) from error
    return _within_bounds(minor)


def _within_bounds(minor: int) -> int:
    if abs(minor) > MOST_MINOR:
        raise CellError("money", OUT_OF_BOUNDS, "Check the amount.")
    return minor


def _to_minor(amount: str, currency: str, field: FieldSpec) -> int:
    if field.rounding is None:
        return to_minor(amount, currency)
    return int(Decimal(amount).scaleb(exponent(currency)).to_integral_value(ROUND_HALF_EVEN))


_DIGITS_ONLY = re.compile(r"(%[YymdHMS])+")
"""Formats without separators, of which strptime would take texts that lack digits."""


def _moment(field: FieldSpec, text: str) -> datetime:
    """The date or time as written; formats are tried in turn, ISO 8601 where none is stated."""
    for layout in field.formats or ("iso",):
        try:
            return _by_format(layout, text)
        except (ValueError, OverflowError, OSError):
            continue
    wanted = " or ".join(_SHOWN.get(layout, layout) for layout in field.formats or ("iso",))
    raise CellError(field.type, f"This is no {field.type}.", f"Write it as {wanted}.")


def _by_format(layout: str, text: str) -> datetime:
    if layout == "iso":
        return datetime.fromisoformat(text)
    if layout in _UNIX:
        if not _NUMBER.fullmatch(text):
            raise ValueError(text)
        return _EPOCH + timedelta(microseconds=int(Decimal(text) * _UNIX[layout]))
    if layout.endswith("%Z"):
        moment, _, zone = text.rpartition(" ")
        found = datetime.strptime(moment, layout.removesuffix("%Z").rstrip())  # noqa: DTZ007
        return found.replace(tzinfo=zone_of(zone))
    if _DIGITS_ONLY.fullmatch(layout) and len(text) != len(layout) + 2 * layout.count("%Y"):
        raise ValueError(text)
    return datetime.strptime(text, layout)  # noqa: DTZ007 (the zone is added by the caller)


def _in_utc(moment: datetime, zone: str | None) -> datetime:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone_of(zone))
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise CellError("timestamp", "The time is out of bounds.", "Check the date.") from None


@cache
def zone_of(name: str | None) -> timezone | ZoneInfo:
    """The zone of an unambiguous abbreviation, an offset or an IANA or Rails name.

    Raises CellError.
    """
    text = (name or "").strip()
    text = ZONE_NAMES.get(text.upper(), text)
    if text.upper() in ZONE_HOURS:
        return timezone(timedelta(hours=ZONE_HOURS[text.upper()]))
    if found := _OFFSET.fullmatch(text):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        if offset < timedelta(hours=24):
            return timezone(offset if found[1] == "+" else -offset)
    if "/" in text:
        try:
            return ZoneInfo(text)
        except (KeyError, ValueError, OSError):
            pass
    raise CellError(
        "zone",
        f"{text!r} is no time zone with one meaning.",
        "Write an offset such as +01:00, or a name such as Europe/Amsterdam.",
    )
