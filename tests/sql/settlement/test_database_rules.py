"""What the database itself refuses of settled rows: strangers, and their removal."""

import pytest
from sqlalchemy.exc import DBAPIError

from tests.sql.books import add, at, line, open_books, payment, rows
from tieout.settlement.tasks import reconcile

MATCH = (
    "INSERT INTO settlement_match (match_no, business_date, pass, payment_id, settlement_line_id,"
    " amount_minor, variance_minor, matched_at)"
    " VALUES (9, '2026-03-05', 'x', {}, {}, 1000, 0, '2026-03-05') RETURNING 1"
)
MATCHES = "SELECT payment_id, settlement_line_id FROM settlement_match"


@pytest.fixture
def url(case_url: str) -> str:
    """P1 and line 1 are matched; P2 and line 9 are open."""
    open_books(case_url)
    add(case_url, payment=[payment(1), payment(2)], settlement_line=[line(1), line(9)])
    reconcile(as_of=at(4))
    return case_url


@pytest.mark.parametrize(
    ("statement", "column", "table"),
    [
        (MATCH.format(99, 9), "payment_id", "payment 99"),
        (MATCH.format(2, 98), "settlement_line_id", "settlement_line 98"),
        (
            "UPDATE settlement_match SET payment_id = 99 RETURNING 1",
            "payment_id",
            "payment 99",
        ),
        (
            "UPDATE settlement_match SET settlement_line_id = 98 RETURNING 1",
            "settlement_line_id",
            "settlement_line 98",
        ),
    ],
)
def test_a_match_of_what_there_is_not_is_refused(
    url: str, statement: str, column: str, table: str
) -> None:
    with pytest.raises(DBAPIError, match=f"{column} of settlement_match: there is no {table}"):
        rows(url, statement)
    assert rows(url, MATCHES) == [(1, 1)]


def test_a_match_of_what_there_is_is_taken(url: str) -> None:
    rows(url, MATCH.format(2, 9))
    assert sorted(rows(url, MATCHES)) == [(1, 1), (2, 9)]


@pytest.mark.parametrize("table", ["payment", "settlement_line"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_what_is_settled_is_never_removed(url: str, table: str, statement: str) -> None:
    with pytest.raises(DBAPIError, match=f"{table} is append-only: "):
        rows(url, statement.format(table))
    assert rows(url, f"SELECT count(*) FROM {table}") == [(2,)]
