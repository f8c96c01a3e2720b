"""camt.052, .053, .054: signs, batches, balances, and what is refused."""

import json

import pytest

from tests.unit.formats.bank_files import checks, golden, parsed, refusal, rows
from tieout.formats.identify import FormatUnknown, identify

STATEMENT = """<?xml version="1.0"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt>
<Id>S1</Id><Acct><Id><IBAN>DE1</IBAN></Id></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{opening}</Amt>
<CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{closing}</Amt>
<CdtDbtInd>CRDT</CdtDbtInd></Bal>{summary}
{entries}</Stmt></BkToCstmrStmt></Document>
"""


def entry(amount: str, side: str = "CRDT", inside: str = "", status: str = "BOOK") -> str:
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts>{status}</Sts>'
        f"<BookgDt><Dt>2026-03-04+01:00</Dt></BookgDt>{inside}</Ntry>"
    )


def statement(*entries: str, opening: str = "0", closing: str = "0", summary: str = "") -> str:
    return STATEMENT.format(
        opening=opening, closing=closing, summary=summary, entries="\n".join(entries)
    )


def details(*amounts: str, currency: str = "EUR") -> str:
    each = "".join(f'<TxDtls><Amt Ccy="{currency}">{amount}</Amt></TxDtls>' for amount in amounts)
    return f"<NtryDtls>{each}</NtryDtls>"


def amounts(text: str) -> list[object]:
    return [row["amount_minor"] for row in rows(text, "camt-053-1")]


@pytest.mark.parametrize("version", range(2, 9))
def test_versions_2_to_8_are_told_from_their_namespace(version):
    text = statement().replace("053.001.02", f"053.001.0{version}")
    found = identify(text.encode())
    assert found.format_id == "camt-053-1"
    assert found.reason == f"it is version {version} of camt.053"


def test_a_message_in_an_envelope_is_known():
    body = statement().split("\n", 1)[1]
    text = f"<DataPDU><Header/><Body>{body}</Body></DataPDU>"
    assert identify(text.encode()).format_id == "camt-053-1"
    assert parsed(text, "camt-053-1").counts.read == 0


def test_another_message_of_the_standard_is_unknown():
    with pytest.raises(FormatUnknown):
        identify(b"<Document><CstmrCdtTrfInitn><GrpHdr/></CstmrCdtTrfInitn></Document>")


def test_the_indicator_is_the_sign_even_of_a_reversal():
    text = statement(
        entry("5.00"),
        entry("3.00", "DBIT"),
        entry("1.00", "DBIT", "<RvslInd>true</RvslInd>"),
        closing="1",
    )
    assert amounts(text) == [500, -300, -100]


def test_an_entry_without_indicator_is_no_row_and_the_balance_cannot_tie():
    text = statement(entry("5.00", ""), closing="5")
    assert refusal(text, "camt-053-1").reason == "bad-rows"


def test_a_day_has_no_zone():
    (row,) = rows(statement(entry("5"), closing="5"), "camt-053-1")
    assert str(row["booked_on"]) == "2026-03-04"


def test_transactions_that_make_up_their_entry_are_rows():
    assert amounts(statement(entry("5", inside=details("2", "3")), closing="5")) == [200, 300]


def test_a_transaction_may_go_the_other_way():
    inside = details("7", "2").replace(
        "</TxDtls></NtryDtls>", "<CdtDbtInd>DBIT</CdtDbtInd></TxDtls></NtryDtls>"
    )
    assert amounts(statement(entry("5", inside=inside), closing="5")) == [700, -200]


@pytest.mark.parametrize("inside", [details("2", "2"), details("2", "3", currency="USD")])
def test_transactions_that_do_not_are_kept_with_the_one_row(inside):
    (row,) = rows(statement(entry("5", inside=inside), closing="5"), "camt-053-1")
    assert row["amount_minor"] == 500
    assert json.loads(row["extra"])["NtryDtls"] == inside


def test_the_balances_must_tie():
    refused = refusal(statement(entry("5"), closing="6"), "camt-053-1")
    assert (refused.reason, refused.found) == ("control-total", "5")
    assert "statement S1 of DE1" in refused.expected


def report(*balances: tuple[str, str]) -> str:
    """An interim report with one credit of 5, and balances by their time and amount."""
    said = "".join(
        f"<Bal><Tp><CdOrPrtry><Cd>ITBD</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount}</Amt>"
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><DtTm>2026-03-04T{time}:00Z</DtTm></Dt></Bal>"
        for time, amount in balances
    )
    inside = f"<Rpt><Id>R1</Id><Acct><Id><IBAN>DE1</IBAN></Id></Acct>{said}{entry('5')}</Rpt>"
    return f"<Document><BkToCstmrAcctRpt>{inside}</BkToCstmrAcctRpt></Document>"


def test_two_interim_balances_are_where_a_report_opens_and_closes():
    good = parsed(report(("12", "15"), ("09", "10")), "camt-052-1")
    assert checks(good) == {"balance_currency": True, "closing_balance": True}
    assert "closing_balance" in refusal(report(("09", "10"), ("12", "16")), "camt-052-1").expected
    assert checks(parsed(report(("12", "16")), "camt-052-1")) == {}


