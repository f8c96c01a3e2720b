"""How fast matching is, as ratios to simpler things done with the same files in the same run.

Ratios are of processor time, which a busy machine disturbs less; seconds by the clock stand beside.
datacompy, on pandas and on Polars, has an environment of its own (benchmarks/peers.py).

PYTHONPATH=include python -m benchmarks.settlement [--rows 1000000] [--repeat 3]
"""

import argparse
import json
import re
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from benchmarks import peers
from benchmarks.settlement import datacompy_peer, faults
from benchmarks.settlement.data import tables
from benchmarks.settlement.waterfall import waterfall
from tieout.kernel.sqlfiles import sql_text
from tieout.settlement.engine import matching
from tieout.settlement.model import MatchSettings
from tieout.settlement.stores import DuckStore

_AS_OF = datetime(2026, 11, 10)  # noqa: DTZ001 (the engine takes it as UTC)
_JOIN = """FROM payments AS p INNER JOIN lines AS l ON p.gateway = l.gateway
    AND p.gateway_ref = l.gateway_ref AND p.kind = l.kind AND p.currency = l.currency
    AND p.amount_minor = l.gross_minor"""


def main() -> None:
    """Print one line per contender: best seconds of `--repeat` turns, ratio to the join count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--faults", type=int, default=50_000, help="rows with every fault")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "payments.parquet", Path(folder) / "lines.parquet"
        for table, file in zip(tables(args.rows), files, strict=True):
            pq.write_table(table, file)
        _print_contenders(files, args.rows, args.repeat)
    _print_scores(args.faults)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory of all together: {peak:.1f} GB")


def _print_contenders(files: tuple[Path, Path], rows: int, repeat: int) -> None:
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
    (_, count, _), (_, pairs, _), _, (_, ours, _), *_ = took.values()
    for name, (clock, cpu, found) in took.items():
        ratios = " ".join(f"{cpu / unit:6.2f} x" for unit in (count, pairs, ours))
        print(f"{name:40} {clock:6.2f} s {cpu:6.2f} s {ratios} {found:>12,} pairs")


def _best_of_peer(on: str, files: tuple[Path, Path], repeat: int) -> tuple[float, float, int]:
    words = [peers.python(), datacompy_peer.__file__, on, *files, repeat]
    done = subprocess.run(list(map(str, words)), check=True, stdout=subprocess.PIPE)
    clock, cpu, found = json.loads(done.stdout)
    return clock, cpu, found


def _print_scores(rows: int) -> None:
    """Recall and precision of every code, against what was planted."""
    planted = faults.plant(rows)
    told = faults.facts(faults.run(planted))
    print(f"\n{rows:,} payments with every fault: planted, recall, precision")
    for what, count, right, wrong in faults.scores(planted.truth, told):
        recall, precision = (right / total if total else 1.0 for total in (count, right + wrong))
        print(f"{what:40} {count:>8,} {recall:>8.1%} {precision:>8.1%}")


def _best(
    contender: Callable[[Path, Path], int], files: tuple[Path, Path], repeat: int
) -> tuple[float, float, int]:
    clocks, cpus, found = [], [], 0
    for _ in range(repeat):
        clock, cpu = time.perf_counter(), time.process_time()
        found = contender(*files)
        clocks.append(time.perf_counter() - clock)
        cpus.append(time.process_time() - cpu)
    return min(clocks), min(cpus), found


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
    with _connect(payments, lines) as con:
        for side, amount in (("payments", "amount_minor"), ("lines", "gross_minor")):
            con.execute(
                f"CREATE TEMP VIEW seen_{side} AS SELECT *, file_row_number AS {side[:-1]}_no,"
                f" CAST(hash(gateway_ref, {amount}) >> 1 AS BIGINT) AS key_code,"
                f" {amount} AS settle_minor FROM {side}"
            )
        store = DuckStore(con)
        for name, file in (
            ("crowded_keys", "settlement/steps/crowded_keys"),
            ("pairs", "settlement/passes/01_exact_reference"),
        ):
            text = sql_text(file)
            for side in ("payments", "lines"):
                text = re.sub(rf"(FROM|JOIN) {side}\b", rf"\1 seen_{side}", text)
            store.make(name, text)
        return store.count("pairs")


def tieout(payments: Path, lines: Path) -> int:
    """The whole run, but for writing the results."""
    with matching(payments, lines, MatchSettings(_AS_OF)) as matched:
        return sum(matched.proof.by_pass.values())


def pandas_waterfall(payments: Path, lines: Path) -> int:
    """The same passes and codes in pandas, without checks, links, near misses or proof."""
    return len(waterfall(payments, lines, _AS_OF)[0])


if __name__ == "__main__":
    main()
