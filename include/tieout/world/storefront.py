"""The storefront: captures orders into `order_entry`, or into spool files when that is out."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Protocol

from tieout.intake.capture import capture
from tieout.kernel.database import fetch, transaction
from tieout.world.kept_cards import approve_all, charge_card
from tieout.world.ledger import Ledger, Planted, Truth, stamp
from tieout.world.orders import STOREFRONT, Order, entry_rows, orders_of
from tieout.world.post import MARKER, drop, marker_of
from tieout.world.scenario import Scenario
from tieout.world.sftp import WorldNotStarted

SPOOL_CLOSES = (time(12), time(18, 30))


class Till(Protocol):
    """Where captured orders go."""

    def capture(self, orders: Sequence[Order]) -> None:
        """Take the orders; those that were taken before are left out."""

    def renew(self, order: Order) -> None:
        """Register the card of a renewal's customer and have it charged, once."""

    def approve(self, until: datetime) -> None:
        """Let a second person approve what waits for one, unless people do that elsewhere."""


class DatabaseTill:
    """The table `order_entry` of a database, through the product's own capture library."""

    def __init__(self, url: str, spool: Path) -> None:
        self.url, self.spool = url, spool

    def capture(self, orders: Sequence[Order]) -> None:
        """Append the rows of the orders that are not there, in one transaction.

        Raises WorldNotStarted when the database takes nothing; the world goes on from there later.
        """
        if not orders:
            return
        first, last = orders[0].captured_at, orders[-1].captured_at
        with transaction(self.url, actor=f"storefront/{STOREFRONT}") as connection:
            found = fetch(connection, "world/captured_entries", first=first, last=last)
            known = {row["entry_id"] for row in found}
        new = [order for order in orders if str(order.entry_id) not in known]
        rows = [row for order in new for row in entry_rows(order)]
        if capture(self.url, self.spool, rows) is not None:
            raise WorldNotStarted(
                "The database took no orders.", remedy="Start it, then start the world again."
            )

    def renew(self, order: Order) -> None:
        """Register the card, and charge it or have it wait for a second person, as of the order."""
        charge_card(self.url, order)

    def approve(self, until: datetime) -> None:
        """Approve every charge that waits."""
        approve_all(self.url, until)


class Storefront:
    """Captures each order once, when its time has come."""

    def __init__(
        self, scenario: Scenario, spool: Path, ledger: Ledger, truth: Truth, till: Till
    ) -> None:
        self.scenario, self.spool, self.ledger = scenario, spool, ledger
        self.truth, self.till = truth, till

    def advance(self, until: datetime) -> None:
        """Capture all orders up to an instant; spool files appear when they are closed."""
        start = datetime.combine(self.scenario.first_day, time(0), UTC)
        since = self.ledger.until("storefront", start)
        orders = [
            order
            for day in _days(since, until)
            for order in orders_of(self.scenario, day)
            if since <= order.captured_at < until
        ]
        self.till.capture([order for order in orders if order.way != "spool"])
        for order in orders:
            if order.is_renewal:
                self.till.renew(order)
        self.till.approve(until)
        for day in _days(since, until):
            for number, closes in enumerate(SPOOL_CLOSES, 1):
                if since < datetime.combine(day, closes, UTC) <= until:
                    self._close_spool(day, number)
        self.truth.record([fault for order in orders for fault in planted_on(order)])
        self.ledger.note(
            "INSERT OR IGNORE INTO capture VALUES (?, ?, ?, ?)",
            [(o.order_ref, str(o.entry_id), o.way, stamp(o.captured_at)) for o in orders],
        )
        self.ledger.mark("storefront", max(since, until))

    def _close_spool(self, day: date, number: int) -> None:
        opened = time(0) if number == 1 else SPOOL_CLOSES[number - 2]
        closed = SPOOL_CLOSES[number - 1]
        orders = [
            order
            for order in orders_of(self.scenario, day)
            if order.way != "table" and opened <= order.captured_at.time() < closed
        ]
        if orders:
            name = f"spool-{STOREFRONT}-{day:%Y%m%d}-{number}.jsonl"
            body, moment = spool_file(orders), datetime.combine(day, closed, UTC)
            drop(self.spool / name, body, moment)
            drop(self.spool / (name + MARKER), marker_of(body), moment)


def _days(since: datetime, until: datetime) -> Iterator[date]:
    for offset in range((until.date() - since.date()).days + 1):
        yield since.date() + timedelta(days=offset)


def spool_file(orders: Sequence[Order]) -> bytes:
    """The rows of the orders as numbered JSON lines."""
    rows = [row for order in orders for row in entry_rows(order)]
    lines = [json.dumps({"seq": seq} | row, default=_json_text) for seq, row in enumerate(rows, 1)]
    return "".join(f"{line}\n" for line in lines).encode()


def _json_text(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} has no place in a spool file")


def planted_on(order: Order) -> list[Planted]:
    """The truth about the fault of an order, if it has one."""
    day = order.captured_at.date().isoformat()
    if order.fault == "duplicate_entry":
        return [Planted(order.fault, "ORDER_DUPLICATED", order.order_ref, day)]
    if order.fault == "payment_unanswered":
        return [
            Planted(order.fault, "PAYMENT_UNKNOWN", f"{payment.payment_ref}-1", day)
            for payment in order.payments
        ]
    return [
        Planted("unknown_sku", "ROW_REJECTED", f"entry:{order.entry_id}:{line.line_no}", day)
        for line in order.lines
        if order.fault == "unknown_sku" and line.sku.startswith("GONE-")
    ]
