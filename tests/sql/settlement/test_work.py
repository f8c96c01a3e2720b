"""A night reads what is open and what is new, however much is settled."""

import pytest
from sqlalchemy import text

from benchmarks.settlement.books import AS_OF, DAY, fill, prepare, settle
from tests.sql.books import DRIFTED, rows
from tieout.kernel.database import engine, transaction
from tieout.settlement import overview
from tieout.settlement.tasks import reconcile

SETTLED, OPEN, NEW = 100_000, 600, 400
READ = """
    SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables
     WHERE relname = any(:tables) ORDER BY relname
"""
HISTORY = ["payment", "settlement_line", "settlement_line_fee", "settlement_match"]


def read(url: str) -> dict[str, int]:
    """How many rows of each table of HISTORY were ever read."""
    with engine(url).begin() as connection:
        connection.execute(text("SELECT pg_stat_force_next_flush()"))
    with engine(url).begin() as connection:
        return dict(connection.execute(text(READ), {"tables": HISTORY}).tuples().all())


@pytest.fixture
def url(case_url: str) -> str:
    prepare(case_url)
    settle(case_url, SETTLED)
    fill(case_url, NEW, OPEN)
    return case_url


def test_settled_payments_and_lines_are_not_read(url: str) -> None:
    before = read(url)
    counts = reconcile(as_of=AS_OF)
    assert counts["payments"]["read"] == OPEN
    done = {table: count - before[table] for table, count in read(url).items()}
    assert done["payment"] >= NEW  # so the counts are there
    assert max(done.values()) < SETTLED / 10, done
    assert rows(url, DRIFTED) == []


def test_the_list_of_what_is_open_now_reads_no_settled_ones(url: str) -> None:
    reconcile(as_of=AS_OF)
    before = read(url)
    with transaction(url, actor="test") as connection:
        shown = [
            overview.open_items(connection, DAY, side, limit=SETTLED)
            for side in ("payment", "line")
        ]
    assert len(shown[0]) >= OPEN - NEW
    assert shown[1]
    done = {table: count - before[table] for table, count in read(url).items()}
    assert max(done.values()) < SETTLED / 10, done
