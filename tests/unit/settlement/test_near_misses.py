"""Near misses: the smallest change of a setting that would match, one line and summed up."""

from datetime import date

import pytest

from tests.unit.settlement.tables import Row, line, matches, pay, run
from tieout.settlement.engine import Reconciliation
from tieout.settlement.model import GatewaySettings
from tieout.settlement.near_misses import NearMissSum, near_miss_lines


def _misses(found: Reconciliation) -> set[tuple[str, str, str, int, bool]]:
    rows = found.near_misses.to_pylist()
    names = ("line_id", "payment_id", "setting", "needed", "would_be_ambiguous")
    return {tuple(row[name] for name in names) for row in rows}  # type: ignore[misc]


@pytest.mark.parametrize(
    ("payment", "settled", "setting", "needed"),
    [
        ({}, {"amount": 1006}, "tolerance_minor", 6),
        ({"ref": None}, {"ref": None, "amount": 990}, "tolerance_minor", 10),
        ({"ref": None}, {"ref": None, "on": 6}, "window_days", 6),
        ({"ref": None}, {"ref": None, "on": -8, "amount": 1003}, "window_days", 8),
    ],
)
def test_the_change_that_is_named_would_match(
    payment: Row, settled: Row, setting: str, needed: int
) -> None:
    payments, lines = [pay("P1", **payment)], [line("L1", **settled)]
    assert _misses(run(payments, lines)) == {("L1", "P1", setting, needed, False)}
    assert matches(run(payments, lines, by_gateway={"adyen": GatewaySettings(**{setting: needed})}))
    less = {"adyen": GatewaySettings(**{setting: needed - 1})}
    assert not matches(run(payments, lines, by_gateway=less))


def test_a_wider_band_is_a_near_miss_where_there_is_a_rate() -> None:
    rates = [{"base": "EUR", "quote": "USD", "day": date(2026, 11, 1), "rate": "1.1"}]
    payments, lines = [pay("P1")], [line("L1", amount=1112, currency="USD")]
    assert _misses(run(payments, lines, rates=rates)) == {("L1", "P1", "fx_band", 110, False)}
    wider = {"adyen": GatewaySettings(fx_band_bps=110)}
    assert matches(run(payments, lines, by_gateway=wider, rates=rates))


@pytest.mark.parametrize(
    "settled", [{"amount": 10}, {"ref": None, "on": 40}, {"currency": "USD"}, {"kind": "fee"}]
)
def test_what_is_far_off_is_no_near_miss(settled: Row) -> None:
    assert not _misses(run([pay("P1", "G1")], [line("L1", **settled)]))


def test_two_payments_of_one_reference_would_be_ambiguous() -> None:
    payments = [pay("P1", None, 1000), pay("P2", None, 3000)]
    (miss,) = _misses(run(payments, [line("L1", None, 1000, on=9)]))
    assert miss == ("L1", "P1", "window_days", 9, True)


def test_the_sum_says_what_a_step_would_match() -> None:
    sums = [
        NearMissSum("window_days", 1, "EUR", 311, 400_022, 2),
        NearMissSum("window_days", 1, "USD", 1, 10_000, 0),
        NearMissSum("tolerance_minor", 5, "EUR", 1, 2_000, 0),
    ]
    assert near_miss_lines(sums) == [
        "1 more day: 312 items, 4,000.22 EUR, 100.00 USD, 2 would become ambiguous",
        "5 more minor units of tolerance: 1 item, 20.00 EUR",
    ]
