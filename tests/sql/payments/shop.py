"""A shop with both gateways, and how to pay there."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import psycopg

from tieout.payments.tenders import PaymentRequest, PaymentState, pay
from tieout.world.payment_gateway import PaymentGateway

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
ENTRY = "00000000-0000-4000-8000-00000000000{}"
ANSWER_S = 0.4
"""How long we wait for an answer; one that is held back comes never."""


@dataclass
class Shop:
    """The database, the gateway's own world, and how to pay in between."""

    url: str
    world: PaymentGateway
    pauses: list[float] = field(default_factory=list)

    def pay(
        self, gateway: str, ref: str = "A1", *, as_of: datetime = NOW, **more: Any
    ) -> PaymentState:
        self.world.now = as_of
        asked: dict[str, Any] = {
            "payment_ref": ref,
            "storefront": "shop",
            "customer_ref": "C1",
            "order_ref": "O1",
            "entry_id": ENTRY.format(1),
            "gateway": gateway,
            "currency": "USD",
            "amount_minor": 1999,
            "asked_by": "storefront/shop",
            "once_token": "pm_card_visa",
        }
        request = PaymentRequest(**{**asked, **more})
        return pay(self.url, request, as_of=as_of, rng=Random(7), pause=self.pauses.append)

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query, values or None).fetchall()

    def do(self, statement: str, *values: object) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute("SELECT set_config('tieout.actor', 'test', true)")
            connection.execute(statement, values or None)

    def events(self, our_ref: str) -> list[str]:
        query = (
            "SELECT e.event FROM payment_event AS e JOIN payment_attempt AS a"
            " USING (payment_attempt_id) WHERE a.our_ref = %s ORDER BY e.payment_event_id"
        )
        return [event for (event,) in self.ask(query, our_ref)]
