"""What the tasks of send_vendor_orders and take_in_vendor_answers call."""

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from tieout.exchange import inbox, outbox
from tieout.fulfilment import answers, functional_acks, purchase_orders, receipts, shipments
from tieout.fulfilment.model import Chunk
from tieout.fulfilment.rules import DAYS_LIVELY, HOURS_BETWEEN_ROUNDS, chunks
from tieout.kernel.database import execute, fetch, transaction
from tieout.kernel.runs import Counts, record
from tieout.kernel.settings import settings
from tieout.kernel.time import parse_instant

SENDING = "send_vendor_orders"
TAKING_IN = "take_in_vendor_answers"
ANSWER_FEEDS = ("RECEIPT", "ACKNOWLEDGEMENT", "SHIPMENT")
logger = logging.getLogger(__name__)


def plan_vendor_orders(*, as_of: datetime | str) -> list[Chunk]:
    """Split each verified order by vendor; returns the vendors that have orders to be sent.

    An order that has been split is left alone, so a second run plans nothing.
    """
    at = parse_instant(as_of)
    with transaction(settings().database_url, actor=f"{SENDING}/plan") as connection:
        (planned,) = fetch(connection, "fulfilment/plan_vendor_orders", as_of=at)
        counts = Counts(read=planned["orders"], applied=planned["orders"])
        record(connection, flow=SENDING, task="plan", part="all", as_of=at, counts=counts)
        found = chunks(_partners(connection, "fulfilment/vendors_to_send"))
    logger.info("%s, %s vendor orders", counts.log_line(), planned["vendor_orders"])
    return found


def send_vendor_orders(*, chunk: Chunk, as_of: datetime | str) -> dict[str, int]:
    """Write the purchase orders of the chunk's vendors, one file each, and bring them there.

    Returns how many vendor orders were written and delivered, and how many still wait. An order
    is in one file only, and a file goes once, wherever an earlier run was cut off.
    """
    at, vendor_ids, url = parse_instant(as_of), chunk["vendor_ids"], settings().database_url
    actor = f"{SENDING}/send"
    with transaction(url, actor) as connection:
        written = purchase_orders.write_files(connection, vendor_ids=vendor_ids, as_of=at)
        effect_ids = purchase_orders.effects_to_send(connection, vendor_ids=vendor_ids)
    if effect_ids:
        outbox.send(url, effect_ids=effect_ids, as_of=at, actor=actor)
    with transaction(url, actor) as connection:
        delivered, waiting = purchase_orders.mark_delivered(
            connection, vendor_ids=vendor_ids, as_of=at
        )
        receipts.mark(connection, vendor_ids=vendor_ids, as_of=at)
        answers.fold_early(connection, vendor_ids=vendor_ids, as_of=at)
        counts = Counts(read=delivered, applied=delivered)
        record(connection, flow=SENDING, task="send", part=chunk["label"], as_of=at, counts=counts)
    logger.info("%s, %s written, %s wait", counts.log_line(), written, waiting)
    return {"written": written, "delivered": delivered, "waiting": waiting}


def mark_ready(*, as_of: datetime | str) -> dict[str, int]:
    """Set the orders READY_FOR_SHIPPING of which every vendor has been told; returns how many."""
    at = parse_instant(as_of)
    with transaction(settings().database_url, actor=f"{SENDING}/mark_ready") as connection:
        ready = execute(connection, "fulfilment/mark_ready", as_of=at)
        counts = Counts(read=ready, applied=ready)
        record(connection, flow=SENDING, task="mark_ready", part="all", as_of=at, counts=counts)
    logger.info(counts.log_line())
    return {"ready": ready}


def answer_chunks(*, as_of: datetime | str) -> list[Chunk]:
    """The active vendors whose files are looked for now, in chunks.

    They are those with open or recent vendor orders, and once a day everybody else, so that a file
    that nobody expects is found within a day.
    """
    with transaction(settings().database_url, actor=f"{TAKING_IN}/list_vendors") as connection:
        found = _partners(
            connection,
            "fulfilment/vendors_to_ask",
            doc_types=list(ANSWER_FEEDS),
            as_of=parse_instant(as_of),
            days_lively=DAYS_LIVELY,
            hours_between_rounds=HOURS_BETWEEN_ROUNDS,
        )
    logger.info("%d vendors are looked at", len(found))
    return chunks(found)


