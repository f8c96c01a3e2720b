"""Which columns make an amount or a time: signs, joined words, zones beside them."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from tieout.formats.extra import placed
from tieout.formats.fields import FieldSpec, normal_name
from tieout.formats.mapping import Sources, convert_fields
from tieout.formats.registry import format_spec

SPEC = format_spec("tieout-shipment-1")


def converted(field: FieldSpec, **columns: list[str]) -> list[object]:
    spec = SPEC.model_copy(update={"fields": (CURRENCY, field)})
    columns["Currency"] = ["USD"] * len(next(iter(columns.values())))
    names = [name.replace("_", " ") for name in columns]
    sources = Sources(
        names, [pa.array(each) for each in columns.values()], [*map(normal_name, names)]
    )
    made, bad = convert_fields(spec, sources, len(columns["Currency"]))
    assert not bad
    return made[field.name].to_pylist()


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