def test_a_pending_entry_is_not_in_the_balance():
    text = statement(entry("5"), entry("9", status="PDNG"), closing="5")
    assert [row["status"] for row in rows(text, "camt-053-1")] == ["booked", "pending"]


def test_an_amount_that_is_none_refuses_the_statement():
    many = [entry("1")] * 30
    refused = refusal(statement(*many, entry("1,5"), closing="30"), "camt-053-1")
    assert refused.reason == "control-total"
    assert "without the row on line" in refused.found


@pytest.mark.parametrize(
    ("summary", "wrong"),
    [
        ("<TtlNtries><NbOfNtries>3</NbOfNtries></TtlNtries>", "TtlNtries/NbOfNtries"),
        ("<TtlNtries><Sum>9.00</Sum></TtlNtries>", "TtlNtries/Sum"),
        ("<TtlCdtNtries><Sum>8.00</Sum></TtlCdtNtries>", "TtlCdtNtries/Sum"),
        ("<TtlDbtNtries><NbOfNtries>2</NbOfNtries></TtlDbtNtries>", "TtlDbtNtries/NbOfNtries"),
    ],
)
def test_the_summary_must_tie(summary, wrong):
    text = statement(
        entry("5"), entry("3", "DBIT"), closing="2", summary=f"<TxsSummry>{summary}</TxsSummry>"
    )
    assert wrong in refusal(text, "camt-053-1").expected


def test_a_batch_with_more_transactions_than_it_says_is_refused():
    inside = details("2", "3").replace("<NtryDtls>", "<NtryDtls><Btch><NbOfTxs>1</NbOfTxs></Btch>")
    assert (
        "batch_count 1"
        in refusal(statement(entry("5", inside=inside), closing="5"), "camt-053-1").expected
    )


def test_a_batch_may_show_only_some_of_its_transactions():
    inside = details("2").replace("<NtryDtls>", "<NtryDtls><Btch><NbOfTxs>9</NbOfTxs></Btch>")
    assert amounts(statement(entry("5", inside=inside), closing="5")) == [500]


def test_each_row_knows_its_line_and_text():
    odd = entry("1.005", status="PDNG")
    text = statement(entry("5"), entry("3", "DBIT"), *[entry("1")] * 40, odd, closing="42")
    found = parsed(text, "camt-053-1")
    (bad,) = found.rejected
    assert (bad.field, bad.value) == ("Amount", "1.005")
    assert bad.raw.startswith("<Ntry>")
    assert "1.005" in text.splitlines()[bad.line - 1]
    first = found.rows.column("line_no")[0].as_py()
    assert "<Ntry>" in text.splitlines()[first - 1]


def test_statements_without_entries_are_in_the_facts():
    found = parsed(golden("camt-053-1"), "camt-053-1")
    said = json.loads(str(found.facts["statements"]))
    assert [each["entries"] for each in said] == [3, 0]
    assert said[1]["closing"] == "-12.00 EUR"
    assert all(checks(found).values())


def test_an_entity_bomb_is_refused():
    bomb = '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    text = statement(entry("5"), closing="5").replace("?>", f"?>{bomb}").replace("S1", "&b;")
    refused = refusal(text, "camt-053-1")
    assert refused.reason == "structure"
    assert "entit" in refused.expected


@pytest.mark.parametrize("cut", [200, 500, -30])
def test_a_file_that_was_cut_off_is_refused(cut):
    text = statement(entry("5"), closing="5")
    assert refusal(text[:cut], "camt-053-1").reason == "truncated"


def test_a_latin_1_file_is_read():
    text = statement(entry("5", inside="<AddtlNtryInf>Gebühr</AddtlNtryInf>"), closing="5")
    data = text.replace('"1.0"', '"1.0" encoding="ISO-8859-1"').encode("latin-1")
    assert rows(data, "camt-053-1")[0]["reference_text"] == "Gebühr"


def test_many_entries_come_in_several_grids():
    text = statement(*[entry("1")] * 20_050, closing="20050")
    found = parsed(text, "camt-053-1")
    assert found.counts.applied == 20_050
    assert len(set(found.rows.column("line_ref").to_pylist())) == 20_050


@pytest.mark.parametrize("total", ["3", "7"])
def test_a_batch_adds_up_its_transactions_net_or_gross(total):
    fee = '<TxDtls><Amt Ccy="EUR">2</Amt><CdtDbtInd>DBIT</CdtDbtInd></TxDtls></NtryDtls>'
    batch = f'<NtryDtls><Btch><NbOfTxs>2</NbOfTxs><TtlAmt Ccy="EUR">{total}</TtlAmt></Btch>'
    inside = details("5").replace("<NtryDtls>", batch).replace("</NtryDtls>", fee)
    assert amounts(statement(entry("3", inside=inside), closing="3")) == [500, -200]


def test_a_batch_that_does_not_tie_is_refused():
    batch = '<NtryDtls><Btch><NbOfTxs>2</NbOfTxs><TtlAmt Ccy="EUR">6</TtlAmt></Btch>'
    inside = details("2", "3").replace("<NtryDtls>", batch)
    wrong = refusal(statement(entry("5", inside=inside), closing="5"), "camt-053-1")
    assert "batch_sum 6" in wrong.expected
