"""Columns of text -> columns of values, at columnar speed; what is unsure is asked of cells.py."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from tieout.formats.cells import RATE_SCALE, CellError, Value, cell_value, zone_of
from tieout.formats.content import content_of, few_words
from tieout.formats.fields import FieldSpec
from tieout.formats.numbers import plain_numbers
from tieout.kernel.errors import MoneyError
from tieout.kernel.money import exponent

SMALL = 256
Columns = dict[str, pa.Array]
ARROW_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "currency": pa.string(),
    "integer": pa.int64(),
    "money": pa.int64(),
    "json": pa.string(),
    "decimal": pa.decimal128(38, RATE_SCALE),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}
_MONEY_SCALE = 4
_FINE = pa.decimal64(18, _MONEY_SCALE)
_NINE = 0x39
"""The last byte of numbers; beyond it there is the `e` of powers, which are no amounts."""
_FEW_DIGITS = 10
"""So many characters cannot have more digits or decimals than an amount may have."""
_FAST_NUMBER = r"^[+-]?\d{1,13}(\.\d{1,4})?$"
_FIXED_PARTS = {
    "%Y": r"[12]\d{3}",
    "%m": r"(?:0[1-9]|1[0-2])",
    "%d": r"(?:0[1-9]|[12]\d|3[01])",
    "%H": r"(?:[01]\d|2[0-3])",
    "%M": r"[0-5]\d",
    "%S": r"[0-5]\d",
}
_ISO_MARKS = {"%Y-%m-%d %H:%M:%S": ord(" "), "%Y-%m-%dT%H:%M:%S": ord("T")}
_ISO_WIDTH, _ISO_MARK_AT = 19, 10
_SURE_YEARS = 1000, 2999
_OFFSETS = r"(?:Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)"


@dataclass(frozen=True)
class BadCell:
    """A cell that does not hold, at a row's index; `source` is the column in the file."""

    row: int
    source: str
    text: str | None
    rule: str
    reason: str
    remedy: str


@dataclass
class Converted:
    """A canonical column and the cells that were left out of it (null)."""

    values: pa.Array
    bad: list[BadCell]


def convert(
    field: FieldSpec,
    source: str,
    texts: pa.StringArray,
    beside: pa.StringArray | pa.DictionaryArray | None = None,
) -> Converted:
    """The values of a column of trimmed texts (null = blank); `beside`: their currency or zone.

    What stands beside may come by its words, where several columns share it.
    """
    arrow_type = ARROW_TYPES["text" if field.map else field.type]
    if len(texts) <= SMALL or texts.null_count == len(texts):
        values = pa.nulls(len(texts), arrow_type)
    else:
        values = _fast(field, texts, beside, arrow_type)
    unsure = pc.and_(pc.is_valid(texts), pc.is_null(values))
    rows = pc.indices_nonzero(unsure).to_pylist()
    if not rows:
        return Converted(values, [])
    return _ask_each(field, source, texts, beside, values, rows)


def _ask_each(
    field: FieldSpec,
    source: str,
    texts: pa.StringArray,
    beside: pa.StringArray | None,
    values: pa.Array,
    rows: Sequence[int],
) -> Converted:
    asked: list[str] = texts.take(rows).to_pylist()
    helps = beside.take(rows).to_pylist() if beside is not None else [None] * len(rows)
    answers: list[Value | None] = []
    bad: list[BadCell] = []
    for row, text, help_text in zip(rows, asked, helps, strict=True):
        try:
            answers.append(cell_value(field, text, help_text))
        except CellError as error:
            answers.append(None)
            bad.append(BadCell(row, source, text, error.rule, error.reason, error.remedy))
    found = pa.array(answers, values.type)
    if len(rows) == len(values):
        return Converted(found, bad)
    place = pc.index_in(pa.arange(0, len(values)), pa.array(rows, pa.int64()))
    return Converted(pc.coalesce(values, found.take(place)), bad)


def _fast(
    field: FieldSpec, texts: pa.StringArray, beside: pa.StringArray | None, arrow_type: pa.DataType
) -> pa.Array:
    if field.map or field.type == "currency":
        return _by_word(field, texts, arrow_type)
    match field.type:
        case "text":
            return texts
        case "integer":
            return _whole(field, texts)
        case "decimal":
            plain = plain_numbers(texts, field.numbers)
            return _each_once(lambda once: _sure(once, _FAST_NUMBER).cast(arrow_type), plain)
        case "money":
            return _fast_money(field, texts, beside)
        case "timestamp":
            return _fast_moments(field, texts, beside, arrow_type)
        case "date":
            return _by_word(field, texts, arrow_type)
        case "json":
            return pa.nulls(len(texts), arrow_type)


