"""Vendors that reject, stay silent, or ship late or otherwise than they said."""

import pytest

from tests.sql.books import add, at, order, rows
from tests.sql.exceptions.offences import found, ordered, run, shipped, vendor_order
from tests.sql.harness import Row
from tieout.exceptions.tasks import raise_exceptions

CASES = "SELECT code, subject, status FROM exception_case ORDER BY exception_case_id"


def test_vendor_rejected_also_in_part(url: str) -> None:
    ordered(url, status="PARTIAL", accepted=1, rejected=1)
    assert found(url, "VENDOR_REJECTED", at(4)) == [("O1-v1", 400)]


@pytest.mark.parametrize(
    ("status", "as_of", "expected"),
    [
        ("DELIVERED", at(4, 11), []),
        ("DELIVERED", at(4), [("O1-v1", 1000)]),
        ("ACCEPTED", at(9), []),
    ],
)
def test_vendor_ack_missing_after_a_business_day(url: str, status, as_of, expected) -> None:
    ordered(url, status=status, accepted=0)
    assert found(url, "VENDOR_ACK_MISSING", as_of) == expected


def test_a_vendor_order_that_no_run_put_into_a_file_is_not_sent(url: str) -> None:
    ordered(url, status="PLANNED", accepted=0)
    code = "VENDOR_ORDER_NOT_SENT"
    assert found(url, code, at(3)) == [], "the run that planned it may be at it"
    assert found(url, code, at(3, 13)) == [("O1-v1", 1000)]
    raise_exceptions(as_of=at(3, 13))
    assert (code, "O1-v1", "PENDING") in rows(url, CASES), "the run of this hour may take it"
    raise_exceptions(as_of=at(3, 14))
    assert (code, "O1-v1", "OPEN") in rows(url, CASES)
    ((evidence,),) = rows(url, f"SELECT evidence FROM exception_case WHERE code = '{code}'")
    assert evidence["has_feed"] is False
    run(url, "UPDATE vendor_order SET status = 'WRITTEN'")
    assert found(url, code, at(4)) == []


def test_vendor_ack_missing_does_not_count_the_weekend(url: str) -> None:
    add(url, sales_order=[order(1)])
    add(url, vendor_order=[vendor_order(1, status="DELIVERED", status_at=at(6))])
    assert found(url, "VENDOR_ACK_MISSING", at(9, 11)) == []
    assert found(url, "VENDOR_ACK_MISSING", at(9)) == [("O1-v1", 1000)]


@pytest.mark.parametrize(
    ("status", "facts"),
    [("ACCEPTED", {}), ("DELIVERED", {"accepted": 0}), ("PARTIAL", {"accepted": 1, "rejected": 1})],
)
def test_shipment_late_after_the_business_day_that_follows_the_promise(
    url: str, status: str, facts: Row
) -> None:
    ordered(url, status, **facts)
    assert found(url, "SHIPMENT_LATE", at(6, 23)) == []
    assert found(url, "SHIPMENT_LATE", at(7, 0)) == [("O1-v1", 1000)]


@pytest.mark.parametrize(
    ("status", "facts"),
    [
        ("REJECTED", {"accepted": 0, "rejected": 2}),
        ("BACKORDERED", {"accepted": 0, "backordered": 2}),
        ("PLANNED", {"accepted": 0}),
    ],
)
def test_shipment_late_does_not_wait_for_what_nobody_promised(url: str, status, facts) -> None:
    ordered(url, status, **facts)
    assert found(url, "SHIPMENT_LATE", at(20)) == []


def test_shipment_late_ends_with_the_last_piece_and_stays_in_sight_if_that_was_late(
    url: str,
) -> None:
    ordered(url)
    shipped(url, at(6, 23), quantity=1)
    assert found(url, "SHIPMENT_LATE", at(9)) == [("O1-v1", 1000)]
    shipped(url, at(9), quantity=1)
    assert found(url, "SHIPMENT_LATE", at(10)) == [("O1-v1", 1000)]
    assert found(url, "SHIPMENT_LATE", at(12)) == []


def test_shipment_in_time_is_not_late_however_late_its_notice_came(url: str) -> None:
    ordered(url)
    shipped(url, at(6, 23), told=at(20))
    assert found(url, "SHIPMENT_LATE", at(20)) == []


def test_shipped_though_rejected(url: str) -> None:
    ordered(url, status="PARTIAL", accepted=1, rejected=1)
    shipped(url, at(4), quantity=1)
    assert found(url, "SHIPPED_THOUGH_REJECTED", at(5)) == []
    shipped(url, at(4), quantity=1, told=at(5))
    assert found(url, "SHIPPED_THOUGH_REJECTED", at(4)) == []
    assert found(url, "SHIPPED_THOUGH_REJECTED", at(5)) == [("O1-v1", 400)]
    run(url, "UPDATE vendor_order_line SET accepted = 2, rejected = 0")
    assert found(url, "SHIPPED_THOUGH_REJECTED", at(5)) == []


@pytest.mark.parametrize("facts", [{"accepted": 0}, {"accepted": 0, "backordered": 2}])
def test_a_shipment_that_waits_for_its_answer_is_not_shipped_though_rejected(
    url: str, facts: Row
) -> None:
    ordered(url, status="DELIVERED", **facts)
    shipped(url, at(4))
    assert found(url, "SHIPPED_THOUGH_REJECTED", at(9)) == []
