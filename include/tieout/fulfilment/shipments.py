"""Shipments and tracking: parcels, the lines in them, and what carriers report of them."""

from datetime import datetime

from sqlalchemy import Connection

from tieout.fulfilment import answers
from tieout.fulfilment.rules import (
    DAYS_SHIPPED_AFTER_SCAN,
    DAYS_SHIPPED_BEFORE_SCAN,
    TRACKING_NO_SHAPE,
)
from tieout.kernel.database import execute

_SHIPPED_AROUND_EVENT = {
    "days_before": DAYS_SHIPPED_BEFORE_SCAN,
    "days_after": DAYS_SHIPPED_AFTER_SCAN,
}


def load(connection: Connection, *, vendor_ids: list[str], as_of: datetime) -> None:
    """Load the staged shipments.

    Repeated rows go to `staged_duplicate`, rows that cannot be taken to `staged_rejected`.
    """
    execute(connection, "fulfilment/lock_vendors", vendor_ids=vendor_ids)
    execute(connection, "fulfilment/duplicate_shipments")
    execute(connection, "exchange/analyze_staged_duplicate")
    execute(connection, "fulfilment/reject_shipments", tracking_no_shape=TRACKING_NO_SHAPE)
    execute(connection, "exchange/analyze_staged_rejected")
    execute(connection, "fulfilment/insert_parcels")
    execute(connection, "fulfilment/insert_shipments")
    execute(connection, "fulfilment/temporary_orders")
    execute(connection, "fulfilment/touch_staged_orders")
    answers.fold(connection, as_of=as_of)
    follow_parcels(connection)


def load_events(connection: Connection) -> None:
    """Load the staged tracking events; repeated and bad rows are reported as for shipments."""
    execute(connection, "fulfilment/duplicate_events")
    execute(connection, "exchange/analyze_staged_duplicate")
    execute(connection, "fulfilment/reject_events", tracking_no_shape=TRACKING_NO_SHAPE)
    execute(connection, "exchange/analyze_staged_rejected")
    execute(connection, "fulfilment/temporary_parcels")
    execute(connection, "fulfilment/insert_events", **_SHIPPED_AROUND_EVENT)
    follow_parcels(connection)


def follow_parcels(connection: Connection) -> None:
    """Give events that have no parcel theirs, and set the states of the parcels that got some."""
    execute(connection, "fulfilment/temporary_parcels")
    execute(connection, "fulfilment/attach_events", **_SHIPPED_AROUND_EVENT)
    execute(connection, "fulfilment/analyze_parcels")
    execute(connection, "fulfilment/fold_parcels")
