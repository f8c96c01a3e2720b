"""Tenders: what is to be charged, by whom it was asked for, and what became of it.

A tender is charged at most once, however often it is asked for. Its card belongs to the customer of
its order: the database refuses any other.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from tieout.kernel import crash
from tieout.kernel.audit import Decision, audit
from tieout.kernel.database import execute, fetch, lock, single, transaction
from tieout.payments.attempts import ask, work
from tieout.payments.model import AttemptState, Kind, PaymentRefused
from tieout.payments.rules import above_band

PROVED_NOTHING = frozenset(
    {AttemptState.SOFT_DECLINE, AttemptState.HARD_DECLINE, AttemptState.NOT_SENT}
)
"""After one of these a new attempt may be made."""

_REFUSALS = {
    "tender_card_of_its_customer": "The card is not one of the customer of this order.",
    "tender_sales_order_id_customer_id_fkey": "The order is not one of this customer.",
    "tender_one_card": "The card is not known.",
    "tender_gateway_fkey": "The gateway is not known.",
    "tender_payment_ref_check": "The payment reference has other signs than letters and digits.",
    "tender_amount_minor_check": "The amount is not above zero.",
    "tender_books": "More would be given back than was captured.",
    "payment_attempt_one_live": "An earlier attempt may still take the money.",
    "payment_attempt_one_live_follow_up": "One like it is still under way.",
}
"""What the database's refusals mean, by the names of its constraints."""


@dataclass(frozen=True)
class PaymentRequest:
    """What a storefront, or one of our people, asks to be charged.

    `attempt_no` counts from 1: the same number again is the same attempt. The card is one that the
    customer registered, or a token that is good for this one charge; exactly one is given.
    """

    payment_ref: str
    storefront: str
    customer_ref: str
    order_ref: str
    gateway: str
    currency: str
    amount_minor: int
    asked_by: str
    entry_id: str | None = None
    sales_order_id: int | None = None
    registration_ref: str | None = None
    once_token: str | None = field(default=None, repr=False)
    customer_name: str = field(default="", repr=False)
    customer_email: str = field(default="", repr=False)
    reason: str | None = None
    attempt_no: int = 1


@dataclass(frozen=True)
class PaymentState:
    """How a tender stands. `attempt` is empty before the first; amounts are minor units."""

    payment_ref: str
    tender: str
    attempt: str
    attempt_no: int
    gateway_ref: str
    reason: str
    captured_minor: int
    refunded_minor: int


