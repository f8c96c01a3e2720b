"""Payouts against bank lines and their own lines: what pairs, what is named, what never is."""

import random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout.kernel.errors import RunDoesNotAddUp
from tieout.settlement import payouts as engine
from tieout.settlement.payouts import (
    BANK_LINES,
    LINE_SUMS,
    PAYERS,
    PAYOUTS,
    PAYOUTS_TO_SUM,
    PayoutMatching,
    match_payouts,
    sum_payouts,
)

Row = dict[str, Any]
ADYEN = [{"gateway": "adyen", "said": "ADYENNV"}, {"gateway": "stripe", "said": "STRIPE"}]


def payout(number: int, amount: int, **other: Any) -> Row:
    """A payout PAY<n> of adyen in EUR, of day 10, that is not late."""
    return {
        "payout_id": number,
        "gateway": "adyen",
        "account": "main",
        "payout_ref": f"pay-{number:04}",
        "kind": "payout",
        "currency": "EUR",
        "amount_minor": amount,
        "day": 10,
        "window_days": 5,
        "bank": None,
        "key": f"PAY{number:04}",
        "other_key": None,
        "is_failed": 0,
        "is_late": 0,
        "carried": 0,
    } | other


def credit(number: int, amount: int, said: str, **other: Any) -> Row:
    return {
        "bank_line_id": number,
        "bank": "bank",
        "account": "DE1",
        "currency": "EUR",
        "amount_minor": amount,
        "day": 11,
        "said": said,
        "carried": 0,
    } | other


def run(payouts: list[Row], lines: list[Row]) -> PayoutMatching:
    return match_payouts(
        pa.Table.from_pylist(payouts, PAYOUTS),
        pa.Table.from_pylist(lines, BANK_LINES),
        pa.Table.from_pylist(ADYEN, PAYERS),
    )


def pairs(found: PayoutMatching) -> list[tuple[int, int, str]]:
    return [
        (row["payout_id"], row["bank_line_id"], row["pass"]) for row in found.matches.to_pylist()
    ]


def named(found: PayoutMatching) -> list[tuple[str, int | None, int | None]]:
    return [
        (row["code"], row["payout_id"], row["bank_line_id"]) for row in found.findings.to_pylist()
    ]


def test_the_reference_decides_however_far_the_days_are_apart() -> None:
    found = run([payout(1, 500)], [credit(1, 500, "XPAY0001X", day=300)])
    assert pairs(found) == [(1, 1, "reference_and_amount")]


@pytest.mark.parametrize(
    "line",
    [
        credit(1, 500, "PAY0001", currency="USD"),
        credit(1, 500, "PAY0001", bank="other"),
        credit(1, 500, "PAY0002"),
    ],
)
def test_another_currency_bank_or_reference_is_no_match(line: Row) -> None:
    assert pairs(run([payout(1, 500, bank="bank")], [line])) == []


def test_a_reference_that_begins_a_longer_one_does_not_count() -> None:
    longer = payout(2, 500, key="PAY00012")
    assert pairs(run([payout(1, 500), longer], [credit(1, 500, "PAY00012")])) == [
        (2, 1, "reference_and_amount")
    ]


def test_the_second_line_of_the_same_payout_is_unknown_money() -> None:
    lines = [credit(n, 500, "ADYENNVPAY0001", day=10 + n) for n in (2, 1)]
    found = run([payout(1, 500)], lines)
    assert pairs(found) == [(1, 1, "reference_and_amount")]
    assert named(found) == [("BANK_CREDIT_UNKNOWN", None, 2)]


def test_sums_without_reference_need_to_be_the_only_ones() -> None:
    several = [payout(n, amount) for n, amount in ((1, 100), (2, 250), (3, 990))]
    assert pairs(run(several, [credit(1, 350, "ADYENNV")])) == [
        (1, 1, "payouts_sum_to_credit"),
        (2, 1, "payouts_sum_to_credit"),
    ]
    twice = [payout(n, amount) for n, amount in ((1, 100), (2, 250), (3, 200), (4, 150))]
    found = run(twice, [credit(1, 350, "ADYENNV")])
    assert pairs(found) == []
    assert named(found) == [("PAYOUT_AMBIGUOUS", None, 1)]


def test_one_payout_in_credits_without_reference() -> None:
    lines = [credit(1, 300, "ADYENNV"), credit(2, 200, "ADYENNV"), credit(3, 77, "ELSE")]
    assert pairs(run([payout(1, 500)], lines)) == [
        (1, 1, "credits_sum_to_payout"),
        (1, 2, "credits_sum_to_payout"),
    ]


def test_another_gateways_name_or_a_day_outside_the_window_is_no_match() -> None:
    lines = [credit(1, 500, "STRIPE"), credit(2, 500, "ADYENNV", day=16)]
    found = run([payout(1, 500)], lines)
    assert pairs(found) == []
    assert named(found) == [("BANK_CREDIT_UNKNOWN", None, n) for n in (1, 2)]


def test_a_part_waits_until_the_payout_is_late() -> None:
    line = credit(1, 300, "PAY0001")
    waiting = run([payout(1, 500)], [line])
    assert named(waiting) == []
    assert (waiting.count("payouts", "open"), waiting.count("bank_lines", "open")) == (1, 1)
    assert named(run([payout(1, 500, is_late=1)], [line])) == [("PAYOUT_AMOUNT_DIFFERS", 1, 1)]


