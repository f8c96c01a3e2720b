"""Further charges of a registered card, and the second person's word on them."""

from dataclasses import dataclass
from datetime import datetime

from tieout.kernel import crash
from tieout.kernel.database import execute, fetch, transaction
from tieout.payments.tenders import PaymentRequest, PaymentState, ask_for, refused, state_of


@dataclass(frozen=True)
class LinkedCharge:
    """One more charge for an order. The same payment_ref again is the same charge."""

    order_ref: str
    registration_ref: str
    payment_ref: str
    amount_minor: int
    asked_by: str
    reason: str


def ask_for_order(conn_url: str, wanted: LinkedCharge, *, as_of: datetime) -> PaymentState:
    """Ask for one more charge of an order's customer, by a card that he registered.

    Customer, name, mail and card come from the order and the registration. It goes out with the
    next `charge_kept_cards`, or waits for a second person. Raises PaymentRefused.
    """
    with transaction(conn_url, actor=wanted.asked_by) as connection:
        orders = fetch(connection, "payments/linked_order", order_ref=wanted.order_ref)
        card = {"registration_ref": wanted.registration_ref}
        cards = fetch(connection, "payments/registration", **card)
    if not orders or not cards:
        raise refused(
            f"There is no order {wanted.order_ref}, or no registration {wanted.registration_ref}."
        )
    order = orders[0]
    request = PaymentRequest(
        payment_ref=wanted.payment_ref,
        storefront=order["storefront"],
        customer_ref=order["customer_ref"],
        order_ref=wanted.order_ref,
        sales_order_id=order["sales_order_id"],
        gateway=cards[0]["gateway"],
        currency=order["currency"],
        amount_minor=wanted.amount_minor,
        registration_ref=wanted.registration_ref,
        asked_by=wanted.asked_by,
        reason=wanted.reason,
    )
    ask_for(conn_url, request, as_of=as_of)
    return state_of(conn_url, wanted.payment_ref)


def decide(
    conn_url: str,
    payment_ref: str,
    *,
    approved: bool,
    decided_by: str,
    reason: str | None,
    as_of: datetime,
) -> bool:
    """A second person's word on a charge above the band; False where it was given already.

    Raises PaymentRefused when the one who decides is the one who asked.
    """
    with transaction(conn_url, actor=decided_by) as connection:
        word = {"payment_ref": payment_ref, "reason": reason, "as_of": as_of}
        verdict = "APPROVED" if approved else "REFUSED"
        if not execute(
            connection, "payments/decide_approval", status=verdict, decided_by=decided_by, **word
        ):
            asked = fetch(connection, "payments/approvals_asked", as_of=as_of)
            if any(each["payment_ref"] == payment_ref for each in asked):
                raise refused(f"{decided_by} asked for {payment_ref}, so another must decide it.")
            return False
        target = "DUE" if approved else "STOPPED"
        execute(connection, "payments/move_tender", from_states=["HELD"], status=target, **word)
    crash.point("payments.decided")
    return True
