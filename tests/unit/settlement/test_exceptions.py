"""Each code of exception on small tables, and which code wins when two could be meant."""

import json
from datetime import timedelta

import pytest

from tests.unit.settlement.tables import AS_OF, cases, line, pairs, pay, run


@pytest.mark.parametrize("ref", ["G1", None])
@pytest.mark.parametrize(
    ("gross", "code", "risk"), [(990, "AMOUNT_UNDER", 10), (1006, "AMOUNT_OVER", 6)]
)
def test_amount_beyond_tolerance(ref: str | None, gross: int, code: str, risk: int) -> None:
    assert cases(run([pay("P1", ref)], [line("L1", ref, gross)])) == {(code, "P1", "L1", risk)}


def test_refund_that_paid_back_more_is_over_whatever_its_sign() -> None:
    found = run([pay("P1", amount=-300, kind="refund")], [line("L1", amount=-350, kind="refund")])
    assert cases(found) == {("AMOUNT_OVER", "P1", "L1", 50)}


@pytest.mark.parametrize("ref", ["G1", None])
def test_other_currency_is_one_case_with_both_sides(ref: str | None) -> None:
    found = run([pay("P1", ref)], [line("L1", ref, currency="USD")])
    assert cases(found) == {("CURRENCY_MISMATCH", "P1", "L1", 1000)}
    assert found.exceptions.to_pylist()[0]["currency"] == "USD"


def test_same_currency_is_meant_before_another() -> None:
    payments = [pay("P1", amount=1000), pay("P2", amount=700, currency="USD")]
    found = run(payments, [line("L1", amount=900), line("L2", amount=701, currency="GBP")])
    assert cases(found) == {
        ("AMOUNT_UNDER", "P1", "L1", 100),
        ("CURRENCY_MISMATCH", "P2", "L2", 701),
    }


@pytest.mark.parametrize("other", [{}, {"ref": None}, {"order_ref": None}, {"on": 90}])
def test_a_line_that_comes_twice_is_a_duplicate(other: dict[str, object]) -> None:
    again = line("L2", **{"on": 2, **other})  # type: ignore[arg-type]
    found = run([pay("P1")], [line("L1"), again])
    assert pairs(found) == {("P1", "L1")}
    assert cases(found) == {("DUPLICATE_SETTLEMENT", None, "L2", 1000)}


def test_a_duplicate_says_what_it_repeats() -> None:
    found = run([pay("P1")], [line("L1"), line("L2", on=2)])
    evidence = json.loads(found.exceptions.to_pylist()[0]["evidence"])
    assert evidence["related_payment_id"] == "P1"
    assert evidence["related_line_id"] == "L1"


def test_a_further_line_of_a_payment_with_a_wrong_amount_is_a_duplicate() -> None:
    found = run([pay("P1")], [line("L1", amount=900), line("L2", amount=200)])
    assert cases(found) == {
        ("AMOUNT_UNDER", "P1", "L1", 100),
        ("DUPLICATE_SETTLEMENT", None, "L2", 200),
    }


def test_a_copy_is_a_duplicate_though_another_payment_of_the_order_is_open() -> None:
    payments = [pay("P1", "G1", 1000), pay("P2", "G2", 400)]
    found = run(payments, [line("L1"), line("L2", ref=None)])
    assert cases(found) == {
        ("DUPLICATE_SETTLEMENT", None, "L2", 1000),
        ("SETTLEMENT_OVERDUE", "P2", None, 400),
    }


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"ref": None, "order_ref": None}, "no reference"),
        ({"ref": "G9", "order_ref": "O9"}, "unknown reference"),
        ({"ref": None, "on": 9}, "outside the window"),
        ({"gateway": "stripe"}, "unknown reference"),
        ({"kind": "refund"}, "unknown reference"),
    ],
)
def test_a_line_that_nothing_explains(other: dict[str, object], reason: str) -> None:
    found = run([pay("P1", due_at=AS_OF)], [line("L1", **other)])  # type: ignore[arg-type]
    assert cases(found) == {("SETTLED_NO_ORDER", None, "L1", 1000)}
    assert json.loads(found.exceptions.to_pylist()[0]["evidence"])["reason"] == reason
    assert found.open.to_pylist()[0]["payment_id"] == "P1"


@pytest.mark.parametrize("off", [2, 50])
def test_equally_near_to_unlike_payments_is_ambiguous(off: int) -> None:
    payments = [pay("P1", None, 1000 - off), pay("P2", None, 1000 + off)]
    found = run(payments, [line("L1", None)], as_of=AS_OF - timedelta(days=29))
    assert cases(found) == {("AMBIGUOUS_MATCH", None, "L1", 1000)}
    assert found.open.num_rows == 2


def test_payments_alike_are_interchangeable() -> None:
    found = run([pay("P1", None), pay("P2", None)], [line("L1", None)])
    assert pairs(found) == {("P1", "L1")}


@pytest.mark.parametrize(("age", "late"), [(5, False), (6, True)])
def test_overdue_is_strictly_older_than_the_days(age: int, late: bool) -> None:
    found = run([pay("P1", booked_at=AS_OF - timedelta(days=age))], [])
    assert (cases(found) == {("SETTLEMENT_OVERDUE", "P1", None, 1000)}) is late
    assert (found.open.num_rows == 0) is late


def test_a_due_time_of_its_own_wins() -> None:
    soon = pay("P1", due_at=AS_OF + timedelta(seconds=1))
    past = pay("P2", ref="G2", due_at=AS_OF - timedelta(seconds=1), booked_at=AS_OF)
    found = run([soon, past], [])
    assert cases(found) == {("SETTLEMENT_OVERDUE", "P2", None, 1000)}


def test_nothing_to_settle_is_never_late() -> None:
    found = run([pay("P1", amount=0)], [])
    assert not cases(found)
    assert found.open.num_rows == 1


def test_lines_of_other_kinds_are_only_counted() -> None:
    found = run([], [line("L1", kind="fee", amount=-7), line("L2", kind="payout", amount=-993)])
    assert not cases(found)
    (row,) = found.proof.rows
    assert vars(row.buckets["not_matched_by_kind"]) == {"count": 2, "sum_minor": -1000}
