"""Writer and reader are inverse for every format that can be written.

The rows are those of the formats' golden files, as they are and with other texts, dates and counts.
"""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.golden.formats import inputs
from tests.unit.formats.samples import TEXT
from tieout.formats.cells import cell_value, zone_of
from tieout.formats.fields import FieldSpec, normal_name
from tieout.formats.identify import FormatAmbiguous, identify
from tieout.formats.reading import read
from tieout.formats.registry import all_formats, format_spec
from tieout.formats.results import CannotWrite, ParsedFile
from tieout.formats.spec import FormatSpec
from tieout.formats.texts import texts_of
from tieout.formats.writing import write

GOLDEN = [path for path in inputs() if format_spec(path.parent.name).can_write]
ONE_EACH = list({path.parent.name: path for path in GOLDEN}.values())
STANDARDS = {"x12", "edifact"}
NARROW = {*STANDARDS, "fixed"}
PLAIN = st.text("ABCxyz0189-", min_size=1, max_size=9)
BESIDE = {"extra", "line_no", "record_no"}
DAYS = st.dates(date(2001, 1, 1), date(2068, 1, 1))
MOMENTS = st.integers(978_307_200, 3_000_000_000).map(lambda at: datetime.fromtimestamp(at, UTC))


def of(path: Path) -> tuple[FormatSpec, ParsedFile]:
    spec = format_spec(path.parent.name)
    return spec, read(path, spec, name=path.name)


def rows_of(spec: FormatSpec, table: pa.Table) -> pa.Table:
    """The rows to write; messages of a standard have no place for more than their words."""
    return table.drop_columns(["extra"]) if spec.layout.type in STANDARDS else table


def extras(table: pa.Table) -> list[set[tuple[str, str]]]:
    """What each row keeps, by normalised names."""
    kept = (json.loads(text) for text in table.column("extra").to_pylist())
    return [{(normal_name(name), text) for name, text in row.items()} for row in kept]


def told(data: bytes, name: str) -> list[str]:
    """The formats that a file may be of."""
    try:
        return [identify(data, name).format_id]
    except FormatAmbiguous as ambiguous:
        return list(ambiguous.fields["formats"])


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_was_read_is_written_and_read_again(path):
    spec, first = of(path)
    data = write(rows_of(spec, first.rows), spec, facts=first.facts)
    assert spec.id in told(data, path.name)
    second = read(data, spec, name=path.name)
    assert second.rejected == []
    for column in set(first.rows.column_names) - BESIDE:
        assert second.rows.column(column).to_pylist() == first.rows.column(column).to_pylist()
    if spec.layout.type not in STANDARDS:
        pairs = zip(extras(first.rows), extras(second.rows), strict=True)
        assert all(before <= after for before, after in pairs)


def free(spec: FormatSpec) -> Iterable[FieldSpec]:
    """The fields that may hold anything of their type."""
    taken = Counter(normal_name(name) for field in spec.fields for name in field.sources)
    named = {name for check in spec.checks for name in (check.column, *check.by)}
    for field in spec.fields:
        own = all(taken[normal_name(name)] == 1 for name in field.sources)
        bound = field.map or field.join is not None or field.value is not None
        bound = bound or field.source_when or field.constraints.pattern or field.constraints.enum
        if own and not bound and field.name not in named:
            yield field


def values(field: FieldSpec, spec: FormatSpec) -> st.SearchStrategy[object] | None:
    """What a field may hold, None where it is left as it is."""
    low = 0 if field.constraints.minimum is None else int(field.constraints.minimum)
    texts = PLAIN if spec.layout.type in NARROW else TEXT
    counts = st.integers(low, 9_999)
    says_time = not field.formats or "%H" in field.formats[0] or "unix" in field.formats[0]
    found = {
        "text": texts,
        "integer": counts,
        "date": DAYS if not field.formats or "%Y" in field.formats[0] else None,
        "timestamp": MOMENTS if says_time and field.zone == "UTC" else None,
    }.get(field.type)
    if found is None or (spec.family == "settlement_line" and field.type == "integer"):
        return None
    return found if field.required or spec.layout.type in STANDARDS else st.none() | found


