"""One cell's text -> one value: what each type means; columns.py is only its faster twin."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from tieout.formats.fields import FieldSpec
from tieout.kernel.errors import MoneyError
from tieout.kernel.money import exponent, to_minor

Value = str | int | Decimal | date | datetime
RATE_SCALE = 15
MAX_INT = 2**63 - 1

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
_NUMBER = re.compile(r"[+-]?(\d{1,18}(\.\d*)?|\.\d+)", re.ASCII)
# At most 27 digits: Decimal's context keeps 28 exactly.
_AMOUNT = re.compile(r"[+-]?(\d{1,18}(\.\d{0,9})?|\.\d{1,9})", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,19}", re.ASCII)
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
            return _integer(text)
        case "decimal":
            return _decimal(text)
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
    value = lowered(field).get(" ".join(text.split()).casefold())
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
    return {word.casefold(): value for word, value in words}


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
        return _integer(text)
    if currency is None:
        raise CellError(
            "currency", "The amount has no currency.", f"Fill the column of {field.currency}."
        )
    if not _AMOUNT.fullmatch(text):
        raise CellError("money", "This is no amount.", "Write digits with a decimal point.")
    try:
        minor = to_minor(text, currency)
    except MoneyError as error:
        raise CellError("money", error.message, error.remedy) from error
    if abs(minor) > MAX_INT:
        raise CellError("money", "The amount is out of bounds.", "Check the amount.")
    return minor


def _moment(field: FieldSpec, text: str) -> datetime:
    """The date or time as written; formats are tried in turn, ISO 8601 where none is stated."""
    if not field.formats:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            raise _no_moment(field, "ISO 8601, such as 2026-11-22T08:00:00Z") from None
    for layout in field.formats:
        try:
            return datetime.strptime(text, layout)  # noqa: DTZ007 (the zone is added by the caller)
        except ValueError:
            continue
    raise _no_moment(field, " or ".join(field.formats))


def _no_moment(field: FieldSpec, wanted: str) -> CellError:
    return CellError(field.type, f"This is no {field.type}.", f"Write it as {wanted}.")


def _in_utc(moment: datetime, zone: str | None) -> datetime:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone_of(zone))
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise CellError("timestamp", "The time is out of bounds.", "Check the date.") from None


@cache
def zone_of(name: str | None) -> timezone | ZoneInfo:
    """The zone of an unambiguous abbreviation, an offset or an IANA name. Raises CellError."""
    text = (name or "").strip()
    if text.upper() in ZONE_HOURS:
        return timezone(timedelta(hours=ZONE_HOURS[text.upper()]))
    if found := _OFFSET.fullmatch(text):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        if offset < timedelta(hours=24):
            return timezone(offset if found[1] == "+" else -offset)
    if "/" in text:
        try:
            return ZoneInfo(text)
        except (ValueError, OSError):
            pass
    raise CellError(
        "zone",
        f"{text!r} is no time zone with one meaning.",
        "Write an offset such as +01:00, or a name such as Europe/Amsterdam.",
    )
