"""How fast matching is, as ratios to simpler things done with the same files in the same run.

Ratios are of processor time, which a busy machine disturbs less; seconds by the clock stand beside.
datacompy, on pandas and on Polars, has an environment of its own (benchmarks/peers.py).

PYTHONPATH=include python -m benchmarks.settlement [--rows 1000000] [--repeat 3] [--faults 50000]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from benchmarks import peers
from benchmarks.settlement import datacompy_peer, faults, one_run
from benchmarks.settlement.data import tables
from benchmarks.settlement.waterfall import waterfall
from tieout.kernel.sqlfiles import sql_text
from tieout.settlement.engine import Limits, matching
from tieout.settlement.model import MatchSettings
from tieout.settlement.repeats import crowded_keys
from tieout.settlement.stores import DuckStore

_AS_OF = datetime(2026, 11, 10)  # noqa: DTZ001 (the engine takes it as UTC)
_JOIN = """FROM payments AS p INNER JOIN lines AS l ON p.gateway = l.gateway
    AND p.gateway_ref = l.gateway_ref AND p.kind = l.kind AND p.currency = l.currency
    AND p.amount_minor = l.gross_minor"""
_SMALLER = 1_000_000
"""The rows that a run with more of them is compared with."""
_AMPLE, _LIMIT = "16GB", "2GB"
_ROW_GROUP = 122_880
"""Rows of a group in the files, as DuckDB writes them: what its threads share among them."""
Files = tuple[Path, Path]


@dataclass(frozen=True)
class Took:
    """The best of some turns: seconds by the clock, seconds of processors, pairs found."""

    clock: float
    cpu: float
    found: int


def main() -> None:
    """Print one line per contender: best seconds of `--repeat` turns, and ratios to the floors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=_SMALLER)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--faults", type=int, default=50_000, help="rows with every fault")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = _write(args.rows, Path(folder))
        ours = _print_contenders(files, args.rows, args.repeat)
        if args.rows > _SMALLER:
            smaller = _best(tieout, _write(_SMALLER, Path(folder)), args.repeat)
            _print_slope(smaller, ours, args.rows)
        _print_memory(files)
    _print_scores(args.faults)


def _write(rows: int, folder: Path) -> Files:
    files = folder / f"payments_{rows}.parquet", folder / f"lines_{rows}.parquet"
    for table, file in zip(tables(rows), files, strict=True):
        pq.write_table(table, file, row_group_size=_ROW_GROUP)
    return files


def _print_contenders(files: Files, rows: int, repeat: int) -> Took:
    """Print what each contender took; returns what tieout did."""
    contenders: dict[str, Callable[[Path, Path], int]] = {
        "join count, five columns (DuckDB)": join_count,
        "join to pairs, five columns (DuckDB)": join_pairs,
        "tieout, exact pass": exact_pass,
        "tieout, checks + passes + proof": tieout,
        "pandas, the same passes and codes": pandas_waterfall,
    }
    print(f"{rows:,} payments, best of {repeat}")
    print(f"{'':40} {'clock':>8} {'cpu':>8} {'/ count':>8} {'/ pairs':>8} {'/ tieout':>8}")
    took = {name: _best(contender, files, repeat) for name, contender in contenders.items()}
    for on in datacompy_peer.CONTENDERS:
        took[f"datacompy on {on}, one key"] = _best_of_peer(on, files, repeat)
    count, pairs, _, ours, *_ = took.values()
    for name, one in took.items():
        ratios = " ".join(f"{one.cpu / unit.cpu:6.2f} x" for unit in (count, pairs, ours))
        print(f"{name:40} {one.clock:6.2f} s {one.cpu:6.2f} s {ratios} {one.found:>12,} pairs")
    return ours


def _best_of_peer(on: str, files: Files, repeat: int) -> Took:
    words = [peers.python(), datacompy_peer.__file__, on, *files, repeat]
    done = subprocess.run(list(map(str, words)), check=True, stdout=subprocess.PIPE)
    return Took(*json.loads(done.stdout))