def pay(
    conn_url: str,
    request: PaymentRequest,
    *,
    as_of: datetime,
    rng: Random | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> PaymentState:
    """Charge a tender now, unless that was done or needs a second person; returns how it stands.

    Asking again with the same attempt_no tells how that attempt stands. Raises PaymentRefused when
    the request differs from what the same payment_ref said before, or when a rule says no.
    """
    attempt_id = ask_for(conn_url, request, as_of=as_of)
    crash.point("payments.asked_for")
    if attempt_id is not None:
        work(conn_url, as_of=as_of, attempt_ids=[attempt_id], rng=rng, pause=pause)
    return state_of(conn_url, request.payment_ref)


def ask_for(conn_url: str, request: PaymentRequest, *, as_of: datetime) -> int | None:
    """Write down a tender and plan its attempt; the attempt's id, None where none is to be made.

    Raises PaymentRefused.
    """
    try:
        with transaction(conn_url, actor=request.asked_by) as connection:
            lock(connection, f"tender:{request.payment_ref}")
            _check_entry(connection, request)
            is_new = _save(connection, request, as_of)
            known = _tender(connection, request.payment_ref)
            _check_same(known, request)
            return _plan(connection, known, request, as_of, is_new=is_new)
    except IntegrityError as error:
        raise _refusal(error, request.payment_ref) from error


def state_of(conn_url: str, payment_ref: str, *, storefront: str | None = None) -> PaymentState:
    """How a tender stands. Raises PaymentRefused when there is none, or none of that storefront."""
    with single(conn_url) as connection:
        known = _tender(connection, payment_ref)
    if storefront not in {None, known["storefront"]}:
        raise refused(f"There is no payment {payment_ref}.")
    return PaymentState(
        payment_ref=payment_ref,
        tender=known["status"],
        attempt=known["attempt_status"] or "",
        attempt_no=known["attempt_no"] or 0,
        gateway_ref=known["gateway_ref"] or "",
        reason=known["attempt_reason"] or "",
        captured_minor=known["captured_minor"],
        refunded_minor=known["refunded_minor"],
    )


def events_of(conn_url: str, payment_ref: str) -> list[dict[str, Any]]:
    """All that was heard of a tender's attempts: our_ref, event, facts, occurred_at, in order."""
    with transaction(conn_url, actor="payments") as connection:
        return fetch(connection, "payments/events_of", payment_ref=payment_ref)


def ask_about(conn_url: str, payment_ref: str, *, as_of: datetime) -> PaymentState:
    """Ask what the gateway has of the newest attempt, send nothing; returns how it stands.

    What it said is in payment_event. Raises PaymentRefused when there is no such tender.
    """
    with transaction(conn_url, actor="payments") as connection:
        known = _tender(connection, payment_ref)
    if known["payment_attempt_id"] is not None:
        ask(conn_url, as_of=as_of, attempt_ids=[known["payment_attempt_id"]])
    return state_of(conn_url, payment_ref)


def follow_up(
    conn_url: str,
    payment_ref: str,
    kind: Kind,
    *,
    as_of: datetime,
    amount_minor: int | None = None,
    actor: str = "payments",
) -> PaymentState:
    """Capture, refund or void what a tender took: all of it, or an amount.

    One of each kind is under way at a time; while one is, it is brought on instead. Raises
    PaymentRefused when there is nothing to follow up, or when more would be given back than taken.
    """
    before = {Kind.CAPTURE: ["AUTHORISE"], Kind.REFUND: ["CHARGE", "CAPTURE"]}
    of_kinds = before.get(kind, ["CHARGE", "AUTHORISE"])
    try:
        with transaction(conn_url, actor=actor) as connection:
            lock(connection, f"tender:{payment_ref}")
            ids = _under_way(connection, payment_ref, kind) or _planned(
                connection,
                "payments/plan_follow_up",
                as_of,
                payment_ref=payment_ref,
                kind=kind,
                of_kinds=of_kinds,
                amount_minor=amount_minor,
            )
    except IntegrityError as error:
        raise _refusal(error, payment_ref) from error
    if not ids:
        raise refused(f"{payment_ref} has nothing to {kind.lower()}.")
    crash.point("payments.asked_for")
    work(conn_url, as_of=as_of, attempt_ids=ids, actor=actor)
    return state_of(conn_url, payment_ref)


def stop(conn_url: str, payment_ref: str, decision: Decision) -> None:
    """Let nothing of a tender go out any more, as a person decided.

    To be called before a customer is told that nothing was charged. Raises PaymentRefused where it
    is not due, or not held for a second person: what has left is asked for at the gateway.
    """
    with transaction(conn_url, actor=decision.actor) as connection:
        lock(connection, f"tender:{payment_ref}")
        if not execute(
            connection,
            "payments/move_tender",
            payment_ref=payment_ref,
            from_states=["DUE", "HELD"],
            status="STOPPED",
            reason=decision.reason,
            as_of=decision.at,
        ):
            raise refused(f"{payment_ref} is not due: nothing of it can be held back.")
        audit(
            connection,
            actor=decision.actor,
            action="payment.stop",
            subject=f"payment:{payment_ref}",
            reason=decision.reason,
            occurred_at=decision.at,
        )
    crash.point("payments.stopped")


def _check_entry(connection: Connection, request: PaymentRequest) -> None:
    """The request must say what the entry says; one that is still in a spool is believed."""
    if request.entry_id is None:
        return
    said = fetch(
        connection, "payments/entry_of", entry_id=request.entry_id, payment_ref=request.payment_ref
    )
    names = ("storefront", "customer_ref", "order_ref", "currency")
    for entry in said:
        wrong = [name for name in names if entry[name] != getattr(request, name)]
        if entry["amount_minor"] not in {None, str(request.amount_minor)}:
            wrong.append("amount_minor")
        if wrong:
            raise refused(f"{request.payment_ref} and its entry differ in {', '.join(wrong)}.")


def _save(connection: Connection, request: PaymentRequest, as_of: datetime) -> bool:
    """Write the tender down, held where its amount needs a second person; whether it is new."""
    whose = {"storefront": request.storefront, "customer_ref": request.customer_ref}
    holder, email = request.customer_name or None, request.customer_email or None
    execute(connection, "payments/save_customer", holder=holder, email=email, **whose)
    customer_id = fetch(connection, "payments/customer_of", **whose)[0]["customer_id"]
    usual = _usual_at_most(connection, request, customer_id, as_of)
    is_held = usual is not None and above_band(request.amount_minor, usual)
    is_new = execute(
        connection,
        "payments/save_tender",
        payment_ref=request.payment_ref,
        entry_id=request.entry_id,
        order_ref=request.order_ref,
        sales_order_id=request.sales_order_id,
        customer_id=customer_id,
        gateway=request.gateway,
        currency=request.currency,
        amount_minor=request.amount_minor,
        registration_ref=request.registration_ref,
        once_token=request.once_token,
        asked_by=request.asked_by,
        reason=request.reason,
        as_of=as_of,
        status="HELD" if is_held else "DUE",
    )
    if is_new and is_held:
        execute(
            connection,
            "payments/hold_tender",
            payment_ref=request.payment_ref,
            usual_at_most_minor=usual,
            as_of=as_of,
        )
    return bool(is_new)


def _usual_at_most(
    connection: Connection, request: PaymentRequest, customer_id: int, as_of: datetime
) -> int | None:
    """Up to which amount the customer's kept card is charged without a second person.

    None for a token that is good for one charge: the customer is there to give it.
    """
    if request.registration_ref is None:
        return None
    rows = fetch(
        connection,
        "payments/usual_at_most",
        customer_id=customer_id,
        currency=request.currency,
        as_of=as_of,
    )
    return int(rows[0]["usual_at_most_minor"])


def _check_same(known: dict[str, Any], request: PaymentRequest) -> None:
    names = ("storefront", "customer_ref", "order_ref", "gateway", "currency", "amount_minor")
    wrong = [name for name in names if known[name] != getattr(request, name)]
    if wrong:
        raise refused(f"{request.payment_ref} was asked for with other {', '.join(wrong)}.")


def _plan(
    connection: Connection,
    known: dict[str, Any],
    request: PaymentRequest,
    as_of: datetime,
    *,
    is_new: bool,
) -> int | None:
    """The attempt to work on: a new one only after the last is proved to have taken nothing."""
    last_no = known["attempt_no"] or 0
    if known["status"] in {"HELD", "DONE"}:
        return None
    if request.attempt_no <= last_no:
        return int(known["payment_attempt_id"])
    if request.attempt_no > last_no + 1:
        raise refused(f"{request.payment_ref} has no attempt {request.attempt_no - 1} yet.")
    if last_no and known["attempt_status"] not in PROVED_NOTHING:
        raise refused(f"Attempt {last_no} of {request.payment_ref} may still take the money.")
    if not is_new:
        whose = {"payment_ref": request.payment_ref}
        card = {"registration_ref": request.registration_ref, "once_token": request.once_token}
        execute(connection, "payments/change_card", **whose, **card)
        execute(
            connection,
            "payments/move_tender",
            from_states=["STOPPED"],
            status="DUE",
            reason=None,
            as_of=as_of,
            **whose,
        )
    ids = _planned(
        connection,
        "payments/plan_attempt",
        as_of,
        payment_ref=request.payment_ref,
        kind=Kind.CHARGE,
    )
    if not ids:
        raise refused(f"The card of {request.payment_ref} is not good for a charge.")
    return ids[0]


def _planned(connection: Connection, name: str, as_of: datetime, **params: object) -> list[int]:
    rows = fetch(connection, name, as_of=as_of, **params)
    return [int(row["payment_attempt_id"]) for row in rows]


def _under_way(connection: Connection, payment_ref: str, kind: Kind) -> list[int]:
    rows = fetch(connection, "payments/under_way", payment_ref=payment_ref, kind=kind)
    return [int(row["payment_attempt_id"]) for row in rows]


def _tender(connection: Connection, payment_ref: str) -> dict[str, Any]:
    rows = fetch(connection, "payments/tender", payment_ref=payment_ref)
    if not rows:
        raise refused(f"There is no payment {payment_ref}.")
    return rows[0]


def _refusal(error: IntegrityError, payment_ref: str) -> PaymentRefused:
    diagnosis = getattr(error.orig, "diag", None)
    name = getattr(diagnosis, "constraint_name", None) or ""
    return refused(_REFUSALS.get(name, f"The database refuses {payment_ref}: {name}."))


def refused(message: str) -> PaymentRefused:
    """A payment that cannot be asked for as it was."""
    return PaymentRefused(
        message, remedy="Ask for it as it was, or under another payment reference."
    )
