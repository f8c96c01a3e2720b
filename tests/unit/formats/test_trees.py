"""JSON and XML documents as rows: paths, errors, damage, and what would do harm."""

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.golden.formats import ROOT as GOLDEN
from tieout.formats.corrections import read_corrected
from tieout.formats.identify import FormatUnknown, identify
from tieout.formats.layouts import tree, xml_safe
from tieout.formats.layouts.json_tree import JsonLayout
from tieout.formats.layouts.tree import ErrorAnswer, LocalZone, Parts
from tieout.formats.layouts.xml_tree import Total, XmlLayout
from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.formats.results import FileRefused
from tieout.formats.source import Source, open_source

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
SCANS = JsonLayout(type="json", rows=("scans", "parcels/scans"), instead=("parcels",))
ORDERS = XmlLayout(
    type="xml",
    root="orders",
    rows=("order/line",),
    instead=("orders/order",),
    errors=(ErrorAnswer(path="orders/fault", code=("no",), text=("text",)),),
)


def source(text: str | bytes) -> Source:
    data = text if isinstance(text, bytes) else text.encode()
    return open_source(data, "file", ("utf-8",))


def rows(layout: JsonLayout | XmlLayout, text: str | bytes) -> list[dict[str, str]]:
    """The rows of a file as its layout cuts it, blank cells left out."""
    found = []
    for grid in layout.cut(source(text)):
        columns = [column.to_pylist() for column in grid.columns]
        found += [
            {name: cell for name, cell in zip(grid.names, cells, strict=True) if cell}
            for cells in (zip(*columns, strict=True) if columns else [()] * len(grid.lines))
        ]
    return found


def refusal(layout: JsonLayout | XmlLayout, text: str | bytes) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        list(layout.cut(source(text)))
    return caught.value


def test_json_rows_have_their_own_values_and_those_around_them():
    document = {
        "parcels": [
            {"no": "A", "at": {"city": "Ghent"}, "scans": [{"code": 1}, {"code": 2, "l": [7, 8]}]},
            {"no": "B", "scans": []},
        ],
        "more": False,
    }
    assert rows(SCANS, json.dumps(document, indent=1)) == [
        {"code": "1", "../no": "A", "../at/city": "Ghent", "../../more": "false"},
        {
            "code": "2",
            "l/0": "7",
            "l/1": "8",
            "../no": "A",
            "../at/city": "Ghent",
            "../../more": "false",
        },
        {"no": "B", "../more": "false"},
    ]


def test_json_numbers_stay_as_they_are_written():
    text = '{"scans": [{"big": 12345678901234567890123, "fine": 1.10, "small": 1e-7}]}'
    assert rows(SCANS, text) == [
        {"big": "12345678901234567890123", "fine": "1.10", "small": "1e-7"}
    ]


def test_json_rows_stand_on_their_lines():
    (grid,) = SCANS.cut(source('{"scans": [\n{"a": 1},\n\n{"a":\n2}]}'))
    assert grid.lines.to_pylist() == [2, 4]
    assert grid.raws is not None
    assert list(grid.raws) == ['{"a": 1}', '{"a":\n2}']


def test_rows_on_one_line_each_have_their_own_place():
    (grid,) = SCANS.cut(source('{"scans": [{"a": 1}, {"a": 2},\n{"a": 3},\n\n{"a": 4}]}'))
    assert grid.lines.to_pylist() == [1, 2, 3, 4]
    (grid,) = ORDERS.cut(source("<orders>" + "<order no='1'/>" * 3 + "</orders>"))
    assert grid.lines.to_pylist() == [1, 2, 3]


def test_one_bad_line_among_documents_steps_aside():
    (grid,) = SCANS.cut(source('{"scans":[{"a":1}]}\n{"scans":[{"a":}]}\n{"scans":[{"a":3}]}\n'))
    assert list(grid.flaws) == [1]
    assert grid.lines.to_pylist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"scans": [{"a": 1}', "truncated"),
        ('{"scans": [{"a": "x', "truncated"),
        ('{"scans": [{"a": 1} {"a": 2}]}', "structure"),
        ('{"scans": [{"a": 1, "a": 2}]}', "structure"),
        ('{"scans": [], "scans": []}', "structure"),
        ('{"scans": [{"a": NaN}]}', "structure"),
        ('{"scans": [{"a": ' + "[" * 100_000 + "]" * 100_000 + "}]}", "too-large"),
        ('{"scans": [{"a": ' + "[" * 100 + "1" + "]" * 100 + "}]}", "too-large"),
        ("scans", "structure"),
    ],
)
def test_damaged_json_is_refused(text, reason):
    assert refusal(SCANS, text).reason == reason


def test_half_a_character_is_no_text():
    texts = [r'{"a": "\ud800"}', r'{"a": "\u0000"}', r'{"\udfff": 1}', r'{"a": "\u00e9"}']
    (grid,) = SCANS.cut(source(f'{{"scans": [{", ".join(texts)}]}}'))
    assert list(grid.flaws) == [0, 1, 2]
    assert grid.names == ["a"]


