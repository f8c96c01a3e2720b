"""OFX and QFX: values with and without end tags, currencies, pending lines."""

import pytest

from tests.unit.formats.bank_files import golden, parsed, refusal, rows
from tieout.formats.identify import identify

SGML, XML = golden("ofx-1", "card"), golden("ofx-1", "xml")


@pytest.mark.parametrize(("data", "version"), [(SGML, 1), (XML, 2)])
def test_both_versions_are_known(data, version):
    found = identify(data)
    assert (found.format_id, found.reason) == ("ofx-1", f"it is OFX of version {version}")


def test_sgml_and_xml_say_the_same():
    sgml = "<OFX><STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>1</BANKACCTFROM><BANKTRANLIST><STMTTRN>"
    sgml += "<DTPOSTED>20260304<TRNAMT>5.00<MEMO><FITID>A<NAME>B"
    sgml += "</STMTTRN></BANKTRANLIST></STMTRS></OFX>"
    xml = "<OFX><STMTRS><CURDEF>EUR</CURDEF><BANKACCTFROM><ACCTID>1</ACCTID></BANKACCTFROM>"
    xml += "<BANKTRANLIST><STMTTRN><DTPOSTED>20260304</DTPOSTED><TRNAMT>5.00</TRNAMT><MEMO></MEMO>"
    xml += "<FITID>A</FITID><NAME>B</NAME></STMTTRN></BANKTRANLIST></STMTRS></OFX>"
    assert rows(sgml, "ofx-1") == rows(xml, "ofx-1")
    assert rows(sgml, "ofx-1")[0]["counterparty"] == "B"


def test_a_decimal_comma_is_a_point_but_no_mark_of_thousands():
    assert rows(SGML, "ofx-1")[0]["amount_minor"] == 105530
    bad = SGML.replace(b"1055,30", b"1,055.30", 1)
    assert refusal(bad, "ofx-1").reason == "bad-rows"


def test_the_day_is_that_of_the_bank():
    assert str(rows(SGML, "ofx-1")[0]["booked_on"]) == "2026-03-03"


def test_a_transaction_may_have_its_own_currency():
    own, other, pending = rows(XML, "ofx-1")
    assert (own["currency"], own["original_currency"], own["closing_minor"]) == (
        "KWD",
        "USD",
        -12345,
    )
    assert (other["currency"], other["amount_minor"], other["closing_minor"]) == ("USD", -300, None)
    assert pending["status"] == "pending"


def test_entities_and_cdata_are_plain_text():
    assert rows(SGML, "ofx-1")[0]["counterparty"] == "Card & Gateway"
    assert rows(XML, "ofx-1")[0]["reference_text"] == "Stamps a < b"


def test_entities_that_are_declared_are_not_expanded():
    bomb = XML.replace(b"<OFX>", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><OFX>').replace(
        b"Stamps", b"&a;"
    )
    assert rows(bomb, "ofx-1")[0]["counterparty"] == "&a;"


@pytest.mark.parametrize("data", [SGML, XML])
@pytest.mark.parametrize("share", [0.6, 0.9])
def test_a_file_that_was_cut_off_is_refused(data, share):
    assert refusal(data[: int(len(data) * share)], "ofx-1").reason == "truncated"


def test_an_end_without_a_start_is_refused():
    assert refusal(XML.replace(b"</STMTTRN>", b"</STMTTRM>", 1), "ofx-1").reason == "structure"


def test_no_statement_at_all_is_refused():
    assert refusal("<OFX><SIGNONMSGSRSV1></SIGNONMSGSRSV1></OFX>", "ofx-1").reason == "structure"


@pytest.mark.parametrize("end", ["", "</{}>"])
def test_an_error_is_refused_in_the_words_of_the_bank(end):
    parts = {"CODE": "15500", "SEVERITY": "ERROR", "MESSAGE": "Sign on &amp; try again"}
    said = "".join(f"<{name}>{text}{end.format(name)}" for name, text in parts.items())
    answer = f"<OFX><SIGNONMSGSRSV1><SONRS>\n<STATUS>{said}</STATUS></SONRS></SIGNONMSGSRSV1></OFX>"
    wrong = refusal(answer, "ofx-1")
    assert (wrong.reason, wrong.found) == ("partner-error", "15500 Sign on & try again")
    assert str(wrong).startswith("bank.file, line 2: There is no statement")


def test_each_row_knows_its_line():
    text = XML.decode().splitlines()
    for row in rows(XML, "ofx-1"):
        assert "<STMTTRN" in text[row["line_no"] - 1]
    assert parsed(XML, "ofx-1").rejected == []