def take_in_answers(*, chunk: Chunk, as_of: datetime | str) -> dict[str, int]:
    """Take in the chunk's receipts, acknowledgements and shipments; returns the counts of the rows.

    Vendors that want it are told what became of their files.
    """
    takers = (take_in_receipts, take_in_acknowledgements, take_in_shipments)
    counts = [take_in(chunk=chunk, as_of=as_of) for take_in in takers]
    send_functional_acks(chunk=chunk, as_of=as_of)
    return {name: sum(each[name] for each in counts) for name in counts[0]}


def take_in_receipts(*, chunk: Chunk, as_of: datetime | str) -> dict[str, int]:
    """Take in what the vendors' systems say of our purchase orders; the latest word counts.

    Returns the counts of the rows.
    """
    at, vendor_ids = parse_instant(as_of), chunk["vendor_ids"]

    def load(connection: Connection) -> None:
        receipts.load(connection, vendor_ids=vendor_ids, as_of=at)

    return _receive("RECEIPT", vendor_ids, at, load)


def take_in_acknowledgements(*, chunk: Chunk, as_of: datetime | str) -> dict[str, int]:
    """Take in what the vendors answered; the latest word per line counts.

    Shipments that waited for an answer are counted now. Returns the counts of the rows.
    """
    at, vendor_ids = parse_instant(as_of), chunk["vendor_ids"]

    def load(connection: Connection) -> None:
        answers.load(connection, vendor_ids=vendor_ids, as_of=at)

    return _receive("ACKNOWLEDGEMENT", vendor_ids, at, load)


def take_in_shipments(*, chunk: Chunk, as_of: datetime | str) -> dict[str, int]:
    """Take in what the vendors shipped, with its parcels; returns the counts of the rows.

    A shipment of more than is accepted so far waits (its `vendor_order_line_id` is null) until the
    vendor's next answer makes room for it.
    """
    at, vendor_ids = parse_instant(as_of), chunk["vendor_ids"]

    def load(connection: Connection) -> None:
        shipments.load(connection, vendor_ids=vendor_ids, as_of=at)

    return _receive("SHIPMENT", vendor_ids, at, load)


def send_functional_acks(*, chunk: Chunk, as_of: datetime | str) -> int:
    """Tell the chunk's vendors that speak EDI what became of their files; returns how many.

    A file is answered once, wherever an earlier run was cut off.
    """
    at, vendor_ids, url = parse_instant(as_of), chunk["vendor_ids"], settings().database_url
    actor = f"{TAKING_IN}/send_functional_acks"
    with transaction(url, actor) as connection:
        planned = functional_acks.plan(connection, vendor_ids=vendor_ids, as_of=at)
        effect_ids = functional_acks.effects_to_send(connection, vendor_ids=vendor_ids)
    if effect_ids:
        outbox.send(url, effect_ids=effect_ids, as_of=at, actor=actor)
        logger.info("%d files acknowledged, %d planned now", len(effect_ids), planned)
    return planned


def take_in_tracking(
    *, as_of: datetime | str, partner_ids: list[str] | None = None
) -> dict[str, int]:
    """Take in the carriers' events, of all active carriers unless named; set the parcels' states.

    Events of parcels that nobody announced yet wait for them. Returns the counts of the rows.
    """
    at, url = parse_instant(as_of), settings().database_url
    with transaction(url, actor=f"{TAKING_IN}/take_in_tracking") as connection:
        carriers = partner_ids or [
            partner_id
            for partner_id, _ in _partners(
                connection, "fulfilment/partners_that_report", kind="CARRIER", doc_type="TRACKING"
            )
        ]
    return _receive("TRACKING", carriers, at, shipments.load_events)


def _receive(
    doc_type: str, partner_ids: list[str], as_of: datetime, load: Callable[[Connection], None]
) -> dict[str, int]:
    counts: Counts = inbox.receive(
        settings().database_url,
        flow=TAKING_IN,
        task=f"take_in_{doc_type.lower()}",
        doc_type=doc_type,
        partner_ids=partner_ids,
        as_of=as_of,
        load=load,
    )
    logger.info("%s: %s", doc_type, counts.log_line())
    return counts.as_dict()


def _partners(connection: Connection, query: str, **params: object) -> list[tuple[str, str]]:
    return [(row["partner_id"], row["name"]) for row in fetch(connection, query, **params)]
