"""What each type means, cell by cell; and that the columnar way gives the same."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout.formats.cells import CellError, cell_value, zone_of
from tieout.formats.columns import ARROW_TYPES, SMALL, convert
from tieout.formats.fields import FieldSpec

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STAMP = ("%Y-%m-%d %H:%M:%S",)


def field(type_: str, **words: object) -> FieldSpec:
    if type_ == "money":
        words = {"currency": "currency", **words}
    if type_ == "timestamp":
        words = {"zone_source": ["zone"], "formats": STAMP, **words}
    return FieldSpec.model_validate({"name": "x", "type": type_, **words})


@pytest.mark.parametrize(
    ("type_", "text", "beside", "value"),
    [
        ("text", "0012", None, "0012"),
        ("integer", "-7", None, -7),
        ("integer", "007", None, 7),
        ("integer", "12.000", None, 12),
        ("decimal", "1.0656568", None, Decimal("1.0656568")),
        ("currency", "usd", None, "USD"),
        ("money", "19.99", "USD", 1999),
        ("money", "1,50".replace(",", "."), "EUR", 150),
        ("money", ".11", "USD", 11),
        ("money", "52", "USD", 5200),
        ("money", "-0.5", "USD", -50),
        ("money", "15000", "JPY", 15000),
        ("money", "1.234", "KWD", 1234),
        ("money", "1.2345", "CLF", 12345),
        ("money", "90071992547409.93", "USD", 9007199254740993),
        ("date", "2026-02-28", None, date(2026, 2, 28)),
        ("timestamp", "2021-01-06 23:50:00", "CET", datetime(2021, 1, 6, 22, 50, tzinfo=UTC)),
        ("timestamp", "2016-02-18 16:10:51", "PST", datetime(2016, 2, 19, 0, 10, 51, tzinfo=UTC)),
        ("timestamp", "2026-07-01 12:00:00", "Europe/Paris", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ("timestamp", "2026-07-01 12:00:00", "+05:30", datetime(2026, 7, 1, 6, 30, tzinfo=UTC)),
        ("timestamp", "2024-02-29 00:00:00", "UTC", datetime(2024, 2, 29, tzinfo=UTC)),
        ("json", '[{"a": 1}]', None, '[{"a":1}]'),
    ],
)
@pytest.mark.parametrize("size", [1, SMALL + 1])
def test_values(type_, text, beside, value, size):
    found = _convert(field(type_), [text] * size, [beside] * size)
    assert found.bad == []
    assert found.values.to_pylist() == [value] * size


@pytest.mark.parametrize(
    ("type_", "text", "beside", "rule"),
    [
        ("integer", "1.5", None, "integer"),
        ("integer", "٣", None, "integer"),
        ("integer", "1_000", None, "integer"),
        ("integer", "99999999999999999999", None, "integer"),
        ("decimal", "1e3", None, "number"),
        ("decimal", "0.1234567890123456789", None, "number"),
        ("currency", "US", None, "currency"),
        ("currency", "12E", None, "currency"),
        ("money", "19.999", "USD", "money"),
        ("money", "1.5", "JPY", "money"),
        ("money", "1,234.00", "USD", "money"),
        ("money", "NaN", "USD", "money"),
        ("money", "1e2", "USD", "money"),
        ("money", "$5", "USD", "money"),
        ("money", "999999999999999999.99", "USD", "money"),
        ("money", "1.00", None, "currency"),
        ("date", "31/12/2026", None, "date"),
        ("timestamp", "2021-02-30 00:00:00", "UTC", "timestamp"),
        ("timestamp", "2021-02-29 00:00:00", "UTC", "timestamp"),
        ("timestamp", "2021-04-31 00:00:00", "UTC", "timestamp"),
        ("timestamp", "2021-01-06 24:00:00", "UTC", "timestamp"),
        ("timestamp", "2021-01-06 12:00:00", "CST", "zone"),
        ("timestamp", "2021-01-06 12:00:00", None, "zone"),
        ("timestamp", "2021-01-06 12:00:00", "../etc/passwd", "zone"),
        ("timestamp", "0001-01-01 00:00:00", "+05:00", "timestamp"),
        ("json", "{", None, "json"),
    ],
)
@pytest.mark.parametrize("size", [1, SMALL + 1])
def test_what_does_not_hold_is_named(type_, text, beside, rule, size):
    found = _convert(field(type_), [text] * size, [beside] * size)
    assert [bad.rule for bad in found.bad] == [rule] * size
    assert found.values.null_count == size
    assert all(bad.reason and bad.remedy and bad.text == text for bad in found.bad)


def test_vocabulary_ignores_case_and_refuses_unknown_words():
    kinds = field("text", map={"Settled": "charge", "SettledExternally": "charge"})
    assert cell_value(kinds, "settled", None) == "charge"
    with pytest.raises(CellError) as caught:
        cell_value(kinds, "Unsettled", None)
    assert caught.value.rule == "vocabulary"


def test_only_the_bad_cells_of_a_long_column_are_left_out():
    texts = [f"{n}.{n % 100:02d}" for n in range(2000)]
    texts[777], texts[1999] = "seven", ""
    found = _convert(field("money"), texts, ["USD"] * 2000)
    assert [bad.row for bad in found.bad] == [777]
    values = found.values.to_pylist()
    assert values[776] == 77676
    assert values[777] is None
    assert values[1999] is None


def test_zone_names_have_one_meaning():
    for ambiguous in ("Europe/Nowhere", "CST", "IST", "AST", "", "Mars"):
        with pytest.raises(CellError):
            zone_of(ambiguous)


_AMOUNTS = st.one_of(
    st.decimals(min_value=-(10**14), max_value=10**14, allow_nan=False).map(lambda d: f"{d:f}"),
    st.from_regex(r"[+-]?[0-9]{0,4}\.?[0-9]{0,5}", fullmatch=True),
    st.text("0123456789.,-+ eE", max_size=8),
)
_MOMENTS = st.one_of(
    st.integers(-62_135_510_400, 253_402_214_400).map(
        lambda seconds: (EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S")
    ),
    st.from_regex(
        r"20[0-9]{2}-[0-1][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-6][0-9]", fullmatch=True
    ),
)
_COLUMNS = st.one_of(
    st.tuples(
        st.just("money"), _AMOUNTS, st.sampled_from(["USD", "JPY", "KWD", "CLF", "XX", None])
    ),
    st.tuples(
        st.just("timestamp"), _MOMENTS, st.sampled_from(["CET", "PDT", "UTC", "Asia/Tokyo", "CST"])
    ),
    st.tuples(st.just("integer"), st.text("0123456789-+ .", max_size=20), st.none()),
    st.tuples(st.just("decimal"), _AMOUNTS, st.none()),
    st.tuples(st.just("currency"), st.text("usdEURx1", max_size=4), st.none()),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_COLUMNS, min_size=1, max_size=20))
def test_the_columnar_way_and_the_careful_way_agree(cells):
    for type_ in {cell[0] for cell in cells}:
        texts = [text.strip() for kind, text, _ in cells if kind == type_]
        beside = [help_text for kind, _, help_text in cells if kind == type_]
        times = SMALL // len(texts) + 1
        careful = _convert(field(type_), texts, beside)
        columnar = _convert(field(type_), texts * times, beside * times)
        assert columnar.values.to_pylist() == careful.values.to_pylist() * times
        assert [(bad.row, bad.rule) for bad in columnar.bad if bad.row < len(texts)] == [
            (bad.row, bad.rule) for bad in careful.bad
        ]


@pytest.mark.parametrize(
    "odd",
    [
        "1e5",
        "1E5",
        ".5",
        "5.",
        "+.5",
        ".",
        "-",
        "1-2",
        "--1",
        "0.12345",
        "1,5",
        "0.1230000000",
        "12345678901234.5",
        "-1234567890.12",
        "0000000000000000000001.5",
        "99999999999999999.5",
    ],
)
def test_one_odd_amount_among_plain_ones_is_what_it_is_by_itself(odd):
    plain = ["12.34"] * SMALL
    careful = _convert(field("money"), [odd], ["USD"])
    columnar = _convert(field("money"), [*plain, odd], ["USD"] * (SMALL + 1))
    assert columnar.values.to_pylist() == [1234] * SMALL + careful.values.to_pylist()
    assert [bad.rule for bad in columnar.bad] == [bad.rule for bad in careful.bad]


@pytest.mark.parametrize("layout", ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"])
@pytest.mark.parametrize(
    "odd",
    [
        "2026-02-01 10:00:00",
        "2026-02-01T10:00:00",
        "2026-02-01 10:00+01",
        "2026-02-30 10:00:00",
        "0999-01-01 00:00:00",
        "3000-01-01 00:00:00",
        "2026-02-01 10:00",
        "2026-2-1 010:00:00",
    ],
)
def test_one_odd_time_among_plain_ones_is_what_it_is_by_itself(layout, odd):
    spec = field("timestamp", formats=[layout], zone="UTC", zone_source=[])
    plain = datetime(2026, 7, 1, 12, tzinfo=UTC)
    careful = convert(spec, "X", pa.array([odd]))
    columnar = convert(spec, "X", pa.array([f"{plain:{layout}}"] * SMALL + [odd]))
    assert columnar.values.to_pylist() == [plain] * SMALL + careful.values.to_pylist()
    assert [bad.rule for bad in columnar.bad] == [bad.rule for bad in careful.bad]


def _convert(spec: FieldSpec, texts: list[str], beside: list[str | None]):
    cells = pa.array([text or None for text in texts], pa.string())
    helps = pa.array(beside, pa.string()) if spec.type in {"money", "timestamp"} else None
    found = convert(spec, "X", cells, helps)
    assert found.values.type == ARROW_TYPES[spec.type]
    return found


CONTINENTAL = {"decimalChar": ",", "groupChar": ". '", "parentheses": True, "bareNumber": False}


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("1.234,56", 123456),
        ("1 234,56", 123456),
        ("1\u202f234,56", 123456),
        ("1\u2019234,56", 123456),
        ("12.34.567,00", 123456700),
        ("(1.234,56)", -123456),
        ("-1.234,56 \u20ac", -123456),
        ("\u20ac -5", -500),
        ("\u22125,00", -500),
        ("5,00-", -500),
        ("+5,00", 500),
        ("EUR 5", 500),
        ("(\u20ac5,10)", -510),
        (",5", 50),
    ],
)
@pytest.mark.parametrize("size", [1, SMALL + 1])
def test_numbers_as_the_format_says_they_are_written(text, minor, size):
    found = _convert(field("money", numbers=CONTINENTAL), [text] * size, ["EUR"] * size)
    assert found.bad == []
    assert found.values.to_pylist() == [minor] * size


@pytest.mark.parametrize(
    "text",
    ["1.50", "1.2345,00", "(5,00", "5,00)", "-(5,00)", "--5", "-5-", "1,234,56", "EUR", "5 6"],
)
@pytest.mark.parametrize("size", [1, SMALL + 1])
def test_numbers_written_in_another_way_are_bad(text, size):
    found = _convert(field("money", numbers=CONTINENTAL), [text] * size, ["EUR"] * size)
    assert [bad.rule for bad in found.bad] == ["money"] * size


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("1999", "USD", 1999), ("-500", "JPY", -5), ("7", "KWD", 70), ("1", "CLF", 100)],
)
@pytest.mark.parametrize("size", [1, SMALL + 1])
def test_hundredths_are_of_a_major_unit_in_every_currency(text, currency, minor, size):
    found = _convert(field("money", unit="hundredths"), [text] * size, [currency] * size)
    assert found.values.to_pylist() == [minor] * size


def test_hundredths_that_the_currency_does_not_have_are_bad():
    with pytest.raises(CellError, match="more decimals"):
        cell_value(field("money", unit="hundredths"), "150", "JPY")


@pytest.mark.parametrize(("text", "minor"), [("1.005", 100), ("1.015", 102), ("-0.057909", -6)])
@pytest.mark.parametrize("size", [1, SMALL + 1])
def test_amounts_finer_than_the_minor_unit_are_rounded_where_the_format_says_so(text, minor, size):
    found = _convert(field("money", rounding="half_even"), [text] * size, ["USD"] * size)
    assert found.values.to_pylist() == [minor] * size


@pytest.mark.parametrize(
    ("layout", "text", "value"),
    [
        ("iso", "2026-07-01T12:00:00+02:00", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ("iso", "2026-07-01T12:00:00.123Z", datetime(2026, 7, 1, 12, 0, 0, 123000, tzinfo=UTC)),
        ("%Y/%m/%d %H:%M:%S %z", "2026/07/01 12:00:00 -0700", datetime(2026, 7, 1, 19, tzinfo=UTC)),
        ("%d.%m.%Y %H:%M:%S UTC", "01.07.2026 12:00:00 UTC", datetime(2026, 7, 1, 12, tzinfo=UTC)),
        ("%b %d, %Y %I:%M %p %Z", "Jul 1, 2026 1:00 PM PDT", datetime(2026, 7, 1, 20, tzinfo=UTC)),
        ("%m/%d/%y %H:%M", "7/1/26 12:00", datetime(2026, 7, 1, 12, tzinfo=UTC)),
        ("unix", "1782907200", datetime(2026, 7, 1, 12, tzinfo=UTC)),
        ("unix", "1782907200.5", datetime(2026, 7, 1, 12, 0, 0, 500000, tzinfo=UTC)),
        ("unix_ms", "1782907200500", datetime(2026, 7, 1, 12, 0, 0, 500000, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("size", [1, SMALL + 1])
def test_times_as_the_format_says_they_are_written(layout, text, value, size):
    spec = field("timestamp", formats=["%Y%m%d", layout], zone="UTC", zone_source=[])
    texts = pa.array([text] * size)
    found = convert(spec, "X", texts)
    assert found.bad == []
    assert found.values.to_pylist() == [value] * size


def test_the_longest_beginning_of_a_word_decides_unless_the_word_itself_is_known():
    kinds = field("text", map={"fee*": "fee", "fee refund*": "refund", "Fee": "own", "*": "other"})
    words = ["fee", "FEES", "fee refund 1", "sale"]
    assert [cell_value(kinds, word, None) for word in words] == ["own", "fee", "refund", "other"]
