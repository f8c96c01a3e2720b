"""What the tasks of allocate_stock call."""

import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection

from tieout.kernel import crash
from tieout.kernel.database import execute, fetch, transaction
from tieout.kernel.runs import Counts, record
from tieout.kernel.settings import settings
from tieout.kernel.time import parse_instant
from tieout.stock import allocation
from tieout.stock.receiving import load_movements, load_vendor_stock
from tieout.stock.rules import pieces_text

FLOW = "allocate_stock"
NATURES = ("PREORDER", "PREORDER_FILLED")
TOLD_TOGETHER = 1_000
"""How many notices are planned in one transaction."""

_log = logging.getLogger(__name__)


def take_in_movements(*, as_of: datetime | str) -> dict[str, int]:
    """Take in the warehouses' files of receipts, dispatches and adjustments; counts of rows."""
    return _receive("STOCK_MOVEMENT", parse_instant(as_of), load_movements)


def take_in_vendor_stock(*, as_of: datetime | str) -> dict[str, int]:
    """Take in what vendors say that they have; returns the counts of the rows."""
    return _receive("INVENTORY", parse_instant(as_of), load_vendor_stock)


def allocate(*, as_of: datetime | str) -> dict[str, int]:
    """Decide what becomes of every paid piece that waits; see allocation.allocate.

    Returns the figures of model.Outcome. A second run finds nothing to decide.
    """
    at = parse_instant(as_of)
    with transaction(settings().database_url, actor=f"{FLOW}/allocate") as connection:
        outcome = allocation.allocate(connection, at)
        deferred = outcome.pending + outcome.waiting
        counts = Counts(read=outcome.decided + deferred, applied=outcome.decided, deferred=deferred)
        record(connection, flow=FLOW, task="allocate", part="parts", as_of=at, counts=counts)
        crash.point("stock.decided")
    crash.point("stock.committed")
    _log.info("%s; %s", counts.log_line(), outcome)
    return asdict(outcome)


def tell_customers(*, as_of: datetime | str) -> dict[str, int]:
    """Mail customers that pieces of theirs wait, or have come: each once.

    Planned some at a time, then sent with what is still due. Returns the counts of the mails sent.
    """
    from tieout.exchange.notices import send_notices

    at, url = parse_instant(as_of), settings().database_url
    actor = f"{FLOW}/tell_customers"
    while _plan_some(url, actor, at):
        crash.point("stock.told")
    counts = send_notices(url, NATURES, as_of=at, actor=actor)
    _log.info("%s", counts.log_line())
    return counts.as_dict()


def _plan_some(url: str, actor: str, as_of: datetime) -> int:
    """Plan the mails of some notices; returns how many notices there were."""
    from tieout.exchange.notices import Notice, plan_notices

    with transaction(url, actor) as connection:
        rows = fetch(connection, "stock/untold", most=TOLD_TOGETHER)
        notices = [
            Notice(
                row["nature"],
                row["about"],
                {"order_ref": row["order_ref"], "pieces": pieces_text(row["pieces"])},
                recipient=row["email"],
            )
            for row in rows
            if row["email"]
        ]
        plan_notices(connection, notices, as_of)
        execute(
            connection,
            "stock/mark_told",
            natures=[row["nature"] for row in rows],
            abouts=[row["about"] for row in rows],
            as_of=as_of,
        )
    return len(rows)


def _receive(doc_type: str, as_of: datetime, load: Callable[[Connection], None]) -> dict[str, int]:
    from tieout.exchange import inbox

    url = settings().database_url
    task = f"take_in_{doc_type.lower()}"
    with transaction(url, actor=f"{FLOW}/{task}") as connection:
        partners = [
            row["partner_id"] for row in fetch(connection, "stock/reporters", doc_type=doc_type)
        ]
    counts = inbox.receive(
        url,
        flow=FLOW,
        task=task,
        doc_type=doc_type,
        partner_ids=partners,
        as_of=as_of,
        load=load,
    )
    _log.info("%s: %s", doc_type, counts.log_line())
    return counts.as_dict()
