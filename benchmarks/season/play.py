"""The season itself: a shop of its own, its gateway, and the hours of an outage."""

import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.season import storefront
from benchmarks.season.usage import Usage, used
from tieout.intake.tasks import normalise_orders, validate_entries
from tieout.kernel.postgres import EmbeddedPostgres
from tieout.kernel.schema import migrate
from tieout.kernel.settings import settings
from tieout.payments.tasks import charge_due
from tieout.purchase import tasks
from tieout.world.mailbox import mailbox
from tieout.world.payment_calls import Fault
from tieout.world.payment_gateway import PaymentGateway, payment_gateway
from tieout.world.store_door import StoreDoor, store_door

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
TICK = timedelta(minutes=5)
TICKS = 40
TOGETHER = 200
"""How many carts a process of the storefront captures at a time."""

OUTAGE = range(16, 20)
_SET_UP = """
INSERT INTO partner (partner_id, kind, name, calendar_id) VALUES
('shop', 'STOREFRONT', 'Shop', 'weekdays'), ('stripe', 'GATEWAY', 'Stripe', 'weekdays');
INSERT INTO payment_gateway (gateway, connector, connection_id, tries, back_off)
VALUES ('stripe', 'stripe', 'pay', 1, '10 milliseconds');
INSERT INTO product (sku, description, kind) VALUES ('LICENCE', 'A year', 'SERVICE');
INSERT INTO store_control (storefront, connection_id, resume_link, status_at)
VALUES ('shop', 'store', 'https://shop.test/resume/{entry_id}', '2026-03-01');
"""


@dataclass(frozen=True)
class Outcome:
    """What a season left.

    Turned away are customers who came while the store was closed. `gateway_minor` is what the
    gateway's books hold; `differing` counts the payments, by reference and amount, that only its
    books or only our own record has.
    """

    purchases: int
    turned_away: int
    captured_once: int
    captured_twice: int
    orders: int
    gateway_minor: int
    differing: int
    resumed: int
    mails_twice: int
    unfinished: int
    closings: int
    is_open: bool

    @property
    def is_well(self) -> bool:
        """Nothing lost, nothing taken twice, and the store open again."""
        return (
            self.is_open
            and self.closings > 0
            and self.captured_once == self.orders == self.purchases
            and self.gateway_minor == self.purchases * storefront.PRICE
            and not self.differing
            and not (self.captured_twice or self.mails_twice or self.unfinished)
        )


@dataclass(frozen=True)
class Played:
    """A season's end, and what it took."""

    outcome: Outcome
    usage: Usage


def play(purchases: int, storefronts: int = 2, say: Callable[[str], None] | None = None) -> Played:
    """Play a season on a database and servers of its own, which are gone afterwards.

    The storefront has so many processes. `say` is told of each tick.
    """
    with (
        tempfile.TemporaryDirectory(prefix="season-") as name,
        _shop(Path(name), storefronts) as season,
    ):
        done = 0
        for tick in range(TICKS):
            season.outage(tick in OUTAGE)
            upto = purchases * (tick + 1) // TICKS
            season.sell(range(done, upto), START + tick * TICK)
            done = upto
            season.run(START + (tick + 1) * TICK)
            if say is not None:
                say(season.stand())
        season.days()
        return Played(season.outcome(purchases), used(season.postgres))


