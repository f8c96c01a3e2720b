"""Kept cards: renewals that our product charges at the world's payment gateway, and their money.

What the gateway settles is what its own books have, whoever asked for it: a renewal that was never
charged, or twice, shows in the settlement file.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tieout.kernel.database import fetch, transaction
from tieout.payments.linked import decide
from tieout.payments.model import Card
from tieout.payments.tenders import PaymentRequest, pay
from tieout.payments.vault import Registration, register
from tieout.world.batches import Charge
from tieout.world.chance import chance, letters_and_digits
from tieout.world.gateways import NOTHING, PUBLISHED, Settled, batch_number, charge_of
from tieout.world.ledger import Planted
from tieout.world.orders import RENEWED_AT, STOREFRONT, Order, entry_rows, is_unanswered
from tieout.world.payment_calls import Call, Fault
from tieout.world.payment_gateway import PaymentGateway
from tieout.world.scenario import GatewayKind, Scenario

SECOND_PERSON = "vera"
_NUMBER, _CODE, _YEAR, _MONTH = "4111111111111111", "123", 2049, 12  # a test card of every gateway


class KeptCards:
    """The gateway's side: what it does wrong, and what it settles on each business day."""

    def __init__(self, scenario: Scenario, gateway: PaymentGateway) -> None:
        self.scenario, self.gateway = scenario, gateway
        gateway.judge = self._judge

    def advance(self, until: datetime) -> None:
        """Let it be that instant at the gateway."""
        self.gateway.now = until

    def settle(self, gateway: GatewayKind, day: date) -> Settled:
        """What was captured before a business day, since the one before, without what is lost."""
        if gateway != RENEWED_AT:
            return NOTHING
        number = self._close(day)
        rows = self.gateway.books.rows(
            "SELECT number, our_ref, payment_ref, currency, captured_minor, created FROM charge"
            " WHERE batch = ? AND status = 'captured' ORDER BY number",
            number,
        )
        lost = [row for row in rows if self._is_lost(row["payment_ref"])]
        return Settled(
            tuple(self._charge(row) for row in rows if row not in lost),
            (),
            tuple(
                Planted(
                    "settlement_missing", "SETTLEMENT_OVERDUE", row["payment_ref"], day.isoformat()
                )
                for row in lost
            ),
        )

    def _close(self, day: date) -> int:
        """Put what no batch has yet into that of a day; again, that changes nothing."""
        books, number = self.gateway.books, batch_number(day)
        begun = int(datetime.combine(day, time(0), UTC).timestamp())
        closed = int(datetime.combine(day, PUBLISHED, UTC).timestamp())
        with books.turn():
            books.write(
                "INSERT OR IGNORE INTO batch (number, closed) VALUES (?, ?)", number, closed
            )
            books.write(
                "UPDATE charge SET batch = ? WHERE batch IS NULL AND created < ?"
                " AND status IN ('captured', 'declined')",
                *(number, begun),
            )
        return number

    def _is_lost(self, payment_ref: str) -> bool:
        rng = chance(self.scenario.seed, "renewal settles", payment_ref)
        return rng.random() < self.scenario.faults.settlement_missing

    def _charge(self, row: dict[str, Any]) -> Charge:
        rng = chance(self.scenario.seed, "renewal line", row["our_ref"])
        return charge_of(
            self.scenario,
            RENEWED_AT,
            gateway_ref=f"ch_{row['number']}",
            line_ref=letters_and_digits(rng, 4),
            order_ref=row["payment_ref"],
            our_ref=row["our_ref"],
            method="visa",
            currency=row["currency"],
            gross_minor=row["captured_minor"],
            captured_at=datetime.fromtimestamp(row["created"], UTC),
        )

    def _judge(self, call: Call) -> Fault | None:
        """No answer to some charges, nor to questions about them until the next morning."""
        if call.operation == "charge" and call.our_ref.endswith("-1"):
            is_hit = is_unanswered(self.scenario, call.our_ref.removesuffix("-1"))
            return Fault.ERROR_AFTER if is_hit else None
        wanted = str(call.fields.get("query", "")).rpartition(":")[2].strip("'")
        if not wanted or not is_unanswered(self.scenario, wanted):
            return None
        query = "SELECT min(created) AS created FROM charge WHERE payment_ref = ?"
        created = self.gateway.books.rows(query, wanted)[0]["created"]
        if created is None:
            return None
        morning = datetime.fromtimestamp(created, UTC).date() + timedelta(days=1)
        is_silent = self.gateway.now < datetime.combine(morning, PUBLISHED, UTC)
        return Fault.ERROR_BEFORE if is_silent else None


def card_of() -> dict[str, Any]:
    """The card that every customer has, as the storefront API takes it."""
    return {
        "number": _NUMBER,
        "code": _CODE,
        "expires_year": _YEAR,
        "expires_month": _MONTH,
    }


def registration_of(order: Order) -> dict[str, Any]:
    """The registration of the card of an order's customer, without the card."""
    head = entry_rows(order)[0]
    names = ("customer_ref", "customer_name", "customer_email")
    return {
        **{name: head[name] for name in names},
        "registration_ref": f"card-{head['customer_ref']}",
        "gateway": RENEWED_AT,
    }


def payment_of(order: Order) -> dict[str, Any]:
    """The charge of a renewal, as the storefront API takes it."""
    (payment,) = order.payments
    registration = registration_of(order)
    return {
        "payment_ref": payment.payment_ref,
        "entry_id": str(order.entry_id),
        "order_ref": order.order_ref,
        "customer_ref": registration["customer_ref"],
        "gateway": payment.gateway,
        "currency": payment.currency,
        "amount_minor": payment.amount_minor,
        "registration_ref": registration["registration_ref"],
    }


def charge_card(url: str, order: Order) -> None:
    """What the storefront API does with a renewal, as of the order. Raises TieoutError."""
    kept = Registration(
        **registration_of(order), storefront=STOREFRONT, card=Card(_NUMBER, _CODE, _YEAR, _MONTH)
    )
    register(url, kept, as_of=order.captured_at, zone="UTC")
    asked = PaymentRequest(
        **payment_of(order), storefront=STOREFRONT, asked_by=f"storefront/{STOREFRONT}"
    )
    pay(url, asked, as_of=order.captured_at)


def approve_all(url: str, as_of: datetime) -> None:
    """A second person's word on every charge that waits for one by an instant."""
    with transaction(url, actor="world/approve") as connection:
        waiting = fetch(connection, "payments/approvals_asked", as_of=as_of)
    for asked in waiting:
        decide(
            url,
            asked["payment_ref"],
            approved=True,
            decided_by=SECOND_PERSON,
            reason=None,
            as_of=as_of,
        )
