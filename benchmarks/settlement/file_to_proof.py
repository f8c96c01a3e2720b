"""From a gateway's file to the proof, beside a bare pandas script that does far less.

Both get the same CSV of an Adyen batch report and the same open payments, in one PostgreSQL. Ours
is what the DAGs call: the inbox fetches, checks, archives and loads the file, then the
reconciliation matches, writes and proves. The script reads the CSV, reads the payments, merges, and
writes the result by to_sql. Each runs in a process of its own; its start and imports are not timed.

PYTHONPATH=include python -m benchmarks.settlement.file_to_proof [--rows 1000000]
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
from sqlalchemy import create_engine, text

from benchmarks.formats.data import FORMAT_ID, write_report
from tieout.exchange import inbox
from tieout.exchange.partners import AccountSpec, FeedSpec, PartnerSpec, load_partners
from tieout.kernel.database import transaction
from tieout.kernel.postgres import EmbeddedPostgres
from tieout.kernel.schema import migrate
from tieout.kernel.settings import settings
from tieout.settlement import journal_tasks, tasks

AS_OF = datetime(2026, 11, 10, 12, tzinfo=UTC)
_NAME = "settlement_detail_report_batch_1.csv"
_PAYMENTS = """
    INSERT INTO payment (payment_ref, sales_order_id, seq, kind, method, gateway, gateway_ref,
                         currency, amount_minor, captured_at, state)
    SELECT 'ORDER-' || lpad(i::text, 8, '0'), i, 1,
           CASE WHEN i % 20 = 3 THEN 'refund' ELSE 'charge' END, 'visa', 'adyen',
           CASE WHEN i % 20 = 3 THEN 'MOD' ELSE 'PSP' END || lpad(i::text, 13, '0'),
           (ARRAY['EUR', 'USD', 'GBP'])[1 + i / 10000 % 3],
           500 + i::bigint * 7919 % 50000 + CASE WHEN i % 200 = 7 THEN 3 ELSE 0 END,
           timestamptz '2026-01-01 00:00:00Z' + interval '17 seconds' * i, 'CAPTURED'
      FROM generate_series(0, :rows - 1) AS i
     WHERE i % 100 <> 50
"""
"""The payments of the report's lines: 1 % are unknown to us, 0.5 % off by 3 minor units."""
_FOUND = """
    SELECT (SELECT count(*) FROM settlement_line), (SELECT count(*) FROM settlement_match),
           (SELECT count(*) FROM settlement_finding)
"""
Cost = dict[str, Any]
"""What a side took: `seconds`, `cpu` (of its process), `megabytes`; and what it found."""


