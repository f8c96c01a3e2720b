"""EDIFACT: separators, release characters, envelopes, answers, packages, and what is written."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.formats.edi import edifact, parsed, rows
from tieout.formats.identify import identify
from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.formats.results import FileRefused
from tieout.formats.writing import write

INVOICE = [
    "BGM+380+I-1+9",
    "CUX+2:EUR:4",
    "LIN+1++4006381333931:EN",
    "IMD+F++:::Vase ?+ jug?: what?'s that??",
    "QTY+47:2",
    "MOA+203:16,80",
    "UNS+S",
    "CNT+2:1",
    "MOA+79:16,80",
    "MOA+77:20",
]
ORDER = {
    "vendor_order_no": "PO-1",
    "revision": 2,
    "order_ref": "W-1",
    "order_line_no": 1,
    "sku": "MUG",
    "quantity": 3,
    "unit_cost_minor": 975,
    "currency": "GBP",
    "ship_by": date(2027, 3, 9),
    "ship_to_name": "Ann",
}
FACTS = {
    "control_no": "17",
    "vendor_id": "KILN",
    "created_at": datetime(2027, 3, 2, 9, 30, tzinfo=UTC),
}


def refusal(text, format_id="edifact-invoic-1"):
    with pytest.raises(FileRefused) as caught:
        parsed(text, format_id)
    return caught.value


def test_released_characters_are_text_and_decimal_commas_are_numbers():
    (row,) = rows(edifact("INVOIC", INVOICE), "edifact-invoic-1")
    assert row["description"] == "Vase + jug: what's that?"
    assert (row["line_amount_minor"], row["invoice_total_minor"]) == (1680, 2000)


def test_separators_are_those_of_una():
    text = edifact("INVOIC", INVOICE).replace("?+ jug?: what?'s that??", "")
    other = "UNA|*,! ~" + text.translate(str.maketrans({":": "|", "+": "*", "'": "~"}))
    assert identify(other.encode()).format_id == "edifact-invoic-1"
    assert rows(other, "edifact-invoic-1")[0]["invoice_no"] == "I-1"
    assert len(rows(text + other, "edifact-invoic-1")) == 2


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("UNT+12+1", "UNT+11+1", "message count"),
        ("UNT+12+1", "UNT+12+2", "message number"),
        ("UNZ+1+7", "UNZ+2+7", "interchange count"),
        ("UNZ+1+7", "UNZ+1+8", "interchange number"),
        ("CNT+2:1", "CNT+2:3", "line items"),
        ("MOA+79:16,80", "MOA+79:16,81", "line amounts"),
    ],
)
def test_a_total_that_does_not_tie_refuses_the_file(old, new, name):
    refused = refusal(edifact("INVOIC", INVOICE).replace(old, new))
    assert (refused.reason, refused.expected.startswith(name)) == ("control-total", True)


@pytest.mark.parametrize("lost", range(1, 13))
def test_a_file_that_ends_early_is_refused_wherever_it_ends(lost):
    lines = edifact("INVOIC", INVOICE).splitlines(keepends=True)
    assert refusal("".join(lines[:-lost])).reason == "truncated"


def test_groups_are_counted_where_there_are_any():
    text = edifact("INVOIC", INVOICE)
    grouped = text.replace("UNH", "UNG+INVOIC+A+B+270304:0915+5+UN+D:96A'\nUNH", 1)
    grouped = grouped.replace("UNZ", "UNE+1+5'\nUNZ")
    assert len(rows(grouped, "edifact-invoic-1")) == 1
    assert refusal(grouped.replace("UNE+1", "UNE+2")).expected.startswith("group count")


def test_a_message_without_an_interchange_is_refused():
    text = edifact("INVOIC", INVOICE).partition("\n")[2]
    assert identify(text.encode()).format_id == "edifact-invoic-1"
    assert refusal(text).reason == "structure"


@pytest.mark.parametrize(
    ("line", "shares"),
    [
        (["LIN+1+5", "QTY+21:4"], ("A", 4, 0, 0)),
        (["LIN+1+7", "QTY+21:4"], ("R", 0, 4, 0)),
        (["LIN+1+3", "QTY+21:4", "QTY+113:1", "QTY+83:2"], ("P", 1, 1, 2)),
        (["LIN+1", "QTY+21:4"], ("A", 4, 0, 0)),
    ],
)
def test_an_answer_is_shared_out(line, shares):
    text = edifact("ORDRSP", ["BGM+231+R-1+4+AC", "RFF+ON:PO-1", *line, "UNS+S"])
    (row,) = rows(text, "edifact-ordrsp-1")
    names = ("code", "quantity_accepted", "quantity_rejected", "quantity_backordered")
    assert tuple(row[name] for name in names) == shares


def test_a_line_carries_the_packages_around_it():
    body = ["BGM+351+D-1", "RFF+ON:PO-1", "CPS+1", "PAC+1", "PCI+33E", "GIN+BJ+OUTER", "CPS+2+1"]
    inner = [
        "PAC+1",
        "PCI+33E",
        "GIN+BJ+INNER",
        "LIN+1++1:EN",
        "QTY+12:2",
        "CPS+3+1",
        "LIN+2++2:EN",
    ]
    found = rows(edifact("DESADV", [*body, *inner, "QTY+12:1", "CNT+2:2"]), "edifact-desadv-1")
    assert [row["package_ref"] for row in found] == ["INNER", "OUTER"]


def test_an_order_is_read_as_it_was_written():
    body = write([ORDER], format_spec("edifact-orders-1"), facts=FACTS)
    row = read(body, format_spec("edifact-orders-1"), name="po.edi").rows.to_pylist()[0]
    assert {name: row[name] for name in ORDER} == ORDER


texts = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=9)


@given(texts, texts)
def test_no_character_of_a_text_is_taken_for_a_separator(name, sku):
    order = ORDER | {"ship_to_name": name, "sku": sku}
    body = write([order], format_spec("edifact-orders-1"), facts=FACTS)
    row = read(body, format_spec("edifact-orders-1"), name="po.edi").rows.to_pylist()[0]
    assert (row["ship_to_name"], row["sku"]) == (name, sku)


@given(st.data())
def test_a_damaged_file_is_read_or_refused_and_loses_no_row(data):
    text = edifact("INVOIC", INVOICE, INVOICE).encode()
    at = data.draw(st.integers(0, len(text) - 1))
    size = data.draw(st.integers(0, 8))
    damaged = text[:at] + data.draw(st.binary(max_size=6)) + text[at + size :]
    try:
        found = read(damaged, format_spec("edifact-invoic-1"), name="damaged.edi")
    except FileRefused:
        return
    assert found.counts.read == found.counts.applied + found.counts.rejected
    assert len(found.rows) == found.counts.applied


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("20270302:102", (2, 0, 0)),
        ("270302:101", (2, 0, 0)),
        ("020327:2", (2, 0, 0)),
        ("030227:3", (2, 0, 0)),
        ("02032027:4", (2, 0, 0)),
        ("020320271015:5", (2, 10, 15)),
        ("2703021015:201", (2, 10, 15)),
        ("202703021015:203", (2, 10, 15)),
        ("20270302101500:204", (2, 10, 15)),
        ("202703021015?+0200:205", (2, 8, 15)),
        ("2703021015EST:301", (2, 15, 15)),
        ("202703021015UTC:303", (2, 10, 15)),
        ("202703021015?+02:303", (2, 8, 15)),
        ("20270302101500CET:304", (2, 9, 15)),
    ],
)
def test_a_date_is_read_in_the_form_that_it_names(written, read):
    body = ["BGM+231+R1+29", f"DTM+137:{written}", "RFF+ON:PO-1", "LIN+1+5", "QTY+21:1", "UNS+S"]
    day, hour, minute = read
    assert rows(edifact("ORDRSP", body), "edifact-ordrsp-1")[0]["acknowledged_at"] == datetime(
        2027, 3, day, hour, minute, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "written",
    [
        "2027030220270305:718",
        "20270302-20270305:718",
        "270302270305:717",
        "202703021015202703051200:719",
        "27030210152703051200:713",
    ],
)
def test_a_period_counts_by_its_end(written):
    body = ["BGM+231+R1+29", f"DTM+2:{written}", "RFF+ON:PO-1", "LIN+1+5", "QTY+21:1", "UNS+S"]
    assert rows(edifact("ORDRSP", body), "edifact-ordrsp-1")[0]["expected_on"] == date(2027, 3, 5)


def test_a_date_in_a_form_without_days_is_a_bad_row():
    body = ["BGM+231+R1+29", "DTM+2:202709:616", "RFF+ON:PO-1", "LIN+1+5", "QTY+21:1", "UNS+S"]
    other = [each for each in body if not each.startswith("DTM")]
    found = parsed(edifact("ORDRSP", body, other), "edifact-ordrsp-1")
    assert [(bad.field, bad.rule) for bad in found.rejected] == [("DTM.2.01-2", "date")]


def test_a_whole_quantity_may_have_decimals():
    body = ["BGM+231+R1+29", "RFF+ON:PO-1", "LIN+1+3", "QTY+21:5.000", "QTY+113:3,00", "UNS+S"]
    row = rows(edifact("ORDRSP", body), "edifact-ordrsp-1")[0]
    assert (row["quantity_ordered"], row["quantity_accepted"], row["code"]) == (5, 3, "P")
