"""The suites see the faults that are there, tell them apart, and stop the flows they guard."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.sql import harness
from tests.sql.intake.entries import entry, set_up
from tieout.intake import tasks as intake
from tieout.kernel.database import transaction
from tieout.quality.suites import SUITES
from tieout.quality.tasks import QualityFailed, check_quality, require_quality

AS_OF = datetime(2026, 3, 2, 6, tzinfo=UTC)
LINES = [("A-1", 1, 1000), ("B-2", 1, 500)]
RESULTS = text(
    "SELECT suite || ': ' || expectation, unexpected_count FROM quality_result"
    " WHERE as_of = :as_of AND (severity = 'critical') = :critical AND NOT success"
)


def failed(url: str, as_of: datetime, *, critical: bool) -> dict[str, int]:
    with transaction(url, actor="test") as connection:
        rows = connection.execute(RESULTS, {"as_of": as_of, "critical": critical})
        return {row[0]: row[1] for row in rows}


def paid(number: int, **over: object) -> list[harness.Row]:
    rows = entry(number, LINES)
    for row in rows:
        row["payments"][0].update(over)
    return rows


def without_lines(number: int) -> list[harness.Row]:
    kept = {"entry_id", "storefront", "captured_at", "order_ref", "customer_ref", "currency"}
    (row, _) = entry(number, LINES)
    return [{key: row[key] for key in [*kept, "payments"]} | {"line_no": 0}]


def test_natural_faults_are_counted_and_stop_nothing(case_url: str, tmp_path: Path) -> None:
    set_up(case_url, tmp_path)
    entries = [
        *paid(1),
        *paid(2, amount_minor=1502),
        *paid(3, amount_minor=1499),
        *paid(4, amount_minor=1490),
        *without_lines(5),
        *[row | {"payments": []} for row in entry(6, LINES)],
        *entry(7, [("NEW-9", 1, 100)]),
    ]
    harness.load(case_url, {"order_entry": entries})
    intake.validate_entries(as_of=AS_OF)
    intake.normalise_orders(as_of=AS_OF)
    counts = check_quality(as_of=AS_OF)
    assert counts["critical"] == 0
    assert counts["expectations"] == sum(len(suite.expectations) for suite in SUITES)
    assert failed(case_url, AS_OF, critical=False) == {
        "orders: payments equal the lines": 2,
        "orders: an order has lines": 1,
        "orders: an order has a payment": 1,
        "orders: an order has one vendor": 5,
    }
    assert check_quality(as_of=AS_OF) == counts
    for flow in ("send_vendor_orders", "reconcile_settlements"):
        require_quality(flow, AS_OF)
    assert (tmp_path / "var/quality/docs/index.html").is_file()
    password = re.search(r":([^:@/]+)@", case_url)
    assert password
    files = [path for path in (tmp_path / "var/quality").rglob("*") if path.is_file()]
    assert not any(password[1].encode() in path.read_bytes() for path in files)

    with transaction(case_url, actor="test") as connection:
        connection.execute(
            text("UPDATE sales_order SET total_minor = 1501 WHERE order_ref = 'R-1'")
        )
    later = AS_OF + timedelta(days=1)
    check_quality(as_of=later)
    assert failed(case_url, later, critical=True) == {
        "orders: an order's total is the sum of its lines": 1,
        "orders: what goes to vendors is paid": 1,
    }
    with pytest.raises(QualityFailed, match="2 critical expectations failed"):
        require_quality("send_vendor_orders", later)
    require_quality("reconcile_settlements", later)
    require_quality("send_vendor_orders", AS_OF)