def main() -> None:
    """Print the phases of our side, what both sides took, and the ratio of the two."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--one", nargs=2, metavar=("SIDE", "FOLDER"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        _measure(_SIDES[args.one[0]], Path(args.one[1]))
        return
    with tempfile.TemporaryDirectory(prefix="tieout-bench-") as name:
        root = Path(name)
        root.chmod(0o755)
        server = EmbeddedPostgres(root / "postgres", durable=False)
        try:
            url = server.start().url("tieout")
            os.environ |= {"TIEOUT_DATABASE_URL": url, "TIEOUT_VAR": str(root / "var")}
            _prepare(url, root, args.rows)
            print(f"{args.rows:,} lines, {(root / _NAME).stat().st_size / 2**20:.0f} MB of CSV")
            pandas, ours = (_in_own_process(side, root, server) for side in ("pandas", "tieout"))
        finally:
            server.destroy()
    for name, cost in (("pandas script", pandas), ("tieout", ours)):
        print(
            f"{name:16} {cost['seconds']:8.2f} s  {cost['cpu']:8.2f} s of CPU"
            f"  {cost['server']:8.2f} s of the server's  peak {cost['megabytes']:6.0f} MB"
            f"  {cost['found']}"
        )
    clock = pandas["seconds"] / ours["seconds"]
    cpu = (pandas["cpu"] + pandas["server"]) / (ours["cpu"] + ours["server"])
    print(
        f"the script takes {clock:.2f} x the time of tieout (goal: at least 1),"
        f" and {cpu:.2f} x its processor time and the server's"
    )


def _prepare(url: str, root: Path, rows: int) -> None:
    """A fresh database with the gateway and its open payments, and the report in its folder."""
    migrate(url)
    adyen = PartnerSpec(
        partner_id="adyen",
        kind="GATEWAY",
        name="Adyen",
        feeds={"SETTLEMENT": FeedSpec(format_id=FORMAT_ID, directory=str(root), file_glob=_NAME)},
        account=AccountSpec(account="main", tolerance_minor=5),
    )
    write_report(root / _NAME, rows)
    with transaction(url, actor="benchmark") as connection:
        load_partners(connection, [adyen])
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(_PAYMENTS), {"rows": rows})
    with transaction(url, actor="benchmark") as connection:
        connection.execute(text("ANALYZE"))


def tieout(root: Path) -> str:
    """The tasks of the two DAGs, in their order."""
    for module, names in (
        (inbox, ("_fetch_new", "register", "load_rows")),
        (tasks, ("gather", "match", "save", "judge_fees", "count_lags")),
        (journal_tasks, ("prove_journal",)),
    ):
        for name in names:
            _timed(module, name)
    (chunk,) = tasks.gateway_chunks()
    _phase("take in", tasks.take_in_settlements, chunk=chunk, as_of=AS_OF)
    _phase("reconcile", tasks.reconcile, as_of=AS_OF)
    journal_tasks.prove_journal(flow="settlement", as_of=AS_OF)
    with transaction(settings().database_url, actor="benchmark") as connection:
        lines, matched, found = connection.execute(text(_FOUND)).one()
    return f"{lines:,} lines, {matched:,} matched, {found:,} findings, proven; {root.name} archived"


def _timed(module: ModuleType, name: str) -> None:
    """Have a function of a module say how long it took."""
    phase = getattr(module, name)
    setattr(module, name, lambda *args, **named: _phase(f"  {name}", phase, *args, **named))


def _phase(what: str, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    clock, cpu = time.perf_counter(), time.process_time()
    found = function(*arguments, **named)
    clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    print(f"    {what:24} {clock:8.2f} s  {cpu:8.2f} s of CPU", file=sys.stderr, flush=True)
    return found


def pandas_script(root: Path) -> str:
    """Read, read, merge, write: nothing is checked, archived, classified or proven."""
    database = create_engine(os.environ["TIEOUT_DATABASE_URL"])
    lines = pd.read_csv(root / _NAME, low_memory=False)
    payments = pd.read_sql("SELECT payment_id, gateway_ref, amount_minor FROM payment", database)
    refund = lines["Type"] == "Refunded"
    lines["gateway_ref"] = lines["Psp Reference"].where(~refund, lines["Modification Reference"])
    merged = payments.merge(lines, on="gateway_ref", how="outer", indicator=True)
    gross = merged["Gross Credit (GC)"].fillna(merged["Gross Debit (GC)"])
    merged["off"] = (gross * 100).round() - merged["amount_minor"]
    columns = ["payment_id", "gateway_ref", "Batch Number", "amount_minor", "off", "_merge"]
    merged[columns].astype({"_merge": str}).to_sql("result", database, index=False)
    with database.begin() as connection:
        connection.execute(text("DROP TABLE result"))
    return f"{(merged['_merge'] == 'both').sum():,} merged"


_SIDES: dict[str, Callable[[Path], str]] = {"pandas": pandas_script, "tieout": tieout}


def _in_own_process(side: str, root: Path, server: EmbeddedPostgres) -> Cost:
    before = _server_cpu(server)
    words = [sys.executable, "-m", "benchmarks.settlement.file_to_proof", "--one", side, str(root)]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
    cost: Cost = json.loads(done.stdout)
    return cost | {"server": _server_cpu(server) - before}


def _server_cpu(server: EmbeddedPostgres) -> float:
    """Seconds of processor that the server and its ended and running children took so far."""
    process = server.process()
    assert process is not None, "the server runs"
    took = process.cpu_times()
    children = [each.cpu_times() for each in process.children()]
    own = took.user + took.system + took.children_user + took.children_system
    return own + sum(each.user + each.system for each in children)


def _measure(side: Callable[[Path], str], root: Path) -> None:
    clock, cpu = time.perf_counter(), time.process_time()
    found = side(root)
    seconds, used = time.perf_counter() - clock, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cost = {"seconds": seconds, "cpu": used, "megabytes": peak, "found": found}
    sys.stdout.write(json.dumps(cost))


if __name__ == "__main__":
    main()
