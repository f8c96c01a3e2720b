"""BAI2: funds types, continuations, type codes, control totals."""

import pytest

from tests.unit.formats.bank_files import checks, golden, parsed, refusal, rows
from tieout.formats.identify import identify

GOOD = golden("bai2-1").decode()


def account(*lines: str, currency: str = "USD", total: int = 0) -> str:
    """A file of one account; the amounts in `lines` come to `total`."""
    physical = sum(line.count("\n") + 1 for line in lines)
    body = [
        "01,A,B,260304,0615,1,,,2/",
        f"02,B,A,1,260303,,{currency},2/",
        "03,77,,/",
        *lines,
        f"49,{total},{physical + 2}/",
        f"98,{total},1,{physical + 4}/",
        f"99,{total},1,{physical + 6}/",
    ]
    return "\n".join(body) + "\n"


def test_it_is_told_from_its_headers():
    assert identify(GOOD.encode()).format_id == "bai2-1"


@pytest.mark.parametrize(
    ("code", "minor"),
    [("142", 500), ("475", -500), ("721", 500), ("760", -500), ("925", 500), ("975", -500)],
)
def test_the_type_is_the_sign(code, minor):
    (row,) = rows(account(f"16,{code},500,Z,REF,,TEXT/", total=500), "bai2-1")
    assert row["amount_minor"] == minor


@pytest.mark.parametrize("code", ["010", "999999", "ABC", ""])
def test_a_type_without_a_side_is_a_bad_row(code):
    good = [f"16,142,1,Z,R{number},,/" for number in range(30)]
    found = parsed(account(*good, f"16,{code},500,Z,REF,,/", total=530), "bai2-1")
    assert [problem.rule for problem in found.rejected] == ["type-code"]


@pytest.mark.parametrize(
    ("funds", "text"),
    [
        (",", "a, b"),
        ("Z,", "a, b"),
        ("0,", "a, b"),
        ("S,100,200,200,", "a, b"),
        ("V,260305,1200,", "a, b"),
        ("V,260305,,", "a, b"),
        ("D,2,0,100,1,400,", "a, b"),
    ],
)
def test_the_text_comes_after_the_funds(funds, text):
    (row,) = rows(account(f"16,142,500,{funds}BANK,CUST,{text}/", total=500), "bai2-1")
    assert (row["bank_ref"], row["end_to_end_ref"]) == ("BANK", "CUST")
    assert row["reference_text"] == text


def test_continuations_go_on_with_fields_and_then_with_text():
    lines = "16,142,500,D,2,0/\n88,100,1,400,BANK/\n88,CUST,first, part\n88,second"
    (row,) = rows(account(lines, total=500), "bai2-1")
    assert (row["bank_ref"], row["end_to_end_ref"]) == ("BANK", "CUST")
    assert row["reference_text"] == "first, part\nsecond"


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 500), ("KWD", 500), ("USD", 500)])
def test_amounts_are_in_minor_units_of_any_currency(currency, minor):
    (row,) = rows(account("16,142,500,Z,,,/", currency=currency, total=500), "bai2-1")
    assert (row["amount_minor"], row["currency"]) == (minor, currency)


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("49,437950,8", "49,437951,8", "49_control_total"),
        ("49,437950,8", "49,437950,9", "49_records"),
        ("98,2938950,2,14", "98,2938951,2,14", "98_control_total"),
        ("98,2938950,2,14", "98,2938950,3,14", "98_members"),
        ("98,2938950,2,14", "98,2938950,2,15", "98_records"),
        ("99,2939949,2,21", "99,2939950,2,21", "99_control_total"),
        ("99,2939949,2,21", "99,2939949,1,21", "99_members"),
        ("99,2939949,2,21", "99,2939949,2,20", "99_records"),
        ("16,165,25000", "16,165,25001", "49_control_total"),
    ],
)
def test_control_totals_and_counts_must_tie(old, new, name):
    assert all(checks(parsed(GOOD, "bai2-1")).values())
    refused = refusal(GOOD.replace(old, new), "bai2-1")
    assert refused.reason == "control-total"
    assert refused.expected.startswith(name)


def test_information_and_test_groups_are_skipped_not_lost():
    counts = parsed(GOOD, "bai2-1").counts
    assert (counts.read, counts.applied, counts.skipped) == (7, 5, 2)


def test_a_file_that_was_cut_off_is_refused():
    assert refusal(GOOD.rsplit("99,", 1)[0], "bai2-1").reason == "truncated"


@pytest.mark.parametrize("line", ["16,142,1,Z,,,/", "49,0,2/", "03,1,,/", "nonsense"])
def test_records_out_of_their_place_are_refused(line):
    text = GOOD.replace("02,SHOP", f"{line}\n02,SHOP", 1)
    assert refusal(text, "bai2-1").reason == "structure"


def test_a_day_may_have_its_century():
    text = account("16,142,500,V,20260304,,REF,,/", total=500).replace(",260303,", ",20260303,")
    (row,) = rows(text, "bai2-1")
    assert (str(row["booked_on"]), str(row["value_on"])) == ("2026-03-03", "2026-03-04")
