"""Kept cards: checked, handed to the gateway's vault, aged, replaced, deleted.

A card's number is in memory from the request to the gateway's answer and nowhere else. What stays
here is the token, the last four digits, the brand and the last good day.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection

from tieout.kernel import crash
from tieout.kernel.database import execute, fetch, transaction
from tieout.kernel.time import local_day
from tieout.payments.model import (
    Card,
    CardRefused,
    CardToken,
    Connector,
    NoAnswer,
    NotSent,
    PaymentRefused,
    Vaulted,
    VaultOrder,
)
from tieout.payments.rules import check_card, check_velocity, month_end
from tieout.payments.terms import Terms, connected, terms_of

NEAR = timedelta(days=30)
"""So long before its last day a kept card is EXPIRING."""

_GOOD = ["VAULTED", "ACTIVE", "EXPIRING"]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Registration:
    """A customer who wants a card kept: the card itself, or the gateway's token for it.

    The same registration_ref again is the same registration.
    """

    registration_ref: str
    storefront: str
    customer_ref: str
    customer_name: str = field(repr=False)
    customer_email: str = field(repr=False)
    gateway: str
    card: Card | None = None
    once_token: str = field(default="", repr=False)


@dataclass(frozen=True)
class KeptCard:
    """A kept card as it may be shown."""

    registration_ref: str
    status: str
    last_four: str
    brand: str
    reason: str


def register(conn_url: str, wanted: Registration, *, as_of: datetime, zone: str) -> KeptCard:
    """Keep a card for a customer; `zone` says which day it is.

    Raises CardRefused when the card cannot be one or is not wanted, PaymentRefused when the
    reference is somebody else's, and NotSent or NoAnswer when the gateway does not answer: the same
    call again goes on then.
    """
    if wanted.card is not None:
        _check(conn_url, wanted, wanted.card, as_of, zone)
    with transaction(conn_url, actor=f"storefront/{wanted.storefront}") as connection:
        known = _received(connection, wanted, as_of)
    crash.point("payments.vault_received")
    if known["status"] != "RECEIVED":
        return _shown(known)
    order = VaultOrder(
        registration_ref=wanted.registration_ref,
        customer_ref=wanted.customer_ref,
        customer_name=wanted.customer_name,
        customer_email=wanted.customer_email,
        card=wanted.card,
        once_token=wanted.once_token,
    )
    _, ways = connected(conn_url, wanted.gateway, as_of)
    try:
        kept = _first_that_answers(ways, lambda way: way.store(order))
    except CardRefused as error:
        _move(conn_url, wanted.registration_ref, ["RECEIVED"], "INVALID", as_of, error.message)
        raise
    crash.point("payments.vault_stored")
    with transaction(conn_url, actor=f"storefront/{wanted.storefront}") as connection:
        _keep(connection, wanted.registration_ref, kept, as_of)
        return _shown(_registration(connection, wanted.registration_ref))


def replace(conn_url: str, registration_ref: str, *, replaced_by: str, as_of: datetime) -> None:
    """Let another kept card of the same customer take a card's place. Raises PaymentRefused."""
    with transaction(conn_url, actor="payments") as connection:
        if not execute(
            connection,
            "payments/replace_registration",
            registration_ref=registration_ref,
            replaced_by=replaced_by,
            as_of=as_of,
        ):
            raise _refused(f"{replaced_by} cannot take the place of {registration_ref}.")
    crash.point("payments.vault_replaced")


def forget(conn_url: str, registration_ref: str, *, as_of: datetime) -> None:
    """Delete a card from the gateway's vault, then here; its token stays as a word for old charges.

    Raises PaymentRefused when there is no such card, NotSent or NoAnswer as `register` does.
    """
    with transaction(conn_url, actor="payments") as connection:
        known = _registration(connection, registration_ref)
    if known["token"] is not None:
        card = CardToken(known["token"], known["profile"])
        _, ways = connected(conn_url, known["gateway"], as_of)
        _first_that_answers(ways, lambda way: way.forget(card))
    crash.point("payments.vault_forgotten")
    states = [*_GOOD, "INVALID", "REPLACED"]
    _move(conn_url, registration_ref, states, "DELETED", as_of, "asked for")


