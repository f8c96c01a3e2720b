"""Errors say what, where and what to do, and show no card number."""

from tieout.kernel.cards import luhn_valid, mask_cards
from tieout.kernel.errors import Place, TieoutError


def test_the_sentence_names_place_problem_remedy_and_slug() -> None:
    error = TieoutError(
        "It is short.", remedy="Ask again.", place=Place("a.csv", 7, "amount"), left=3
    )
    assert str(error) == "a.csv, line 7, field 'amount': It is short. Ask again. [tieout-error]"
    assert error.fields == {"left": 3}


def test_card_numbers_are_masked_and_other_numbers_are_not() -> None:
    assert mask_cards("card 4111 1111 1111 1111 here") == "card ***************1111 here"
    assert mask_cards("psp 1829098024817852") == "psp 1829098024817852"
    assert "4111111111111111" not in str(TieoutError("saw 4111111111111111", remedy=""))


def test_luhn() -> None:
    assert luhn_valid("4111111111111111")
    assert not luhn_valid("4111111111111112")
