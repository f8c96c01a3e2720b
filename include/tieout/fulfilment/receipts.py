"""Receipts: what vendors' systems say of the purchase-order files that they were sent."""

from datetime import datetime

from sqlalchemy import Connection

from tieout.kernel.database import execute


def load(connection: Connection, *, vendor_ids: list[str], as_of: datetime) -> None:
    """Load the staged receipts; rows that cannot be taken go to `staged_rejected`."""
    execute(connection, "fulfilment/lock_vendors", vendor_ids=vendor_ids)
    execute(connection, "fulfilment/match_receipts")
    execute(connection, "fulfilment/reject_receipts")
    execute(connection, "fulfilment/insert_receipts")
    mark(connection, vendor_ids=vendor_ids, as_of=as_of)


def mark(connection: Connection, *, vendor_ids: list[str], as_of: datetime) -> int:
    """Set the delivered orders RECEIPTED that were taken in there; returns how many.

    A receipt may come before we know that its file has been delivered.
    """
    return execute(connection, "fulfilment/mark_receipted", vendor_ids=vendor_ids, as_of=as_of)