def _sure(texts: pa.StringArray, pattern: str) -> pa.StringArray:
    """The texts that match; null for the others."""
    return pc.if_else(pc.match_substring_regex(texts, pattern), texts, None)


def _by_word(field: FieldSpec, texts: pa.StringArray, arrow_type: pa.DataType) -> pa.Array:
    """A column of few different words: each word once."""
    coded = texts.dictionary_encode()
    words = [_try_cell(field, word) for word in coded.dictionary.to_pylist()]
    return pa.array(words, arrow_type).take(coded.indices)


def _try_cell(field: FieldSpec, word: str) -> Value | None:
    try:
        return cell_value(field, word, None)
    except CellError:
        return None


def _whole(field: FieldSpec, texts: pa.StringArray) -> pa.Array:
    pattern = r"^-?\d{1,17}$" if field.type == "money" else r"^-?\d{1,18}$"
    return _sure(plain_numbers(texts, field.numbers), pattern).cast(pa.int64())


def _fast_money(
    field: FieldSpec, texts: pa.StringArray, currencies: pa.StringArray | None
) -> pa.Array:
    if field.unit == "minor" or currencies is None:
        return _whole(field, texts)
    plain = plain_numbers(texts, field.numbers)
    if field.unit == "hundredths":
        hundredths = _sure(plain, r"^-?\d{1,15}$").cast(pa.int64())
        units = pc.multiply(hundredths, pa.scalar(10 ** (_MONEY_SCALE - 2), pa.int64()))
    else:
        units = _fine_units(plain)
    divisors = _divisors(currencies)
    minor = pc.divide(units, divisors)
    return pc.if_else(pc.equal(pc.multiply(minor, divisors), units), minor, None)


def _fine_units(texts: pa.StringArray) -> pa.Int64Array:
    """Amounts in ten-thousandths of a major unit, null where unsure."""
    if _look_plain(texts):
        with suppress(pa.ArrowInvalid):
            return texts.cast(_FINE).view(pa.int64())
    return _sure(texts, _FAST_NUMBER).cast(_FINE).view(pa.int64())


def _look_plain(texts: pa.StringArray) -> bool:
    """Whether all texts that can be cast to a decimal are amounts for `cell_value` as well."""
    content = content_of(texts)
    if not content.size or content.max() > _NINE:
        return False
    long = texts.filter(pc.greater(pc.binary_length(texts), _FEW_DIGITS))
    return not long or bool(pc.all(pc.match_substring_regex(long, _FAST_NUMBER)).as_py())


def _each_once(work: Callable[[pa.StringArray], pa.Array], texts: pa.StringArray) -> pa.Array:
    """The values of texts: where many are the same, each is worked out once."""
    coded = few_words(texts)
    return work(texts) if coded is None else work(coded.dictionary).take(coded.indices)


def _divisors(currencies: pa.StringArray) -> pa.Array:
    """Per row, how many ten-thousandths of a major unit make one minor unit; null if unknown."""
    coded = currencies.dictionary_encode()
    found = [_divisor(code) for code in coded.dictionary.to_pylist()]
    return pa.array(found, pa.int64()).take(coded.indices)


def _divisor(code: str) -> int | None:
    try:
        return int(10 ** (_MONEY_SCALE - exponent(code)))
    except MoneyError:
        return None


def _fast_moments(
    field: FieldSpec, texts: pa.StringArray, zones: pa.StringArray | None, arrow_type: pa.DataType
) -> pa.Array:
    written = field.formats[0] if field.formats else "iso"
    layout = "%Y-%m-%dT%H:%M:%S%z" if written == "iso" else written
    body, offset = layout.removesuffix("%z"), _OFFSETS if layout.endswith("%z") else ""
    pattern = _fixed_pattern(body)
    if pattern is None:
        return (
            _by_word(field, texts, arrow_type)
            if zones is None
            else pa.nulls(len(texts), arrow_type)
        )
    width = len(datetime(2000, 1, 1, tzinfo=UTC).strftime(body))
    local = None if offset else _iso_moments(texts, body)
    if local is None:
        texts = _sure(texts, f"^{pattern}{offset}$")
        moments = pc.utf8_slice_codeunits(texts, 0, width)
        local = pc.strptime(moments, body, "us", error_is_null=True)
        local = _real_days(local, moments, body)
    if offset:
        zones = pc.utf8_slice_codeunits(texts, width)
    elif zones is None:
        zones = pa.repeat(pa.scalar(field.zone, pa.string()), len(texts))
    coded = zones.dictionary_encode()
    offsets = [_fixed_offset(zone) for zone in coded.dictionary.to_pylist()]
    shift = pa.array(offsets, pa.duration("us")).take(coded.indices)
    utc = pc.subtract(local, shift)
    return utc.cast(pa.timestamp("us")).cast(arrow_type)


