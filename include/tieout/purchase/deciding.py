"""Purchases as people see them, and their word on one that no proof could decide."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from tieout.kernel.audit import Decision, audit
from tieout.kernel.database import execute, fetch
from tieout.purchase.model import PurchaseError


def listed(connection: Connection, states: Sequence[str], limit: int) -> list[dict[str, Any]]:
    """Purchases in these states, those that have stood there longest first."""
    return fetch(connection, "purchase/list", states=list(states), at_most=limit)


def history(connection: Connection, entry_id: str) -> list[dict[str, Any]]:
    """The states that a purchase went through. Raises PurchaseError when it is not watched."""
    rows = fetch(connection, "purchase/history", entry_id=_checked(entry_id))
    if not rows:
        raise PurchaseError(
            f"No purchase of entry {entry_id} is watched.",
            remedy="`tieout purchases list` shows those that wait.",
        )
    return rows


def evidence(connection: Connection, entry_id: str) -> list[dict[str, Any]]:
    """What the gateway showed of a purchase, in the order in which it came."""
    return fetch(connection, "purchase/evidence/shown", entry_id=_checked(entry_id))


def decide(connection: Connection, entry_id: str, decision: Decision, *, is_paid: bool) -> None:
    """A person's word: paid, so that it is fulfilled; or not paid, so that its customer is told.

    What is not paid is not charged any more, and its attempts without an answer have ended.
    Raises PurchaseError when the purchase is not in a person's hands.
    """
    known = {"entry_id": _checked(entry_id), "at": decision.at}
    if is_paid:
        done = execute(connection, "purchase/decide_paid", **known)
    else:
        reason = f"{decision.actor}: {decision.reason}"
        done = execute(connection, "purchase/decide_not_paid", reason=reason, **known)
        if done:
            execute(connection, "purchase/decide_stop_tenders", reason=reason, **known)
            execute(connection, "purchase/decide_end_attempts", reason=reason, **known)
    if not done:
        raise PurchaseError(
            f"The purchase of entry {entry_id} is not in state MANUAL.",
            remedy="`tieout purchases show` says where it stands.",
        )
    audit(
        connection,
        actor=decision.actor,
        action="purchase.decide",
        subject=f"purchase:{entry_id}",
        reason=decision.reason,
        occurred_at=decision.at,
        facts={"is_paid": is_paid},
    )


def _checked(entry_id: str) -> str:
    try:
        return str(UUID(entry_id))
    except ValueError:
        raise PurchaseError(
            f"{entry_id!r} is not the id of an entry.", remedy="Write it as a UUID."
        ) from None
