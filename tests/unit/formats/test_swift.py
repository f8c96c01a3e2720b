"""MT940 and MT942: dialects, balances, pages, and what is refused."""

import json

import pytest

from tests.unit.formats.bank_files import checks, golden, parsed, refusal, rows
from tieout.formats.identify import identify
from tieout.formats.layouts.swift_fields import line_cells, text_cells

MESSAGE = """:20:REF
:25:123
:28C:{number}
:60{kind}:C260303EUR{opening}
{lines}
:62{end}:C260304EUR{closing}
-
"""


def message(
    *lines: str,
    opening: str = "10,00",
    closing: str = "10,00",
    number: str = "1/1",
    kind: str = "F",
    end: str = "F",
) -> str:
    text = MESSAGE.format(
        lines="\n".join(lines), opening=opening, closing=closing, number=number, kind=kind, end=end
    )
    return text.replace("\n\n", "\n")


def line(text: str) -> dict[str, str]:
    found = line_cells(text)
    assert found is not None
    return {name.removeprefix("61/"): value for name, value in found.items() if value}


@pytest.mark.parametrize(
    ("mark", "amount"),
    [
        ("C", "5.00"),
        ("D", "-5.00"),
        ("RC", "-5.00"),
        ("RD", "5.00"),
        ("EC", "5.00"),
        ("ED", "-5.00"),
    ],
)
def test_the_mark_is_the_sign(mark, amount):
    assert line(f"2603040304{mark}5,00NTRFREF")["amount"] == amount


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("260304CR5,NTRFNONREF", {"mark": "C", "funds_code": "R", "amount": "5"}),
        ("260304    DD2,39NMSCNONREF//\nMORE", {"amount": "-2.39", "supplementary": "MORE"}),
        ("260304D1,5NMSC", {"code": "NMSC", "amount": "-1.5"}),
        ("260304C5NTRFA//B\nC", {"customer_ref": "A", "bank_ref": "B", "supplementary": "C"}),
        ("260304D1,00N044123      NAME", {"customer_ref": "123", "supplementary": "NAME"}),
        ("2512310102C1,NTRF", {"entry_date": "260102"}),
        ("2601021231C1,NTRF", {"entry_date": "251231"}),
        ("260230C1,NTRF", {"value_date": "260228", "written_value_date": "260230"}),
        ("240230C1,NTRF", {"value_date": "240229"}),
    ],
)
def test_lines_in_the_dialects_of_banks(text, said):
    assert said.items() <= line(text).items()


@pytest.mark.parametrize("text", ["", "260304X5,00NTRF", "26030C5,00NTRF", "260304C5.00NTRF"])
def test_what_is_no_line(text):
    assert line_cells(text) is None


def test_a_german_text_is_taken_apart_over_broken_lines():
    cells = text_cells(
        "166?00CREDIT?20EREF+A1?21SVWZ+For order 2041 of the 3?22rd of March?3\n"
        "0BANKDEFF?31DE99?32MAX M?33USTER"
    )
    assert cells["86/EREF"] == "A1"
    assert cells["86/SVWZ"] == "For order 2041 of the 3rd of March"
    assert (cells["86/party"], cells["86/party_account"]) == ("MAX MUSTER", "DE99")


@pytest.mark.parametrize("mark", list("?<>@|^~"))
def test_a_structured_text_may_have_other_marks(mark):
    cells = text_cells("020?00PRZELEW?20EREF+A1?32JAN KOWALSKI".replace("?", mark))
    assert (cells["86/EREF"], cells["86/party"]) == ("A1", "JAN KOWALSKI")


def test_a_polish_bank_may_name_the_owner_between_the_fields():
    text = message().replace(":60F:", ":NS:22SKLEP SP. Z O.O.\n:60F:")
    assert parsed(text, "mt940-1").counts.read == 0


def test_words_between_slashes_are_taken_apart():
    cells = text_cells("/TRTP/SEPA/IBAN/NL1/BIC/B/NAME/A. Name/REMI/Order 1/2/EREF/tr_1")
    assert (cells["86/party"], cells["86/party_account"]) == ("A. Name", "NL1")
    assert (cells["86/REMI"], cells["86/EREF"]) == ("Order 1/2", "tr_1")


def test_free_text_stays():
    assert text_cells("GIRO 42\n  NEXT")["86/text"] == "GIRO 42\n  NEXT"


