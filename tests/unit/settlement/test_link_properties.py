"""What holds for lines of all kinds: one place each, nothing taken back twice, none by chance."""

import random
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.settlement.tables import Row, line, links, matches, pay, run
from tieout.settlement.engine import OUTPUTS
from tieout.settlement.model import LINKED_KINDS

_PAIRS = {"reversal_of", "release_of", "counter_of"}
_KINDS = ("charge", "refund", "payout", *LINKED_KINDS)
_REFS = st.sampled_from(["G1", "G2", "C1", "C2", None])
_PAYMENT = st.fixed_dictionaries(
    {
        "ref": st.sampled_from(["G1", "G2", "C1"]),
        "order_ref": st.sampled_from(["O1", "O2"]),
        "kind": st.sampled_from(["charge", "charge", "refund"]),
        "currency": st.sampled_from(["EUR", "EUR", "USD"]),
        "amount": st.sampled_from([100, 110, 200]),
        "on": st.integers(0, 9),
    }
)
_LINE = st.fixed_dictionaries(
    {
        "ref": _REFS,
        "original_ref": _REFS,
        "order_ref": st.sampled_from(["O1", "O2", None, None]),
        "kind": st.sampled_from(_KINDS),
        "currency": st.sampled_from(["EUR", "EUR", "USD"]),
        "amount": st.sampled_from([100, -100, -100, 110, 0]),
        "on": st.integers(0, 9),
        "placed": st.sampled_from([False, False, False, True]),
    }
)
_TABLES = st.tuples(st.lists(_PAYMENT, max_size=8), st.lists(_LINE, max_size=16))
_RATES = [{"base": "EUR", "quote": "USD", "day": date(2026, 11, 1), "rate": "1.1"}]
_Tables = tuple[list[Row], list[Row]]


def _rows(tables: _Tables) -> _Tables:
    payments = [pay(f"P{n:02}", **facts) for n, facts in enumerate(tables[0])]
    lines = [line(f"L{n:02}", **facts) for n, facts in enumerate(tables[1])]
    return payments, lines


@given(_TABLES)
@settings(max_examples=40, deadline=None)
def test_every_line_ends_in_one_place(tables: _Tables) -> None:
    payments, lines = _rows(tables)
    found = run(payments, lines, rates=_RATES)
    by_id = {row["line_id"]: row for row in lines}
    ends = [row["line_id"] for row in found.exceptions.to_pylist() if row["line_id"]]
    ends += {row["line_id"] for row in found.matches.to_pylist()}
    ends += found.open_lines["line_id"].to_pylist()
    ends += [one for one, relation, *_ in links(found) if relation not in {"refund_of", "fee_of"}]
    assert len(ends) == len(set(ends))
    left = {one for one in by_id if one not in ends and not by_id[one]["placed"]}
    assert not {one for one in left if by_id[one]["kind"] in {"charge", "refund"}}
    counted = [
        row.buckets["not_matched_by_kind"].count
        for row in found.proof.rows
        if "not_matched_by_kind" in row.buckets
    ]
    assert sum(counted) == len(left)
    assert not {one for one in ends if by_id[one]["placed"]}


@given(_TABLES)
@settings(max_examples=40, deadline=None)
def test_nothing_is_taken_back_twice_early_or_in_another_amount(tables: _Tables) -> None:
    payments, lines = _rows(tables)
    by_id = {row["line_id"]: row for row in lines}
    pairs = [
        (by_id[one], by_id[str(other)])
        for one, relation, _, other in links(run(payments, lines))
        if relation in _PAIRS and by_id[one]["gross_minor"] > 0
    ]
    taken = [other["line_id"] for _, other in pairs]
    assert len(taken) == len(set(taken))
    for one, other in pairs:
        assert one["currency"] == other["currency"]
        assert abs(one["gross_minor"]) == abs(other["gross_minor"]) > 0
        assert one["booked_at"] >= other["booked_at"]


@given(_TABLES)
@settings(max_examples=40, deadline=None)
def test_currencies_meet_only_by_a_rate(tables: _Tables) -> None:
    payments, lines = _rows(tables)
    currency = {row["payment_id"]: row["currency"] for row in payments}
    currency |= {row["line_id"]: row["currency"] for row in lines}
    for name, payment, one, _ in matches(run(payments, lines, rates=_RATES)):
        assert (currency[payment] != currency[one]) == (name == "converted_gateway_reference")


@given(_TABLES, st.integers())
@settings(max_examples=30, deadline=None)
def test_the_order_of_rows_changes_nothing(tables: _Tables, seed: int) -> None:
    payments, lines = _rows(tables)
    found = run(payments, lines, rates=_RATES)
    shuffle = random.Random(seed).shuffle
    shuffle(payments)
    shuffle(lines)
    again = run(payments, lines, rates=_RATES)
    for output in OUTPUTS:
        assert getattr(again, output).equals(getattr(found, output))


@given(_TABLES)
@settings(max_examples=20, deadline=None)
def test_a_chargeback_and_its_reversal_of_their_own_change_no_other_link(tables: _Tables) -> None:
    payments, lines = _rows(tables)
    own: Row = {"ref": "own", "original_ref": "own", "order_ref": None}
    pair = [
        line("Y", amount=-100, kind="chargeback", **own),
        line("Z", amount=100, kind="chargeback_reversal", on=2, **own),
    ]
    found, more = run(payments, lines), run(payments, [*lines, *pair])
    assert links(more) - links(found) == {
        ("Y", "reversed_by", None, "Z"),
        ("Z", "reversal_of", None, "Y"),
    }
    assert links(found) <= links(more)
    assert more.exceptions.equals(found.exceptions)


@given(_TABLES)
@settings(max_examples=30, deadline=None)
def test_other_kinds_change_nothing_of_charges_and_refunds(tables: _Tables) -> None:
    payments, lines = _rows(tables)
    lines = [row | {"placed": False} for row in lines]
    found = run(payments, lines)
    few = run(payments, [row for row in lines if row["kind"] in {"charge", "refund"}])
    assert found.matches.equals(few.matches)
    assert found.open.equals(few.open)
    assert found.near_misses.equals(few.near_misses)
