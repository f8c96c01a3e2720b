"""Every fault of a gateway, at every step of a purchase, killed at every crash point.

The registry of crash points and the gateway's own list of faults make the cases. One shop lives
through all of them: each purchase is paid under one fault by a process that is killed (SIGKILL) at
one point, and the monitor's runs are killed at each of theirs. Then the faults are lifted, the
flows run until quiet, and customers who got a mail resume. In the end there is, for each purchase,
what an undisturbed run leaves: one capture at the gateway, one order, at most one mail.

TIEOUT_FAULT_MATRIX=all plays the whole product of faults and points; else each of them at least
once.
"""

import os
from datetime import timedelta
from itertools import cycle, product

import pytest

from tests.killing import killed_at
from tests.sql.conftest import case_url, own_folders
from tests.sql.payments.shop import NOW
from tests.sql.purchase.conftest import season, shop
from tests.sql.purchase.season import MINUTE, PRICE, Season, entry_of
from tieout.kernel import crash
from tieout.payments import attempts
from tieout.world.payment_calls import Fault

__all__ = ["case_url", "own_folders", "season", "shop"]

HOUR = timedelta(hours=1)
OF_A_CHARGE = ("asked_for", "claimed", "sent", "answered", "asked", "saved")
OF_A_RUN = ("folded", "claimed", "settled_noted", "unsettled_read", "unsettled_noted")
OF_A_RUN += ("given_back", "proved_listed", "recorded", "told", "refunds_listed")
PAY_POINTS = [f"payments.{name}" for name in OF_A_CHARGE]
RUN_POINTS = [name for name in crash.POINTS if name.partition(".")[0] in {"purchase", "store"}]
RUN_POINTS += ["outbox.claimed", "outbox.sent", "outbox.uploaded", "outbox.confirmed"]


def cases() -> list[tuple[Fault | None, str]]:
    faults = [None, *Fault]
    if os.environ.get("TIEOUT_FAULT_MATRIX") == "all":
        return list(product(faults, ["", *PAY_POINTS]))
    points = cycle(["", *PAY_POINTS])
    return [(fault, point) for fault in faults for point in (next(points), next(points))]


def pay(season: Season, gateway: str, number: int, fault: Fault | None, point: str) -> None:
    season.capture(number, gateway)
    if fault is not None:
        season.shop.world.play(fault, times=2)
        season.shop.world.play(fault, times=1, of=("find",))
    if point:
        killed_at(point, season.shop.url, lambda: season.pay(number, gateway))
    else:
        season.pay(number, gateway)
    season.shop.world.lift()


def resume(season: Season, gateway: str, numbers: range, at: object) -> None:
    """Customers who were told go on by their link."""
    for number in numbers:
        if season.status(number) == "CUSTOMER_TOLD":
            rows = season.shop.ask(
                "SELECT coalesce(max(attempt_no), 0) FROM payment_attempt WHERE payment_ref = %s",
                f"P{number}",
            )
            season.pay(number, gateway, at=at, attempt_no=rows[0][0] + 1)


def quiet(season: Season, gateway: str, numbers: range) -> None:
    """Days go by: the flows run, what is pending clears, batches close, customers resume."""
    for day in range(1, 5):
        for hour in (1, 7, 13):
            at = NOW + timedelta(days=day) + hour * HOUR
            season.shop.world.now = at
            attempts.work(season.shop.url, as_of=at, pause=season.shop.pauses.append)
            season.watch(at)
        with season.shop.world.books.turn():
            season.shop.world.books.write(
                "UPDATE charge SET status = 'captured', captured_minor = amount_minor"
                " WHERE status = 'pending'"
            )
        season.shop.world.books.close_batch()
        resume(season, gateway, numbers, NOW + timedelta(days=day) + 14 * HOUR)


@pytest.mark.parametrize("gateway", ["anet", "stripe"])
def test_any_fault_and_any_death_is_repaired_without_a_hand(season: Season, gateway: str) -> None:
    season.open_shop()
    matrix = cases()
    numbers = range(len(matrix))
    for number, (fault, point) in enumerate(matrix):
        pay(season, gateway, number, fault, point)
    hit = set()
    for place, point in enumerate(RUN_POINTS):
        at = NOW + (3 + place) * 5 * MINUTE
        season.run("UPDATE purchase SET next_ask_at = captured_at")
        if killed_at(point, season.shop.url, lambda at=at: season.watch(at)):
            hit.add(point)
        season.shop.world.play(Fault.ERROR_BEFORE, of=("find",))
        season.watch(at)
        season.shop.world.lift()
    quiet(season, gateway, numbers)
    told = season.mails("not paid yet")
    for number, case in enumerate(matrix):
        taken = season.shop.world.captured(f"P{number}")
        refunded = season.shop.world.books.rows(
            "SELECT sum(refunded_minor) AS minor FROM charge WHERE payment_ref = ?", f"P{number}"
        )[0]["minor"]
        assert len(taken) - (refunded or 0) // PRICE == 1, (case, taken, refunded)
        assert season.status(number) == "FULFIL_SENT" or case[0] is Fault.WRONG_AMOUNT, case
        orders = season.shop.ask(
            "SELECT count(*) FROM sales_order WHERE entry_id = %s", entry_of(number)
        )
        assert orders == [(1,)], case
        assert told[f"c{number}@example.test"] <= 1, case
    assert {f"purchase.{name}" for name in OF_A_RUN} <= hit
