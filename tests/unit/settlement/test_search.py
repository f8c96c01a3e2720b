"""Lines that name nothing, in payouts whose total is known: matched only where there is one way."""

import json

import pytest

from tests.unit.settlement.tables import Row, cases, line, matches, pairs, pay, run

_PAYOUT: Row = {"gateway": "adyen", "payout_ref": "T", "currency": "EUR", "net_minor": 900}


def _nameless(line_id: str, amount: int, **other: object) -> Row:
    return line(line_id, None, amount, **({"order_ref": None, "payout_ref": "T"} | other))


def _open(*amounts: int, **other: object) -> list[Row]:
    return [
        pay(f"P{n}", f"G{n}", amount, order_ref=f"O{n}", **other)
        for n, amount in enumerate(amounts)
    ]


def test_the_only_subset_is_matched() -> None:
    found = run(_open(500, 400, 300), [_nameless("L1", 900)], payouts=[_PAYOUT])
    assert matches(found) == {("subset_of_payout", f"P{n}", "L1", 0) for n in (0, 1)}
    shares = {r["payment_id"]: r["amount_minor"] for r in found.matches.to_pylist()}
    assert shares == {"P0": 500, "P1": 400}


def test_several_subsets_are_ambiguous_with_the_verdict_as_evidence() -> None:
    found = run(_open(500, 400, 900), [_nameless("L1", 900)], payouts=[_PAYOUT])
    assert cases(found) >= {("AMBIGUOUS_MATCH", None, "L1", 900)}
    (text,) = [r["evidence"] for r in found.exceptions.to_pylist() if r["line_id"] == "L1"]
    assert json.loads(text)["reason"] == "several subsets of payments"
    assert json.loads(text)["candidates"] == 3


def test_too_many_payments_are_not_tried() -> None:
    found = run(_open(*range(1001, 1502)), [_nameless("L1", 900)], payouts=[_PAYOUT])
    (text,) = [r["evidence"] for r in found.exceptions.to_pylist() if r["line_id"] == "L1"]
    assert json.loads(text)["reason"] == "too many payments to try"


def test_two_lines_that_want_one_payment_are_both_ambiguous() -> None:
    lines = [_nameless("L1", 450), _nameless("L2", 450)]
    found = run(_open(450), lines, payouts=[_PAYOUT])
    assert {r["code"] for r in found.exceptions.to_pylist() if r["line_id"]} == {"AMBIGUOUS_MATCH"}
    assert not pairs(found)


@pytest.mark.parametrize(
    ("payment", "settled", "payout"),
    [
        ({}, {}, {"net_minor": 901}),
        ({}, {}, {"payout_ref": "U"}),
        ({}, {}, {"gateway": "stripe"}),
        ({}, {"payout_ref": None}, {}),
        ({"on": 9}, {}, {}),
        ({"gateway": "stripe"}, {}, {}),
        ({"currency": "USD"}, {}, {}),
        ({"kind": "refund"}, {}, {}),
    ],
)
def test_what_is_not_sure_is_not_searched(payment: Row, settled: Row, payout: Row) -> None:
    lines = [_nameless("L1", 900, **settled)]
    found = run(_open(500, 400, **payment), lines, payouts=[_PAYOUT | payout])
    assert not pairs(found)
    assert ("SETTLED_NO_ORDER", None, "L1", 900) in cases(found)


def test_a_payment_that_another_line_names_is_not_used() -> None:
    lines = [_nameless("L1", 900), line("L2", "G1", 100, order_ref=None)]
    assert not pairs(run(_open(500, 400), lines, payouts=[_PAYOUT]))


def test_without_payouts_nothing_is_searched() -> None:
    found = run(_open(500, 400), [_nameless("L1", 900)])
    assert not pairs(found)
