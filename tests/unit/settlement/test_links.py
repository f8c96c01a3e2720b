"""Lines that need no payment of their own: what they point to, and what stays open of them."""

import json
from typing import Any

import pytest

from tests.unit.settlement.tables import Row, cases, day, line, links, pay, run
from tieout.settlement.engine import Reconciliation
from tieout.settlement.model import GatewaySettings


def _other(line_id: str, kind: str, amount: int, **other: Any) -> Row:
    """A line without a reference to an order, of a kind that needs no payment."""
    return line(line_id, other.pop("ref", None), amount, kind=kind, **{"order_ref": None, **other})


def _chargeback(line_id: str, on: int, kind: str = "chargeback") -> Row:
    """A chargeback of payment G1 with a reference of its own, or what takes it back."""
    amount = -1000 if kind == "chargeback" else 1000
    return _other(line_id, kind, amount, ref="C", original_ref="G1", on=on)


def _won(line_id: str, on: int) -> Row:
    return _chargeback(line_id, on, "chargeback_reversal")


def _evidence(found: Reconciliation, code: str) -> Row:
    (text,) = [r["evidence"] for r in found.exceptions.to_pylist() if r["code"] == code]
    evidence: Row = json.loads(text)
    return evidence


def _buckets(found: Reconciliation) -> dict[str, int]:
    (row,) = [row for row in found.proof.rows if row.side == "lines"]
    return {name: amount.count for name, amount in row.buckets.items()}


def test_a_chargeback_is_open_and_names_its_payment_and_line() -> None:
    found = run([pay("P1")], [line("L1"), _chargeback("C1", 5)])
    assert cases(found) == {("CHARGEBACK", None, "C1", 1000)}
    evidence = _evidence(found, "CHARGEBACK")
    assert (evidence["related_payment_id"], evidence["related_line_id"]) == ("P1", "L1")
    assert not links(found)


@pytest.mark.parametrize("same", ["ref", "original_ref"])
def test_a_reversal_closes_its_chargeback(same: str) -> None:
    apart: Row = {} if same == "ref" else {"gateway_ref": "D"}
    found = run([pay("P1")], [line("L1"), _chargeback("C1", 5), _won("R1", 9) | apart])
    assert not cases(found)
    assert links(found) == {
        ("C1", "chargeback_of", "P1", "L1"),
        ("R1", "reversal_of", "P1", "C1"),
    }
    assert _buckets(found) == {"new": 3, "matched": 1, "linked": 2}


def test_a_second_chargeback_is_open_and_names_the_first() -> None:
    lines = [line("L1"), _chargeback("C1", 5), _won("R1", 9), _chargeback("C2", 12)]
    found = run([pay("P1")], lines)
    assert cases(found) == {("CHARGEBACK", None, "C2", 1000)}
    evidence = _evidence(found, "CHARGEBACK")
    assert (evidence["reason"], evidence["related_line_id"]) == ("charged back again", "C1")
    assert ("R1", "reversal_of", "P1", "C1") in links(found)


def test_a_second_chargeback_that_is_won_points_to_the_first() -> None:
    lines = [_chargeback("C1", 5), _won("R1", 9), _chargeback("C2", 12), _won("R2", 14)]
    found = run([pay("P1")], [line("L1"), *lines])
    assert ("C2", "second_chargeback_of", "P1", "C1") in links(found)
    assert ("R2", "reversal_of", "P1", "C2") in links(found)
    assert not cases(found)


@pytest.mark.parametrize(
    "facts",
    [
        {"on": 4},
        {"amount": 900},
        {"currency": "USD"},
        {"gateway": "stripe"},
        {"ref": "D", "original_ref": "G2"},
    ],
)
def test_what_is_no_reversal_of_it_leaves_both_open(facts: Row) -> None:
    facts = {"ref": "C", "original_ref": "G1", "on": 9, "amount": 1000} | facts
    reversal = _other("R1", "chargeback_reversal", facts.pop("amount"), **facts)
    found = run([pay("P1")], [line("L1"), _chargeback("C1", 5), reversal])
    assert {code for code, *_ in cases(found)} == {"CHARGEBACK", "REVERSAL_UNKNOWN"}


def test_a_reversal_of_an_earlier_runs_line_points_to_it() -> None:
    placed = _chargeback("C1", 5) | {"placed": True}
    found = run([pay("P1", settled_by="L0")], [placed, _won("R1", 9)])
    assert links(found) == {("R1", "reversal_of", "P1", "C1")}
    assert _buckets(found) == {"new": 1, "linked": 1}
    again = run([], [placed | {"reversed_by": "R0"}, _won("R1", 9)])
    assert {code for code, *_ in cases(again)} == {"REVERSAL_UNKNOWN"}


def test_a_chargeback_of_a_charge_without_a_payment_points_to_its_line() -> None:
    found = run([], [line("L1"), _chargeback("C1", 5), _won("R1", 9)])
    assert ("C1", "chargeback_of", None, "L1") in links(found)


