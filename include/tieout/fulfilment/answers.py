"""Vendors' answers: loading them, and what they mean for lines, waiting shipments and orders."""

from datetime import datetime

from sqlalchemy import Connection

from tieout.kernel.database import execute


def load(connection: Connection, *, vendor_ids: list[str], as_of: datetime) -> None:
    """Load the staged acknowledgements; rows that cannot be taken go to `staged_rejected`."""
    execute(connection, "fulfilment/lock_vendors", vendor_ids=vendor_ids)
    execute(connection, "fulfilment/reject_answers")
    execute(connection, "exchange/analyze_staged_rejected")
    execute(connection, "fulfilment/insert_answers")
    execute(connection, "fulfilment/temporary_orders")
    execute(connection, "fulfilment/touch_staged_orders")
    fold(connection, as_of=as_of)


def fold_early(connection: Connection, *, vendor_ids: list[str], as_of: datetime) -> None:
    """Let answers count that came before we knew that the order had been delivered."""
    execute(connection, "fulfilment/temporary_orders")
    execute(connection, "fulfilment/touch_delivered_orders", vendor_ids=vendor_ids)
    fold(connection, as_of=as_of)


def fold(connection: Connection, *, as_of: datetime) -> None:
    """Bring the orders of `touched_order` to what answers and shipments say by now.

    The vendor's turn must be held (`lock_vendors`), so that an answer and a shipment that come at
    once see each other.
    """
    execute(connection, "fulfilment/analyze_orders")
    execute(connection, "fulfilment/fold_answers")
    execute(connection, "fulfilment/fold_orders", as_of=as_of)
    execute(connection, "fulfilment/apply_shipments")
    execute(connection, "fulfilment/fold_shipments")
    execute(connection, "fulfilment/mark_shipped", as_of=as_of)
