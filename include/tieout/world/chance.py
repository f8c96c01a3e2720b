"""Chance that repeats: each thing draws from a generator of its own, keyed by what it is.

So the same scenario gives the same world whenever its flows run, however often they are killed, and
a change to one thing leaves the luck of all others as it was.
"""

import hashlib
from collections.abc import Sequence
from random import Random
from typing import TypeVar

Choice = TypeVar("Choice")


def chance(seed: int, *keys: object) -> Random:
    """The generator of the thing that `keys` name."""
    text = "|".join(map(str, (seed, *keys)))
    return Random(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))


def one_of(rng: Random, rates: dict[str, float]) -> str | None:
    """Draw each rate (0 to 1) for itself; of those that hit, one by even choice, else None."""
    hits = [name for name, rate in rates.items() if rng.random() < rate]
    return pick(rng, hits) if hits else None


def pick(rng: Random, choices: Sequence[Choice]) -> Choice:
    """One of the choices, each as likely."""
    return choices[rng.randrange(len(choices))]


def letters_and_digits(rng: Random, groups: int) -> str:
    """A code of `groups` times a capital letter and three digits; never like a card number."""
    return "".join(
        f"{pick(rng, 'ABCDEFGHJKLMNPQRSTUVWXYZ')}{rng.randrange(1000):03d}" for _ in range(groups)
    )
