"""A bad row of a bank file is corrected in its place; everything else stays where it is."""

import pytest

from tests.unit.formats.bank_files import parsed, refusal
from tests.unit.formats.test_bai2 import account
from tests.unit.formats.test_bank_sheets import book
from tests.unit.formats.test_camt import entry, statement
from tests.unit.formats.test_swift import message
from tieout.formats.corrections import read_corrected, record_texts
from tieout.formats.grid import Record, grid_of_records
from tieout.formats.layouts.replacing import with_texts
from tieout.formats.registry import format_spec
from tieout.formats.results import FileRefused
from tieout.formats.source import open_source

OFX = (
    "<OFX><STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>1</BANKACCTFROM><BANKTRANLIST>{}</STMTRS></OFX>"
)
LINE = "<STMTTRN><DTPOSTED>{}<TRNAMT>1<FITID>A</STMTTRN>\n"
MANY = 30
FILES = {
    "camt-053-1": (
        statement(*[entry("1")] * MANY, entry("1.005", status="PDNG"), entry("1"), closing="31"),
        "1.005",
        "1.05",
    ),
    "mt940-1": (
        message(
            *[":61:260304C1,NTRF\n:86:a\nb"] * MANY,
            ":61:261399C1,NTRF\n:86:c\nd",
            closing="41,00",
        )
        + message(":61:260304C1,NTRF", closing="11,00"),
        "261399",
        "260304",
    ),
    "bai2-1": (
        account(
            *["16,142,1,Z,A,,text\n88,more"] * MANY,
            "16,010,1,Z,A,,text\n88,more",
            "16,142,1,Z,B,,/",
            total=MANY + 2,
        ),
        "16,010",
        "16,142",
    ),
    "ofx-1": (
        OFX.format(
            LINE.format("20260304") * MANY + LINE.format("20261399") + LINE.format("20260304")
        ),
        "20261399",
        "20260304",
    ),
}


@pytest.mark.parametrize("format_id", FILES)
def test_a_corrected_row_is_read_as_if_it_had_come_that_way(format_id):
    text, wrong, right = FILES[format_id]
    spec, data = format_spec(format_id), text.encode()
    found = parsed(data, format_id)
    (bad,) = found.rejected
    assert record_texts(data, spec, name="f", lines=[bad.line]) == {bad.line: bad.raw}
    assert wrong in bad.raw
    corrected = {bad.line: bad.raw.replace(wrong, right)}
    again = read_corrected(data, spec, name="f", corrected=corrected)
    assert (again.counts.applied, again.counts.rejected) == (1, 0)
    whole = parsed(text.replace(wrong, right), format_id).rows
    assert again.rows.to_pylist() == [
        row for row in whole.to_pylist() if row["line_no"] == bad.line
    ]


def test_a_row_on_a_line_with_others_is_corrected_in_its_place():
    data = FILES["ofx-1"][0].replace("\n", "").encode()
    (bad,) = parsed(data, "ofx-1").rejected
    corrected = {bad.line: bad.raw.replace("20261399", "20260305")}
    (row,) = read_corrected(
        data, format_spec("ofx-1"), name="f", corrected=corrected
    ).rows.to_pylist()
    assert (str(row["booked_on"]), row["record_no"]) == ("2026-03-05", MANY + 1)


def test_a_row_with_marked_text_is_corrected_in_its_place():
    data = FILES["ofx-1"][0].replace("<FITID>A", "<FITID><![CDATA[<A>]]>").encode()
    (bad,) = parsed(data, "ofx-1").rejected
    corrected = {bad.line: bad.raw.replace("20261399", "20260305")}
    (row,) = read_corrected(
        data, format_spec("ofx-1"), name="f", corrected=corrected
    ).rows.to_pylist()
    assert (str(row["booked_on"]), row["bank_ref"]) == ("2026-03-05", "<A>")


def test_a_text_that_is_not_in_the_file_cannot_be_corrected():
    source = open_source(b"<OFX>", "f", ("utf-8",))
    grid = grid_of_records([Record({}, 1, "<STMTTRN>")])
    with pytest.raises(FileRefused):
        b"".join(with_texts(source, [grid], {1: "x"}))


def test_a_row_of_a_workbook_cannot_be_corrected():
    data = book(*[(1, None)] * MANY, ("much", None))
    with pytest.raises(FileRefused) as caught:
        read_corrected(data, format_spec("bank-sheet-xlsx-1"), name="f", corrected={32: "x"})
    assert "workbook" in caught.value.remedy


def test_rows_with_a_column_of_their_own_each_are_refused():
    lines = "".join(f"<STMTTRN><TRNAMT>1<X{number}>1</STMTTRN>" for number in range(4_001))
    assert refusal(OFX.format(lines), "ofx-1").reason == "too-large"
