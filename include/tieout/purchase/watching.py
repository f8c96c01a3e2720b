"""Purchases brought on: their states by what is known, and questions where nothing is.

The states are folded from attempts, evidence, orders and their fulfilment, all purchases
at a time, so that any number of runs ends the same.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from tieout.exchange.notices import Notice, is_address, plan_notices
from tieout.kernel import crash
from tieout.kernel.database import execute, fetch, lock, transaction
from tieout.kernel.sqlfiles import sql_folder
from tieout.kernel.staging import stage
from tieout.payments import attempts
from tieout.payments.ledger import claimer
from tieout.payments.model import Kind, PaymentRefused
from tieout.payments.tenders import follow_up
from tieout.purchase.looking import ACTOR, look

LEASE = timedelta(minutes=30)
"""After this time a run that still lives, but does nothing, loses its purchases to the next."""

AT_MOST = 50_000
"""How many purchases one run asks about; those that wait longest come first."""

REFUNDS_AT_MOST = 200
PROVED_AT_MOST = 200
RESUME = "PURCHASE_RESUME"
_TOLD = pa.schema([("purchase_id", pa.int64())])
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    """How many purchases were asked about, and of how many the gateways did not answer."""

    purchases: int
    unanswered: int
    silent: Sequence[str]


def fold(conn_url: str, as_of: datetime) -> None:
    """Bring every purchase to the state that follows from what is known by `as_of`."""
    with transaction(conn_url, ACTOR) as connection:
        lock(connection, ACTOR)
        for file in sql_folder("purchase/steps"):
            execute(connection, file.path.with_suffix("").as_posix(), as_of=as_of)
    crash.point("purchase.folded")


def ask(conn_url: str, as_of: datetime, at_most: int = AT_MOST) -> Asked:
    """Ask the gateways about the unknown purchases whose time has come, and keep what they show.

    Attempts that a gateway proves to have captured are settled by payments' own question.
    """
    with claimer(conn_url) as claimed_by:
        token, clock = claimed_by.token, datetime.now(UTC)
        with transaction(conn_url, ACTOR) as connection:
            claimed = execute(
                connection,
                "purchase/evidence/claim",
                as_of=as_of,
                clock=clock,
                lease_until=clock + LEASE,
                token=token,
                at_most=at_most,
            )
            gateways = fetch(connection, "purchase/evidence/gateways", token=token)
        crash.point("purchase.claimed")
        silent = [
            row["gateway"]
            for row in gateways
            if not look(conn_url, row["gateway"], row["since"], token=token, as_of=as_of)
        ]
        with transaction(conn_url, ACTOR) as connection:
            execute(
                connection, "purchase/evidence/give_back", token=token, as_of=as_of, silent=silent
            )
        crash.point("purchase.given_back")
    _settle_proved(conn_url, as_of)
    lost = sum(row["purchases"] for row in gateways if row["gateway"] in silent)
    return Asked(claimed, min(claimed, lost), silent)


def _settle_proved(conn_url: str, as_of: datetime) -> None:
    with transaction(conn_url, ACTOR) as connection:
        rows = fetch(
            connection,
            "purchase/evidence/proved_attempts",
            since=as_of - timedelta(days=1),
            at_most=PROVED_AT_MOST,
        )
    crash.point("purchase.proved_listed")
    if rows:
        ids = [row["payment_attempt_id"] for row in rows]
        attempts.ask(conn_url, as_of=as_of, attempt_ids=ids, actor=ACTOR)


def tell(conn_url: str, as_of: datetime) -> int:
    """Plan one mail to each customer who was not charged; returns how many purchases that is."""
    with transaction(conn_url, ACTOR) as connection:
        lock(connection, ACTOR)
        rows = [
            row
            for row in fetch(connection, "purchase/to_tell", as_of=as_of)
            if is_address(row["customer_email"])
        ]
        notices = [
            Notice(
                RESUME,
                row["entry_id"],
                {"order_ref": row["order_ref"] or "", "link": row["link"]},
                row["customer_email"],
            )
            for row in rows
        ]
        plan_notices(connection, notices, as_of)
        told = {"purchase_id": [row["purchase_id"] for row in rows]}
        stage(connection, "told", pa.table(told, _TOLD))
        execute(connection, "purchase/mark_told", as_of=as_of)
    crash.point("purchase.told")
    return len(rows)


def give_back(conn_url: str, as_of: datetime) -> int:
    """Refund what was captured for purchases that are not to be had; returns how many tenders.

    The database refuses to give back more than was taken, so that a refund is made once.
    """
    with transaction(conn_url, ACTOR) as connection:
        rows = fetch(connection, "purchase/refunds_due", as_of=as_of, at_most=REFUNDS_AT_MOST)
    crash.point("purchase.refunds_listed")
    for row in rows:
        try:
            follow_up(conn_url, row["payment_ref"], Kind.REFUND, as_of=as_of, actor=ACTOR)
        except PaymentRefused as error:
            _log.error("%s is not refunded: %s", row["payment_ref"], error)
    return len(rows)


def orders_to_complete(conn_url: str) -> int:
    """How many paid purchases wait for their orders."""
    with transaction(conn_url, ACTOR) as connection:
        return int(fetch(connection, "purchase/orders_to_complete")[0]["waiting"])
