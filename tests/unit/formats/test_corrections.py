"""A corrected row loads as if it had come that way, and nothing else loads again."""

from tests.unit.formats.samples import ACK, SPOOL, ack_file
from tieout.formats.corrections import read_corrected
from tieout.formats.reading import read

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
