"""How order entry by HTTP bears load, with PostgreSQL killed and started again in the middle.

PYTHONPATH=include python -m benchmarks.capture [--rows 12000] [--rate 200] [--outage 10]

A storefront API and a PostgreSQL of their own, on this machine. Entries are sent at their times
whether the ones before are answered or not, and a time is counted from when its entry was due. Then
the tasks of take_in_orders run, and every entry must be exactly one order.
"""

import argparse
import asyncio
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
import psycopg

from tieout.kernel.audit import Decision
from tieout.kernel.database import transaction
from tieout.kernel.postgres import EmbeddedPostgres
from tieout.kernel.schema import migrate
from tieout.storefront_api.known import make_key
from tieout.world.http_till import entry_body
from tieout.world.orders import STOREFRONT, orders_of
from tieout.world.partners import register
from tieout.world.scenario import Scenario

_DECISION = Decision("benchmark", "load", datetime(2026, 3, 2, tzinfo=UTC))
_AS_OF = datetime(2026, 3, 3, tzinfo=UTC)
_GOAL_MS = 100.0


@dataclass
class Load:
    """What was sent and how it was answered: (second in which it was due, milliseconds)."""

    answered: list[tuple[float, float]] = field(default_factory=list)
    refused: int = 0
    again: int = 0


def main() -> int:
    """Print rate, p50, p99, spooled entries and orders; 1 unless each entry is one order."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=12_000, help="entries in all")
    parser.add_argument("--rate", type=int, default=200, help="entries a second")
    parser.add_argument("--outage", type=float, default=10.0, help="seconds without PostgreSQL")
    args = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="tieout-capture-"))
    root.chmod(0o755)
    postgres = EmbeddedPostgres(root / "postgres")
    (root / "postgres").mkdir(mode=0o755)
    try:
        return _run(postgres, root, args.rows, args.rate, args.outage)
    finally:
        postgres.destroy()
        shutil.rmtree(root, ignore_errors=True)


def _run(postgres: EmbeddedPostgres, root: Path, rows: int, rate: int, outage: float) -> int:
    url = postgres.url("tieout")
    os.environ |= {"TIEOUT_DATABASE_URL": url, "TIEOUT_VAR": str(root / "var")}
    migrate(url)
    scenario = Scenario(days=1, orders_per_day=rows)
    spool = root / "spool"
    register(url, scenario, spool)
    with transaction(url, actor="benchmark") as connection:
        key = make_key(connection, STOREFRONT, _DECISION)
    orders = orders_of(scenario, scenario.first_day)[:rows]
    bodies = [json.dumps(entry_body(order)).encode() for order in orders]
    with _serving(root, spool) as (base, process):
        before = sum(process.cpu_times()[:2])
        load = asyncio.run(_send(base, key, bodies, rate, postgres, outage))
        used = sum(process.cpu_times()[:2]) - before
        _wait_for_recovery(base, spool)
    _report(load, rows / rate, used, outage)
    print(f"entries that went to the spool: {_spooled(spool):,}")
    return _take_in(url, len(orders))


@contextmanager
def _serving(root: Path, spool: Path) -> Iterator[tuple[str, psutil.Process]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "TIEOUT_SPOOL": str(spool)}
    command = [sys.executable, "-m", "tieout.storefront_api", "--port", str(port)]
    with (root / "api.log").open("wb") as log:
        api = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        base = f"http://127.0.0.1:{port}"
        while _health(base) is None:
            time.sleep(0.1)
        yield base, psutil.Process(api.pid)
    finally:
        api.terminate()
        api.wait(timeout=60)


async def _send(
    base: str, key: str, bodies: Sequence[bytes], rate: int, postgres: EmbeddedPostgres, out: float
) -> Load:
    load = Load()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    async with httpx.AsyncClient(
        base_url=base, headers=headers, limits=limits, timeout=30.0, trust_env=False
    ) as client:
        begun = time.perf_counter()
        half = asyncio.create_task(
            asyncio.to_thread(_interrupt, postgres, len(bodies) / rate / 2, out)
        )
        sending = []
        for place, body in enumerate(bodies):
            due = begun + place / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            sending.append(asyncio.create_task(_post(client, body, due, begun, load)))
        await asyncio.gather(*sending, half)
    return load


async def _post(
    client: httpx.AsyncClient, body: bytes, due: float, begun: float, load: Load
) -> None:
    try:
        answer = await client.post("/v1/entries", content=body)
    except httpx.TransportError:  # as a storefront would: the same entry again
        load.again += 1
        await _post(client, body, due, begun, load)
        return
    if answer.status_code == httpx.codes.CREATED:
        load.answered.append((due - begun, (time.perf_counter() - due) * 1000))
    else:
        load.refused += 1


def _interrupt(postgres: EmbeddedPostgres, after: float, outage: float) -> None:
    """Kill the postmaster that the benchmark started, and start it again some seconds later."""
    time.sleep(after)
    postmaster = postgres.process()
    assert postmaster is not None
    postmaster.kill()
    time.sleep(outage)
    postgres.start()


def _health(base: str) -> dict[str, object] | None:
    try:
        found: dict[str, object] = httpx.get(f"{base}/healthz", trust_env=False).json()
    except httpx.TransportError:
        return None
    return found


def _wait_for_recovery(base: str, spool: Path) -> None:
    while _health(base) != {"database": "up", "spooled": 0} or list(spool.glob("*.open")):
        time.sleep(0.1)


def _spooled(spool: Path) -> int:
    entries: set[str] = set()
    for path in spool.glob("*.jsonl"):
        with path.open("rb") as lines:
            entries |= {json.loads(line)["entry_id"] for line in lines}
    return len(entries)


def _report(load: Load, seconds: float, processor: float, outage: float) -> None:
    half = seconds / 2
    parts = {
        "all": load.answered,
        "before PostgreSQL is killed": [one for one in load.answered if one[0] < half],
        f"{outage:.0f} s without it": [one for one in load.answered if 0 <= one[0] - half < outage],
        "after": [one for one in load.answered if one[0] >= half + outage],
    }
    taken = len(load.answered)
    print(f"{taken:,} entries taken, {load.refused} refused, {load.again} sent again")
    print(f"sent at {taken / seconds:.0f} a second, on {os.cpu_count()} processors")
    print(f"processor time of the API: {1000 * processor / max(taken, 1):.2f} ms an entry")
    for name, answered in parts.items():
        if len(answered) < 2:
            continue
        shares = statistics.quantiles((ms for _, ms in answered), n=100, method="inclusive")
        print(
            f"{name:<28} p50 {shares[49]:6.1f} ms   p99 {shares[98]:6.1f} ms"
            f"   longest {max(ms for _, ms in answered):6.1f} ms"
            + (f"   (goal: p99 below {_GOAL_MS:.0f})" if name == "all" else "")
        )


def _take_in(url: str, entries: int) -> int:
    """Run the flow's tasks; 0 if every entry is exactly one order."""
    from tieout.intake import tasks

    tasks.take_in_spool(as_of=_AS_OF)
    tasks.validate_entries(as_of=_AS_OF)
    tasks.normalise_orders(as_of=_AS_OF)
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*), count(DISTINCT entry_id), (SELECT count(*) FROM quarantine)"
            " FROM sales_order"
        ).fetchone()
    assert row is not None
    orders, distinct, set_aside = row
    print(f"{orders:,} orders of {entries:,} entries, {set_aside} rows set aside")
    return 0 if orders == distinct == entries and not set_aside else 1


if __name__ == "__main__":
    sys.exit(main())
