"""The switch of a storefront: judged by the monitor, overruled by a person, told by HTTP.

A change is a row of history, a request to the storefront and a mail to staff, planned in one
transaction. Requests carry a number that counts up, so that a late one never undoes a later one.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from tieout.exchange.feeds import PartnersNotReached
from tieout.exchange.notices import Notice, plan_notices, send_notices
from tieout.exchange.outbox import OutgoingRequest, plan_requests, send
from tieout.kernel import crash
from tieout.kernel.audit import Decision, audit
from tieout.kernel.database import execute, fetch, transaction
from tieout.payments.model import CardToken, ChargeOrder, Connector, FollowUp, NoAnswer, NotSent
from tieout.payments.terms import connected
from tieout.purchase.model import Store, StoreError, StoreFacts, StoreTerms, Switch
from tieout.purchase.rules import judge

ACTOR = "watch_purchases/switch_stores"
PATH = "/v1/store"
SMALLEST_MINOR = 100
"""What a canary holds on the card of our own, and lets go of again."""

_SWITCHED = "STORE_SWITCHED"
_log = logging.getLogger(__name__)


def switch_stores(conn_url: str, as_of: datetime) -> int:
    """Try closed storefronts' gateways, judge all switches, tell of changes; how many changed."""
    with transaction(conn_url, ACTOR) as connection:
        execute(connection, "purchase/store/set_up", as_of=as_of)
        due = fetch(connection, "purchase/store/canaries_due", as_of=as_of)
    crash.point("store.judged")
    for canary in due:
        _try(conn_url, canary, as_of)
    changed = 0
    with transaction(conn_url, ACTOR) as connection:
        for row in fetch(connection, "purchase/store/facts", as_of=as_of):
            if switch := judge(_facts(row), _terms(row), as_of):
                changed += _move(connection, row, switch, as_of)
    crash.point("store.switched")
    deliver(conn_url, as_of)
    return changed


def deliver(conn_url: str, as_of: datetime) -> None:
    """Tell storefronts and staff what they have not heard of yet.

    A storefront that is not reached is told by the next run; its own GET finds out meanwhile.
    """
    with transaction(conn_url, ACTOR) as connection:
        ids = [row["effect_id"] for row in fetch(connection, "purchase/store/unsent", as_of=as_of)]
    if ids:
        with suppress(PartnersNotReached):
            send(conn_url, effect_ids=ids, as_of=as_of, actor=ACTOR)
    send_notices(conn_url, [_SWITCHED], as_of=as_of, actor=ACTOR)


def overrule(connection: Connection, storefront: str, to: Store, decision: Decision) -> None:
    """A person's word: the switch stands there until it is given back. It drains before it closes.

    Raises StoreError when there is no such storefront.
    """
    row = _row(connection, storefront, decision.at)
    execute(connection, "purchase/store/hold", storefront=storefront, held_by=decision.actor)
    if Store(row["status"]) is not to:
        step = Store.DRAINING if to is Store.CLOSED else to
        if Store(row["status"]) is not step:
            switch = Switch(step, f"{decision.actor}: {decision.reason}")
            _move(connection, row, switch, decision.at)
    _audit(connection, f"store.{to.lower()}", storefront, decision)


def give_back(connection: Connection, storefront: str, decision: Decision) -> None:
    """Let the monitor judge again, from how the switch stands. Raises StoreError."""
    _row(connection, storefront, decision.at)
    execute(connection, "purchase/store/hold", storefront=storefront, held_by=None)
    _audit(connection, "store.auto", storefront, decision)


def configure(
    connection: Connection,
    storefront: str,
    decision: Decision,
    *,
    connection_id: str | None = None,
    resume_link: str | None = None,
    canary_card: str | None = None,
) -> None:
    """Say how a storefront is told, where customers go on, and which card of ours canaries use.

    Raises StoreError when there is no such storefront or card, or when the link has no place for
    the entry.
    """
    _row(connection, storefront, decision.at)
    if resume_link is not None and "{entry_id}" not in resume_link:
        raise StoreError(
            "The link to resume has no place for the purchase.",
            remedy="Write {entry_id} where it belongs, as in https://shop.example/resume/{entry_id}.",
        )
    if not execute(
        connection,
        "purchase/store/configure",
        storefront=storefront,
        connection_id=connection_id,
        resume_link=resume_link,
        canary_card=canary_card,
    ):
        raise StoreError(
            f"There is no registered card {canary_card!r}.",
            remedy="Register it at the gateway first, then name its registration_ref.",
        )
    _audit(connection, "store.configure", storefront, decision)