def test_a_reference_of_several_charges_is_no_guess_but_its_order_decides() -> None:
    payments = [pay("P1"), pay("P2", order_ref="O2")]
    two = [_chargeback("C1", 5), _won("R1", 9)]
    assert ("C1", "reversed_by", None, "R1") in links(run(payments, two))
    named = [row | {"order_ref": "O2"} for row in two]
    assert ("C1", "chargeback_of", "P2", None) in links(run(payments, named))


def test_partial_refunds_point_to_the_charge_beside_their_match() -> None:
    refund: Row = {"kind": "refund", "original_ref": "G1"}
    payments = [pay("P1"), pay("F1", "R1", 300, kind="refund"), pay("F2", "R2", 200, kind="refund")]
    lines = [line("L1"), line("B1", "R1", -300, **refund), line("B2", "R2", -200, **refund)]
    found = run(payments, lines)
    assert links(found) == {("B1", "refund_of", "P1", "L1"), ("B2", "refund_of", "P1", "L1")}
    assert not cases(found)
    assert _buckets(found) == {"new": 3, "matched": 3}


def test_refunds_beyond_the_charge_are_a_case_of_the_charge() -> None:
    refund: Row = {"kind": "refund", "original_ref": "G1"}
    payments = [pay("P1"), pay("F1", "R1", 700, kind="refund"), pay("F2", "R2", 400, kind="refund")]
    lines = [
        line("L1"),
        line("B1", "R1", -700, **refund, placed=True),
        line("B2", "R2", -400, **refund, on=3),
    ]
    found = run(payments[::2], lines)
    assert cases(found) == {("REFUND_EXCEEDS_CHARGE", None, None, 100)}
    evidence = _evidence(found, "REFUND_EXCEEDS_CHARGE")
    assert (evidence["related_payment_id"], evidence["related_line_id"]) == ("P1", "B2")
    back = _other("V1", "refund_reversal", 700, ref="R1", original_ref="G1", on=4)
    assert not cases(run(payments[::2], [*lines, back]))
    assert ("V1", "reversal_of", "P1", "B1") in links(run(payments[::2], [*lines, back]))


def test_a_refund_without_a_refund_of_ours_is_named_as_before() -> None:
    found = run([pay("P1")], [line("L1"), line("B1", "R9", -300, kind="refund", original_ref="G1")])
    assert cases(found) == {("SETTLED_NO_ORDER", None, "B1", -300)}
    assert links(found) == {("B1", "refund_of", "P1", "L1")}


@pytest.mark.parametrize("ref", ["H", None])
def test_a_release_points_to_the_oldest_reserve_of_its_amount(ref: str | None) -> None:
    holds = [_other(f"H{n}", "reserve", -500, ref=ref, on=n) for n in (2, 1)]
    found = run([], [*holds, _other("R1", "reserve", 500, ref=ref, on=9)])
    assert links(found) == {("R1", "release_of", None, "H1"), ("H1", "released_by", None, "R1")}
    assert found.open_lines.column("line_id").to_pylist() == ["H2"]
    assert _buckets(found) == {"new": 3, "linked": 2, "open": 1}


def test_a_reserve_that_is_not_released_by_its_date_is_a_case() -> None:
    stated = _other("H1", "reserve", -500, due_at=day(20))
    assert cases(run([], [stated])) == {("RESERVE_OVERDUE", None, "H1", 500)}
    long = run([], [_other("H2", "reserve", -500)])
    assert not cases(long)
    short = {"adyen": GatewaySettings(reserve_days=10)}
    assert cases(run([], [_other("H2", "reserve", -500)], by_gateway=short))


def test_a_release_of_nothing_is_a_case() -> None:
    found = run([], [_other("R1", "reserve", 500), _other("H1", "reserve", -500, on=5)])
    assert cases(found) == {("REVERSAL_UNKNOWN", None, "R1", 500)}


def test_fees_and_adjustments_point_to_the_payment_that_they_name() -> None:
    lines = [_other("F1", "fee", -30, ref="G1"), _other("A1", "adjustment", -5, order_ref="O1")]
    found = run([pay("P1")], [line("L1"), *lines])
    assert links(found) == {("F1", "fee_of", "P1", "L1"), ("A1", "adjustment_of", "P1", "L1")}
    assert _buckets(found) == {"new": 3, "matched": 1, "linked": 1, "not_matched_by_kind": 1}


def test_an_adjustment_that_names_nothing_is_a_case_and_a_fee_is_counted() -> None:
    found = run([], [_other("F1", "fee", -30), _other("A1", "adjustment", 5)])
    assert cases(found) == {("ADJUSTMENT_UNEXPLAINED", None, "A1", 5)}
    assert _buckets(found) == {"new": 2, "exceptions": 1, "not_matched_by_kind": 1}


def test_a_transfer_points_to_its_counterpart() -> None:
    lines = [_other("T1", "transfer", -900, ref="X"), _other("T2", "transfer", 900, ref="X")]
    found = run([], [*lines, _other("T3", "transfer", 10, ref="X")])
    assert links(found) == {("T1", "counter_of", None, "T2"), ("T2", "counter_of", None, "T1")}
    assert _buckets(found) == {"new": 3, "linked": 2, "not_matched_by_kind": 1}