def _iso_moments(texts: pa.StringArray, layout: str) -> pa.Array | None:
    """The local times where all are written as ISO 8601 has it, else None."""
    mark = _ISO_MARKS.get(layout)
    rows = content_of(texts)
    if mark is None or not rows.size or rows.size != _ISO_WIDTH * (len(texts) - texts.null_count):
        return None
    widths = pc.min_max(pc.binary_length(texts)).as_py()
    if set(widths.values()) != {_ISO_WIDTH} or (rows[_ISO_MARK_AT::_ISO_WIDTH] != mark).any():
        return None
    with suppress(pa.ArrowInvalid):
        local = texts.cast(pa.timestamp("us"))
        years = pc.min_max(pc.year(local)).as_py()
        return local if _SURE_YEARS[0] <= years["min"] <= years["max"] <= _SURE_YEARS[1] else None
    return None


@cache
def _fixed_pattern(layout: str) -> str | None:
    """The texts that strptime reads by the layout, each part at its place; None for others."""
    parts = re.findall(r"%.|[^%]", layout)
    named = [part for part in parts if part.startswith("%")]
    if sorted(named) != sorted(_FIXED_PARTS):
        return None
    return "".join(_FIXED_PARTS.get(part, re.escape(part)) for part in parts)


def _real_days(local: pa.Array, moments: pa.StringArray, layout: str) -> pa.Array:
    """Null where the month has no such day: Arrow reads 30 February as 2 March."""
    at = len(datetime(2000, 1, 1, tzinfo=UTC).strftime(layout[: layout.index("%d")]))
    days = pc.utf8_slice_codeunits(moments, at, at + 2).cast(pa.int64())
    return pc.if_else(pc.equal(pc.day(local), days), local, None)


def _fixed_offset(zone: str) -> object:
    """The zone's offset from UTC where it has the same one at all times, else None."""
    try:
        return zone_of(zone).utcoffset(None)
    except CellError:
        return None


def constrain(field: FieldSpec, source: str, values: pa.Array, texts: pa.Array) -> list[BadCell]:
    """The cells whose values are outside the field's constraints."""
    bounds = field.constraints
    tests: list[tuple[str, pa.Array, str]] = []
    if bounds.enum:
        wanted = ", ".join(bounds.enum)
        tests.append(("enum", pc.is_in(values, pa.array(bounds.enum)), f"one of {wanted}"))
    if bounds.pattern is not None:
        whole = f"^(?:{bounds.pattern})$"
        tests.append(("pattern", pc.match_substring_regex(values, whole), f"like {whole}"))
    if bounds.max_length is not None:
        short = pc.less_equal(pc.utf8_length(values), bounds.max_length)
        tests.append(("max-length", short, f"at most {bounds.max_length} characters"))
    if bounds.minimum is not None:
        enough = pc.greater_equal(values, pa.scalar(int(bounds.minimum)))
        tests.append(("minimum", enough, f"at least {bounds.minimum}"))
    if bounds.maximum is not None:
        few = pc.less_equal(values, pa.scalar(int(bounds.maximum)))
        tests.append(("maximum", few, f"at most {bounds.maximum}"))
    return [bad for test in tests for bad in _outside(source, values, texts, *test)]


def _outside(
    source: str, values: pa.Array, texts: pa.Array, rule: str, holds: pa.Array, wanted: str
) -> list[BadCell]:
    fails = pc.indices_nonzero(pc.and_(pc.is_valid(values), pc.invert(holds))).to_pylist()
    return [
        BadCell(
            row,
            source,
            texts[row].as_py(),
            rule,
            f"The value is not {wanted}.",
            "Correct the value at the partner, or release a corrected row.",
        )
        for row in fails
    ]
