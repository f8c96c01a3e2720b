"""Card numbers are found and masked; other long numbers are left alone."""

import pyarrow as pa
import pytest

from tieout.exchange.cards import card_rows
from tieout.kernel.cards import find_card, mask_cards


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111111",
        "pay with 4111 1111 1111 1111 please",
        "5500-0055-5555-5559",
        "2223003122003222",
        "378282246310005",
        "30569309025904",
        "6011111111111117",
        "3530111333300000",
        '{"note": "4111111111111111"}',
        "card:4111111111111111.",
    ],
)
def test_cards_are_found_and_masked_to_the_last_four(text: str) -> None:
    card = find_card(text)
    assert card is not None
    masked = mask_cards(text)
    assert find_card(masked) is None
    assert card[-4:] in masked
    assert len(masked) == len(text)


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",
        "1234567890123452",
        "9400110200881234567895",
        "a4111111111111111",
        "7c9e6679-7425-4000-8111-111111111111a",
        "0.4111111111111111",
        "2017-11-23",
        "",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert find_card(text) is None
    assert mask_cards(text) == text


def test_references_and_telephone_numbers_are_not_cards() -> None:
    rows = pa.record_batch(
        {
            "gateway_ref": ["4111111111111111", None],
            "tracking_no": ["4111111111111111", None],
            "entry_id": ["4111111111111111", None],
            "customer_phone": ["378282246310005", "4111111111111111"],
            "payments": ['[{"gateway_ref": "4111111111111111", "seq": 1}]', "[]"],
            "line_no": [1, 2],
        }
    )
    assert card_rows(rows) == {1: "customer_phone"}


def test_a_card_in_a_payment_is_found() -> None:
    rows = pa.record_batch(
        {"payments": ["[]", '[{"method": "card", "number": "4111111111111111"}]']}
    )
    assert card_rows(rows) == {1: "payments"}


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("4111 1111 1111 1111 12/27", "***************1111 12/27"),
        ("4111111111111111 123", "************1111 123"),
        ("2 4111-1111-1111-1111", "2 ***************1111"),
        ("1234 4111 1111 1111 1111 5", "1234 ***************1111 5"),
        ("3782 822463 10005 x", "*************0005 x"),
        ("4111111111111111,5500005555555559", "************1111,************5559"),
    ],
)
def test_a_card_is_found_beside_other_digits(text: str, masked: str) -> None:
    assert mask_cards(text) == masked


def test_the_right_one_of_many_cells_is_found() -> None:
    texts = ["psp 1829098024817852", None, "", "4111", "1111 1111 1111", "4111111111111111"] * 50
    rows = pa.record_batch({"text": pa.array(texts, pa.string())})
    assert sorted(card_rows(rows)) == list(range(5, 300, 6))
