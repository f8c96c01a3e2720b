"""A corrected row loads as if it had come that way, and nothing else loads again."""

import pytest

from tests.unit.formats.samples import ACK, FACTS, SPOOL, ack_file
from tests.unit.formats.test_delimited_words import bank
from tieout.formats.corrections import read_corrected, record_texts
from tieout.formats.layouts import delimited_rows
from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.formats.writing import write

BROKEN = ack_file(40).replace(b"L,VO-1,7,SKU-1,A,2", b'L,VO-1,7,SKU-1,A,"tw\no"')
FIXED = "L,VO-1,7,SKU-1,A,2,0,0,,"


def test_only_the_corrected_row_comes_with_its_own_line():
    parsed = read_corrected(BROKEN, ACK, name="x", corrected={9: FIXED})
    assert parsed.rows.column("line_no").to_pylist() == [9]
    assert parsed.rows.column("quantity_accepted").to_pylist() == [2]
    assert (parsed.counts.read, parsed.counts.applied) == (1, 1)
    assert parsed.sha256 != read(ack_file(40), ACK, name="x").sha256


def test_a_correction_that_does_not_hold_stays_rejected():
    parsed = read_corrected(BROKEN, ACK, name="x", corrected={9: FIXED.replace("A,2", "A,3x")})
    assert [problem.line for problem in parsed.rejected] == [9]
    assert parsed.counts.applied == 0


def test_a_line_of_a_spool():
    spool = b'{"seq": 1, "entry_id": "a", "line_no": 1}\n{"seq": 2, "ent\n'
    fixed = '{"seq": 2, "entry_id": "b", "line_no": 1}'
    parsed = read_corrected(spool, SPOOL, name="shop.jsonl", corrected={2: fixed})
    assert parsed.rows.column("entry_id").to_pylist() == ["b"]


LOOSE = bank(max_bad_share=1, layout={"summary": [{"when": {"Date": ["Total*"]}}]})
LONG = """Date,Amount,Text
01/02/2026,5.00,a
01/02/2026,bad,"two
lines"

Total,5.00,
01/02/2026,worse,"at
the end"
"""


@pytest.mark.parametrize("together", [1, 20_000])
def test_the_text_of_a_record_is_all_its_lines_and_no_others(monkeypatch, together):
    monkeypatch.setattr(delimited_rows, "_ROWS_TOGETHER", together)
    data = LONG.encode()
    wanted = {3: '01/02/2026,bad,"two\nlines"', 7: '01/02/2026,worse,"at\nthe end"'}
    rejected = read(data, LOOSE, name="x").rejected
    assert {problem.line: problem.raw for problem in rejected} == wanted
    assert record_texts(data, LOOSE, name="x", lines=[3, 7]) == wanted


def test_a_corrected_row_leaves_totals_where_they_are():
    totals = [{"name": "total", "source": "Amount", "required": True}]
    summary = {"when": {"Date": ["Total*"]}, "fields": totals}
    spec = bank(max_bad_share=1, layout={"summary": [summary]})
    corrected = {3: "01/02/2026,6.00,b", 7: "01/02/2026,7.00,c"}
    again = read_corrected(LONG.encode(), spec, name="x", corrected=corrected)
    assert again.rows.column("amount_minor").to_pylist() == [600, 700]
    assert again.facts["total"] == "5.00"


def test_a_corrected_row_leaves_the_heads_of_others_where_they_are():
    spec = format_spec("tieout-purchase-order-fixed-1")
    line = {"revision": 1, "order_line_no": 1, "sku": "S", "quantity": 3, "unit_cost_minor": 5}
    orders = [
        line | {"vendor_order_no": number, "order_ref": number, "currency": "EUR"}
        for number in ("VO-1", "VO-2")
    ]
    data = write(orders, spec, facts=FACTS)
    rows = dict(enumerate(data.decode().splitlines(), 1))
    again = read_corrected(data, spec, name="x", corrected={3: rows[3], 5: rows[5]})
    assert again.rows.column("vendor_order_no").to_pylist() == ["VO-1", "VO-2"]
