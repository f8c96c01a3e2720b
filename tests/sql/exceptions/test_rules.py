"""Each rule: what it finds, and what looks alike and is none of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.sql.books import add, at, feed, line, open_books, order, payment, rows, source_file
from tests.sql.harness import Row, load
from tieout.exceptions.registry import rules
from tieout.exceptions.runner import find_offences
from tieout.exceptions.tasks import raise_exceptions
from tieout.kernel.database import fetch, transaction
from tieout.settlement.tasks import reconcile

CASES = "SELECT code, subject, status FROM exception_case ORDER BY exception_case_id"


@pytest.fixture
def url(case_url: str) -> str:
    open_books(case_url)
    partner = {"calendar_id": "weekdays", "zone": "UTC", "active": True}
    load(
        case_url,
        {
            "partner": [
                partner | {"partner_id": "v1", "kind": "VENDOR", "name": "V1"},
                partner | {"partner_id": "ups", "kind": "CARRIER", "name": "UPS"},
            ]
        },
    )
    return case_url


def found(url: str, code: str, as_of: datetime) -> list[tuple[str, int | None]]:
    """(subject, amount) of what one rule finds."""
    with transaction(url, actor="test") as connection:
        find_offences(connection, [rule for rule in rules() if rule.code == code], as_of)
        query = "SELECT subject, amount_minor FROM judged ORDER BY subject"
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def order_line(number: int, **other: Any) -> Row:
    return {
        "order_line_id": number,
        "sales_order_id": number,
        "line_no": 1,
        "entry_row_id": number,
        "sku": "A",
        "vendor_id": "v1",
        "quantity": 2,
        "unit_price_minor": 400,
        "freight_minor": 200,
        "line_total_minor": 1000,
    } | other


def vendor_order(number: int, **other: Any) -> Row:
    """A vendor order of order <n>, sent at noon of Tuesday, promised for Thursday the 5th."""
    return {
        "vendor_order_id": number,
        "vendor_order_no": f"O{number}-v1",
        "revision": 1,
        "sales_order_id": number,
        "vendor_id": "v1",
        "ship_by": "2026-03-05",
        "status": "ACCEPTED",
        "status_at": at(3),
    } | other


def vendor_line(number: int, **other: Any) -> Row:
    return {
        "vendor_order_line_id": number,
        "vendor_order_id": number,
        "line_no": 1,
        "order_line_id": number,
        "sku": "A",
        "quantity": 2,
        "accepted": 2,
        "rejected": 0,
        "backordered": 0,
        "shipped": 0,
    } | other


def ordered(url: str, status: str = "ACCEPTED", **facts: Any) -> None:
    """Order 1 with its vendor order."""
    add(
        url,
        sales_order=[order(1)],
        order_line=[order_line(1)],
        vendor_order=[vendor_order(1, status=status)],
        vendor_order_line=[vendor_line(1, **facts)],
    )


def shipped(url: str, moment: datetime, quantity: int = 2, told: datetime | None = None) -> None:
    number = rows(url, "SELECT count(*) + 10 FROM source_file")[0][0]
    vendor = {"partner_id": "v1", "doc_type": "SHIPMENT", "received_at": told or moment}
    add(
        url,
        source_file=[source_file(number, f"ship-{number}.csv", **vendor)],
        shipment_line=[
            {
                "shipment_line_id": number,
                "source_file_id": number,
                "file_line": 2,
                "vendor_id": "v1",
                "vendor_order_no": "O1-v1",
                "line_no": 1,
                "quantity": quantity,
                "carrier": "ups",
                "tracking_no": "T1",
                "shipped_at": moment,
            }
        ],
    )


def put_effect(url: str, number: int, *states: str, **other: Any) -> None:
    """An effect E<n>, `planned` (noon of day 3) and brought through further states at once."""
    facts: Row = {"key": f"E{number}", "kind": "SFTP_PUT", "partner_id": "v1", "target": "there"}
    facts |= {"planned": at(3)} | other
    plan = (
        "INSERT INTO effect (effect_key, kind, partner_id, target, sha256, size_bytes,"
        " next_attempt_at, status_at)"
        " VALUES (:key, :kind, :partner_id, :target, '', 1, :planned, :planned)"
    )
    run(url, plan, **facts)
    for status in states:
        run(url, "UPDATE effect SET status = :to WHERE effect_key = :key", to=status, **facts)


def run(url: str, statement: str, **params: Any) -> None:
    with transaction(url, actor="test") as connection:
        connection.execute(text(statement), params)


def refused(number: int, name: str, **other: Any) -> Row:
    facts = {"status": "REFUSED", "problem": {"slug": "truncated"}}
    return source_file(number, name, **(facts | other))


def quarantined(number: int, **other: Any) -> Row:
    return {
        "quarantine_id": number,
        "row_key": f"k{number}",
        "doc_type": "TRACKING",
        "partner_id": "ups",
        "source_file_id": 7,
        "line_no": 4,
        "raw": "x",
        "rule": "r",
        "reason": "It is bad.",
        "remedy": "Mend it.",
        "first_seen_at": at(3),
        "status": "OPEN",
        "status_at": at(3),
    } | other


def test_order_duplicated_names_the_later_order(url: str) -> None:
    same = {"customer_id": 1, "basket_hash": "b"}
    ten = timedelta(minutes=10)
    add(
        url,
        sales_order=[
            order(1, **same),
            order(2, **same, ordered_at=at(2) + ten),
            order(3, **same, ordered_at=at(2) + 3 * ten),
            order(4, **same | {"basket_hash": "c"}),
            order(5, **same | {"customer_id": 2}),
            order(6, **same, total_minor=999),
            order(7, customer_id=9, basket_hash="z", total_minor=0),
            order(8, customer_id=9, basket_hash="z", total_minor=0),
        ],
    )
    assert found(url, "ORDER_DUPLICATED", at(3)) == [("O2", 1000)]


def test_order_balance_rules(url: str) -> None:
    amounts = {1: 1000, 2: 999, 3: 998, 4: 1001, 5: 1002, 6: 998, 7: 0}
    add(
        url,
        sales_order=[*(order(n) for n in amounts), order(8), order(9, total_minor=0)],
        order_line=[order_line(n) for n in (*amounts, 8)],
    )
    load(url, {"payment": [payment(n, amount_minor=minor) for n, minor in amounts.items()]})
    load(url, {"payment": [payment(60, sales_order_id=6, seq=2, state="PENDING"), payment(9)]})
    assert found(url, "ORDER_UNDERPAID", at(3)) == [("O3", 2)]
    assert found(url, "ORDER_OVERPAID", at(3)) == [("O5", 2)]
    assert found(url, "ORDER_WITHOUT_LINES", at(3)) == [("O9", 1000)]
    assert found(url, "ORDER_WITHOUT_PAYMENT", at(3)) == [("O8", 1000)]


def test_row_rejected_names_entry_rows_and_file_rows(url: str) -> None:
    entry = {
        "entry_id": "00000000-0000-0000-0000-000000000001",
        "line_no": 2,
        "order_ref": "O1",
        "currency": "EUR",
        "line_total_minor": 500,
        "payments": [{"payment_ref": "P1", "gateway_ref": "G1"}],
        "status": "QUARANTINED",
        "status_at": at(3),
    }
    load(
        url,
        {
            "order_entry": [
                entry | {"entry_row_id": 1},
                entry | {"entry_row_id": 2, "line_no": 3, "currency": "?", "payments": "no list"},
            ],
            "source_file": [source_file(7, "ack-7.csv", partner_id="v1")],
            "quarantine": [
                quarantined(1, doc_type="ORDER_ENTRY", partner_id="shop", entry_row_id=1)
                | {"source_file_id": None},
                quarantined(2, doc_type="ORDER_ENTRY", partner_id=None, entry_row_id=2)
                | {"source_file_id": None},
                quarantined(3, doc_type="ACKNOWLEDGEMENT", partner_id="v1"),
                quarantined(4, status="RELEASED", doc_type="ACKNOWLEDGEMENT", line_no=9),
                quarantined(5),
            ],
        },
    )
    assert found(url, "ROW_REJECTED", at(3)) == [
        ("entry:00000000-0000-0000-0000-000000000001:2", 500),
        ("entry:00000000-0000-0000-0000-000000000001:3", 500),
        ("file:ack-7.csv:4", None),
    ]
    assert found(url, "TRACKING_LOAD_FAILED", at(3)) == [("file:ack-7.csv:4", None)]


def test_a_refused_file_is_an_exception_until_its_good_copy_loads(url: str) -> None:
    add(
        url,
        source_file=[
            refused(2, "a.csv"),
            refused(3, "b.csv", control_no="9"),
            refused(4, "c.csv", control_no="10"),
            source_file(5, "b-again.csv", control_no="9"),
            source_file(6, "c.csv", doc_type="TRACKING", control_no="10"),
            refused(7, "d.csv", status="CONFLICT"),
        ],
    )
    still = [("file:a.csv", None), ("file:c.csv", None), ("file:d.csv", None)]
    assert found(url, "FILE_REFUSED", at(4)) == still
    add(url, source_file=[source_file(8, "a.csv")])
    assert found(url, "FILE_REFUSED", at(4)) == still[1:]


def numbered(*numbers: int, **other: Any) -> list[Row]:
    """Acknowledgements of v1 with these control numbers."""
    vendor = {"partner_id": "v1", "doc_type": "ACKNOWLEDGEMENT"} | other
    return [
        source_file(100 + n, f"ack-{n}.csv", **vendor | {"control_no": str(n)}) for n in numbers
    ]


def test_numbers_left_out_are_missing_where_a_partner_counts_without_holes(url: str) -> None:
    add(
        url,
        partner_feed=[
            feed("v1", "ACKNOWLEDGEMENT") | {"consecutive": True},
            feed("ups", "TRACKING"),
        ],
        source_file=[
            *numbered(8, 9, 12),
            *numbered(14, received_at=at(5)),
            source_file(2, "t-1.csv", partner_id="ups", doc_type="TRACKING", control_no="1"),
            source_file(3, "t-9.csv", partner_id="ups", doc_type="TRACKING", control_no="9"),
        ],
    )
    assert found(url, "FILE_MISSING", at(3, 5)) == []
    assert found(url, "FILE_MISSING", at(4)) == [("ACKNOWLEDGEMENT:10-11", None)]
    both = [("ACKNOWLEDGEMENT:10-11", None), ("ACKNOWLEDGEMENT:13-13", None)]
    assert found(url, "FILE_MISSING", at(5)) == both
    add(url, source_file=[*numbered(10, 11), *numbered(13, status="REFUSED")])
    assert found(url, "FILE_MISSING", at(5)) == []


def test_a_missing_file_is_told_after_two_hours_and_resolves_when_it_comes(url: str) -> None:
    add(url, partner_feed=[feed("v1", "ACKNOWLEDGEMENT") | {"consecutive": True}])
    add(url, source_file=numbered(1, 3))
    case = ("FILE_MISSING", "ACKNOWLEDGEMENT:2-2")
    raise_exceptions(as_of=at(4))
    assert rows(url, CASES) == [(*case, "PENDING")]
    raise_exceptions(as_of=at(4, 14))
    assert rows(url, CASES) == [(*case, "OPEN")]
    ((evidence,),) = rows(url, "SELECT evidence FROM exception_case")
    assert (evidence["before"], evidence["after"]) == ("ack-1.csv", "ack-3.csv")
    add(url, source_file=numbered(2))
    raise_exceptions(as_of=at(4, 15))
    assert rows(url, CASES) == [(*case, "AUTO_RESOLVED")]


def test_a_file_that_may_be_the_refused_one_is_not_missed_beside_it(url: str) -> None:
    add(url, partner_feed=[feed("v1", "ACKNOWLEDGEMENT") | {"consecutive": True}])
    unnumbered = {"partner_id": "v1", "doc_type": "ACKNOWLEDGEMENT"}
    add(url, source_file=[*numbered(1, 3), refused(2, "spoiled", **unnumbered)])
    raise_exceptions(as_of=at(4))
    raise_exceptions(as_of=at(5))
    assert rows(url, CASES) == [
        ("FILE_MISSING", "ACKNOWLEDGEMENT:2-2", "SUPPRESSED"),
        ("FILE_REFUSED", "file:spoiled", "OPEN"),
    ]


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


def test_effect_stuck_when_refused_without_answer_or_waiting_too_long(url: str) -> None:
    put_effect(url, 1)
    put_effect(url, 2, "SENT")
    put_effect(url, 3, "SENT", "REFUSED")
    put_effect(url, 4, "SENT", "UNKNOWN")
    put_effect(url, 5, "SENT", "CONFIRMED")
    ordered(url, status="WRITTEN", accepted=0)
    run(url, "UPDATE vendor_order SET effect_id = 1")
    assert found(url, "EFFECT_STUCK", at(3, 11)) == []
    assert found(url, "EFFECT_STUCK", at(3, 16)) == [("E3", None), ("E4", None)]
    late = [("E1", 1000), ("E2", None), ("E3", None), ("E4", None)]
    assert found(url, "EFFECT_STUCK", at(3, 17)) == late


def test_effect_stuck_does_not_count_the_weekend(url: str) -> None:
    put_effect(url, 1, planned=at(7))
    assert found(url, "EFFECT_STUCK", at(9, 3)) == []
    assert found(url, "EFFECT_STUCK", at(9, 5)) == [("E1", None)]


def test_effect_stuck_counts_from_the_plan_and_not_from_the_last_attempt(url: str) -> None:
    put_effect(url, 1, "SENT", "UNKNOWN")
    run(url, "UPDATE effect SET status = 'PLANNED', status_at = :at", at=at(3, 16))
    assert found(url, "EFFECT_STUCK", at(3, 17)) == [("E1", None)]


def test_a_mail_to_staff_is_missed_after_a_day_and_not_once_a_later_one_came(url: str) -> None:
    put_effect(url, 1, kind="MAIL", partner_id=None)
    put_effect(url, 2, kind="MAIL", partner_id=None, target="others")
    assert found(url, "EFFECT_STUCK", at(4)) == []
    assert found(url, "EFFECT_STUCK", at(4, 13)) == [("E1", None), ("E2", None)]
    put_effect(url, 3, "SENT", "CONFIRMED", kind="MAIL", partner_id=None, planned=at(4))
    assert found(url, "EFFECT_STUCK", at(4, 13)) == [("E2", None)]


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


def test_settlement_codes_come_from_the_newest_reconciliation(url: str) -> None:
    add(
        url,
        payment=[payment(n) for n in range(1, 6)],
        settlement_line=[
            line(1),
            line(2, gross_minor=999),
            line(3, gross_minor=1002),
            line(4, currency="USD"),
            line(5, of=1),
            line(6, of=1, gross_minor=10),
            line(7, of=90),
            line(8, of=91, order_ref=None),
        ],
    )
    reconcile(as_of=at(6))
    assert found(url, "AMOUNT_UNDER", at(6)) == [("P2", 1)]
    assert found(url, "AMOUNT_OVER", at(6)) == [("P3", 2)]
    assert found(url, "CURRENCY_MISMATCH", at(6)) == [("P4", 1000)]
    assert found(url, "DUPLICATE_SETTLEMENT", at(6)) == [("P1", 1010)]
    assert found(url, "SETTLED_NO_ORDER", at(6)) == [("G91", 1000), ("P90", 1000)]
    assert found(url, "SETTLEMENT_OVERDUE", at(6)) == [("P5", 1000)]


def test_settlement_findings_that_new_rows_overtook_wait_for_the_next_reconciliation(
    url: str,
) -> None:
    add(url, payment=[payment(1)], settlement_line=[line(2)])
    reconcile(as_of=at(6))
    assert found(url, "SETTLED_NO_ORDER", at(6)) == [("P2", 1000)]
    assert found(url, "SETTLEMENT_OVERDUE", at(6)) == [("P1", 1000)]
    add(url, payment=[payment(2)], settlement_line=[line(1, gateway_ref=None)])
    assert found(url, "SETTLED_NO_ORDER", at(6)) == []
    assert found(url, "SETTLEMENT_OVERDUE", at(6)) == []


def test_an_instant_sees_the_findings_of_its_own_reconciliation(url: str) -> None:
    add(url, payment=[payment(1)], settlement_line=[line(2)])
    reconcile(as_of=at(6))
    add(url, payment=[payment(2)], settlement_line=[line(1)])
    reconcile(as_of=at(9))
    for code in ("SETTLED_NO_ORDER", "SETTLEMENT_OVERDUE"):
        assert found(url, code, at(5)) == []
        assert found(url, code, at(6)) == []
        assert found(url, code, at(9)) == []
    add(url, payment=[payment(3)])
    reconcile(as_of=at(10))
    assert found(url, "SETTLEMENT_OVERDUE", at(9)) == []
    assert found(url, "SETTLEMENT_OVERDUE", at(10)) == [("P3", 1000)]


def test_money_of_an_order_in_quarantine_is_no_exception_of_its_own(url: str) -> None:
    entry = {
        "entry_row_id": 1,
        "entry_id": "00000000-0000-0000-0000-000000000001",
        "line_no": 1,
        "payments": [{"payment_ref": "P1", "gateway_ref": "G1"}],
        "status": "QUARANTINED",
        "status_at": at(3),
    }
    row = quarantined(1, doc_type="ORDER_ENTRY", entry_row_id=1) | {"source_file_id": None}
    load(url, {"order_entry": [entry], "quarantine": [row | {"partner_id": "shop"}]})
    add(url, settlement_line=[line(1)])
    reconcile(as_of=at(4))
    raise_exceptions(as_of=at(4))
    raise_exceptions(as_of=at(5))
    assert rows(url, CASES) == [
        ("ROW_REJECTED", "entry:00000000-0000-0000-0000-000000000001:1", "OPEN"),
        ("SETTLED_NO_ORDER", "P1", "SUPPRESSED"),
    ]


def test_what_a_refused_file_hides_is_not_missed_until_its_good_copy_is_reconciled(
    url: str,
) -> None:
    add(url, payment=[payment(1)], order_line=[order_line(1)])
    add(url, source_file=[refused(2, "adyen-2.csv")])
    reconcile(as_of=at(9))
    raise_exceptions(as_of=at(9))
    assert rows(url, CASES) == [
        ("FILE_REFUSED", "file:adyen-2.csv", "OPEN"),
        ("SETTLEMENT_OVERDUE", "P1", "SUPPRESSED"),
    ]
    add(url, source_file=[source_file(3, "adyen-2.csv")])
    add(url, settlement_line=[line(1, source_file_id=3)])
    raise_exceptions(as_of=at(9, 18))
    reconcile(as_of=at(10))
    raise_exceptions(as_of=at(10))
    assert [status for *_, status in rows(url, CASES)] == ["AUTO_RESOLVED", "AUTO_RESOLVED"]
    assert rows(url, "SELECT count(*) FROM exception_case WHERE opened_at IS NOT NULL") == [(1,)]


def contact(partner_id: str, doc_type: str, moment: datetime, problem: str | None = None) -> Row:
    """A visit to a feed that went well, or has failed since."""
    return {
        "partner_id": partner_id,
        "doc_type": doc_type,
        "contacted_at": moment,
        "last_ok_at": None if problem else moment,
        "failing_since": moment if problem else None,
        "problem": problem,
        "message": problem and "It said no.",
    }


def visited(url: str, *contacts: Row) -> None:
    """Vendors v2 and v3 behind one connection, v1 with a folder, and how visits to them went."""
    vendor = {"kind": "VENDOR", "connection_id": "c", "calendar_id": "weekdays", "active": True}
    names = [{"partner_id": each, "name": each, "zone": "UTC"} for each in ("v2", "v3")]
    feeds = [feed(each["partner_id"], each["doc_type"]) for each in contacts]
    add(
        url,
        partner=[vendor | each for each in names],
        partner_feed=feeds,
        partner_contact=list(contacts),
    )


def test_a_connection_that_fails_is_one_case_for_all_behind_it(url: str) -> None:
    visited(
        url,
        contact("v1", "SHIPMENT", at(3), "refused"),
        contact("v2", "ACKNOWLEDGEMENT", at(3), "not-reached"),
        contact("v3", "ACKNOWLEDGEMENT", at(4), "no-answer"),
        contact("v3", "SHIPMENT", at(3)),
        contact("adyen", "TRACKING", at(3)),
    )
    assert found(url, "PARTNER_UNREACHABLE", at(2)) == []
    assert found(url, "PARTNER_UNREACHABLE", at(4)) == [
        ("connection:c", None),
        ("partner:v1", None),
    ]


def test_a_connection_that_answered_since_is_well_but_a_refused_folder_is_not(url: str) -> None:
    visited(
        url,
        contact("v2", "PURCHASE_ORDER", at(3), "not-reached"),
        contact("v2", "SHIPMENT", at(3), "refused"),
        contact("v3", "SHIPMENT", at(4)),
    )
    assert found(url, "PARTNER_UNREACHABLE", at(5)) == [("partner:v2", None)]


def test_who_is_unreachable_for_an_hour_is_told_and_is_why_no_answer_comes(url: str) -> None:
    ordered(url, status="DELIVERED")
    visited(url, contact("v1", "ACKNOWLEDGEMENT", at(9), "not-reached"))
    raise_exceptions(as_of=at(9))
    assert ("PARTNER_UNREACHABLE", "partner:v1", "PENDING") in rows(url, CASES)
    raise_exceptions(as_of=at(9, 13))
    assert [case for case in rows(url, CASES) if case[0] != "ORDER_WITHOUT_PAYMENT"] == [
        ("PARTNER_UNREACHABLE", "partner:v1", "OPEN"),
        ("SHIPMENT_LATE", "O1-v1", "SUPPRESSED"),
        ("VENDOR_ACK_MISSING", "O1-v1", "SUPPRESSED"),
    ]


def test_an_instant_before_the_last_run_does_nothing(url: str) -> None:
    raise_exceptions(as_of=at(5))
    add(url, source_file=[refused(2, "a.csv")])
    assert raise_exceptions(as_of=at(4)) == {"superseded_by": at(5).isoformat()}
    assert rows(url, CASES) == []


def test_every_rule_says_what_to_do_and_all_run_on_an_empty_database(url: str) -> None:
    with transaction(url, actor="test") as connection:
        find_offences(connection, rules(), at(3))
        assert fetch(connection, "exceptions/run/digest_counts") == []
    assert all(rule.remedy.endswith(".") and rule.purpose.endswith(".") for rule in rules())
