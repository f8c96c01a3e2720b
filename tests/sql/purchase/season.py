"""What a test of purchases does: capture, pay, let the monitor run, look at what came of it."""

import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tests.sql.payments.shop import NOW, Shop
from tieout.intake.tasks import normalise_orders, validate_entries
from tieout.kernel.database import execute, transaction
from tieout.payments.model import PaymentRefused
from tieout.purchase import tasks
from tieout.world.store_door import StoreDoor

MINUTE = timedelta(minutes=1)
PRICE = 1999


def entry_of(number: int) -> str:
    """The id of the entry of that number."""
    return str(UUID(int=number + 1))


@dataclass
class Season:
    """The shop, its own server, and the folder of the mail that arrived."""

    shop: Shop
    door: StoreDoor
    mail: Path

    def open_shop(self) -> None:
        """A licence that is renewed, a storefront that can be told, and a place to resume at."""
        self.shop.do(
            "INSERT INTO product (sku, description, kind) VALUES ('LICENCE', 'A year', 'SERVICE')"
        )
        self.shop.do(
            "INSERT INTO store_control (storefront, connection_id, resume_link, status_at)"
            " VALUES ('shop', 'shop_store', 'https://shop.test/resume/{entry_id}', %s)",
            NOW - timedelta(days=1),
        )

    def capture(
        self, number: int, gateway: str = "stripe", at: datetime = NOW, state: str = "PENDING"
    ) -> None:
        """Write the entry down, as capture does."""
        tender = {
            "seq": 1,
            "payment_ref": f"P{number}",
            "method": "card",
            "gateway": gateway,
            "amount_minor": PRICE,
            "captured_at": at.isoformat(),
            "state": state,
        }
        row = {
            "entry_id": entry_of(number),
            "line_no": 1,
            "storefront": "shop",
            "captured_at": at.isoformat(),
            "order_ref": f"O{number}",
            "customer_ref": f"C{number}",
            "customer_name": "Ada",
            "customer_email": f"c{number}@example.test",
            "currency": "USD",
            "sku": "LICENCE",
            "description": "A year",
            "quantity": 1,
            "unit_price_minor": PRICE,
            "freight_minor": 0,
            "line_total_minor": PRICE,
            "order_total_minor": PRICE,
            "payments": [tender],
        }
        with transaction(self.shop.url, actor="capture") as connection:
            execute(connection, "intake/capture", rows=json.dumps([row]))

    def pay(self, number: int, gateway: str = "stripe", at: datetime = NOW, **more: Any) -> None:
        """Pay it at the gateway; the customer's browser gets whatever it gets."""
        with suppress(PaymentRefused):
            self.shop.pay(
                gateway,
                f"P{number}",
                as_of=at,
                entry_id=entry_of(number),
                order_ref=f"O{number}",
                customer_ref=f"C{number}",
                customer_name="Ada",
                customer_email=f"c{number}@example.test",
                amount_minor=PRICE,
                **more,
            )

    def watch(self, at: datetime) -> None:
        """One run of the DAG watch_purchases, task by task."""
        self.shop.world.now = at
        tasks.ask_gateways(as_of=at)
        if tasks.are_orders_waiting():
            validate_entries(as_of=at)
            normalise_orders(as_of=at)
        tasks.correct_purchases(as_of=at)
        tasks.switch_stores(as_of=at)

    def watch_until(self, start: datetime, end: datetime, step: timedelta = 5 * MINUTE) -> None:
        """Runs at all instants of a time."""
        while start <= end:
            self.watch(start)
            start += step

    def status(self, number: int) -> str:
        """How the purchase of that number stands."""
        rows = self.shop.ask("SELECT status FROM purchase WHERE entry_id = %s", entry_of(number))
        return str(rows[0][0])

    def history(self, number: int) -> list[str]:
        """The states that it went through."""
        query = (
            "SELECT h.to_state FROM status_history AS h JOIN purchase AS p"
            " ON h.machine = 'purchase' AND h.subject_id = p.purchase_id"
            " WHERE p.entry_id = %s ORDER BY h.history_id"
        )
        return [state for (state,) in self.shop.ask(query, entry_of(number))]

    def orders(self) -> Counter[str]:
        """How many orders stand in each state."""
        query = "SELECT status, count(*) FROM sales_order GROUP BY status"
        return Counter(dict(self.shop.ask(query)))

    def mails(self, subject: str) -> Counter[str]:
        """How many mails whose subject has these words each address got."""
        folder = self.mail
        received = folder / "received.txt"
        lines = received.read_text(encoding="utf-8").split("\n") if received.exists() else []
        found: Counter[str] = Counter()
        for line in filter(None, lines):
            digest, to = line.split(" ", 1)
            message = message_from_bytes((folder / f"{digest}.eml").read_bytes())
            if subject in str(message["Subject"]):
                found[to] += 1
        return found

    def run(self, statement: str) -> None:
        """What a person does in between."""
        with transaction(self.shop.url, actor="test") as connection:
            connection.execute(text(statement))
