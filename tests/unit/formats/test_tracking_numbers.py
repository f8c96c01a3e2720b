"""Whose number a text is, and what is wrong with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.cli.main import main
from tieout.formats.tracking_numbers import (
    CheckDigit,
    check_digit,
    courier_named,
    couriers,
    couriers_of,
    fault_of,
    tracking_number,
)

SERIALS = st.text("0123456789", min_size=15, max_size=15)


@pytest.mark.parametrize(
    ("kind", "words", "serial", "expected"),
    [
        # 8*1 + 6*2 + 4*3 + 2*4 + 3*5 + 5*6 + 9*7 + 7*8 = 204; 11 - 204 % 11 = 5
        ("s10", {"weights": (8, 6, 4, 2, 3, 5, 9, 7)}, "12345678", "5"),
        # 0 + 3*1 = 3; 10 - 3
        ("mod10", {"weights": (1, 3)}, "01", "7"),
        # the letter A counts 62 % 10 = 2
        ("mod10", {"weights": (1, 2)}, "A1", "6"),
        ("mod10", {"weights": (1, 2), "prefix": "4"}, "1", "4"),
        # 3*1 + 1*2 + 7*3 = 26; 26 % 11 = 4
        ("mod11", {"weights": (3, 1, 7)}, "123", "4"),
        # the luhn number 79927398713 of the literature
        ("luhn", {}, "7992739871", "3"),
        ("mod7", {}, "331881001", str(331881001 % 7)),
        # from the example of ISO 7064, MOD 37,36
        ("mod37_36", {}, "A12425GABC1234002", "M"),
    ],
)
def test_check_digits_follow_the_published_rules(kind, words, serial, expected):
    assert check_digit(CheckDigit(kind=kind, **words), serial) == expected


def one_z(serial: str) -> str:
    rule = CheckDigit(kind="mod10", weights=(1, 2))
    return f"1Z{serial}{check_digit(rule, serial)}"


@given(SERIALS)
def test_a_number_made_by_the_rule_is_its_couriers(serial):
    found = tracking_number(one_z(serial))
    assert found is not None
    assert found.id == "ups"
    assert fault_of("UPS", one_z(serial)) is None


@given(SERIALS, st.integers(1, 9))
def test_another_check_digit_is_a_fault(serial, more):
    right = one_z(serial)
    wrong = right[:-1] + str((int(right[-1]) + more) % 10)
    assert fault_of("UPS", wrong) == "check-digit"
    assert tracking_number(wrong) is None


@given(st.text(max_size=80))
def test_any_text_can_be_asked_about(text):
    couriers_of(text)
    assert {fault_of(each.id, text) for each in couriers()} <= {None, "shape", "check-digit"}


def test_white_space_and_small_letters_do_not_matter():
    assert fault_of("ups", " 1z " + one_z("1" * 15)[2:].lower() + " ") is None


def test_a_number_of_no_kind_of_the_courier_has_another_shape():
    assert fault_of("FedEx", "ABC") == "shape"


def test_nothing_is_said_of_a_carrier_without_rules():
    assert courier_named("fastship") is None
    assert fault_of("fastship", "whatever") is None


@pytest.mark.parametrize("name", ["CanadaPost", "canada post", "Canada-Post", "canadapost"])
def test_a_courier_goes_by_several_names(name):
    found = courier_named(name)
    assert found is not None
    assert found.id == "canadapost"


def test_postal_numbers_are_good_for_the_postal_operators_only():
    number = "RB123456785US"
    assert fault_of("USPS", number) is None
    assert fault_of("Canada Post", number) is None
    assert fault_of("UPS", number) == "shape"
    assert fault_of("USPS", "RB123456785XX") == "shape"


def test_the_command_says_whose_number_it_is_and_what_is_wrong_with_it(capsys):
    good = one_z("999AA1012345678")
    assert main(["tracking", good]) == 0
    assert capsys.readouterr().out.startswith("ups: UPS")
    bad = good[:-1] + str((int(good[-1]) + 1) % 10)
    assert main(["tracking", bad, "--carrier", "UPS"]) == 1
    assert "wrong for UPS: check-digit" in capsys.readouterr().out
