"""Card numbers are found in bytes where they are found in the text, however it is cut up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.kernel import card_search
from tieout.kernel.card_search import card_places
from tieout.kernel.cards import card_spans

PIECES = [
    *("4111111111111111", "4111 1111 1111 1111", "5500-0055-5555-5559", "378282246310005"),
    *("3782 822463 10005", "8815658961765250", "2026-03-02 10:11", "12/27", "7", "0."),
    *(" ", "-", ",", "\n", "a", "é", "\N{EN DASH}", "."),
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@given(TEXTS)
def test_bytes_give_what_the_text_gives(text: str) -> None:
    found = [data.decode() for data in cut_out(text.encode())]
    assert found == [text[start:end] for start, end in card_spans(text)]


@given(TEXTS, st.integers(64, 200))
def test_blocks_give_what_the_whole_gives(text: str, size: int) -> None:
    data = (",".join([text] * 9)).encode()
    whole = list(card_places(data))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(card_search, "BLOCK_BYTES", size)
        assert list(card_places(data)) == whole


def test_a_card_at_the_border_of_two_blocks_of_one_long_line_is_found_once() -> None:
    card = b",4111 1111 1111 1111,"
    for shift in (-30, -22, -11, -3, 0, 1):
        at = card_search.BLOCK_BYTES + shift
        data = b"x" * at + card + b"y 7" * card_search.BLOCK_BYTES
        assert list(card_places(data)) == [(at + 1, at + 20)]


def cut_out(data: bytes) -> list[bytes]:
    return [data[start:end] for start, end in card_places(data)]
