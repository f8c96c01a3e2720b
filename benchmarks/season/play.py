"""The season itself: a shop of its own, its gateway, and the hours of an outage."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from tieout.intake.tasks import normalise_orders, validate_entries
from tieout.kernel.database import execute, transaction
from tieout.kernel.postgres import EmbeddedPostgres
from tieout.kernel.schema import migrate
from tieout.kernel.settings import settings
from tieout.payments import attempts
from tieout.payments.model import PaymentRefused
from tieout.payments.tenders import PaymentRequest, pay
from tieout.purchase import tasks
from tieout.world.mailbox import mailbox
from tieout.world.payment_calls import Fault
from tieout.world.payment_gateway import PaymentGateway, payment_gateway
from tieout.world.store_door import StoreDoor, store_door

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
TICK = timedelta(minutes=5)
PRICE = 4_900
TICKS = 40
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
    """What a season left. Turned away are customers who came while the store was closed."""

    purchases: int
    turned_away: int
    captured_once: int
    captured_twice: int
    orders: int
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
            and not (self.captured_twice or self.mails_twice or self.unfinished)
        )


def play(purchases: int) -> Outcome:
    """Play a season on a database and servers of its own, which are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="season-") as name, _shop(Path(name)) as season:
        done = 0
        for tick in range(TICKS):
            season.outage(tick in OUTAGE)
            upto = purchases * (tick + 1) // TICKS
            season.sell(range(done, upto), START + tick * TICK)
            done = upto
            season.run(START + (tick + 1) * TICK)
        season.days()
        return season.outcome(purchases)


@dataclass
class _Season:
    url: str
    gateway: PaymentGateway
    door: StoreDoor
    mail: Path
    waiting: list[int]
    turned_away: int = 0

    def outage(self, is_out: bool) -> None:
        """Let the gateway break down, or work again."""
        self.gateway.lift()
        if is_out:
            self.gateway.play(Fault.ERROR_AFTER, times=3)
            self.gateway.play(Fault.ERROR_BEFORE, of=("charge", "find"))

    def sell(self, numbers: range, at: datetime) -> None:
        """Customers come and pay; who finds the store closed comes again."""
        self.gateway.now = at
        came = [*self.waiting, *numbers]
        self.waiting = []
        for number in came:
            if not self.door.is_open:
                self.waiting.append(number)
        self.turned_away += len(self.waiting)
        if not self.waiting:
            with transaction(self.url, actor="capture") as connection:
                rows = json.dumps([_row(number, at) for number in came])
                execute(connection, "intake/capture", rows=rows)
            for number in came:
                self.pay(number, 1, at)

    def pay(self, number: int, attempt_no: int, at: datetime) -> None:
        """One customer pays; the browser gets whatever it gets."""
        request = PaymentRequest(
            payment_ref=f"P{number}",
            storefront="shop",
            customer_ref=f"C{number}",
            order_ref=f"O{number}",
            gateway="stripe",
            currency="USD",
            amount_minor=PRICE,
            asked_by="storefront/shop",
            entry_id=str(UUID(int=number + 1)),
            once_token="pm_card_visa",
            attempt_no=attempt_no,
        )
        try:
            pay(self.url, request, as_of=at, pause=lambda _: None)
        except PaymentRefused:
            return

    def run(self, at: datetime) -> None:
        """What the scheduler runs at an instant."""
        self.gateway.now = at
        attempts.work(self.url, as_of=at, pause=lambda _: None)
        tasks.ask_gateways(as_of=at)
        if tasks.are_orders_waiting():
            validate_entries(as_of=at)
            normalise_orders(as_of=at)
        tasks.correct_purchases(as_of=at)
        tasks.switch_stores(as_of=at)

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
            for number, last in self._told():
                self.pay(number, last + 1, at)

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
            resumed=resumed,
            mails_twice=len(lines) - len(set(lines)),
            unfinished=unfinished,
            closings=closings,
            is_open=self.door.is_open,
        )


def _row(number: int, at: datetime) -> dict[str, object]:
    tender = {
        "seq": 1,
        "payment_ref": f"P{number}",
        "method": "card",
        "gateway": "stripe",
        "amount_minor": PRICE,
        "captured_at": at.isoformat(),
        "state": "PENDING",
    }
    return {
        "entry_id": str(UUID(int=number + 1)),
        "line_no": 1,
        "storefront": "shop",
        "captured_at": at.isoformat(),
        "order_ref": f"O{number}",
        "customer_ref": f"C{number}",
        "customer_email": f"c{number}@example.test",
        "currency": "USD",
        "sku": "LICENCE",
        "quantity": 1,
        "unit_price_minor": PRICE,
        "freight_minor": 0,
        "line_total_minor": PRICE,
        "order_total_minor": PRICE,
        "payments": [tender],
    }


@contextmanager
def _shop(folder: Path) -> Iterator[_Season]:
    folder.chmod(0o755)
    embedded = EmbeddedPostgres(folder / "postgres", durable=False)
    before = dict(os.environ)
    try:
        url = embedded.start().url("postgres")
        migrate(url)
        os.environ |= {
            "TIEOUT_DATABASE_URL": url,
            "TIEOUT_VAR": str(folder / "var"),
            "TIEOUT_CONNECTIONS": str(folder / "connections.json"),
        }
        settings.cache_clear()
        with psycopg.connect(url) as connection:
            connection.execute("SELECT set_config('tieout.actor', 'season', true)")
            connection.execute(_SET_UP)
        with (
            payment_gateway(folder / "gateway", START) as gateway,
            mailbox(folder / "mail") as mail,
            store_door(folder / "store") as door,
        ):
            known = {
                "pay": gateway.connection(0, answer_s=5),
                "smtp": mail.connection(),
                "store": door.connection(),
            }
            (folder / "connections.json").write_text(json.dumps(known), encoding="utf-8")
            yield _Season(url, gateway, door, folder / "mail", [])
    finally:
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()
        embedded.destroy()
