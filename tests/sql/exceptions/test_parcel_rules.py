"""What carriers report, and tracking numbers."""

from tests.sql.books import add, at
from tests.sql.exceptions.offences import found, ordered, shipped


def test_tracking_of_a_parcel_that_nobody_announced(url: str) -> None:
    event = {"source_file_id": 1, "file_line": 2, "carrier": "ups", "status": "IN_TRANSIT"}
    event |= {"occurred_at": at(4)}
    add(
        url,
        tracking_event=[
            event | {"tracking_event_id": 1, "event_hash": "1", "tracking_no": "T1"},
            event | {"tracking_event_id": 2, "event_hash": "2", "tracking_no": "T2"},
            event
            | {"tracking_event_id": 3, "event_hash": "3", "tracking_no": "T3", "parcel_id": 1},
        ],
    )
    shipped(url, at(4))
    assert found(url, "TRACKING_UNKNOWN_ORDER", at(5)) == [("ups:T2", None)]


def test_delivered_before_shipped(url: str) -> None:
    parcel = {"carrier": "ups", "ship_day": "2026-03-04", "vendor_order_id": 1}
    parcel |= {"shipped_at": at(4), "status": "DELIVERED", "status_at": at(5)}
    ordered(url)
    add(
        url,
        parcel=[
            parcel | {"parcel_id": 1, "tracking_no": "T1", "delivered_at": at(4, 11)},
            parcel | {"parcel_id": 2, "tracking_no": "T2", "delivered_at": at(4)},
            parcel | {"parcel_id": 3, "tracking_no": "T3"},
        ],
    )
    assert found(url, "DELIVERED_BEFORE_SHIPPED", at(5)) == [("ups:T1:2026-03-04", None)]


def test_a_tracking_number_is_invalid_until_the_carrier_scans_it(url: str) -> None:
    parcel = {"carrier": "ups", "ship_day": "2026-03-04", "vendor_order_id": 1}
    parcel |= {"shipped_at": at(4), "status": "PRE_TRANSIT", "status_at": at(4)}
    wrong = parcel | {"number_fault": "check-digit"}
    ordered(url)
    add(
        url,
        parcel=[
            wrong | {"parcel_id": 1, "tracking_no": "T1"},
            wrong | {"parcel_id": 2, "tracking_no": "T2", "last_event_at": at(5)},
            parcel | {"parcel_id": 3, "tracking_no": "T3"},
        ],
    )
    assert found(url, "TRACKING_NUMBER_INVALID", at(3)) == []
    assert found(url, "TRACKING_NUMBER_INVALID", at(5)) == [("ups:T1:2026-03-04", None)]