def age(conn_url: str, *, as_of: datetime, zone: str) -> int:
    """Mark the kept cards whose last day is near or over; returns how many changed."""
    today = local_day(as_of, zone)
    with transaction(conn_url, actor="payments") as connection:
        changed = execute(
            connection, "payments/age_registrations", as_of=as_of, today=today, near=today + NEAR
        )
    crash.point("payments.vault_aged")
    return changed


def _check(conn_url: str, wanted: Registration, card: Card, as_of: datetime, zone: str) -> None:
    """Look at a card, and keep that one was looked at, also when it is refused."""
    digits = re.sub(r"[^0-9]", "", card.number)
    whose = {"storefront": wanted.storefront, "customer_ref": wanted.customer_ref}
    with transaction(conn_url, actor=f"storefront/{wanted.storefront}") as connection:
        terms: Terms = terms_of(connection, wanted.gateway)
        since = as_of - terms.cards_within
        rows = fetch(connection, "payments/checked_before", since=since, as_of=as_of, **whose)
        verdict, refused = "OK", None
        try:
            check_velocity(rows[0]["cards"], terms.cards_at_most)
            check_card(card, local_day(as_of, zone))
        except CardRefused as error:
            verdict, refused = str(error.fields["check"]), error
        execute(
            connection,
            "payments/save_check",
            last_four=digits[-4:] if len(digits) >= 12 else "",
            verdict=verdict,
            as_of=as_of,
            **whose,
        )
    if refused is not None:
        raise refused


def _received(connection: Connection, wanted: Registration, as_of: datetime) -> dict[str, Any]:
    whose = {"storefront": wanted.storefront, "customer_ref": wanted.customer_ref}
    name, email = wanted.customer_name, wanted.customer_email
    execute(connection, "payments/save_customer", holder=name, email=email, **whose)
    execute(
        connection,
        "payments/save_registration",
        registration_ref=wanted.registration_ref,
        gateway=wanted.gateway,
        customer_name=name,
        customer_email=email,
        as_of=as_of,
        **whose,
    )
    known = _registration(connection, wanted.registration_ref)
    if (known["storefront"], known["customer_ref"]) != tuple(whose.values()):
        raise _refused(f"The registration {wanted.registration_ref} is another customer's.")
    return known


def _keep(connection: Connection, ref: str, kept: Vaulted, as_of: datetime) -> None:
    execute(
        connection,
        "payments/keep_registration",
        registration_ref=ref,
        profile=kept.card.profile,
        token=kept.card.token,
        last_four=kept.last_four,
        brand=kept.brand,
        expires_on=month_end(kept.expires_year, kept.expires_month),
        as_of=as_of,
    )


def _first_that_answers(ways: Sequence[Connector], call: Callable[[Connector], Result]) -> Result:
    """What the first address says that can be reached; the calls made here may be repeated."""
    for way in ways[:-1]:
        try:
            return call(way)
        except (NotSent, NoAnswer):
            continue
    return call(ways[-1])


def _move(
    conn_url: str, ref: str, states: list[str], status: str, as_of: datetime, reason: str
) -> None:
    with transaction(conn_url, actor="payments") as connection:
        execute(
            connection,
            "payments/move_registration",
            registration_ref=ref,
            from_states=states,
            status=status,
            reason=reason,
            as_of=as_of,
        )
    crash.point("payments.vault_moved")


def _registration(connection: Connection, ref: str) -> dict[str, Any]:
    rows = fetch(connection, "payments/registration", registration_ref=ref)
    if not rows:
        raise _refused(f"There is no registration {ref}.")
    return rows[0]


def _shown(known: dict[str, Any]) -> KeptCard:
    names = ("last_four", "brand")
    texts = {name: known[name] or "" for name in names}
    reason = known["status_reason"] or ""
    return KeptCard(known["registration_ref"], known["status"], reason=reason, **texts)


def _refused(message: str) -> PaymentRefused:
    return PaymentRefused(message, remedy="Register the card under a reference of its own.")