@dataclass
class _Season:
    url: str
    gateway: PaymentGateway
    door: StoreDoor
    mail: Path
    postgres: int
    processes: Executor
    waiting: list[int]
    turned_away: int = 0
    sold_s: float = 0.0
    run_s: float = 0.0

    def outage(self, is_out: bool) -> None:
        """Let the gateway break down, or work again."""
        self.gateway.lift()
        if is_out:
            self.gateway.play(Fault.ERROR_AFTER, times=3)
            self.gateway.play(Fault.ERROR_BEFORE, of=("charge", "find"))

    def sell(self, numbers: range, at: datetime) -> None:
        """Customers come and pay; who finds the store closed comes again."""
        self.gateway.now = at
        begun = time.monotonic()
        came = [*self.waiting, *numbers]
        self.waiting = [] if self.door.is_open else came
        self.turned_away += len(self.waiting)
        if not self.waiting:
            self._each_process(storefront.sell, came, at)
        self.sold_s = time.monotonic() - begun

    def _each_process(
        self, serve: Callable[[Sequence[Any], datetime], None], whom: Sequence[Any], at: datetime
    ) -> None:
        """Serve customers in the processes of the storefront, and wait until all have gone."""
        parts = [whom[start : start + TOGETHER] for start in range(0, len(whom), TOGETHER)]
        for served in [self.processes.submit(serve, part, at) for part in parts]:
            served.result()

    def run(self, at: datetime) -> None:
        """What the scheduler runs at an instant."""
        self.gateway.now = at
        begun = time.monotonic()
        charge_due(as_of=at)
        tasks.ask_gateways(as_of=at)
        if tasks.are_orders_waiting():
            validate_entries(as_of=at)
            normalise_orders(as_of=at)
        tasks.correct_purchases(as_of=at)
        tasks.switch_stores(as_of=at)
        self.run_s = time.monotonic() - begun

    def stand(self) -> str:
        """How it goes: when it is, the store, purchases by state, and how long the tick took."""
        states = self.ask("SELECT status, count(*) FROM purchase GROUP BY status ORDER BY status")
        counted = ", ".join(f"{count:,} {state}" for state, count in states)
        store = "open" if self.door.is_open else f"closed, {len(self.waiting):,} wait"
        took = f"sold in {self.sold_s:.0f} s, run in {self.run_s:.0f} s"
        return f"{self.gateway.now:%d %H:%M} {store}; {counted or 'nothing yet'}; {took}"

    def days(self) -> None:
        """The days after the season: batches close, customers who were told go on."""
        self.gateway.lift()
        at = START + TICKS * TICK
        for _ in range(12):
            at += TICK
            self.run(at)
        self.sell(range(0), at)
        for _ in range(4):
            self.gateway.now = at
            self.gateway.books.close_batch()
            for _ in range(4):
                at += timedelta(hours=7)
                self.run(at)
            again = [(number, last + 1) for number, last in self._told()]
            self._each_process(storefront.pay_all, again, at)

    def _told(self) -> list[tuple[int, int]]:
        return self.ask(
            "SELECT substr(p.order_ref, 2)::integer, coalesce(p.told_attempt_no, 0)"
            " FROM purchase AS p WHERE p.status = 'CUSTOMER_TOLD' ORDER BY 1"
        )

    def ask(self, query: str) -> list[Any]:
        """What a query finds."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(query).fetchall()

    def outcome(self, purchases: int) -> Outcome:
        """By the gateway's own books, the orders and the mail that arrived."""
        taken = self.gateway.books.rows(
            "SELECT count(*) AS n FROM charge WHERE status = 'captured'"
            " AND refunded_minor < captured_minor GROUP BY payment_ref"
        )
        theirs = self.gateway.books.rows(
            "SELECT payment_ref, sum(captured_minor - refunded_minor) AS minor FROM charge"
            " WHERE status = 'captured' AND refunded_minor < captured_minor GROUP BY payment_ref"
        )
        ours = self.ask("SELECT payment_ref, amount_minor FROM payment WHERE state = 'CAPTURED'")
        differing = {(row["payment_ref"], row["minor"]) for row in theirs} ^ set(ours)
        ((orders,),) = self.ask("SELECT count(*) FROM sales_order WHERE status = 'VERIFIED'")
        ((unfinished,),) = self.ask("SELECT count(*) FROM purchase WHERE status <> 'FULFIL_SENT'")
        history = "FROM status_history WHERE machine = "
        ((resumed,),) = self.ask(f"SELECT count(*) {history} 'purchase' AND event = 'resumed'")
        ((closings,),) = self.ask(f"SELECT count(*) {history} 'store_control' AND event = 'closed'")
        received = self.mail / "received.txt"
        lines = received.read_text(encoding="utf-8").splitlines() if received.exists() else []
        return Outcome(
            purchases=purchases,
            turned_away=self.turned_away,
            captured_once=sum(row["n"] == 1 for row in taken),
            captured_twice=sum(row["n"] > 1 for row in taken),
            orders=orders,
            gateway_minor=sum(row["minor"] for row in theirs),
            differing=len(differing),
            resumed=resumed,
            mails_twice=len(lines) - len(set(lines)),
            unfinished=unfinished,
            closings=closings,
            is_open=self.door.is_open,
        )


@contextmanager
def _shop(folder: Path, storefronts: int) -> Iterator[_Season]:
    folder.chmod(0o755)
    embedded = EmbeddedPostgres(folder / "postgres", durable=False)
    before = dict(os.environ)
    try:
        url = embedded.start().url("postgres")
        migrate(url)
        environment = {
            "TIEOUT_DATABASE_URL": url,
            "TIEOUT_VAR": str(folder / "var"),
            "TIEOUT_CONNECTIONS": str(folder / "connections.json"),
        }
        storefront.open_up(environment)
        with psycopg.connect(url) as connection:
            connection.execute("SELECT set_config('tieout.actor', 'season', true)")
            connection.execute(_SET_UP)
        with (
            payment_gateway(folder / "gateway", START) as gateway,
            mailbox(folder / "mail") as mail,
            store_door(folder / "store") as door,
            _processes(storefronts, environment) as processes,
        ):
            known = {
                "pay": gateway.connection(0, answer_s=60),
                "smtp": mail.connection(),
                "store": door.connection(),
            }
            (folder / "connections.json").write_text(json.dumps(known), encoding="utf-8")
            postmaster = (embedded.home / "data" / "postmaster.pid").read_text(encoding="utf-8")
            number = int(postmaster.split("\n", 1)[0])
            yield _Season(url, gateway, door, folder / "mail", number, processes, [])
    finally:
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()
        embedded.destroy()


def _processes(count: int, environment: dict[str, str]) -> ProcessPoolExecutor:
    """The processes of the storefront; what they import is imported once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([storefront.__name__])
    return ProcessPoolExecutor(count, context, storefront.open_up, (environment,))
