"""FORMAT_DRIFT: columns against those of the feed's first file, paths against all it ever had."""

from typing import Any

import pytest

from tests.sql.books import add, at, open_books, rows, source_file
from tests.sql.harness import Row
from tieout.exceptions.registry import rules
from tieout.exceptions.runner import find_offences
from tieout.exceptions.tasks import raise_exceptions
from tieout.kernel.database import execute, transaction

CASES = "SELECT subject, status FROM exception_case ORDER BY exception_case_id"


@pytest.fixture
def url(case_url: str) -> str:
    open_books(case_url)
    return case_url


def found(url: str, day: int) -> list[tuple[str, str, bool]]:
    """(subject, name of the newest file, whether a column of ours is made of it)."""
    with transaction(url, actor="test") as connection:
        drift = [rule for rule in rules() if rule.code == "FORMAT_DRIFT"]
        find_offences(connection, drift, at(day))
        query = (
            "SELECT subject, evidence ->> 'file', (evidence ->> 'ours')::boolean FROM judged "
            "ORDER BY subject"
        )
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def file(number: int, columns: str, in_extra: str = "", **other: Any) -> Row:
    """A file of the SETTLEMENT feed of adyen, received on day <number>."""
    facts = {"columns": columns.split(), "columns_in_extra": in_extra.split()}
    received = {"received_at": at(number, 6), "status_at": at(number, 6)}
    return source_file(100 + number, f"s-{number}.csv", **received | {"facts": facts} | other)


def test_the_first_file_sets_what_is_usual(url: str) -> None:
    add(url, source_file=[file(2, "type net vat", "vat")])
    assert found(url, 3) == []
    add(url, source_file=[file(3, "vat net type", "vat")])
    assert found(url, 4) == []


def test_new_and_missing_columns_are_told_until_a_file_is_as_usual(url: str) -> None:
    add(url, source_file=[file(2, "type net fee vat", "vat")])
    add(url, source_file=[file(3, "type net surcharge", "surcharge")])
    changed = [
        ("SETTLEMENT:gone:fee", "s-3.csv", True),
        ("SETTLEMENT:gone:vat", "s-3.csv", False),
        ("SETTLEMENT:new:surcharge", "s-3.csv", False),
    ]
    assert found(url, 2) == []
    assert found(url, 3) == changed
    add(url, source_file=[file(4, "type net surcharge fee vat", "surcharge vat")])
    assert found(url, 4) == [("SETTLEMENT:new:surcharge", "s-4.csv", False)]
    add(url, source_file=[file(5, "type net fee vat", "vat")])
    assert found(url, 5) == []


def test_other_feeds_versions_and_refused_files_are_no_drift(url: str) -> None:
    add(
        url,
        source_file=[
            file(2, "type net"),
            file(3, "type net more", status="REFUSED"),
            file(4, "sku quantity", doc_type="INVENTORY"),
            file(5, "type net gross", format_id="next"),
        ],
    )
    assert found(url, 6) == []


def test_a_case_stays_closed_for_who_accepted_it_and_opens_for_the_next_column(url: str) -> None:
    add(url, source_file=[file(2, "type net"), file(3, "type net vat", "vat")])
    raise_exceptions(as_of=at(3))
    assert rows(url, CASES) == [("SETTLEMENT:new:vat", "OPEN")]
    decide(url, "FALSE_POSITIVE")
    add(url, source_file=[file(4, "type net vat tip", "vat tip")])
    raise_exceptions(as_of=at(4))
    assert rows(url, CASES) == [
        ("SETTLEMENT:new:vat", "FALSE_POSITIVE"),
        ("SETTLEMENT:new:tip", "OPEN"),
    ]
    ((since,),) = rows(url, "SELECT since FROM exception_case WHERE subject LIKE '%tip'")
    assert since == at(4, 6)
    add(url, source_file=[file(5, "type net vat", "vat")])
    raise_exceptions(as_of=at(5))
    assert rows(url, CASES)[1] == ("SETTLEMENT:new:tip", "AUTO_RESOLVED")


def decide(url: str, status: str) -> None:
    with transaction(url, actor="vera") as connection:
        connection.exec_driver_sql(
            f"UPDATE exception_case SET status = '{status}', status_at = '{at(3, 13)}', "
            "status_reason = 'a tax column, told by mail' WHERE status = 'OPEN'"
        )


def told(url: str, number: int, paths: str, in_extra: str = "", hour: int = 6) -> None:
    """A file without columns is loaded, on day <number>."""
    facts = {"paths": paths.split(), "paths_in_extra": in_extra.split()}
    moment = at(number, hour)
    one = source_file(1000 * number + hour, f"p-{number}.xml", received_at=moment, status_at=moment)
    add(url, source_file=[one | {"facts": facts}])
    with transaction(url, actor="test") as connection:
        execute(connection, "exchange/note_paths", source_file_ids=[one["source_file_id"]])


def test_a_path_that_no_file_had_is_told_for_seven_days(url: str) -> None:
    told(url, 2, "amount fee", "note")
    assert found(url, 3) == []
    told(url, 3, "amount fee", "note surcharge")
    new = [("SETTLEMENT:new:surcharge", "p-3.xml", False)]
    assert found(url, 2) == []
    assert found(url, 4) == new
    told(url, 5, "amount", "note")
    assert found(url, 9) == new
    assert found(url, 11) == []


def test_a_path_of_ours_is_missed_once_ten_files_had_it(url: str) -> None:
    for hour in range(9):
        told(url, 2, "amount fee", hour=hour)
    told(url, 3, "amount")
    assert found(url, 4) == []
    told(url, 4, "amount fee")
    told(url, 5, "amount")
    assert found(url, 6) == []


def test_a_path_that_stood_in_each_of_ten_files_is_missed_until_it_comes(url: str) -> None:
    for hour in range(10):
        told(url, 2, "amount fee", hour=hour)
    assert found(url, 3) == []
    told(url, 3, "amount")
    told(url, 4, "amount")
    assert found(url, 5) == [("SETTLEMENT:gone:fee", "p-3.xml", True)]
    told(url, 5, "amount fee")
    assert found(url, 6) == []


def test_another_format_of_a_feed_starts_its_paths_anew(url: str) -> None:
    told(url, 2, "amount")
    told(url, 3, "amount", "surcharge")
    with transaction(url, actor="test") as connection:
        connection.exec_driver_sql("UPDATE partner_feed SET format_id = 'next-2'")
    assert found(url, 4) == []
