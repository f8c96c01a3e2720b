"""Records of a fixed width: read by place, written back, refused where they are out of order."""

import pytest
import yaml

from tests.unit.formats.samples import FACTS
from tieout.formats.identify import identify
from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.formats.results import CannotWrite, FileRefused
from tieout.formats.spec import FormatSpec
from tieout.formats.writing import write

FIXED = format_spec("tieout-purchase-order-fixed-1")
ROW = {
    "vendor_order_no": "VO-1",
    "revision": 1,
    "order_ref": "ORDER-1",
    "order_line_no": 1,
    "sku": "SKU-1",
    "quantity": 3,
    "unit_cost_minor": 1250,
    "currency": "EUR",
    "ship_to_city": "Zürich",
}
ROWS = [
    ROW,
    ROW | {"order_line_no": 2, "sku": "SKU-2"},
    ROW | {"vendor_order_no": "VO-2", "order_ref": "ORDER-2"},
]
FILE = write(ROWS, FIXED, facts=FACTS)

PLAIN = yaml.safe_load("""
id: stock-1
version: 1
title: Stock
family: inventory
partner: some
layout:
  type: fixed
  rows: {columns: {sku: [1, 6], count: [7, 5]}}
  looks: {count: '\\d+'}
  zeros: [count]
fields:
  - {name: sku, required: true}
  - {name: quantity_on_hand, source: count, type: integer, required: true}
max_bad_share: 1
""")


def test_an_order_is_said_once_before_its_lines():
    tags = [line[:1] for line in FILE.decode().splitlines()]
    assert tags == ["H", "P", "L", "L", "P", "L", "T"]


def test_what_is_written_is_read_and_told_by_its_header():
    assert identify(FILE).format_id == FIXED.id
    parsed = read(FILE, FIXED, name="x")
    assert [{key: row[key] for key in ROW} for row in parsed.rows.to_pylist()] == ROWS
    assert parsed.rows.column("line_no").to_pylist() == [3, 4, 6]
    assert parsed.facts["quantity_sum"] == 9


def test_blanks_at_the_end_of_a_line_may_be_missing():
    bare = b"\n".join(line.rstrip() for line in FILE.split(b"\n"))
    assert read(bare, FIXED, name="x").rows.column("ship_to_city").to_pylist() == ["Zürich"] * 3


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("H", "K", "structure"),
        ("tieout-purchase-order-fixed-1", "tieout-purchase-order-fixed-2", "structure"),
        ("\nT", "\nX", "truncated"),
        ("000000009", "000000008", "control-total"),
        ("VO-2", "    ", "bad-rows"),
    ],
)
def test_refused_whole(old, new, reason):
    with pytest.raises(FileRefused) as caught:
        read(FILE.decode().replace(old, new, 1).encode(), FIXED, name="x")
    assert caught.value.reason == reason


def test_nothing_may_follow_the_trailer():
    with pytest.raises(FileRefused, match="not in their order"):
        read(FILE + b"L\n", FIXED, name="x")


@pytest.mark.parametrize("sku", ["S" * 49, "two\nlines"])
def test_a_text_that_does_not_fit_its_place_is_not_cut_off(sku):
    with pytest.raises(CannotWrite, match="sku"):
        write([ROW | {"sku": sku}], FIXED, facts=FACTS)


def test_records_without_tags_are_told_by_their_looks():
    spec = FormatSpec.model_validate(PLAIN)
    data = b"AB-1  00042\nAB-2  00007 \nAB-3  00001 x\n"
    parsed = read(data, spec, name="x")
    assert parsed.rows.column("quantity_on_hand").to_pylist() == [42, 7]
    assert [(problem.line, problem.rule) for problem in parsed.rejected] == [(3, "row-width")]
    rows = parsed.rows.drop_columns(["line_no", "record_no"])
    assert write(rows, spec) == b"AB-1  00042\nAB-2  00007\n"


@pytest.mark.parametrize(
    ("layout", "says"),
    [
        ({"rows": {"columns": {"a": [1, 6], "b": [6, 2]}}}, "lies over"),
        ({"heads": [{"columns": {"a": [1, 6]}}]}, "need a tag each"),
        ({"looks": {}}, "looks"),
    ],
)
def test_words_that_do_not_hold_are_refused(layout, says):
    with pytest.raises(ValueError, match=says):
        FormatSpec.model_validate(PLAIN | {"layout": PLAIN["layout"] | layout})
