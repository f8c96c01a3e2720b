"""A key that very many payments and lines share: work grows with its rows, not their product."""

import random
from typing import Any

import pytest

from tests.unit.settlement.tables import cases, line, pay, run
from tieout.settlement.stores import DuckStore

_SIZE = 400
_CHANCE = random.Random(3)


def _amounts() -> list[int]:
    return [_CHANCE.randrange(1000, 60_000) for _ in range(_SIZE)]


@pytest.mark.parametrize(
    ("payment", "other"),
    [
        ({}, {}),
        ({"ref": None}, {"ref": None}),
        ({"amount": _amounts()}, {"amount": _amounts()}),
        ({"amount": _amounts(), "ref": None}, {"amount": _amounts(), "ref": None}),
        ({"amount": _amounts()}, {"amount": _amounts(), "currency": "USD"}),
        ({}, {"amount": 1900}),
        ({"settled_by": "L"}, {"amount": _amounts()}),
        ({"amount": _amounts(), "ref": None}, {"on": 60, "ref": None}),
    ],
)
def test_no_table_of_a_run_outgrows_its_input(
    monkeypatch: pytest.MonkeyPatch, payment: dict[str, Any], other: dict[str, Any]
) -> None:
    largest: dict[str, int] = {}
    make = DuckStore.make

    def measured(self: DuckStore, name: str, select: str) -> None:
        make(self, name, select)
        largest[name] = max(largest.get(name, 0), self.count(name))

    monkeypatch.setattr(DuckStore, "make", measured)
    found = run(
        [pay(f"P{n:03}", **_row(payment, n)) for n in range(_SIZE)],
        [line(f"L{n:03}", **_row(other, n)) for n in range(_SIZE)],
    )
    assert found.matches.num_rows + len([c for c in cases(found) if c[2]]) == _SIZE
    assert max(largest.values()) <= 4 * _SIZE


def _row(facts: dict[str, Any], n: int) -> dict[str, Any]:
    return {key: value[n] if isinstance(value, list) else value for key, value in facts.items()}
