"""Whatever comes, in whatever order: each row is accounted for; a second run changes nothing."""

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.sql import harness
from tests.sql.intake.entries import SKUS, entry, set_up
from tieout.intake import tasks
from tieout.kernel.database import transaction

AS_OF = datetime(2026, 3, 2, 6, tzinfo=UTC)
CHANGED = (
    "order_entry", "customer", "address", "sales_order", "order_line", "payment", "quarantine",
    "run_summary", "status_history",
)  # fmt: skip
PICTURE = """
SELECT jsonb_build_object(
    'entries', (SELECT jsonb_agg(x ORDER BY x) FROM (
        SELECT jsonb_build_array(entry_id, line_no, status, status_reason) AS x
        FROM order_entry) t),
    'orders', (SELECT jsonb_agg(x ORDER BY x) FROM (
        SELECT jsonb_build_array(o.order_ref, o.status, o.total_minor, c.customer_ref, l.line_no,
                                 l.sku, l.quantity, l.line_total_minor) AS x
        FROM sales_order AS o JOIN customer AS c USING (customer_id)
        JOIN order_line AS l USING (sales_order_id)) t),
    'payments', (SELECT jsonb_agg(x ORDER BY x) FROM (
        SELECT jsonb_build_array(payment_ref, amount_minor, state) AS x FROM payment) t),
    'runs', (SELECT jsonb_agg(to_jsonb(r) ORDER BY task) FROM run_summary AS r),
    'history', (SELECT count(*) FROM status_history))
"""
ACCOUNTED = """
SELECT count(*) = count(*) FILTER (WHERE e.status IN ('NORMALISED', 'DUPLICATE', 'QUARANTINED'))
     + count(*) FILTER (WHERE e.status = 'VALID' AND EXISTS (
           SELECT FROM order_entry AS s WHERE s.entry_id = e.entry_id AND s.status = 'QUARANTINED'))
FROM order_entry AS e
"""
UNEQUAL = """
SELECT count(*) FROM order_balance AS b
WHERE b.total_minor <> b.lines_minor OR (b.status = 'VERIFIED' AND b.captured_minor < b.total_minor)
"""

LINE = st.tuples(
    st.sampled_from([*SKUS, "NEW-9"]),
    st.integers(0, 3),
    st.sampled_from([0, 1, 999, 10**15]),
)
ENTRY = st.fixed_dictionaries(
    {
        "lines": st.lists(LINE, min_size=1, max_size=4),
        "copies": st.integers(1, 2),
        "lost_line": st.booleans(),
        "currency": st.sampled_from(["EUR", "EUR", "EUR", "EUX"]),
        "paid": st.sampled_from(["CAPTURED", "CAPTURED", "DECLINED", "MAYBE"]),
    }
)


def rows_of(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    for number, wish in enumerate(entries, start=1):
        of_entry = entry(number, wish["lines"], currency=wish["currency"])
        for row in of_entry:
            row["payments"][0]["state"] = wish["paid"]
        kept = of_entry[: len(of_entry) - wish["lost_line"]] or of_entry
        rows += kept * wish["copies"]
    return rows


def take_in(url: str, rows: list[dict[str, Any]]) -> Any:
    with transaction(url, actor="test") as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(f"TRUNCATE {', '.join(CHANGED)} CASCADE"))
    harness.load(url, {"order_entry": rows})
    return run(url)


def run(url: str) -> Any:
    tasks.validate_entries(as_of=AS_OF)
    tasks.normalise_orders(as_of=AS_OF)
    with transaction(url, actor="test") as connection:
        return connection.execute(text(PICTURE)).scalar_one()


@pytest.fixture
def url(case_url: str, tmp_path: Path) -> str:
    set_up(case_url, tmp_path)
    return case_url


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(entries=st.lists(ENTRY, min_size=1, max_size=5), seed=st.integers(0, 2**16))
def test_conservation_idempotence_and_order(
    url: str, entries: list[dict[str, Any]], seed: int
) -> None:
    rows = rows_of(entries)
    once = take_in(url, rows)
    with transaction(url, actor="test") as connection:
        assert connection.execute(text(ACCOUNTED)).scalar_one()
        assert connection.execute(text(UNEQUAL)).scalar_one() == 0
    assert run(url) == once
    random.Random(seed).shuffle(rows)
    assert take_in(url, rows) == once
