"""The tasks of `take_in_orders`: spool files in, entries judged, sound entries made into orders.

Each works on all that is due as one set in one transaction, and takes the same turn, so that any of
them may be killed at any point and run again.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection

from tieout.intake.follow_up import (
    NATURES,
    plan_account_failures,
    plan_follow_ups,
    plan_mail_failures,
)
from tieout.intake.rules import CURRENCIES
from tieout.kernel.database import execute, fetch, lock, transaction
from tieout.kernel.runs import Counts, record
from tieout.kernel.settings import settings
from tieout.kernel.sqlfiles import sql_folder
from tieout.kernel.time import parse_instant

FLOW = "take_in_orders"
MANY_ORDERS = 5_000
_LOG = logging.getLogger(__name__)


def take_in_spool(*, as_of: datetime | str) -> dict[str, int]:
    """Load the spool files of every storefront into order_entry.

    A row that the table has already, by its entry and line, is a duplicate; one that says something
    else under the same key steps into quarantine. Returns the counts of rows.
    """
    from tieout.exchange import inbox

    url = settings().database_url
    with transaction(url, actor=f"{FLOW}/take_in_spool") as connection:
        storefronts = [row["partner_id"] for row in fetch(connection, "intake/spool_storefronts")]
    counts = inbox.receive(
        url,
        flow=FLOW,
        task="take_in_spool",
        doc_type="ORDER_SPOOL",
        partner_ids=storefronts,
        as_of=parse_instant(as_of),
        load=load_spool,
    )
    return counts.as_dict()


def load_spool(connection: Connection) -> None:
    """Put the staged spool rows into order_entry, but for those it has or cannot hold."""
    lock(connection, FLOW)
    _run_all(connection, "intake/spool")


def validate_entries(*, as_of: datetime | str) -> dict[str, int]:
    """Judge every entry row that was captured by `as_of` and is in no order yet.

    Sound rows become VALID, copies DUPLICATE, the others QUARANTINED with field, value, rule,
    reason and remedy. Rows in quarantine are judged again, so that a cured or corrected one goes
    on. Returns the counts of rows whose state changed.
    """
    as_of = parse_instant(as_of)
    with _turn("validate_entries") as connection:
        _run_all(connection, "intake/validate", as_of=as_of)
        _run_all(connection, "intake/rules", currencies=sorted(CURRENCIES))
        _run_all(connection, "intake/settle", as_of=as_of)
        counts = Counts(**fetch(connection, "intake/count_verdicts")[0])
        _record(connection, "validate_entries", as_of, counts)
    return counts.as_dict()


def normalise_orders(*, as_of: datetime | str) -> dict[str, int]:
    """Make orders of the entries whose rows are all valid, and move orders on by their payments.

    An order is ACCEPTED once a tender is captured by `as_of`, CARD_REJECTED when all are declined,
    and VERIFIED when the captured tenders cover its total; then its customer is to be told, and
    accounts of its services are to be opened. Returns the counts of entry rows, of
    which sound ones that wait for others of their entry are `deferred`, and how many orders came
    (`orders`) and were verified (`verified`).
    """
    as_of = parse_instant(as_of)
    with _turn("normalise_orders") as connection:
        _run_all(connection, "intake/normalise", as_of=as_of)
        sizes = fetch(connection, "intake/count_ready", as_of=as_of)[0]
        applied, deferred = sizes["applied"], sizes["deferred"]
        if sizes["orders"] > MANY_ORDERS:
            execute(connection, "intake/order_statistics")
        verified = _run_all(connection, "intake/orders", as_of=as_of)
        if verified:
            plan_follow_ups(connection, as_of)
        counts = Counts(read=applied + deferred, applied=applied, deferred=deferred)
        _record(connection, "normalise_orders", as_of, counts)
    return {**counts.as_dict(), "orders": sizes["orders"], "verified": verified}


def open_accounts(*, as_of: datetime | str) -> dict[str, int]:
    """Ask the accounts server for the accounts that paid orders open; staff learns of failures.

    Returns the counts of requests. Raises PartnersNotReached when the server is not reached.
    """
    from tieout.exchange.outbox import send

    as_of, url, actor = parse_instant(as_of), settings().database_url, f"{FLOW}/open_accounts"
    with transaction(url, actor) as connection:
        rows = fetch(connection, "intake/follow_up/accounts_to_open", as_of=as_of)
    effects = [row["effect_id"] for row in rows]
    counts = send(url, effect_ids=effects, as_of=as_of, actor=actor) if effects else Counts()
    with transaction(url, actor) as connection:
        plan_account_failures(connection, as_of)
    _LOG.info("open_accounts: %s", counts.log_line())
    return counts.as_dict()


def send_notices(*, as_of: datetime | str) -> dict[str, int]:
    """Send the mails about orders that are due, and those to staff about mails that failed.

    Returns the counts of mails. Raises PartnersNotReached when the mail server is not reached.
    """
    from tieout.exchange import notices

    as_of, url, actor = parse_instant(as_of), settings().database_url, f"{FLOW}/send_notices"
    counts = notices.send_notices(url, NATURES, as_of=as_of, actor=actor)
    with transaction(url, actor) as connection:
        failed = plan_mail_failures(connection, as_of)
    if failed:
        counts += notices.send_notices(url, ["MAIL_FAILURE"], as_of=as_of, actor=actor)
    _LOG.info("send_notices: %s", counts.log_line())
    return counts.as_dict()


@contextmanager
def _turn(task: str) -> Iterator[Connection]:
    with transaction(settings().database_url, actor=f"{FLOW}/{task}") as connection:
        lock(connection, FLOW)
        yield connection


def _run_all(connection: Connection, folder: str, **params: object) -> int:
    """Run the statements of a folder in their order; returns how many rows the last one touched."""
    touched = 0
    for file in sql_folder(folder):
        touched = execute(connection, file.path.with_suffix("").as_posix(), **params)
    return touched


def _record(connection: Connection, task: str, as_of: datetime, counts: Counts) -> None:
    record(connection, flow=FLOW, task=task, part="order_entry", as_of=as_of, counts=counts)
    _LOG.info("%s: %s", task, counts.log_line())
