"""Own stock for many lines in one run, beside the bare window function that a serial count needs.

PYTHONPATH=include python -m benchmarks.stock [--rows 100000]

Orders of three lines, of which one in ten wants everything at once; of 1,000 articles nine in ten
are our own, with stock for nine in ten of the pieces. Times are those of the task `allocate`, with
its commit, on the embedded PostgreSQL as it runs in production (durable), and of its statements.
"""

import argparse
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, text

from tieout.kernel.database import transaction
from tieout.kernel.postgres import EmbeddedPostgres
from tieout.kernel.schema import migrate
from tieout.stock import tasks

AS_OF = datetime(2026, 3, 2, 6, tzinfo=UTC)
ARTICLES, LINES_PER_ORDER = 1_000, 3
BARE = """
SELECT count(*) FILTER (WHERE q.before < q.free) FROM (
    SELECT i.on_hand AS free,
           sum(l.quantity) OVER (PARTITION BY l.sku ORDER BY o.ordered_at, l.order_line_id)
           - l.quantity AS before
      FROM order_line AS l JOIN sales_order AS o USING (sales_order_id)
      JOIN stock_item AS i ON i.sku = l.sku) AS q
"""
WORLD = (
    "SET LOCAL session_replication_role = replica",
    "INSERT INTO partner (partner_id, kind, name, calendar_id)"
    " VALUES ('acme', 'VENDOR', 'Acme', 'weekdays'), ('shop', 'STOREFRONT', 'Shop', 'weekdays')",
    "INSERT INTO product (sku, description, vendor_id)"
    " SELECT 'S' || n, 'Article ' || n, 'acme' FROM generate_series(1, :articles) AS n",
    "INSERT INTO customer (customer_id, storefront, customer_ref) OVERRIDING SYSTEM VALUE"
    " VALUES (1, 'shop', 'C1')",
    "INSERT INTO sales_order (sales_order_id, order_ref, entry_id, storefront, customer_id,"
    " address_id, ordered_at, currency, total_minor, basket_hash, status, status_at, ship_complete)"
    " OVERRIDING SYSTEM VALUE"
    " SELECT n, 'R' || n, gen_random_uuid(), 'shop', 1, 1, :as_of - n * interval '1 second', 'EUR',"
    "        300, '', 'VERIFIED', :as_of, n % 10 = 0 FROM generate_series(1, :orders) AS n",
    "INSERT INTO payment (payment_ref, sales_order_id, seq, kind, method, currency, amount_minor,"
    " captured_at, state)"
    " SELECT 'P' || n, n, 1, 'charge', 'card', 'EUR', 300, :as_of - n * interval '1 second',"
    " 'CAPTURED' FROM generate_series(1, :orders) AS n",
    "INSERT INTO order_line (sales_order_id, line_no, entry_row_id, sku, vendor_id, quantity,"
    " unit_price_minor, freight_minor, line_total_minor)"
    " SELECT 1 + (n - 1) / :per_order, 1 + (n - 1) % :per_order, n,"
    " 'S' || 1 + (n::bigint * 7919) % :articles, 'acme', 1 + n % 3, 100, 0, 100 * (1 + n % 3)"
    " FROM generate_series(1, :rows) AS n",
    "INSERT INTO stock_item (sku, on_hand, allocated)"
    " SELECT l.sku, (sum(l.quantity) * 0.9)::integer, 0 FROM order_line AS l"
    " WHERE right(l.sku, 1) <> '7' GROUP BY l.sku",
)


def main() -> None:
    """Allocate `--rows` lines in one run and print seconds, statements and ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    root = Path(tempfile.mkdtemp(prefix="tieout-bench-"))
    root.chmod(0o755)
    server = EmbeddedPostgres(root)
    try:
        url = server.start().url("tieout")
        os.environ["TIEOUT_DATABASE_URL"] = url
        migrate(url)
        _fill(url, rows)
        bare = min(_bare(url) for _ in range(3))
        with _statements() as seconds:
            begun, cpu = time.perf_counter(), _processor_seconds(url)
            outcome = tasks.allocate(as_of=AS_OF)
            taken, cpu = time.perf_counter() - begun, _processor_seconds(url) - cpu
        _report(rows, outcome, seconds, (taken, cpu, bare))
    finally:
        server.destroy()


def _fill(url: str, rows: int) -> None:
    values = {"rows": rows, "orders": -(-rows // LINES_PER_ORDER), "per_order": LINES_PER_ORDER}
    values |= {"articles": ARTICLES, "as_of": AS_OF}
    with transaction(url, actor="bench") as connection:
        for statement in WORLD:
            connection.execute(text(statement), values)
    with transaction(url, actor="bench") as connection:
        connection.execute(text("ANALYZE"))


def _bare(url: str) -> float:
    with transaction(url, actor="bench") as connection:
        begun = time.perf_counter()
        connection.execute(text(BARE)).one()
        return time.perf_counter() - begun


def _processor_seconds(url: str) -> float:
    """What this process and all of the server's have used of the processors so far."""
    with transaction(url, actor="bench") as connection:
        folder = Path(connection.execute(text("SHOW data_directory")).scalar_one())
    server = (folder / "postmaster.pid").read_text(encoding="ascii").split("\n")[0]
    stats = [
        path.read_text().rpartition(")")[2].split() for path in Path("/proc").glob("[0-9]*/stat")
    ]
    ticks = [int(one[11]) + int(one[12]) for one in stats if one[1] == server]
    return time.process_time() + sum(ticks) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _statements() -> Iterator[dict[str, float]]:
    """The seconds of each statement while the block runs, by its purpose."""
    seconds: dict[str, float] = defaultdict(float)
    begun = 0.0

    def before(*_: Any, **__: Any) -> None:
        nonlocal begun
        begun = time.perf_counter()

    def after(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seconds[statement.partition("\n")[0].removeprefix("-- purpose: ")[:60]] += (
            time.perf_counter() - begun
        )

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
    try:
        yield seconds
    finally:
        event.remove(Engine, "before_cursor_execute", before)
        event.remove(Engine, "after_cursor_execute", after)


def _report(
    rows: int, outcome: dict[str, int], seconds: dict[str, float], times: tuple[float, ...]
) -> None:
    taken, cpu, bare = times
    for purpose, each in sorted(seconds.items(), key=lambda item: -item[1]):
        print(f"{purpose:62} {each:7.2f} s")
    print(f"{rows:,} lines: {outcome}")
    print(
        f"{taken:.2f} s, {cpu:.2f} s of processor; a bare window function takes {bare:.2f} s:"
        f" ratio {taken / bare:.1f}; {rows / taken:,.0f} lines/s"
    )


if __name__ == "__main__":
    main()
