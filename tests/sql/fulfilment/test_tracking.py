"""Tracking events: which parcel they belong to, what state they make, what is refused."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from tests.sql.fulfilment.staging import (
    AS_OF,
    Row,
    duplicates,
    partners,
    rejected,
    stage,
    vendor_order,
)
from tieout.fulfilment import shipments
from tieout.fulfilment.model import ParcelState, Scan
from tieout.fulfilment.rules import parcel_state
from tieout.kernel.database import transaction

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
numbers = count(1)


@pytest.fixture(scope="module")
def url(database_url: str) -> str:
    partners(database_url)
    return database_url


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    with transaction(url, actor="test") as connection:
        yield connection


def announce(connection: Connection, tracking_no: str, shipped_at: datetime = AS_OF) -> str:
    """Ship a new order in a parcel of that number."""
    order = f"T{next(numbers)}-acme"
    vendor_order(connection, order, [1])
    row = {
        "vendor_order_no": order,
        "order_line_no": 1,
        "quantity": 1,
        "tracking_no": tracking_no,
        "shipped_at": shipped_at,
    }
    stage(connection, "SHIPMENT", [row])
    shipments.load(connection, vendor_ids=["acme"], as_of=AS_OF)
    assert rejected(connection) == []
    return order


def track(connection: Connection, rows: list[Row]) -> None:
    stage(connection, "TRACKING", rows)
    shipments.load_events(connection)


def event(tracking_no: str, status: str, occurred_at: datetime) -> Row:
    return {"tracking_no": tracking_no, "status": status, "occurred_at": occurred_at}


def parcels(connection: Connection, tracking_no: str) -> list[tuple[str, datetime | None]]:
    query = text(
        "SELECT status, delivered_at FROM parcel WHERE tracking_no = :tracking_no"
        " ORDER BY shipped_at"
    )
    return [tuple(row) for row in connection.execute(query, {"tracking_no": tracking_no})]


def faults(connection: Connection, tracking_nos: list[str]) -> dict[str, str | None]:
    query = text("SELECT tracking_no, number_fault FROM parcel WHERE tracking_no = ANY(:numbers)")
    found = connection.execute(query, {"numbers": tracking_nos})
    return {row.tracking_no: row.number_fault for row in found}


def test_numbers_that_cannot_be_the_carriers_are_noted(connection) -> None:
    expected = {
        "1Z0000000100000008": None,
        "1z0000000100000017": None,
        "1Z0000000100000009": "check-digit",
        "PARCEL-17": "shape",
    }
    for number in expected:
        announce(connection, number)
    assert faults(connection, list(expected)) == expected


def test_a_parcel_is_where_its_latest_scan_says(connection) -> None:
    announce(connection, "TRK-A-1")
    track(connection, [event("TRK-A-1", "out_for_delivery", AS_OF + 2 * HOUR)])
    track(connection, [event("TRK-A-1", "in_transit", AS_OF + HOUR)])
    assert parcels(connection, "TRK-A-1") == [("OUT_FOR_DELIVERY", None)]
    track(connection, [event("TRK-A-1", "delivered", AS_OF + 3 * HOUR)])
    track(connection, [event("TRK-A-1", "in_transit", AS_OF + 4 * HOUR)])
    assert parcels(connection, "TRK-A-1") == [("DELIVERED", AS_OF + 3 * HOUR)]


def test_scans_that_come_before_the_shipment_find_their_parcel_later(connection) -> None:
    track(connection, [event("TRK-B-1", "delivered", AS_OF + HOUR)])
    announce(connection, "TRK-B-1")
    assert parcels(connection, "TRK-B-1") == [("DELIVERED", AS_OF + HOUR)]


def test_a_scan_before_the_day_of_shipping_still_counts(connection) -> None:
    announce(connection, "TRK-C-1")
    track(connection, [event("TRK-C-1", "delivered", AS_OF - DAY)])
    assert parcels(connection, "TRK-C-1") == [("DELIVERED", AS_OF - DAY)]


def test_a_number_that_is_used_again_is_another_parcel(connection) -> None:
    announce(connection, "TRK-D-1", AS_OF - 300 * DAY)
    track(connection, [event("TRK-D-1", "delivered", AS_OF - 298 * DAY)])
    track(connection, [event("TRK-D-1", "in_transit", AS_OF + HOUR)])
    announce(connection, "TRK-D-1", AS_OF)
    assert parcels(connection, "TRK-D-1") == [
        ("DELIVERED", AS_OF - 298 * DAY),
        ("IN_TRANSIT", None),
    ]


def test_two_orders_in_one_parcel_share_it(connection) -> None:
    announce(connection, "TRK-E-1", AS_OF)
    announce(connection, "TRK-E-1", AS_OF)
    assert parcels(connection, "TRK-E-1") == [("PRE_TRANSIT", None)]
    lines = text(
        "SELECT count(DISTINCT parcel_id), count(*) FROM shipment_line"
        " WHERE tracking_no = 'TRK-E-1'"
    )
    assert connection.execute(lines).one() == (1, 2)


def test_a_known_event_is_a_duplicate_and_a_bad_one_steps_aside(connection) -> None:
    announce(connection, "TRK-F-1")
    known = event("TRK-F-1", "in_transit", AS_OF + HOUR)
    track(connection, [known, known])
    assert duplicates(connection) == [4]
    track(
        connection,
        [
            known,
            event("??", "in_transit", AS_OF + HOUR),
            {**event("TRK-F-1", "lost", AS_OF + HOUR), "carrier": "pigeon"},
            event("TRK-F-1", "exception", AS_OF + 2 * HOUR),
        ],
    )
    assert duplicates(connection) == [3]
    assert rejected(connection) == [(4, "tracking-number"), (5, "unknown-carrier")]
    assert parcels(connection, "TRK-F-1") == [("EXCEPTION", None)]


scans = st.lists(st.tuples(st.sampled_from(ParcelState), st.integers(0, 4)), min_size=1, max_size=6)


@given(scans=scans, data=st.data())
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_database_folds_scans_as_the_rule_does_in_any_order(url: str, scans, data) -> None:
    tracking_no = f"TRK-{next(numbers):08d}"
    mixed = data.draw(st.permutations(scans + scans))
    with transaction(url, actor="test") as connection:
        announce(connection, tracking_no)
        for place in range(0, len(mixed), 2):
            track(
                connection,
                [
                    event(tracking_no, state.lower(), AS_OF + hours * HOUR)
                    for state, hours in mixed[place : place + 2]
                ],
            )
        [(status, _)] = parcels(connection, tracking_no)
    assert status == parcel_state([Scan(state, AS_OF + hours * HOUR) for state, hours in scans])
