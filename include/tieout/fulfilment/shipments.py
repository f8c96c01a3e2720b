"""Shipments and tracking: parcels, the lines in them, and what carriers report of them."""

from datetime import datetime

import pyarrow as pa
from sqlalchemy import Connection

from tieout.formats.tracking_numbers import fault_of, names
from tieout.fulfilment import answers
from tieout.fulfilment.rules import (
    DAYS_SHIPPED_AFTER_SCAN,
    DAYS_SHIPPED_BEFORE_SCAN,
    TRACKING_NO_SHAPE,
)
from tieout.kernel.database import execute, fetch
from tieout.kernel.staging import stage

_NUMBER_FAULT = pa.schema(dict.fromkeys(["carrier", "tracking_no", "fault"], pa.string()))
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
    _check_numbers(connection)
    execute(connection, "fulfilment/insert_shipments")
    execute(connection, "fulfilment/temporary_orders")
    execute(connection, "fulfilment/touch_staged_orders")
    answers.fold(connection, as_of=as_of)
    follow_parcels(connection)


def _check_numbers(connection: Connection) -> None:
    """Note on the staged shipments' parcels which numbers cannot be their carriers'."""
    numbers = fetch(connection, "fulfilment/numbers_to_check", known_as=list(names()))
    faults = [(row, fault_of(row["name"], row["tracking_no"])) for row in numbers]
    wrong = [
        {"carrier": row["carrier"], "tracking_no": row["tracking_no"], "fault": fault}
        for row, fault in faults
        if fault is not None
    ]
    stage(connection, "number_fault", pa.Table.from_pylist(wrong, _NUMBER_FAULT))
    execute(connection, "fulfilment/flag_numbers")


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
