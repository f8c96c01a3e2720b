"""Payments that an earlier run settled take no line, and name those that settle them again."""

import json
from typing import Any

import pytest

from tests.unit.settlement.tables import cases, line, pairs, pay, run


@pytest.mark.parametrize("refs", [("G1", "O1"), (None, "O1"), ("G1", None)])
@pytest.mark.parametrize("facts", [{}, {"amount": 999}, {"currency": "USD"}, {"on": 60}])
def test_a_further_line_is_a_duplicate_whatever_else_differs(
    refs: tuple[str | None, str | None], facts: dict[str, Any]
) -> None:
    ref, order_ref = refs
    payment = pay("P1", settled_by="L0")
    found = run([payment], [line("L1", ref, order_ref=order_ref, **facts)])
    ((code, payment_id, line_id, _),) = cases(found)
    assert (code, payment_id, line_id) == ("DUPLICATE_SETTLEMENT", None, "L1")
    evidence = json.loads(found.exceptions.to_pylist()[0]["evidence"])
    assert (evidence["related_payment_id"], evidence["related_line_id"]) == ("P1", "L0")


def test_it_is_not_matched_not_open_and_not_in_the_proof() -> None:
    found = run([pay("P1", settled_by="L0"), pay("P2", "G2", order_ref="O2")], [])
    assert pairs(found) == set()
    assert found.open.num_rows + found.exceptions.num_rows == 1
    assert [row.buckets["new"].count for row in found.proof.rows] == [1]


def test_an_open_payment_of_the_same_reference_comes_first() -> None:
    found = run([pay("P1", settled_by="L0"), pay("P2")], [line("L1")])
    assert pairs(found) == {("P2", "L1")}