def test_a_row_that_is_no_object_is_flawed():
    (grid,) = SCANS.cut(source('{"scans": [{"a": 1}, 7, [8], null]}'))
    assert list(grid.flaws) == [1, 2]
    assert len(grid.lines) == 3


@given(st.recursive(st.none() | st.booleans() | st.integers() | TEXTS, st.lists, max_leaves=9))
def test_any_value_beside_the_rows_keeps_them(value):
    document = {"scans": [{"a": "1", "b": value}, {"a": "2"}], "c": value}
    assert [row["a"] for row in rows(SCANS, json.dumps(document))] == ["1", "2"]


def test_marks_make_a_format_certain():
    layout = JsonLayout(type="json", rows=("scans",), marks={"kind": ("Scan",)})
    found = layout.recognise(source('{"scans": [{"kind": "Scan", "a": 1}, {"ki'), "x-1")
    assert found is not None
    assert found.certain
    assert layout.recognise(source('{"scans": [{"kind": "Other"}]}'), "x-1") is None


XML = """<?xml version="1.0" encoding="UTF-8"?>
<o:orders xmlns:o="urn:o" day="3">
  <order no="1">
    <to><city>Li&#232;ge</city><city>Luik</city></to>
    <line><sku size="L">x</sku></line>
    <line><sku>y</sku></line>
    <note>after</note>
  </order>
  <order no="2"/>
</o:orders>
"""


def test_xml_rows_have_their_own_values_and_those_around_them():
    order = {"../@no": "1", "../to/city": "Liège", "../to/city[2]": "Luik", "../note": "after"}
    assert rows(ORDERS, XML) == [
        {"sku": "x", "sku/@size": "L", **order, "../../@day": "3"},
        {"sku": "y", **order, "../../@day": "3"},
        {"@no": "2", "../@day": "3"},
    ]


def test_xml_rows_stand_on_their_lines():
    (grid,) = ORDERS.cut(source(XML))
    assert grid.lines.to_pylist() == [5, 6, 9]
    assert grid.raws is not None
    assert list(grid.raws)[1] == "<line><sku>y</sku></line>"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<orders><order><line/>", "truncated"),
        ("<orders><order></orders>", "structure"),
        ("<orders/><orders/>", "structure"),
        ("<others><order no='1'/></others>", "structure"),
        ("<!DOCTYPE orders [<!ENTITY a 'b'>]><orders>&a;</orders>", "structure"),
        ("<!DOCTYPE orders SYSTEM 'file:///etc/hosts'><orders>&a;</orders>", "structure"),
        ("<orders>" + "<a>" * 100 + "</a>" * 100 + "</orders>", "too-large"),
        ("<orders><fault><no>7</no><text>not\nhere</text></fault></orders>", "partner-error"),
        ("plain text", "structure"),
    ],
)
def test_xml_that_cannot_be_taken_is_refused(text, reason):
    assert refusal(ORDERS, text).reason == reason


def test_a_bomb_of_entities_is_refused_where_it_is_declared():
    names = ["a", *(f"a{number}" for number in range(10))]
    lines = [f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in pairwise(names)]
    found = refusal(ORDERS, "<!DOCTYPE orders [" + "".join(lines) + "]><orders>&a9;</orders>")
    assert found.reason == "structure"
    assert "a0" in found.found


def test_an_error_among_rows_is_rejected_with_the_partners_words():
    text = "<orders><order no='1'/><fault><no>7</no><text>gone</text></fault></orders>"
    (grid,) = ORDERS.cut(source(text))
    assert [flaw.reason for flaw in grid.flaws.values()] == ["The partner answers: 7 gone"]
    assert len(grid.lines) == 2


def test_too_many_elements_at_once_are_refused(monkeypatch):
    monkeypatch.setattr(xml_safe, "MAX_HELD", 50)
    assert refusal(ORDERS, "<orders>" + "<order/>" * 60 + "</orders>").reason == "too-large"


def test_units_are_given_out_one_by_one(monkeypatch):
    monkeypatch.setattr(xml_safe, "MAX_HELD", 50)
    monkeypatch.setattr(tree, "ROWS_AT_ONCE", 20)
    layout = ORDERS.model_copy(update={"unit": "orders/order", "rows": ("orders/order",)})
    text = "<orders><day>3</day>" + "<order><a>1</a></order>" * 60 + "<end/></orders>"
    grids = list(layout.cut(source(text)))
    assert [len(grid.lines) for grid in grids] == [20, 20, 20]
    assert [line for grid in grids for line in grid.lines.to_pylist()] == list(range(1, 61))
    assert {name for grid in grids for name in grid.names} == {"a", "../day"}


TOTALS = XmlLayout(
    type="xml",
    root="r",
    rows=("r/p",),
    totals=(
        Total(name="number", path="all", value="n"),
        Total(name="sum", path="t", value="v", by={"c": ("cur",)}, of=("amount",)),
    ),
)


