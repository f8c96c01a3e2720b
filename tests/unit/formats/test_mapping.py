"""Which columns make an amount or a time: signs, joined words, zones beside them."""

import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from tieout.formats.columns import BadCell
from tieout.formats.extra import extra_column, placed
from tieout.formats.fields import FieldSpec, normal_name
from tieout.formats.mapping import Sources, convert_fields
from tieout.formats.registry import format_spec

SPEC = format_spec("tieout-shipment-1")


def converted(*fields: FieldSpec, **columns: list[str]) -> list[object]:
    made, bad = convert(*fields, **columns)
    assert not bad
    return made


def convert(*fields: FieldSpec, **columns: list[str]) -> tuple[list[object], list[BadCell]]:
    """The values of the first field, in the currencies of Code (else USD), and the bad cells."""
    field, *_ = fields
    spec = SPEC.model_copy(update={"fields": (CURRENCY, *fields)})
    size = len(next(iter(columns.values())))
    columns["Currency"] = columns.pop("Code", ["USD"] * size)
    names = [name.replace("_", " ") for name in columns]
    sources = Sources(
        names, [pa.array(each) for each in columns.values()], [*map(normal_name, names)]
    )
    made, bad = convert_fields(spec, sources, len(columns["Currency"]))
    return made[field.name].to_pylist(), bad


CURRENCY = FieldSpec(name="currency", type="currency", source=("Currency",))


def money(**words: object) -> FieldSpec:
    return FieldSpec.model_validate({"name": "a", "type": "money", "currency": "currency", **words})


@pytest.mark.parametrize("written", ["5.00", "-5.00"])
def test_an_unsigned_amount_has_the_sign_that_its_row_says(written):
    field = money(source="Amount", unsigned=True, sign_source="Type", negative=["refund"])
    found = converted(field, Amount=[written] * 2, Type=["Sale", "Refund"])
    assert found == [500, -500]


def test_an_unsigned_amount_without_a_column_of_signs_is_positive():
    assert converted(money(source="Fee", unsigned=True), Fee=["-1.25", "1.25", ""]) == [
        125,
        125,
        None,
    ]


def test_unsigned_parts_count_each_with_its_own_sign():
    field = money(
        plus=["Gross"],
        minus=["Fee"],
        unsigned=True,
        sign_source=["Type", ""],
        negative=["credit"],
    )
    found = converted(
        field, Gross=["-9.00", "9.00"], Fee=["-1.00", "1.00"], Type=["credit", "sale"]
    )
    assert found == [-1000, 800]


def test_an_unsigned_amount_keeps_its_sign_where_its_word_has_none():
    field = money(
        source="Amount",
        unsigned=True,
        sign_source="Type",
        negative=["fee"],
        positive=["sale"],
    )
    kinds = ["FEE", "FEE", "SALE", "SALE", "CORRECTION", "CORRECTION"]
    found = converted(field, Amount=["1.00", "-1.00"] * 3, Type=kinds)
    assert found == [-100, -100, 100, 100, 100, -100]


def test_the_sign_that_was_written_is_kept():
    field = money(source="Fee", unsigned=True)
    assert placed(SPEC.model_copy(update={"fields": (field,)}), {"fee"}) == set()


def test_a_day_and_its_time_are_read_in_the_zone_beside_them():
    field = FieldSpec.model_validate(
        {
            "name": "t",
            "type": "timestamp",
            "source": ["Date", "Time"],
            "join": " ",
            "zone_source": "Zone",
            "formats": ["%Y-%m-%d %H:%M:%S", "%m/%d/%Y %I:%M:%S %p"],
        }
    )
    found = converted(
        field,
        Date=["2026-07-01", "01/02/2026"],
        Time=["08:00:00", "2:30:00 PM"],
        Zone=["Eastern Time (US & Canada)", "Tokyo"],
    )
    assert found == [
        datetime(2026, 7, 1, 12, tzinfo=UTC),
        datetime(2026, 1, 2, 5, 30, tzinfo=UTC),
    ]


def text(**words: object) -> FieldSpec:
    return FieldSpec.model_validate({"name": "a", **words})


def test_the_first_source_that_is_not_blank_wins():
    found = converted(text(source=["A", "B"]), A=["1", " ", ""], B=["2", "3", ""])
    assert found == ["1", "3", None]


def test_a_source_that_the_file_lacks_is_passed_over():
    assert converted(text(source=["None", "B"]), B=["2"]) == ["2"]


