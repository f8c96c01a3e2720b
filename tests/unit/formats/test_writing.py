"""Writing and reading are inverse: the canonical rows and the facts come back."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.formats.samples import (
    ACK,
    ACK_ROW,
    ADYEN,
    FACTS,
    STRIPE,
    adyen_file,
    settlement_lines,
    settlement_rows,
    vendor_rows,
)
from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.formats.results import CannotWrite
from tieout.formats.spec import FormatSpec
from tieout.formats.writing import write

OWN = ["tieout-purchase-order-1", "tieout-vendor-ack-1", "tieout-shipment-1", "tieout-tracking-1"]


def come_back(rows: list[dict[str, object]], spec: FormatSpec) -> pa.Table:
    """The rows, written and read again; checked to be the same."""
    parsed = read(write(rows, spec, facts=FACTS), spec, name="x")
    assert parsed.rejected == []
    for name in rows[0]:
        assert parsed.rows.column(name).to_pylist() == [row[name] for row in rows], name
    return parsed.rows


@pytest.mark.parametrize("format_id", [*OWN, "tieout-order-spool-1"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_our_own_formats(format_id, data):
    rows = data.draw(st.lists(vendor_rows(format_id), min_size=1, max_size=8))
    come_back(rows, format_spec(format_id))


@pytest.mark.parametrize("spec", [ADYEN, STRIPE], ids=lambda spec: spec.partner)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_settlement_lines(spec, data):
    rows = data.draw(st.lists(settlement_lines(spec.partner), min_size=1, max_size=8))
    table = come_back(rows, spec)
    again = read(write(table, spec), spec, name="x").rows
    assert again.drop(["line_no"]).equals(table.drop(["line_no"]))


def test_the_facts_come_back_and_the_totals_are_filled_in():
    parsed = read(write([ACK_ROW] * 3, ACK, facts=FACTS), ACK, name="x")
    assert parsed.facts["lines"] == 3
    assert {name: parsed.facts[name] for name in ("control_no", "vendor_id", "created_at")} == {
        name: FACTS[name] for name in ("control_no", "vendor_id", "created_at")
    }


def test_a_file_without_rows_is_a_file():
    assert read(write([], ACK, facts=FACTS), ACK, name="x").counts.read == 0


def test_what_extra_keeps_is_written_back():
    data = adyen_file(1).replace(b"Reserved4", b"Shopper Country").replace(b",7,,", b",7,NL,", 1)
    first = read(data, ADYEN, name="x").rows
    assert '"Shopper Country":"NL"' in first.column("extra")[0].as_py()
    second = read(write(first, ADYEN), ADYEN, name="x").rows
    assert '"Shopper Country":"NL"' in second.column("extra")[0].as_py()


def test_the_parts_of_a_fee_are_written_back():
    header, row, payout = adyen_file(1).decode().splitlines()
    names, cells = header.split(","), row.split(",")
    cells[names.index("Commission (NC)")], cells[names.index("Interchange (NC)")] = "0.10", "0.20"
    first = read(f"{header}\n{','.join(cells)}\n{payout}\n".encode(), ADYEN, name="x").rows
    written = write(first, ADYEN).decode().splitlines()[1].split(",")
    assert written[names.index("Commission (NC)")] == "0.10"
    assert written[names.index("Interchange (NC)")] == "0.20"


def test_the_genuine_order_of_columns_is_written():
    header = adyen_file(1).decode().splitlines()[0].split(",")
    assert tuple(header) == ADYEN.layout.header_order


@pytest.mark.parametrize("missing", ["control_no", "created_at"])
def test_a_missing_fact_is_named(missing):
    facts = {name: value for name, value in FACTS.items() if name != missing}
    with pytest.raises(CannotWrite, match=missing):
        write([ACK_ROW], ACK, facts=facts)


def test_a_missing_value_is_named():
    with pytest.raises(CannotWrite, match="sku"):
        write([ACK_ROW | {"sku": None}], ACK, facts=FACTS)


def test_a_value_of_another_type_is_refused():
    with pytest.raises(CannotWrite):
        write([settlement_rows(1)[0] | {"gross_minor": "ten"}], ADYEN)
