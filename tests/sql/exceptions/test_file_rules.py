"""Files that are refused or missing, and partners that are out of reach."""

from datetime import datetime
from typing import Any

from tests.sql.books import add, at, feed, rows, source_file
from tests.sql.exceptions.offences import found, ordered, refused
from tests.sql.harness import Row
from tieout.exceptions.tasks import raise_exceptions

CASES = "SELECT code, subject, status FROM exception_case ORDER BY exception_case_id"


def numbered(*numbers: int, **other: Any) -> list[Row]:
    """Acknowledgements of v1 with these control numbers."""
    vendor = {"partner_id": "v1", "doc_type": "ACKNOWLEDGEMENT"} | other
    return [
        source_file(100 + n, f"ack-{n}.csv", **vendor | {"control_no": str(n)}) for n in numbers
    ]


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
