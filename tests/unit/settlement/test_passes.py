"""Each pass on small tables: what pairs, with what, and why not with the other."""

from datetime import timedelta

import pytest

from tests.unit.settlement.tables import Row, day, line, matches, pairs, pay, run
from tieout.settlement.model import GatewaySettings


def test_exact_reference_needs_all_five_columns() -> None:
    lines = [
        line("L1"),
        line("L2", gateway="stripe"),
        line("L3", ref="G2", order_ref=None),
        line("L4", kind="refund"),
        line("L5", currency="USD"),
    ]
    assert matches(run([pay("P1")], lines)) == {("exact_reference", "P1", "L1", 0)}


def test_exact_reference_knows_no_window() -> None:
    assert pairs(run([pay("P1")], [line("L1", on=300)])) == {("P1", "L1")}


def test_null_references_never_meet() -> None:
    found = run([pay("P1", ref=None)], [line("L1", ref=None, order_ref=None)])
    assert found.matches.num_rows == 0


def test_empty_text_is_no_reference() -> None:
    found = run([pay("P1", ref="")], [line("L1", ref="", order_ref="")])
    assert found.matches.num_rows == 0


def test_contested_key_pairs_the_same_order_first_then_by_day_and_id() -> None:
    payments = [pay("P1", order_ref="A"), pay("P2", order_ref="B"), pay("P3", order_ref="C", on=1)]
    lines = [
        line("L1", order_ref="B", on=9),
        line("L2", order_ref=None, on=3),
        line("L3", order_ref=None, on=2),
    ]
    assert pairs(run(payments, lines)) == {("P2", "L1"), ("P1", "L3"), ("P3", "L2")}


@pytest.mark.parametrize(("apart", "matched"), [(5, True), (6, False), (-5, True), (-6, False)])
def test_window_is_inclusive_both_ways(apart: int, matched: bool) -> None:
    found = run([pay("P1", ref=None, on=10)], [line("L1", ref=None, on=10 + apart)])
    assert (found.matches.num_rows == 1) is matched


def test_window_counts_utc_days_not_hours() -> None:
    late = line("L1", ref=None, booked_at=day(5) + timedelta(hours=11))
    assert pairs(run([pay("P1", ref=None)], [late])) == {("P1", "L1")}


def test_window_pairs_the_nearest_days() -> None:
    payments = [pay("P1", ref=None, on=0), pay("P2", ref=None, on=4)]
    lines = [line("L1", ref=None, on=3), line("L2", ref=None, on=1)]
    assert pairs(run(payments, lines)) == {("P1", "L2"), ("P2", "L1")}


def test_window_ties_break_by_id() -> None:
    lines = [line("L2", ref=None, on=1), line("L1", ref=None, on=3)]
    assert pairs(run([pay("P1", ref=None, on=2)], lines)) == {("P1", "L1")}


def test_window_repeats_until_nothing_is_added() -> None:
    payments = [pay(f"P{n}", ref=None, on=n) for n in range(4)]
    lines = [line(f"L{n}", ref=None, on=n + 2) for n in range(4)]
    assert len(pairs(run(payments, lines))) == 4


def test_many_rows_alike_pair_one_to_one() -> None:
    payments = [pay(f"P{n:03}", ref=None) for n in range(120)]
    lines = [line(f"L{n:03}", ref=None, on=n % 3) for n in range(100)]
    found = run(payments, lines)
    assert found.matches.num_rows == 100
    assert len({payment for payment, _ in pairs(found)}) == 100


def test_our_reference_holds_though_the_gateways_was_swapped() -> None:
    payments = [pay("P1", "G1", 1000, order_ref="A"), pay("P2", "G2", 500, order_ref="B")]
    lines = [line("L1", "G2", 1000, order_ref="A"), line("L2", "G1", 500, order_ref="B")]
    assert pairs(run(payments, lines)) == {("P1", "L1"), ("P2", "L2")}


def test_a_copy_of_a_settled_line_takes_no_other_payment_of_the_order() -> None:
    payments = [pay("P1", "G1"), pay("P2", "G2")]
    assert pairs(run(payments, [line("L1"), line("L2")])) == {("P1", "L1")}


def test_refunds_and_charges_of_one_order_stay_apart() -> None:
    payments = [pay("P1", None), pay("P2", None, kind="refund")]
    lines = [line("L1", None, kind="refund"), line("L2", None)]
    assert pairs(run(payments, lines)) == {("P1", "L2"), ("P2", "L1")}


@pytest.mark.parametrize(("amount", "gross"), [(300, -300), (-300, 300), (-300, -300)])
def test_a_refund_may_carry_either_sign(amount: int, gross: int) -> None:
    found = run(
        [pay("P1", amount=amount, kind="refund")], [line("L1", amount=gross, kind="refund")]
    )
    assert matches(found) == {("exact_reference", "P1", "L1", 0)}


@pytest.mark.parametrize(("off", "matched"), [(5, True), (-5, True), (6, False), (-6, False)])
@pytest.mark.parametrize("ref", ["G1", None])
def test_tolerance_is_inclusive_and_books_the_variance(
    off: int, matched: bool, ref: str | None
) -> None:
    found = run([pay("P1", ref)], [line("L1", ref, 1000 + off)])
    name = "tolerance_gateway_reference" if ref else "tolerance_our_reference"
    assert matches(found) == ({(name, "P1", "L1", off)} if matched else set())


def test_variance_of_a_refund_is_in_the_payments_own_sign() -> None:
    found = run([pay("P1", amount=-300, kind="refund")], [line("L1", amount=-302, kind="refund")])
    assert matches(found) == {("tolerance_gateway_reference", "P1", "L1", -2)}


def test_tolerance_takes_the_nearest_amount() -> None:
    payments = [pay("P1", amount=1000), pay("P2", amount=1003)]
    lines = [line("L1", amount=1002), line("L2", amount=999)]
    assert pairs(run(payments, lines)) == {("P1", "L2"), ("P2", "L1")}


def test_tolerance_by_our_reference_keeps_the_window() -> None:
    assert not pairs(run([pay("P1", None)], [line("L1", None, 1001, on=6)]))


def test_settings_hold_per_gateway() -> None:
    def both(gateway: str) -> tuple[Row, Row]:
        refs = {"gateway": gateway, "order_ref": gateway}
        return pay(f"P-{gateway}", None, **refs), line(f"L-{gateway}", None, 1001, on=9, **refs)

    (one, first), (two, second) = both("adyen"), both("stripe")
    found = run([one, two], [first, second], by_gateway={"stripe": GatewaySettings(9, 1, 5)})
    assert pairs(found) == {("P-stripe", "L-stripe")}
