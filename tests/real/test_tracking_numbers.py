"""Our rules for tracking numbers against the examples of the public reference."""

import json

import pytest

from tests.real.genuine import SHARED
from tieout.formats.tracking_numbers import Courier, courier_named, couriers_of, fault_of, plain

FILES = sorted((SHARED / "07_reference" / "tracking_numbers").glob("*.json"))
EXAMPLES = [
    (reference["name"], kind["name"], kind["test_numbers"])
    for reference in (json.loads(path.read_text()) for path in FILES)
    for kind in reference["tracking_numbers"]
]
OF_ANOTHER_KIND = {"331426749957": "It is no letters-and-digits number, but one of 12 digits."}

pytestmark = pytest.mark.skipif(not FILES, reason=f"NOT TESTED: no reference at {SHARED}")


def named(courier: str) -> Courier:
    found = courier_named(courier) or courier_named(courier.split(maxsplit=1)[0])
    assert found is not None
    return found


def test_the_reference_has_eighteen_couriers():
    assert len({courier for courier, _, _ in EXAMPLES}) == 18


@pytest.mark.parametrize(("courier", "kind", "numbers"), EXAMPLES)
def test_valid_examples_are_good(courier, kind, numbers):
    own = named(courier)
    for number in numbers["valid"]:
        assert own.fault(plain(number)) is None
        assert own in couriers_of(number)
        assert fault_of(own.name, number) is None


@pytest.mark.parametrize(("courier", "kind", "numbers"), EXAMPLES)
def test_invalid_examples_are_faults(courier, kind, numbers):
    own = named(courier)
    passed = {number for number in numbers["invalid"] if own.fault(plain(number)) is None}
    assert passed <= set(OF_ANOTHER_KIND)
