"""Card numbers looked for in the bytes of any file, in bounded memory and at the disk's speed.

Arrays of bytes tell the few places at which a card number may stand; only these are looked at one
by one, by the rules of `kernel.cards`.
"""

import mmap
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tieout.kernel.cards import Span, card_spans

BLOCK_BYTES = 1024 * 1024
_AROUND = 64
"""How many bytes about a block are looked at with it: more than a card number and what follows."""
_LEAST = 13
_MOST = 19
_WORD = 4
"""Also the most bytes that a character has."""
_FULL = 0x01010101

_Bytes = NDArray[np.uint8]
_Flags = NDArray[np.bool_]
_Places = NDArray[np.int64]


def card_places(data: bytes | mmap.mmap) -> Iterator[Span]:
    """From where to where (bytes) the card numbers of a UTF-8 text go, in their order."""
    for at in range(0, len(data), BLOCK_BYTES):
        start, stop = max(0, at - _AROUND), at + BLOCK_BYTES
        for first, last in _in_block(data[start : stop + _AROUND]):
            if at <= start + first < stop:
                yield start + first, start + last


def _in_block(block: bytes) -> Iterator[Span]:
    done = 0
    for start, end in _runs(np.frombuffer(block, np.uint8)):
        before = max(done, start - _WORD)
        text = block[before : end + _WORD].decode("utf-8", errors="surrogateescape")
        for first, last in card_spans(text):
            place = before + len(text[:first].encode("utf-8", errors="surrogateescape"))
            yield place, place + last - first
        done = end


def _runs(block: _Bytes) -> Iterator[Span]:
    """Where digits with spaces and hyphens between them stand that may be card numbers."""
    digits = (block - np.uint8(ord("0"))) < 10
    flags = digits | (block == ord(" ")) | (block == ord("-"))
    starts, ends = _long_stretches(flags)
    if not len(starts):
        return
    edges = np.stack([starts, ends], axis=1).ravel()
    held = np.add.reduceat(np.append(digits, False), edges, dtype=np.int32)[::2]
    pure = held == ends - starts
    keep = (held >= _LEAST) & ~pure
    keep[pure] = _may_be_cards(block, starts[pure], ends[pure])
    yield from zip(starts[keep].tolist(), ends[keep].tolist(), strict=True)


def _long_stretches(flags: _Flags) -> tuple[_Places, _Places]:
    """Where at least 13 bytes on end are flagged: each holds two whole words of four bytes."""
    whole = flags[: len(flags) // _WORD * _WORD].view(np.uint32) == _FULL
    words = np.flatnonzero(whole[:-1] & whole[1:])
    apart = np.flatnonzero(np.diff(words) > 1)
    starts = words[np.append(0, apart + 1)] * _WORD if len(words) else words
    ends = (words[np.append(apart, -1)] + 2) * _WORD if len(words) else words
    fenced = np.concatenate([[False], flags, [False]])
    for _ in range(_WORD - 1):
        starts = starts - fenced[starts]
        ends = ends + fenced[ends + 1]
    long = ends - starts >= _LEAST
    return starts[long], ends[long]


def _may_be_cards(block: _Bytes, starts: _Places, ends: _Places) -> _Flags:
    """Whether digits without marks between them may be a card's by length and check digit."""
    first = block[starts]
    right = (ends - starts <= _MOST) & (first >= ord("2")) & (first <= ord("6"))
    places = ends[:, None] - np.arange(1, _MOST + 1)
    inside = places >= starts[:, None]
    digits = np.where(inside, block[np.maximum(places, 0)] - np.uint8(ord("0")), 0)
    doubled = digits[:, 1::2] * 2
    total = digits[:, ::2].sum(axis=1) + (doubled - 9 * (doubled > 9)).sum(axis=1)
    found: _Flags = right & (total % 10 == 0)
    return found