def _best(contender: Callable[[Path, Path], int], files: Files, repeat: int) -> Took:
    clocks, cpus, found = [], [], 0
    for _ in range(repeat):
        clock, cpu = time.perf_counter(), time.process_time()
        found = contender(*files)
        clocks.append(time.perf_counter() - clock)
        cpus.append(time.process_time() - cpu)
    return Took(min(clocks), min(cpus), found)


def _print_slope(smaller: Took, ours: Took, rows: int) -> None:
    print(
        f"\nfrom {_SMALLER:,} to {rows:,} payments: {ours.cpu / smaller.cpu:.2f} x the processor"
        f" time, {ours.clock / smaller.clock:.2f} x by the clock"
    )


def _print_memory(files: Files) -> None:
    """Print what a run by itself takes with memory to spare, and under a limit."""
    print(f"\n{'a process of its own':40} {'clock':>8} {'cpu':>8} {'peak':>8}")
    clocks = []
    for memory in (_AMPLE, _LIMIT):
        words = [sys.executable, "-m", one_run.__name__, *files, _AS_OF.isoformat(), memory]
        done = subprocess.run(list(map(str, words)), check=True, stdout=subprocess.PIPE)
        clock, cpu, peak = json.loads(done.stdout)
        clocks.append(clock)
        limit = f"tieout, DuckDB's memory_limit {memory}"
        print(f"{limit:40} {clock:6.2f} s {cpu:6.2f} s {peak / 1e9:5.2f} GB")
    print(f"the limit costs {clocks[1] / clocks[0]:.2f} x the time by the clock")


def _print_scores(rows: int) -> None:
    """Recall and precision of every code, against what was planted."""
    planted = faults.plant(rows)
    told = faults.facts(faults.run(planted))
    print(f"\n{rows:,} payments with every fault: planted, recall, precision")
    for what, count, right, wrong in faults.scores(planted.truth, told):
        recall, precision = (right / total if total else 1.0 for total in (count, right + wrong))
        print(f"{what:40} {count:>8,} {recall:>8.1%} {precision:>8.1%}")


def _connect(payments: Path, lines: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.read_parquet(str(payments), file_row_number=True).create_view("payments")
    con.read_parquet(str(lines), file_row_number=True).create_view("lines")
    return con


def join_count(payments: Path, lines: Path) -> int:
    """The floor: how many pairs have five columns in common."""
    with _connect(payments, lines) as con:
        return con.execute(f"SELECT count(*) {_JOIN}").fetchall()[0][0]


def join_pairs(payments: Path, lines: Path) -> int:
    """The pairs themselves, kept, though one payment may have several."""
    with _connect(payments, lines) as con:
        con.execute(f"CREATE TEMP TABLE pairs AS SELECT p.payment_id, l.line_id {_JOIN}")
        return con.execute("SELECT count(*) FROM pairs").fetchall()[0][0]


def exact_pass(payments: Path, lines: Path) -> int:
    """The exact pass alone, one to one, with the search for crowded keys; inputs unchecked."""
    with duckdb.connect() as con:
        for side, file, amount in (
            ("payments", payments, "amount_minor"),
            ("lines", lines, "gross_minor"),
        ):
            con.read_parquet(str(file), file_row_number=True).project(
                f"*, file_row_number AS {side[:-1]}_no, {amount} AS settle_minor,"
                f" CAST(hash(gateway_ref, {amount}) >> 1 AS BIGINT) AS key_code"
            ).create_view(side)
        store = DuckStore(con)
        store.put("crowded_keys", crowded_keys(con))
        store.make("pairs", sql_text("settlement/passes/01_exact_reference"))
        return store.count("pairs")


def tieout(payments: Path, lines: Path) -> int:
    """The whole run, but for writing the results."""
    with matching(payments, lines, MatchSettings(_AS_OF), Limits(memory=_AMPLE)) as matched:
        return sum(matched.proof.by_pass.values())


def pandas_waterfall(payments: Path, lines: Path) -> int:
    """The same passes and codes in pandas, without checks, links, near misses or proof."""
    return len(waterfall(payments, lines, _AS_OF)[0])


if __name__ == "__main__":
    main()
