"""Tracking numbers of couriers: whose number a text can be, and what is wrong with one.

The couriers' rules are data (tracking_numbers.yaml): the shape of their numbers, and how the check
digit follows from the others.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field

from tieout.formats.fields import Strict

RULES = Path(__file__).with_suffix(".yaml")
MAX_LENGTH = 64
Fault = Literal["shape", "check-digit"]
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class CheckDigit(Strict):
    """How a check digit follows from the serial number before it."""

    kind: Literal["mod10", "mod11", "s10", "luhn", "mod7", "mod37_36"]
    weights: tuple[int, ...] = (1,)
    prefix: str = ""


class NumberRule(Strict):
    """One kind of number of a courier."""

    name: str
    pattern: str
    country: str | None = None
    check: CheckDigit | None = None

    def fault(self, number: str) -> Fault | None:
        """What is wrong with a number without white space, in capitals."""
        found = _compiled(self.pattern).fullmatch(number)
        if found is None:
            return "shape"
        if self.country and not _compiled(self.country).fullmatch(found["country"]):
            return "shape"
        if self.check is None:
            return None
        expected = check_digit(self.check, found["serial"])
        return None if expected == found["check"] else "check-digit"


class Courier(Strict):
    """A courier: its id, its name and others by which it is called, and its kinds of numbers."""

    id: str
    name: str
    called: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    numbers: tuple[NumberRule, ...] = Field(min_length=1)

    def fault(self, number: str) -> Fault | None:
        """What is wrong with a number for this courier; None where one of its kinds fits."""
        faults = {rule.fault(number) for rule in self.numbers}
        if None in faults:
            return None
        return "check-digit" if "check-digit" in faults else "shape"


def plain(text: str) -> str:
    """A number without white space, in capitals."""
    return "".join(text.split()).upper()


def couriers_of(text: str) -> tuple[Courier, ...]:
    """All couriers whose number the text can be; most of digits only can be of several."""
    number = plain(text)
    if len(number) > MAX_LENGTH:
        return ()
    return tuple(each for each in couriers() if each.fault(number) is None)


def tracking_number(text: str) -> Courier | None:
    """The courier whose number the text is: the only one, or the first whose check digit fits."""
    found = couriers_of(text)
    number = plain(text)
    checked = [each for each in found if _is_checked(each, number)]
    return next(iter(checked or found), None)


def fault_of(carrier: str, text: str) -> Fault | None:
    """What is wrong with a number of this carrier.

    None where nothing is, or where no rules are known for a carrier of that name.
    """
    courier = courier_named(carrier)
    if courier is None:
        return None
    number = plain(text)
    if len(number) > MAX_LENGTH:
        return "shape"
    own = courier.fault(number)
    if own and any(each.fault(number) is None for each in map(_by_id, courier.also)):
        return None
    return own


def courier_named(name: str) -> Courier | None:
    """The courier of that name or id, without regard to case, white space and signs."""
    return _by_name().get(_key(name))


def names() -> tuple[str, ...]:
    """The names of all couriers as `courier_named` compares them: small letters and digits."""
    return tuple(_by_name())


@cache
def couriers() -> tuple[Courier, ...]:
    """All couriers, in the order of their ids."""
    found = yaml.safe_load(RULES.read_text(encoding="utf-8"))["couriers"]
    return tuple(Courier.model_validate(each) for each in found)


@cache
def _by_name() -> dict[str, Courier]:
    return {_key(name): each for each in couriers() for name in (each.id, each.name, *each.called)}


@cache
def _by_id(courier_id: str) -> Courier:
    return next(each for each in couriers() if each.id == courier_id)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _is_checked(courier: Courier, number: str) -> bool:
    return any(rule.check and rule.fault(number) is None for rule in courier.numbers)


def check_digit(rule: CheckDigit, serial: str) -> str:
    """The digit (or letter) that follows from a serial number of digits and capital letters."""
    if rule.prefix and not serial.startswith(rule.prefix):
        serial = rule.prefix + serial
    return _KINDS[rule.kind](serial, rule.weights)


def _weighted(serial: str, weights: Sequence[int]) -> int:
    return sum(_value(sign) * weights[index % len(weights)] for index, sign in enumerate(serial))


def _value(sign: str) -> int:
    return int(sign) if sign.isdigit() else (ord(sign) - 3) % 10


def _mod10(serial: str, weights: Sequence[int]) -> str:
    return str(-_weighted(serial, weights) % 10)


def _mod11(serial: str, weights: Sequence[int]) -> str:
    return str(_weighted(serial, weights) % 11 % 10)


def _s10(serial: str, weights: Sequence[int]) -> str:
    return str({10: 0, 11: 5}.get(left := 11 - _weighted(serial, weights) % 11, left))


def _luhn(serial: str, _weights: Sequence[int]) -> str:
    doubled = [
        sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(serial[::-1])
    ]
    return str(-sum(doubled) % 10)


def _mod7(serial: str, _weights: Sequence[int]) -> str:
    return str(int(serial) % 7)


def _mod37_36(serial: str, _weights: Sequence[int]) -> str:
    """ISO 7064, MOD 37,36."""
    product = 36
    for sign in serial:
        product = (product + _ALPHABET.index(sign)) % 36 or 36
        product = product * 2 % 37
    return _ALPHABET[(37 - product) % 36]


_KINDS: dict[str, Callable[[str, Sequence[int]], str]] = {
    "mod10": _mod10,
    "mod11": _mod11,
    "s10": _s10,
    "luhn": _luhn,
    "mod7": _mod7,
    "mod37_36": _mod37_36,
}