@pytest.mark.parametrize(
    ("text", "failed"),
    [
        ("<r>{rows}<all><n>2</n></all><t><c>EUR</c><v>3.0</v></t></r>", []),
        ("<r>{rows}<all><n>3</n></all><t><c>EUR</c><v>3</v></t></r>", ["number"]),
        ("<r>{rows}<t><c>EUR</c><v>4</v></t></r>", ["sum EUR"]),
        ("<r>{rows}<t><c>USD</c><v>0</v></t></r>", ["sum EUR"]),
        ("<r>{rows}<t><c>EUR</c><v>three</v></t></r>", ["sum EUR"]),
        ("<r>{rows}</r>", []),
    ],
)
def test_stated_totals_are_compared_with_the_rows(text, failed):
    two = "<p><cur>EUR</cur><amount>1</amount></p><p><cur>EUR</cur><amount>2</amount></p>"
    (grid,) = TOTALS.cut(source(text.format(rows=two)))
    assert [check.name for check in grid.checks if not check.ok] == failed


@settings(max_examples=200)
@given(st.data())
def test_changed_bytes_never_crash_a_tree(data):
    layout, text = data.draw(st.sampled_from([(ORDERS, XML), (SCANS, '{"scans": [{"a": "é"}]}\n')]))
    damaged = bytearray(text.encode())
    at = data.draw(st.integers(0, len(damaged) - 1))
    damaged[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    try:
        grids = list(layout.cut(source(bytes(damaged))))
    except FileRefused:
        return
    for grid in grids:
        assert all(len(column) == len(grid.lines) for column in grid.columns)


def test_an_error_is_told_by_how_its_words_begin():
    answer = ErrorAnswer(path="x", when={"level": ("error*",)}, code=("no",), text=("text",))
    found = answer.flaw({"level": "ERRORS", "no": "7", "text": "not\n here"})
    assert found is not None
    assert found.reason == "The partner answers: 7 not here"
    assert answer.flaw({"level": "warning", "no": "7"}) is None
    assert answer.flaw({"level": "error"}) is None


def test_an_error_that_an_api_answers_is_known_and_refused_in_its_words():
    said = {"code": "TRACKER.NOT_FOUND", "message": "The tracker could not be found.", "errors": []}
    data = json.dumps({"error": said}).encode()
    found = identify(data)
    assert (found.format_id, found.reason) == (
        "easypost-tracker-1",
        "it is an error that the partner answers",
    )
    with pytest.raises(FileRefused) as caught:
        read(data, format_spec("easypost-tracker-1"), name="answer.json")
    assert caught.value.reason == "partner-error"
    assert "TRACKER.NOT_FOUND The tracker could not be found." in caught.value.message
    with pytest.raises(FormatUnknown):
        identify(b'{"error": {"code": "BAD_REQUEST_ERROR", "description": "no"}}')


def test_a_sentence_is_taken_apart_where_all_of_it_fits():
    part = Parts(column=".", pattern="(?P<what>[a-z ]+) at (?P<where>[A-Z]+)(?: (?P<code>[0-9]+))?")
    cells = {".": "handed\n over at GENT", "what": "kept"}
    part.add_to(cells)
    assert cells == {".": "handed\n over at GENT", "what": "kept", "where": "GENT"}
    other = {".": "handed over at GENT!"}
    part.add_to(other)
    assert list(other) == ["."]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"zone": "cst"}, "-06:00"),
        ({"zone": "EST"}, "EST"),
        ({"state": "TX"}, "America/Chicago"),
        ({"country": "CA", "state": "BC"}, "America/Vancouver"),
        ({"country": "Canada", "state": "NS"}, "America/Halifax"),
        ({"country": "de"}, "Europe/Berlin"),
        ({"country": "ZZ"}, "America/New_York"),
        ({}, "America/New_York"),
    ],
)
def test_local_times_have_the_zone_of_their_place(cells, expected):
    zone = LocalZone(
        named=("zone",),
        words={"CST": "-06:00"},
        country=("country",),
        region=("state",),
        home="US",
    )
    assert zone.of(cells) == expected


@pytest.mark.parametrize(
    ("sample", "right", "wrong"),
    [
        ("easypost-tracker-1/list.json", "2026-10-06T03:40:10Z", "some day"),
        ("ups-track-1/delivered.xml", "<Date>20261008</Date>", "<Date>20261399</Date>"),
    ],
)
@pytest.mark.parametrize("one_line", [False, True])
def test_a_row_of_a_tree_is_corrected_in_its_place(sample, right, wrong, one_line):
    path = GOLDEN / sample
    spec = format_spec(path.parent.name).model_copy(update={"max_bad_share": 1.0})
    good = path.read_bytes().replace(b"\n", b" " if one_line else b"\n")
    bad = good.replace(right.encode(), wrong.encode())
    (problem,) = read(bad, spec, name="f").rejected
    assert wrong in problem.raw
    corrected = {problem.line: problem.raw.replace(wrong, right)}
    again = read_corrected(bad, spec, name="f", corrected=corrected)
    whole = read(good, spec, name="f").rows.to_pylist()
    assert again.rows.to_pylist() == [row for row in whole if row["line_no"] == problem.line]
    assert again.counts.read == 1