def listed(connection: Connection) -> list[dict[str, Any]]:
    """All switches, with since when they stand so, who holds them, and why."""
    return fetch(connection, "purchase/store/list")


def _row(connection: Connection, storefront: str, as_of: datetime) -> dict[str, Any]:
    execute(connection, "purchase/store/set_up", as_of=as_of)
    for row in fetch(connection, "purchase/store/facts", as_of=as_of):
        if row["storefront"] == storefront:
            return row
    raise StoreError(
        f"There is no storefront {storefront!r}.", remedy="`tieout store list` shows them."
    )


def _move(connection: Connection, row: Mapping[str, Any], switch: Switch, as_of: datetime) -> int:
    storefront, revision = str(row["storefront"]), int(row["revision"])
    moved = execute(
        connection,
        "purchase/store/move",
        storefront=storefront,
        revision=revision,
        status=switch.to,
        reason=switch.reason,
        as_of=as_of,
    )
    if not moved:
        return 0
    _log.warning("%s is %s: %s", storefront, switch.to, switch.reason)
    revision += 1
    since = as_of.astimezone(UTC).isoformat()
    facts = {
        "storefront": storefront,
        "state": str(switch.to),
        "since": since,
        "reason": switch.reason,
    }
    plan_notices(connection, [Notice(_SWITCHED, f"{storefront}/{revision}", facts)], as_of)
    if row["connection_id"]:
        request = OutgoingRequest(
            effect_key=f"store:{storefront}:{revision}",
            connection_id=row["connection_id"],
            method="PUT",
            path=PATH,
            body={**facts, "revision": revision},
            ask=PATH,
            expected={"revision": revision},
        )
        plan_requests(connection, [request], as_of)
    return 1


def _try(conn_url: str, canary: Mapping[str, Any], as_of: datetime) -> None:
    """One request of our own to a gateway; green when it was answered, whatever it says."""
    problem: str | None = None
    try:
        _, ways = connected(conn_url, canary["gateway"], as_of)
        _sing(ways[0], canary, as_of)
    except (NotSent, NoAnswer) as error:
        problem = error.message
    crash.point("store.canary_asked")
    with transaction(conn_url, ACTOR) as connection:
        execute(
            connection,
            "purchase/store/note_canary",
            storefront=canary["storefront"],
            gateway=canary["gateway"],
            as_of=as_of,
            problem=problem,
        )
    crash.point("store.canaries_noted")


def _sing(way: Connector, canary: Mapping[str, Any], as_of: datetime) -> None:
    our_ref = f"canary-{as_of.astimezone(UTC):%y%m%d%H%M}"
    if not canary["token"]:
        way.find(our_ref, as_of)
        return
    order = ChargeOrder(
        our_ref=our_ref,
        currency=canary["currency"],
        amount_minor=SMALLEST_MINOR,
        card=CardToken(canary["token"], canary["profile"]),
        order_ref=our_ref,
        customer_ref="canary",
    )
    answer = way.authorise(order)
    if answer.gateway_ref:
        way.void(FollowUp(f"{our_ref}v", answer.gateway_ref, order.currency, SMALLEST_MINOR))


def _facts(row: Mapping[str, Any]) -> StoreFacts:
    counted = ("requests", "errors", "customers", "under_way", "backlog", "greens")
    return StoreFacts(
        state=Store(row["status"]),
        since=row["status_at"],
        is_held=row["held_by"] is not None,
        **{name: int(row[name]) for name in counted},
    )


def _terms(row: Mapping[str, Any]) -> StoreTerms:
    return StoreTerms(
        errors_at_least=row["errors_at_least"],
        share_at_least=float(row["share_at_least"]),
        customers_at_least=row["customers_at_least"],
        drain_at_most=row["drain_at_most"],
        canaries_at_least=row["canaries_at_least"],
        backlog_at_most=row["backlog_at_most"],
    )


def _audit(connection: Connection, action: str, storefront: str, decision: Decision) -> None:
    audit(
        connection,
        actor=decision.actor,
        action=action,
        subject=f"store:{storefront}",
        reason=decision.reason,
        occurred_at=decision.at,
    )
