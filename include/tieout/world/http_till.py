"""The storefront's way to us by HTTP: each order as the JSON that POST /v1/entries takes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx

from tieout.world.kept_cards import card_of, payment_of, registration_of
from tieout.world.orders import Order, entry_rows
from tieout.world.sftp import WorldNotStarted

_LINE = ("line_no", "sku", "description", "quantity", "unit_price_minor", "freight_minor")
_HEAD = ("entry_id", "order_ref", "currency", "order_total_minor", "brand", "referral")


class HttpTill:
    """The product's storefront API; the same order may be captured again and again."""

    def __init__(self, base_url: str, key: str) -> None:
        self._client = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=30.0,
            trust_env=False,
        )

    def capture(self, orders: Sequence[Order]) -> None:
        """Send the orders, one after the other, as customers come.

        Raises WorldNotStarted when the API does not take one; the world goes on from there later.
        """
        for order in orders:
            self._post("/v1/entries", entry_body(order), order)

    def renew(self, order: Order) -> None:
        """Register the card of a renewal's customer and have it charged. Raises WorldNotStarted."""
        self._post("/v1/registrations", {**registration_of(order), "card": card_of()}, order)
        self._post("/v1/payments", payment_of(order), order)

    def approve(self, until: datetime) -> None:
        """Nothing: live, people do that in Airflow."""

    def _post(self, path: str, body: dict[str, Any], order: Order) -> None:
        try:
            answer = self._client.post(path, json=body)
        except httpx.TransportError as error:
            raise WorldNotStarted(
                f"The storefront API does not answer: {error}.", remedy="Start it."
            ) from error
        if not answer.is_success:
            raise WorldNotStarted(
                f"The storefront API did not take order {order.order_ref}: {answer.text}",
                remedy="Mend what it names; what was not taken is sent again.",
            )

    def is_open(self) -> bool:
        """Whether the API answers, and knows the key."""
        try:
            return self._client.get("/v1/store").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def close(self) -> None:
        """Close the connections to the API."""
        self._client.close()


def entry_body(order: Order) -> dict[str, Any]:
    """The order as the storefront API takes it."""
    rows = entry_rows(order)
    head = rows[0]
    return {
        **{name: head[name] for name in _HEAD},
        "captured_at": order.captured_at.isoformat(),
        "promised_on": order.promised_on.isoformat(),
        "customer": _part(head, "customer_"),
        "ship_to": _part(head, "ship_"),
        "lines": [{name: row[name] for name in (*_LINE, "line_total_minor")} for row in rows],
        "tenders": head["payments"],
    }


def _part(head: dict[str, object], prefix: str) -> dict[str, object]:
    return {
        name.removeprefix(prefix): value for name, value in head.items() if name.startswith(prefix)
    }