@pytest.mark.parametrize("path", ONE_EACH, ids=lambda path: path.parent.name)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_other_rows_come_back_as_they_were(path, data):
    spec, first = of(path)
    table = first.rows.drop_columns(list(BESIDE))
    rows = table.to_pylist()
    fields = {field.name: values(field, spec) for field in free(spec)}
    if spec.layout.type in STANDARDS:
        fields = {name: some for name, some in fields.items() if name in {"sku", "quantity"}}
    for name, some in fields.items():
        if some is not None and any(row[name] is not None for row in rows):
            drawn = data.draw(st.lists(some, min_size=len(rows), max_size=len(rows)), label=name)
            rows = [row | {name: value} for row, value in zip(rows, drawn, strict=True)]
    parsed = read(write(rows, spec, facts=first.facts), spec, name=path.name)
    assert parsed.rejected == []
    for name in table.column_names:
        assert parsed.rows.column(name).to_pylist() == [row[name] for row in rows], name


@pytest.mark.parametrize(
    "spec", [spec for spec in all_formats() if not spec.can_write], ids=lambda spec: spec.id
)
def test_a_format_that_is_only_read_says_so(spec):
    with pytest.raises(CannotWrite, match="only read"):
        write([], spec)


def finer(moment: datetime | None) -> datetime | None:
    return moment and moment + timedelta(microseconds=123_456)


@pytest.mark.parametrize("path", ONE_EACH, ids=lambda path: path.parent.name)
def test_a_time_is_written_whole_or_not_at_all(path):
    """But where the format says that it is shortened."""
    spec, first = of(path)
    table = first.rows.drop_columns(list(BESIDE))
    for field in spec.fields:
        if field.type != "timestamp" or field.shortened or field.name not in table.column_names:
            continue
        rows = [row | {field.name: finer(row[field.name])} for row in table.to_pylist()]
        try:
            data = write(rows, spec, facts=first.facts)
        except CannotWrite:
            continue
        again = read(data, spec, name=path.name).rows.column(field.name).to_pylist()
        assert again == [row[field.name] for row in rows]


FINE_MOMENTS = st.integers(-2_000_000_000_000_000, 4_000_000_000_000_000).map(
    lambda micros: datetime.fromtimestamp(0, UTC) + timedelta(microseconds=micros)
)
MIDNIGHTS = DAYS.map(lambda day: datetime(day.year, day.month, day.day, tzinfo=UTC))
TIMES = ["%Y-%m-%d", "%Y-%m-%d %H", "%Y-%m-%d %H:%M", "%y%m%d%H%M%S", "%Y-%m-%d %H:%M:%S.%f"]


@given(
    moment=st.one_of(
        FINE_MOMENTS, FINE_MOMENTS.map(lambda at: at.replace(microsecond=0)), MIDNIGHTS
    ),
    layout=st.sampled_from([*TIMES, "iso", "unix", "unix_ms"]),
    zone=st.sampled_from(["UTC", "Asia/Kolkata"]),
)
def test_the_text_of_a_time_says_it_or_there_is_none(moment, layout, zone):
    field = FieldSpec(name="at", type="timestamp", zone=zone, formats=(layout,))
    values = pa.array([moment, None], pa.timestamp("us", "UTC"))
    try:
        text, blank = texts_of(field, values, {})
    except CannotWrite:
        assert layout not in {"iso", "unix", TIMES[-1]}
        whole = moment.astimezone(zone_of(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
        with_years = "%y" not in layout or 1969 <= moment.year < 2069
        assert whole != moment or not with_years
    else:
        assert blank == ""
        assert cell_value(field, text, None) == moment


@pytest.mark.parametrize("layout", [*TIMES[:-1], "unix_ms"])
def test_a_shortened_time_loses_what_its_format_has_no_place_for(layout):
    field = FieldSpec(name="at", type="timestamp", zone="UTC", formats=(layout,), shortened=True)
    moment = datetime(2026, 3, 2, 6, 7, 8, 9, tzinfo=UTC)
    [text] = texts_of(field, pa.array([moment], pa.timestamp("us", "UTC")), {})
    again = cell_value(field, text, None)
    assert again < moment
    assert moment - again < timedelta(days=1)


@pytest.mark.parametrize("year", [1968, 2069])
def test_two_digits_stand_for_the_years_of_one_century(year):
    field = FieldSpec(name="on", type="date", formats=("%y%m%d",))
    with pytest.raises(CannotWrite, match="no place"):
        texts_of(field, pa.array([date(year, 1, 1)]), {})
