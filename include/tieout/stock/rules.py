"""How notices about stock word what they tell."""

from collections.abc import Mapping, Sequence
from typing import Any


def pieces_text(pieces: Sequence[Mapping[str, Any]]) -> str:
    """The pieces of a notice in one line: `2 x Screw (expected 2026-03-06), 1 x Nut`.

    Each has `quantity`, `description` and `expected_on` (ISO date, or None where nobody knows).
    """
    return ", ".join(map(_piece_text, pieces))


def _piece_text(piece: Mapping[str, Any]) -> str:
    day = piece["expected_on"]
    return f"{piece['quantity']} x {piece['description']}{f' (expected {day})' if day else ''}"