def test_joined_sources_keep_blanks_and_are_looked_up_as_one():
    words = {"order|fee": "fee", "order|*": "charge", "|fee": "payout", "*": "adjustment"}
    field = text(source=["A", "B"], join="|", map=words)
    found = converted(
        field, A=["Order", "order", "", "x", ""], B=["Fee", "Price", "FEE", "fee", ""]
    )
    assert found == ["fee", "charge", "payout", "adjustment", None]


def test_joined_text_ends_where_its_words_do():
    field = text(source=["A", "B", "C"], join=" ")
    assert converted(field, A=["x", ""], B=["", "y"], C=["z", ""]) == ["x  z", "y"]


def test_a_value_is_that_of_all_rows_or_of_those_that_are_blank():
    assert converted(text(value="EUR"), A=["x", ""]) == ["EUR", "EUR"]
    assert converted(text(source="A", value="EUR"), A=["x", ""]) == ["x", "EUR"]


def test_amounts_are_turned_round_where_the_column_beside_them_says_so():
    field = money(source="Amount", sign_source="Sign", negative=["DR", "d"])
    found = converted(field, Amount=["5.00"] * 4, Sign=["dr", "CR", "", "D"])
    assert found == [-500, 500, 500, -500]


def test_a_word_that_is_neither_negative_nor_positive_is_bad():
    field = money(source="Amount", sign_source="Sign", negative=["DR"], positive=["CR"])
    found, bad = convert(field, Amount=["5.00", "5.00", "0.00", "-5.00"], Sign=["DR", "?", "?", ""])
    assert found[0] == -500
    assert [(cell.row, cell.source, cell.text) for cell in bad] == [
        (1, "Sign", "?"),
        (3, "Sign", None),
    ]
    assert all(cell.remedy for cell in bad)


@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
def test_hundredths_are_of_a_major_unit_whatever_the_currency(currency):
    minor = {"USD": 12_300, "JPY": 123, "KWD": 123_000}[currency]
    field = money(source="Amount", unit="hundredths")
    assert converted(field, Amount=["12300"], Code=[currency]) == [minor]


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 5), ("KWD", 5), ("USD", 5)])
def test_minor_units_are_taken_as_they_are(currency, minor):
    assert converted(money(source="A", unit="minor"), A=["5"], Code=[currency]) == [minor]


def test_amounts_are_what_adds_less_what_subtracts():
    field = money(plus=["In", "More"], minus=["Out"])
    found = converted(field, In=["5.00", "", ""], More=["1.00", "", ""], Out=["2.00", "3.00", ""])
    assert found == [400, -300, None]


@pytest.mark.parametrize(
    ("bounds", "texts", "rule"),
    [
        ({"enum": ["a", "b"]}, ["a", "c"], "enum"),
        ({"pattern": "[a-z]+"}, ["a", "ab1"], "pattern"),
        ({"maxLength": 2}, ["ab", "abc"], "max-length"),
    ],
)
def test_texts_outside_their_bounds_are_bad(bounds, texts, rule):
    _, bad = convert(text(source="A", constraints=bounds), A=texts)
    assert [(cell.row, cell.rule) for cell in bad] == [(1, rule)]


@pytest.mark.parametrize(
    ("bounds", "rule"), [({"minimum": 1}, "minimum"), ({"maximum": 1}, "maximum")]
)
def test_numbers_outside_their_bounds_are_bad(bounds, rule):
    field = text(source="A", type="integer", constraints=bounds)
    _, bad = convert(field, A=["1", "0" if rule == "minimum" else "2"])
    assert [(cell.row, cell.rule) for cell in bad] == [(1, rule)]


def test_what_is_required_is_bad_where_it_is_blank():
    _, bad = convert(text(source="A", required=True), A=["x", " "])
    assert [(cell.row, cell.rule) for cell in bad] == [(1, "required")]


def test_other_sources_count_for_rows_of_a_kind():
    kind = text(source="Kind").model_copy(update={"name": "kind"})
    field = text(source="A", source_when={"refund": "B"})
    assert converted(field, kind, Kind=["charge", "refund"], A=["1", "2"], B=["3", "4"]) == [
        "1",
        "4",
    ]


@pytest.mark.parametrize("rows", [1, 2, 3000])
def test_what_is_the_same_in_all_rows_is_extra_in_each(rows):
    names = ["A", "B", "C"]
    columns = [["x"] * rows, ['"'] * rows, ["y"] * (rows - 1) + ["z"]]
    sources = Sources(names, [pa.array(each) for each in columns], ["a", "b", "c"])
    found = extra_column(SPEC, sources, rows).to_pylist()
    said = {"A": "x", "B": '"'}
    assert [json.loads(text) for text in found] == [said | {"C": "y"} for _ in range(rows - 1)] + [
        said | {"C": "z"}
    ]
