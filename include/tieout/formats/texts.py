"""Values -> the texts of cells: the inverse of cells.py."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.cells import zone_of
from tieout.formats.columns import Columns
from tieout.formats.fields import FactRecord, FieldSpec
from tieout.formats.numbers import written_number
from tieout.formats.results import CannotWrite, Fact
from tieout.kernel.money import exponent, format_minor

_NAMED = {"iso", "unix", "unix_ms"}
"""The layouts of times that are none of strftime."""


def texts_of(field: FieldSpec, values: pa.Array, columns: Columns) -> list[str]:
    """The texts of a column, blank for null; `columns` holds the currencies of money.

    Raises CannotWrite for a value that the format has no text for.
    """
    if field.map:
        return _words(field, values.to_pylist())
    if pa.types.is_string(values.type):
        return cast("list[str]", pc.fill_null(values, "").to_pylist())
    if pa.types.is_timestamp(values.type) and _is_plain(field):
        return _plain_moments(field, values)
    found = values.to_pylist()
    if field.type == "money" and field.unit != "minor":
        currencies = columns[str(field.currency)].to_pylist()
        return [
            "" if value is None else _amount(field, value, code)
            for value, code in zip(found, currencies, strict=True)
        ]
    return [_text(field, value) for value in found]


def _is_plain(field: FieldSpec) -> bool:
    """Whether a time is written in UTC, in a layout of strftime."""
    in_utc = field.zone in {None, "UTC"} or bool(field.zone_source)
    layout = field.formats[0] if field.formats else "iso"
    return in_utc and layout not in _NAMED and "%f" not in layout


def _plain_moments(field: FieldSpec, values: pa.Array) -> list[str]:
    layout = field.formats[0]
    years = pc.year(values)
    whole = pc.floor_temporal(values, unit=_finest(layout))
    lost = pc.and_(pc.not_equal(whole, values), not field.shortened)
    if not _says_century(layout):
        lost = pc.or_(lost, pc.or_(pc.less(years, _CENTURY[0]), pc.greater(years, _CENTURY[-1])))
    if pc.any(lost).as_py():
        raise _too_fine(field, values.filter(lost)[0].as_py())
    seconds = values.cast(pa.timestamp("s", "UTC"), safe=False)
    return cast("list[str]", pc.fill_null(pc.strftime(seconds, layout), "").to_pylist())


_CENTURY = range(1969, 2069)
"""The years that two digits stand for."""
_UNITS = {"%f": "microsecond", "%S": "second", "%M": "minute", "%H": "hour", "%I": "hour"}
_SIZES = {
    "microsecond": timedelta(microseconds=1),
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}


def _finest(layout: str) -> str:
    """The smallest part of a time that a layout of strftime says."""
    return next((unit for mark, unit in _UNITS.items() if mark in layout), "day")


def _says_century(layout: str) -> bool:
    return "%y" not in layout


def _too_fine(field: FieldSpec, value: date) -> CannotWrite:
    layout = field.formats[0]
    return CannotWrite(
        f"{field.name} {value.isoformat()} has parts that {layout!r} has no place for.",
        remedy="Give it without them, or say `shortened` of the field.",
    )


def _words(field: FieldSpec, values: Sequence[str | None]) -> list[str]:
    """The partner's words for ours; a beginning of words (`fee*`) is no word to write."""
    exact = {word: value for word, value in field.map.items() if not word.endswith("*")}
    words = {value: word for word, value in reversed(exact.items())}
    lacking = next((value for value in values if value is not None and value not in words), None)
    if lacking is not None:
        raise CannotWrite(
            f"The format has no word for {field.name} {lacking!r}.",
            remedy="Choose a format that has (docs/formats.md).",
        )
    return [words[value] if value is not None else "" for value in values]


def _amount(field: FieldSpec, minor: int, currency: str) -> str:
    if field.unit == "major":
        return written_number(format_minor(minor, currency), field.numbers)
    hundredths = Decimal(minor).scaleb(2 - exponent(currency))
    if hundredths != int(hundredths):
        raise CannotWrite(
            f"{format_minor(minor, currency)} {currency} has no whole number of hundredths.",
            remedy="Choose a format with finer amounts (docs/formats.md).",
        )
    return str(int(hundredths))


def _text(field: FieldSpec, value: Fact) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return _moment(field, value.astimezone(UTC))
    if isinstance(value, date):
        layout = field.formats[0] if field.formats else "iso"
        if layout in _NAMED:
            midnight = datetime(value.year, value.month, value.day, tzinfo=UTC)
            return value.isoformat() if layout == "iso" else _moment(field, midnight)
        if not _says_century(layout) and value.year not in _CENTURY:
            raise _too_fine(field, value)
        return value.strftime(layout)
    if isinstance(value, Decimal):
        text = f"{value:f}"
        plain = text.rstrip("0").rstrip(".") if "." in text else text
        return written_number(plain, field.numbers)
    return str(value)


def _moment(field: FieldSpec, moment: datetime) -> str:
    """A time in the field's first layout. Raises CannotWrite for parts that it cannot say."""
    layout = field.formats[0] if field.formats else "iso"
    if layout in _NAMED:
        if layout == "unix_ms" and moment.microsecond % 1000 and not field.shortened:
            raise _too_fine(field, moment)
        seconds = Decimal(round(moment.timestamp() * 1_000_000)).scaleb(-6)
        return {
            "iso": moment.isoformat(),
            "unix": f"{seconds.normalize():f}",
            "unix_ms": f"{int(seconds * 1000)}",
        }[layout]
    says_zone = "%z" in layout or "%Z" in layout
    if field.zone and not field.zone_source and not says_zone:
        moment = moment.astimezone(zone_of(field.zone))
    rest = (moment - datetime.combine(moment, time(), moment.tzinfo)) % _SIZES[_finest(layout)]
    strange = not _says_century(layout) and moment.year not in _CENTURY
    if strange or (rest and not field.shortened):
        raise _too_fine(field, moment)
    return moment.strftime(layout)


def fact_cells(record: FactRecord, facts: Mapping[str, Fact]) -> list[str]:
    """The cells of a header or trailer record, its tag first.

    Raises CannotWrite for a missing fact.
    """
    missing = [
        each.name for each in record.fields if each.required and facts.get(each.name) is None
    ]
    if missing:
        raise CannotWrite(
            f"Record {record.tag!r} needs the fact {missing[0]!r}.", remedy="Give it in `facts`."
        )
    return [record.tag, *(_text(field, facts.get(field.name)) for field in record.fields)]
