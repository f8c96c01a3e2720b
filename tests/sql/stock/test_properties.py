"""Whatever is ordered, received and cancelled, in whatever order: the ledger holds."""

import random
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.sql.stock.shop import AS_OF, SKUS, Shop, open_shop
from tieout.kernel import crash
from tieout.kernel.database import transaction
from tieout.stock.allocation import cancel_line

OWN = ("A", "B")
LINES = st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 4)), min_size=1, max_size=3)
ORDER = st.tuples(st.just("order"), LINES, st.booleans(), st.integers(0, 200))
RECEIPT = st.tuples(st.just("receive"), st.sampled_from(OWN), st.integers(1, 6))
CANCEL = st.tuples(st.just("cancel"), st.integers(1, 6), st.integers(1, 3))
STEPS = st.lists(st.one_of(ORDER, ORDER, RECEIPT, CANCEL, st.just(("allocate",))), max_size=14)
CHANGED = (
    "stock_item", "stock_movement", "line_part", "stock_notice", "vendor_draw", "order_line",
    "payment", "sales_order", "status_history", "run_summary", "notice", "effect",
)  # fmt: skip
THOROUGH = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def shop(case_url: str) -> Iterator[Shop]:
    yield open_shop(case_url)
    crash.clear()


def empty(shop: Shop) -> None:
    with transaction(shop.url, actor="test") as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(f"TRUNCATE {', '.join(CHANGED)} RESTART IDENTITY CASCADE"))
    shop.orders = 0
    shop.keep(*OWN)


def play(shop: Shop, step: Any, number: int) -> None:
    match step:
        case ("order", lines, ship_complete, minutes):
            paid_at = AS_OF - timedelta(minutes=minutes)
            shop.order(*lines, ship_complete=ship_complete, paid_at=paid_at)
        case ("receive", sku, pieces):
            shop.receive(f"G{number}", (sku, pieces))
        case ("cancel", order, line):
            with transaction(shop.url, actor="test") as connection:
                cancel_line(connection, f"R{order}", line, reason="asked", as_of=AS_OF)
        case ("allocate",):
            shop.allocate()


class Model:
    """The same shop, one order and piece after the other."""

    def __init__(self) -> None:
        self.free: dict[str, int] = defaultdict(int)
        self.orders: dict[str, Any] = {}

    def play(self, step: Any) -> None:
        match step:
            case ("order", lines, ship_complete, minutes):
                number = len(self.orders) + 1
                fates = [(sku, {"PENDING": quantity}) for sku, quantity in lines]
                self.orders[f"R{number}"] = (-minutes, number, ship_complete, fates)
            case ("receive", sku, pieces):
                self.free[sku] += pieces
            case ("cancel", order, line):
                self._cancel(f"R{order}", line)
            case ("allocate",):
                for order in sorted(self.orders.values(), key=lambda order: order[:2]):
                    self._serve(order)

    def _cancel(self, order: str, line: int) -> None:
        if order not in self.orders or line > len(self.orders[order][3]):
            return
        sku, fate = self.orders[order][3][line - 1]
        if sku in OWN:
            self.free[sku] += fate.pop("ALLOCATED", 0)
        fate["CANCELLED"] = sum(fate.values())
        for name in set(fate) - {"CANCELLED"}:
            del fate[name]

    def _serve(self, order: Any) -> None:
        _, _, ship_complete, fates = order
        wanted: dict[str, int] = defaultdict(int)
        for sku, fate in fates:
            if sku in OWN:
                wanted[sku] += fate.get("PENDING", 0) + fate.get("PREORDER", 0)
        complete = all(self.free[sku] >= pieces for sku, pieces in wanted.items())
        for sku, fate in fates:
            if sku not in OWN:
                if (complete or not ship_complete) and "PENDING" in fate:
                    fate["VENDOR_ROUTED"] = fate.pop("PENDING")
                continue
            waiting = fate.pop("PENDING", 0) + fate.pop("PREORDER", 0)
            take = min(waiting, self.free[sku]) if complete or not ship_complete else 0
            self.free[sku] -= take
            for name, pieces in (("ALLOCATED", take), ("PREORDER", waiting - take)):
                if pieces:
                    fate[name] = fate.get(name, 0) + pieces

    def fates(self) -> dict[str, dict[str, int]]:
        return {
            f"{name}/{line}": fate
            for name, (*_, fates) in self.orders.items()
            for line, (_, fate) in enumerate(fates, 1)
        }


@THOROUGH
@given(steps=STEPS)
def test_all_pieces_are_accounted_for_and_served_in_turn(shop: Shop, steps: list[Any]) -> None:
    empty(shop)
    model = Model()
    for number, step in enumerate([*steps, ("allocate",)]):
        play(shop, step, number)
        model.play(step)
        assert shop.broken() == []
    assert shop.fates() == model.fates()
    before = shop.state()
    assert shop.allocate()["decided"] == 0
    assert shop.state() == before


def busy(shop: Shop, seed: int) -> None:
    """Thirty orders, of which many want more than there is."""
    empty(shop)
    chance = random.Random(seed)
    shop.receive("G1", ("A", 30), ("B", 20))
    for _ in range(30):
        lines = [(chance.choice(SKUS), chance.randint(1, 3)) for _ in range(chance.randint(1, 3))]
        shop.order(*lines, ship_complete=chance.random() < 0.3)


def test_two_workers_at_once_end_as_one(shop: Shop) -> None:
    busy(shop, seed=1)
    shop.allocate()
    alone = shop.state()
    for _ in range(5):
        busy(shop, seed=1)
        start = Barrier(2)

        def work(start: Barrier = start) -> int:
            start.wait()
            return shop.allocate()["decided"]

        with ThreadPoolExecutor(2) as pool:
            decided = [each.result() for each in [pool.submit(work) for _ in range(2)]]
        assert min(decided) == 0
        assert shop.state() == alone
        assert shop.broken() == []


def test_a_receipt_beside_the_allocation_is_never_lost(shop: Shop) -> None:
    busy(shop, seed=2)
    start = Barrier(2)

    def receive() -> None:
        start.wait()
        for number in range(20):
            shop.receive(f"H{number}", ("B", 1), ("A", 1))

    def allocate() -> None:
        start.wait()
        for _ in range(5):
            shop.allocate()

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(receive), pool.submit(allocate)]:
            each.result()
    shop.allocate()
    assert shop.broken() == []
    assert shop.rows("SELECT sku, on_hand FROM stock_item ORDER BY 1") == [("A", 50), ("B", 40)]


@pytest.mark.parametrize("point", ["stock.decided", "stock.committed"])
def test_killed_and_run_again_it_ends_as_undisturbed(shop: Shop, point: str) -> None:
    busy(shop, seed=3)
    shop.allocate()
    undisturbed = shop.state()
    busy(shop, seed=3)

    def die() -> None:
        raise Killed

    crash.at(point, die)
    with pytest.raises(Killed):
        shop.allocate()
    crash.clear()
    shop.allocate()
    assert shop.state() == undisturbed
    (counted,) = shop.rows("SELECT read, applied, deferred FROM run_summary")
    assert counted[1] == shop.rows("SELECT count(DISTINCT order_line_id) FROM line_part")[0][0]
