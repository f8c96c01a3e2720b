"""Bank sheets, as CSV and as workbooks: balances, marks, and what a workbook may do."""

import zipfile
from datetime import date

import pytest

from tests.unit.formats.bank_files import golden, parsed, refusal, rows
from tests.unit.formats.workbooks import workbook
from tieout.formats.identify import FormatUnknown, identify

HEADER = "Date,Label,Currency,Amount,Balance\n"
NAMES = ["Date", "Label", "Currency", "Amount", "Balance"]
DAY = date(2026, 3, 4)
BOMB = '<!DOCTYPE s [<!ENTITY a "b">]><sst><si><t>&a;</t></si></sst>'


def sheet(*lines: str) -> str:
    return HEADER + "".join(f"03/04/2026,L,EUR,{line}\n" for line in lines)


def sheet_of(rows_xml: str) -> str:
    return f"<worksheet><sheetData>{rows_xml}</sheetData></worksheet>"


def book(*cells: tuple[object, object], **words: object) -> bytes:
    lines = {number: [DAY, "L", "EUR", *pair] for number, pair in enumerate(cells, 2)}
    return workbook({"S": {1: NAMES, **lines}}, **words)


@pytest.mark.parametrize(
    "lines",
    [
        ("1.00,11.00", "2.00,13.00", "-3.00,10.00"),
        ("-3.00,10.00", "2.00,13.00", "1.00,11.00"),
        ("1.00,11.00", "2.00,", "-3.00,10.00"),
        ("1.00,", "2.00,13.00", "-3.00,"),
        ("1.00,", "2.00,"),
    ],
)
def test_the_running_balance_ties_from_old_to_new_and_from_new_to_old(lines):
    assert parsed(sheet(*lines), "bank-sheet-1").counts.applied == len(lines)


def test_a_running_balance_that_does_not_tie_refuses_the_file():
    refused = refusal(sheet("1.00,11.00", "2.00,13.01", "-3.00,10.01"), "bank-sheet-1")
    assert refused.reason == "control-total"
    assert (refused.expected, refused.found) == ("running_balance 1300 after row 2", "1301")


@pytest.mark.parametrize(
    ("written", "minor"),
    [('"1,000.00"', 100000), ("(5.00)", -500), ("-5", -500), ('"(1,000.50)"', -100050)],
)
def test_marks_of_thousands_and_parentheses(written, minor):
    assert rows(sheet(f"{written},"), "bank-sheet-1")[0]["amount_minor"] == minor


def test_a_french_download_with_balances_around_must_tie():
    text = golden("bank-sheet-eur-fr-1").decode()
    assert [row["amount_minor"] for row in rows(text, "bank-sheet-eur-fr-1")] == [130006, -6550]
    wrong = text.replace("+1234,56", "+1234,57")
    refused = refusal(wrong, "bank-sheet-eur-fr-1")
    assert (refused.expected, refused.found) == ("closing_balance 1234.57", "1234.56")


def test_a_workbook_says_the_same_as_a_sheet():
    data = book((1.1, 11.1), (-0.3, 10.8))
    assert identify(data).format_id == "bank-sheet-xlsx-1"
    text = HEADER + "2026-03-04,L,EUR,1.1,11.1\n2026-03-04,L,EUR,-0.3,10.8\n"
    assert parsed(data, "bank-sheet-xlsx-1").rows == parsed(text, "bank-sheet-1").rows


def test_numbers_have_the_15_digits_that_programs_show():
    (row,) = rows(book((0.1 + 0.2, 1e3)), "bank-sheet-xlsx-1")
    assert (row["amount_minor"], row["balance_after_minor"]) == (30, 100000)


def test_an_amount_finer_than_its_currency_is_a_bad_row():
    assert refusal(book((1e-5, None)), "bank-sheet-xlsx-1").reason == "bad-rows"


def test_lines_are_the_numbers_of_rows():
    found = parsed(golden("bank-sheet-xlsx-1"), "bank-sheet-xlsx-1")
    assert found.rows.column("line_no").to_pylist() == [4, 6, 7]
    assert [row["reference_text"] for row in found.rows.to_pylist()][1] == "Boxes\nand tape"


def test_a_bad_row_of_a_workbook_is_traced():
    good = [(1, None)] * 30
    (bad,) = parsed(book(*good, ("much", None)), "bank-sheet-xlsx-1").rejected
    assert (bad.line, bad.value) == (32, "much")
    assert bad.raw == "2026-03-04,L,EUR,much,"


def test_other_sheets_are_told_of_and_hidden_ones_left_out():
    lines = {1: NAMES, 2: [DAY, "L", "EUR", 1]}
    data = workbook({"H": {1: ["x"]}, "S": lines, "T": {1: ["y"]}}, hidden=["H"])
    found = parsed(data, "bank-sheet-xlsx-1")
    assert (found.counts.applied, found.facts["other_sheets"]) == (1, "T")


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"xl/workbook.xml": "<workbook/>"}, "structure"),
        (
            {"xl/worksheets/sheet1.xml": sheet_of("<row r='2'/><row r='1'/>")},
            "structure",
        ),
        (
            {"xl/worksheets/sheet1.xml": sheet_of("<row><c r='B1'/><c r='A1'/></row>")},
            "structure",
        ),
        ({"xl/worksheets/sheet1.xml": "<worksheet><sheetData>"}, "truncated"),
        (
            {"xl/sharedStrings.xml": BOMB},
            "structure",
        ),
        ({"xl/media/big.bin": "\0" * (65 * 1024 * 1024)}, "too-large"),
    ],
    ids=["no sheet", "rows", "cells", "cut", "entity", "bomb"],
)
def test_a_workbook_that_could_do_harm_is_refused(parts, reason):
    assert refusal(book((1, None), parts=parts), "bank-sheet-xlsx-1").reason == reason


def test_a_workbook_that_was_cut_off_is_refused():
    data = book((1, None))
    assert refusal(data[:-40], "bank-sheet-xlsx-1").reason in {"structure", "truncated"}


def test_a_zip_that_is_no_workbook_is_unknown(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as zipped:
        zipped.writestr("a.txt", "hello")
    with pytest.raises(FormatUnknown):
        identify((tmp_path / "a.zip").read_bytes())


def test_days_since_1904_are_read():
    other = '<workbook xmlns="{0}" xmlns:r="{1}"><workbookPr date1904="1"/><sheets>'
    other += '<sheet name="S" r:id="r1"/></sheets></workbook>'
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    data = book((1, None), parts={"xl/workbook.xml": other.format(main, relations)})
    assert str(rows(data, "bank-sheet-xlsx-1")[0]["booked_on"]) == "2030-03-05"


@pytest.mark.parametrize("total", ["Total,,,1000,", ",,Total of the month,1000,"])
def test_a_row_of_totals_is_skipped(total):
    lines = ["2026-03-02,JPY,Payout,1500,11500", "2026-03-03,JPY,Fee,-500,11000", total]
    found = parsed("\n".join(["Date,Currency,Label,Amount,Balance", *lines]), "bank-sheet-1")
    assert [row["amount_minor"] for row in found.rows.to_pylist()] == [1500, -500]
    assert (found.counts.skipped, found.counts.rejected) == (1, 0)
