"""The whole nightly path, PostgreSQL to PostgreSQL, beside the same waterfall inside PostgreSQL.

Each night has `--rows` new payments with their lines. `--open` says how many payments are open in
all, `--settled` how many were settled before; either may be several, and each is a night of its own
in a database of its own. Processor time is that of this process and of the server together. The
contender matches and writes what it found, and nothing else: our cost of the same part (from the
database, matched, to the database) is a row of its own beside that of the whole night.

PYTHONPATH=include python -m benchmarks.settlement.nightly [--rows 1000000]
    [--open 1000000 10000000] [--settled 0 1000000] [--phases] [--alone]
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import text

from benchmarks.settlement import in_database
from benchmarks.settlement.books import AS_OF, fill, prepare, settle
from tieout.kernel.database import engine, transaction
from tieout.kernel.postgres import EmbeddedPostgres
from tieout.kernel.schema import migrate
from tieout.kernel.settings import settings
from tieout.settlement import journal_tasks, tasks

_PHASES = (
    *("execute", "refresh_statistics", "analyse", "gather", "match", "save", "save_links"),
    *("judge_fees", "compare_rates", "count_lags", "_refuse_gap"),
)
_MATCHING = ("_match", "save")
_WRITTEN = (
    "SELECT (SELECT count(*) FROM settlement_match), (SELECT count(*) FROM settlement_finding)"
)


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock, and of processors: this process and the database server."""

    clock: float
    own: float
    server: float

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.clock + other.clock, self.own + other.own, self.server + other.server)

    @property
    def processor(self) -> float:
        """All processor time."""
        return self.own + self.server

    def __str__(self) -> str:
        return f"{self.clock:8.2f} {self.own:8.2f} {self.server:8.2f}"


class Meter:
    """Measures work by looks at this process and at a server, before and after."""

    def __init__(self, server: psutil.Process) -> None:
        self._server = server

    def cost(self, work: Callable[[], Any]) -> tuple[Cost, Any]:
        """Do `work`; what it cost, and what it returned."""
        before = self._look()
        found = work()
        return Cost(*(after - was for was, after in zip(before, self._look(), strict=True))), found

    def _look(self) -> tuple[float, float, float]:
        return time.perf_counter(), time.process_time(), self._server_time()

    def _server_time(self) -> float:
        """Of the server's processes, those that are gone too."""
        main = self._server.cpu_times()
        total = main.user + main.system + main.children_user + main.children_system
        for child in self._server.children():
            try:
                times = child.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
        return total


def main() -> None:
    """Print the cost of each night, of the contender on the same night, and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--open", type=int, nargs="+", default=[0])
    parser.add_argument("--settled", type=int, nargs="+", default=[0])
    parser.add_argument("--phases", action="store_true", help="the cost of each phase too")
    parser.add_argument("--alone", action="store_true", help="without the contender")
    args = parser.parse_args()
    first: Cost | None = None
    for settled in args.settled:
        for waiting in args.open:
            is_open = max(waiting, args.rows)
            print(f"\n{args.rows:,} lines, {is_open:,} open payments, {settled:,} settled")
            print(f"{'seconds':40} {'clock':>8} {'own':>8} {'server':>8}")
            with _night(args.rows, is_open, settled) as (url, meter):
                other = None if args.alone else _contender(url, meter)
                ours, matching = _tieout(url, meter, args.phases)
            if other:
                print(f"{'in the database / tieout, same part':40} {_ratios(other, matching)}")
                print(f"{'in the database / tieout, whole night':40} {_ratios(other, ours)}")
            if first:
                print(f"{'this night / the first one':40} {_ratios(ours, first)}")
            first = first or ours


def _ratios(one: Cost, other: Cost) -> str:
    clock, processor = one.clock / other.clock, one.processor / other.processor
    return f"clock {clock:5.2f} x, processor {processor:5.2f} x"


@contextmanager
def _night(rows: int, is_open: int, settled: int) -> Iterator[tuple[str, Meter]]:
    root = Path(tempfile.mkdtemp(prefix="tieout-bench-"))
    root.chmod(0o755)
    server = EmbeddedPostgres(root, durable=False)
    url = server.start().url("tieout")
    try:
        os.environ["TIEOUT_DATABASE_URL"] = url
        settings.cache_clear()
        migrate(url)
        prepare(url)
        if settled:
            settle(url, settled)
        fill(url, rows, is_open)
        process = server.process()
        assert process is not None, "the server has just been started"
        yield url, Meter(process)
    finally:
        engine(url).dispose()
        server.destroy()


def _new_session(url: str) -> None:
    """End the sessions so far, and wait until the server has counted what they used."""
    engine(url).dispose()
    time.sleep(1)


def _contender(url: str, meter: Meter) -> Cost:
    def work() -> tuple[int, int]:
        with transaction(url, actor="contender") as connection:
            return in_database.reconcile(connection, AS_OF)

    _new_session(url)
    cost, (matches, findings) = meter.cost(work)
    print(f"{'in the database':40} {cost} {matches:>10,} matches {findings:>8,} findings")
    with transaction(url, actor="contender") as connection:
        connection.execute(text("DROP TABLE contender_match, contender_finding"))
    return cost


def _tieout(url: str, meter: Meter, phases: bool) -> tuple[Cost, Cost]:
    """The cost of the whole night, and of the part of it that the contender does."""
    with transaction(url, actor="benchmark") as connection:
        before = connection.execute(text(_WRITTEN)).one()
    costs: list[Cost] = []
    with ExitStack() as stack:
        for name in _MATCHING:
            stack.enter_context(_metered(name, meter, costs.append))
        if phases:
            for name in _PHASES:
                stack.enter_context(_metered(name, meter, None))
        _new_session(url)
        cost, _ = meter.cost(lambda: tasks.reconcile(as_of=AS_OF))
    with transaction(url, actor="benchmark") as connection:
        written = connection.execute(text(_WRITTEN)).one()
    matches, findings = (after - was for was, after in zip(before, written, strict=True))
    matching = costs[0] + costs[1]
    print(f"{'tieout, what the contender does':40} {matching}")
    print(f"{'tieout':40} {cost} {matches:>10,} matches {findings:>8,} findings")
    proven, _ = meter.cost(lambda: journal_tasks.prove_journal(flow="settlement", as_of=AS_OF))
    print(f"{'tieout, journal proven after it':40} {proven}")
    return cost, matching


@contextmanager
def _metered(name: str, meter: Meter, note: Callable[[Cost], None] | None) -> Iterator[None]:
    """Measure a phase of the night: `note` is told its cost, or else it is printed."""
    phase = getattr(tasks, name)

    def run(*arguments: Any, **named: Any) -> Any:
        cost, found = meter.cost(lambda: phase(*arguments, **named))
        if note:
            note(cost)
        else:
            print(f"  {arguments[1] if name == 'execute' else name:38} {cost}")
        return found

    setattr(tasks, name, run)
    try:
        yield
    finally:
        setattr(tasks, name, phase)


if __name__ == "__main__":
    main()