def test_a_payout_and_its_reversal_cancel_each_other_when_the_bank_saw_neither() -> None:
    back = payout(2, -500, kind="payout_reversal", payout_ref="pay-0001", key="PAY0001")
    failed = payout(1, 500, is_failed=1)
    assert run([failed, back], []).returned.to_pydict() == {"payout_id": [1, 2]}
    paid = run([failed, back], [credit(1, 500, "PAY0001"), credit(2, -500, "PAY0001")])
    assert [(one, line) for one, line, _ in pairs(paid)] == [(1, 1), (2, 2)]
    assert named(run([back], [])) == [("PAYOUT_REVERSED", 2, None)]


def test_debits_that_look_like_the_gateways_are_none_of_ours() -> None:
    found = run([], [credit(1, -90, "ADYENNVFEE")])
    assert named(found) == []
    assert found.not_ours.to_pydict() == {"bank_line_id": [1]}


def test_a_proof_that_does_not_add_up_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = engine.sql_text("payouts/steps/open_payouts") + " AND 1 = 0"
    known = engine.sql_text
    monkeypatch.setattr(
        engine, "sql_text", lambda name: lost if name.endswith("open_payouts") else known(name)
    )
    with pytest.raises(RunDoesNotAddUp, match="1 payouts of adyen main in EUR"):
        run([payout(1, 500)], [])


AMOUNTS = st.integers(1, 12).map(lambda n: n * 50)
SAID = st.sampled_from(["PAY0001", "PAY0002PAY0003", "ADYENNV", "ADYENNVPAY0004", "STRIPE", "ELSE"])
SOME_PAYOUTS = st.lists(st.tuples(AMOUNTS, st.booleans(), st.integers(8, 12)), max_size=6)
SOME_LINES = st.lists(st.tuples(AMOUNTS, SAID, st.integers(8, 16)), max_size=6)


@settings(max_examples=20, deadline=None)
@given(SOME_PAYOUTS, SOME_LINES, st.randoms())
def test_nothing_is_in_two_matches_and_order_does_not_matter(
    some: list[tuple[int, bool, int]], lines: list[tuple[int, str, int]], shuffle: random.Random
) -> None:
    payouts = [
        payout(n, amount, is_late=int(late), day=day) for n, (amount, late, day) in enumerate(some)
    ]
    booked = [credit(n, amount, said, day=day) for n, (amount, said, day) in enumerate(lines)]
    found = run(payouts, booked)
    edges = found.matches.to_pylist()
    for side in ("payout", "bank_line"):
        part = "payout_part" if side == "payout" else "line_part"
        places = [(row[f"{side}_id"], row[part]) for row in edges]
        assert len(places) == len(set(places))
        matches: dict[int, set[int]] = {}
        for row in edges:
            matches.setdefault(row[f"{side}_id"], set()).add(row["match_no"])
        assert all(len(numbers) == 1 for numbers in matches.values())
    for match in {row["match_no"] for row in edges}:
        rows = [row for row in edges if row["match_no"] == match]
        paid = sum(payouts[one]["amount_minor"] for one in {row["payout_id"] for row in rows})
        got = sum(booked[one]["amount_minor"] for one in {row["bank_line_id"] for row in rows})
        assert paid == got == sum(row["amount_minor"] for row in rows)
    shuffle.shuffle(payouts)
    shuffle.shuffle(booked)
    again = run(payouts, booked)
    assert (again.matches, again.findings) == (found.matches, found.findings)


def to_sum(number: int, amount: int, **other: Any) -> Row:
    return {
        "payout_id": number,
        "gateway": "g",
        "account": "a",
        "payout_ref": f"P{number}",
        "batch_no": None,
        "day": "2026-03-03",
        "currency": "EUR",
        "amount_minor": amount,
        "lines_expected": 1,
    } | other


def line_sum(net: int, **other: Any) -> Row:
    keys = {"gateway": "g", "account": "a", "batch_no": None, "payout_ref": None}
    return keys | {"currency": "EUR", "net_minor": net, "lines": 1} | other


@pytest.mark.parametrize(
    ("payouts", "lines", "differing"),
    [
        ([to_sum(1, 5)], [line_sum(3, payout_ref="P1"), line_sum(2, payout_ref="P1")], []),
        ([to_sum(1, 5)], [line_sum(4, payout_ref="P1")], [(1, 5, 4)]),
        ([to_sum(1, 5)], [line_sum(5, payout_ref="P1", currency="USD")], [(1, 5, 0)]),
        ([to_sum(1, 5, lines_expected=0)], [], []),
        ([to_sum(1, 5, batch_no="7")], [line_sum(5, batch_no="7")], []),
        ([to_sum(1, 5, batch_no="7")], [line_sum(5, batch_no="7", account="b")], [(1, 5, 0)]),
        ([to_sum(1, 5), to_sum(2, 6)], [line_sum(11, batch_no="2026-03-03")], []),
        (
            [to_sum(1, 5), to_sum(2, 6)],
            [line_sum(9, batch_no="2026-03-03")],
            [(1, 11, 9), (2, 11, 9)],
        ),
    ],
)
def test_a_payout_is_the_sum_of_its_lines(
    payouts: list[Row], lines: list[Row], differing: list[tuple[int, int, int]]
) -> None:
    _, found = sum_payouts(
        pa.Table.from_pylist(payouts, PAYOUTS_TO_SUM), pa.Table.from_pylist(lines, LINE_SUMS)
    )
    told = [
        (row["payout_id"], row["expected_minor"], row["found_minor"]) for row in found.to_pylist()
    ]
    assert told == differing
