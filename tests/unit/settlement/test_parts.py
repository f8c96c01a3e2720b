"""Several lines of one payment, and one line of several payments."""

from typing import Any

import pytest

from tests.unit.settlement.tables import Row, cases, line, matches, pairs, pay, run
from tieout.settlement.engine import Reconciliation


def _shares(found: Reconciliation) -> list[tuple[str, str, int, int]]:
    """(payment, line, amount, variance) of every match, by line and payment."""
    rows = sorted(found.matches.to_pylist(), key=lambda r: (r["line_id"], r["payment_id"]))
    return [(r["payment_id"], r["line_id"], r["amount_minor"], r["variance_minor"]) for r in rows]


@pytest.mark.parametrize("ref", ["G1", None])
def test_several_lines_add_up_to_one_payment(ref: str | None) -> None:
    found = run(
        [pay("P1", ref)], [line("L1", ref, 700), line("L2", ref, 200), line("L3", ref, 100)]
    )
    assert _shares(found) == [("P1", "L1", 700, 0), ("P1", "L2", 200, 0), ("P1", "L3", 100, 0)]
    assert {one[0] for one in matches(found)} == {f"parts_{'gateway' if ref else 'our'}_reference"}


def test_the_payments_share_one_line() -> None:
    payments = [pay("P1", None, 600), pay("P2", None, 400)]
    found = run(payments, [line("L1", "G9", 1000)])
    assert _shares(found) == [("P1", "L1", 600, 0), ("P2", "L1", 400, 0)]
    buckets = {row.side: row.buckets["matched"] for row in found.proof.rows}
    assert vars(buckets["lines"]) == {"count": 1, "sum_minor": 1000}
    assert vars(buckets["payments"]) == {"count": 2, "sum_minor": 1000}


@pytest.mark.parametrize("off", [5, -5])
def test_the_variance_is_booked_on_the_last_part(off: int) -> None:
    split = run([pay("P1")], [line("L1", amount=700), line("L2", amount=300 + off)])
    assert _shares(split) == [("P1", "L1", 700, 0), ("P1", "L2", 300, off)]
    bundle = run([pay("P1", None, 600), pay("P2", None, 400)], [line("L1", None, 1000 + off)])
    assert _shares(bundle) == [("P1", "L1", 600, 0), ("P2", "L1", 400, off)]


def test_refunds_in_parts_keep_their_sign() -> None:
    refund: dict[str, Any] = {"kind": "refund"}
    lines = [line("L1", amount=-700, **refund), line("L2", amount=-302, **refund)]
    assert _shares(run([pay("P1", amount=-1000, **refund)], lines)) == [
        ("P1", "L1", -700, 0),
        ("P1", "L2", -300, -2),
    ]


@pytest.mark.parametrize(
    "lines",
    [
        [line("L1", amount=700), line("L2", amount=294)],
        [line("L1", amount=700), line("L2", amount=300, currency="USD")],
        [line("L1", amount=700), line("L2", amount=300, gateway="stripe")],
        [line("L1", amount=700), line("L2", amount=300, kind="refund")],
        [line("L1", None, 700), line("L2", None, 300, on=6)],
        [line("L1", amount=1100), line("L2", amount=-100)],
    ],
)
def test_what_does_not_add_up_is_no_part(lines: list[Row]) -> None:
    assert not pairs(run([pay("P1")], lines))


def test_a_key_is_matched_whole_or_not_at_all() -> None:
    lines = [line("L1", amount=700), line("L2", amount=300), line("L3", amount=250)]
    found = run([pay("P1")], lines)
    assert not pairs(found)
    assert ("AMOUNT_UNDER", "P1", "L1", 300) in cases(found)


def test_two_payments_in_parts_at_once_are_not_guessed() -> None:
    payments = [pay("P1", amount=500), pay("P2", amount=900)]
    assert not pairs(run(payments, [line(f"L{n}", amount=350) for n in range(4)]))