def test_the_closing_balance_must_tie():
    assert (
        rows(message(":61:260304C5,00NTRF", closing="15,00"), "mt940-1")[0]["amount_minor"] == 500
    )
    refused = refusal(message(":61:260304C5,00NTRF", closing="16,00"), "mt940-1")
    assert (refused.reason, refused.found) == ("control-total", "15.00")


def test_a_page_opens_with_what_the_page_before_closed_with():
    first = message(end="M")
    good = first + message(number="1/2", kind="M")
    assert checks(parsed(good, "mt940-1"))["intermediate_balance"]
    bad = first + message(number="1/2", kind="M", opening="11,00", closing="11,00")
    assert "intermediate_balance" in refusal(bad, "mt940-1").expected


def test_a_line_that_is_none_refuses_its_statement():
    lines = [":61:260304C1,00NTRF"] * 30
    refused = refusal(message(*lines, ":61:nonsense", closing="40,00"), "mt940-1")
    assert refused.reason == "control-total"
    assert "without the row on line 35" in refused.found


def test_a_hyphen_and_a_time_in_a_text_end_no_message():
    text = message(
        ":61:260304C5,00NTRF", ":86:MND", "-", "EV01", ":20:15 o'clock", "end", closing="15,00"
    )
    (row,) = rows(text, "mt940-1")
    assert json.loads(row["extra"])["86"] == "MND\n-\nEV01\n:20:15 o'clock\nend"


def test_messages_need_no_line_between_them():
    text = message().replace("-\n", "") * 2
    assert len(json.loads(str(parsed(text, "mt940-1").facts["statements"]))) == 2


def test_the_sums_of_an_interim_report_must_tie():
    good = golden("mt942-1").decode()
    assert checks(parsed(good, "mt942-1")) == {
        "90D_count": True,
        "90D_sum": True,
        "90C_count": True,
        "90C_sum": True,
    }
    assert "90C_sum" in refusal(good.replace("EUR52,10", "EUR52,11"), "mt942-1").expected
    assert "90D_count" in refusal(good.replace(":90D:1", ":90D:2"), "mt942-1").expected


def test_the_sums_of_ing_must_tie():
    text = message(":61:260304C5,00NTRF", closing="15,00").replace(
        "\n-\n", "\n:86:/SUM/0/2/0,00/5,00/\n-\n"
    )
    assert "credits_count" in refusal(text, "mt940-1").expected


@pytest.mark.parametrize("tag", [":25:", ":28C:", ":60F:"])
def test_a_message_without_a_field_it_must_have_is_refused(tag):
    lines = [each for each in message().splitlines() if not each.startswith(tag)]
    assert refusal("\n".join(lines), "mt940-1").reason == "structure"


def test_a_message_that_was_cut_off_is_refused():
    assert refusal(message().split(":62F:")[0], "mt940-1").reason == "truncated"


def test_a_fragment_is_known_and_refused():
    text = b":61:110701CN50,00NZ10NONREF\n"
    assert identify(text).format_id == "mt940-1"
    assert refusal(text, "mt940-1").reason == "structure"


def test_interim_and_statement_are_told_apart():
    assert identify(golden("mt940-1")).format_id == "mt940-1"
    assert identify(golden("mt942-1")).format_id == "mt942-1"


def test_lines_with_only_carriage_returns_are_read():
    text = message(":61:260304C5,00NTRF", closing="15,00").replace("\n", "\r")
    assert parsed(text, "mt940-1").counts.applied == 1


def test_each_row_knows_its_lines():
    text = golden("mt940-1").decode().splitlines()
    for row in rows(golden("mt940-1"), "mt940-1"):
        assert text[row["line_no"] - 1].startswith(":61:")


def test_an_account_may_have_the_bank_below_it():
    text = message("61", opening="10,00").replace(":25:123", ":25P:KW81\nCBKUKWKW")
    text = text.replace("61\n", ":61:260304C1,NMSC123//456\n").replace("EUR10,00\n-", "EUR11,00\n-")
    assert identify(text.encode()).format_id == "mt940-1"
    assert [row["account"] for row in rows(text, "mt940-1")] == ["KW81"]


def test_an_expected_line_is_not_in_the_balance():
    text = message(":61:260304EC5,NTRFA", ":61:260304C5,NTRFA", closing="15,00")
    assert [row["status"] for row in rows(text, "mt940-1")] == ["pending", "booked"]
