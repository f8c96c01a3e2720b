"""The command `tieout match` on Spark and on DuckDB: the same rows, and what each takes.

A standalone master with two workers of one core each is started on loopback (Java 17). Seconds are
of the whole command: start, checks, passes, proof, and the results written as Parquet. Memory is
the most that all its processes held at once, with the cluster's daemons for Spark.

PYTHONPATH=include python -m benchmarks.settlement.spark [--rows 1000000 10000000]
"""

import argparse
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import duckdb
import psutil
import pyarrow.parquet as pq

from benchmarks.settlement.cluster import Cluster, standalone
from benchmarks.settlement.data import tables
from tieout.settlement.engine import OUTPUTS

_EVERY = 0.5
_AS_OF = "2026-11-10"
Hashes = dict[str, tuple[int, int]]
"""By output: how many rows it has, and a hash of them in their order."""


@dataclass(frozen=True)
class Run:
    """What one run of the command took, and what it wrote."""

    seconds: float
    gigabytes: float
    hashes: Hashes


def main() -> None:
    """Print seconds, memory and slope of both engines; exit 1 where any row differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--memory", default="4g", help="of each executor and of Spark's driver")
    parser.add_argument("--partitions", type=int, default=8, help="of a shuffle")
    args = parser.parse_args()
    print(f"{os.cpu_count()} processors, {psutil.virtual_memory().total / 2**30:.0f} GB of memory")
    with tempfile.TemporaryDirectory(prefix="tieout-spark-") as name:
        folder = Path(name)
        with standalone(folder, args.memory, args.partitions) as cluster:
            told = [_compare(folder, rows, cluster) for rows in args.rows]
    for number, engine in enumerate(("DuckDB", "Spark")):
        _print_slope(engine, args.rows, [pair[number] for pair in told])
    if any(duck.hashes != spark.hashes for duck, spark in told):
        sys.exit("The engines do not agree.")


def _compare(folder: Path, rows: int, cluster: Cluster) -> tuple[Run, Run]:
    """Both engines on the same files of so many payments."""
    for table, name in zip(tables(rows), ("payments", "lines"), strict=True):
        pq.write_table(table, folder / f"{name}.parquet")
    on_spark = ("--engine", "spark", "--master", cluster.master)
    runs = _run(folder, "duckdb"), _run(folder, "spark", on_spark, cluster)
    print(f"\n{rows:,} payments")
    for engine, run in zip(("DuckDB", "Spark"), runs, strict=True):
        print(f"  {engine:8} {run.seconds:8.1f} s   peak {run.gigabytes:5.1f} GB", flush=True)
    duck, spark = (run.hashes for run in runs)
    for output, found in duck.items():
        verdict = "the same rows" if found == spark[output] else f"NOT {spark[output]}"
        print(f"  {output:12} {found[0]:>12,} rows, hash {found[1]:016x}: {verdict}")
    return runs


def _run(folder: Path, out: str, more: Sequence[str] = (), cluster: Cluster | None = None) -> Run:
    words = [sys.executable, "-m", "tieout", "match", "--as-of", _AS_OF, *more]
    words += ["--payments", str(folder / "payments.parquet")]
    words += ["--lines", str(folder / "lines.parquet"), "--out", str(folder / out)]
    start = perf_counter()
    process = subprocess.Popen(
        words,
        env=os.environ | (cluster.environment if cluster else {}),
        stdout=subprocess.DEVNULL,
    )
    roots = [process.pid, *(cluster.processes if cluster else ())]
    peak = 0
    while process.poll() is None:
        peak = max(peak, _held(roots))
        try:
            process.wait(_EVERY)
        except subprocess.TimeoutExpired:
            continue
    seconds = perf_counter() - start
    if process.returncode:
        sys.exit(f"{' '.join(words)} ended with {process.returncode}.")
    return Run(seconds, peak / 2**30, _hashes(folder / out))


def _held(roots: Sequence[int]) -> int:
    """The bytes that processes and all their children hold now."""
    held = 0
    for root in roots:
        try:
            process = psutil.Process(root)
            family = [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
        for each in family:
            try:
                held += each.memory_info().rss
            except psutil.NoSuchProcess:
                continue
    return held


def _hashes(folder: Path) -> Hashes:
    with duckdb.connect() as con:
        return {
            output: con.execute(
                "SELECT count(*), coalesce(bit_xor(hash(file_row_number, t)), 0)"
                f" FROM read_parquet('{folder / output}.parquet', file_row_number = true) AS t"
            ).fetchall()[0]
            for output in OUTPUTS
        }


def _print_slope(engine: str, rows: Sequence[int], runs: Sequence[Run]) -> None:
    """How the time grows with the rows: the exponent between one size and the next."""
    for (few, less), (many, more) in zip(
        zip(rows, runs, strict=True), zip(rows[1:], runs[1:], strict=True), strict=False
    ):
        times, sizes = more.seconds / less.seconds, many / few
        slope = math.log(times) / math.log(sizes)
        print(f"{engine}: {sizes:.0f} x the rows take {times:.1f} x the time (slope {slope:.2f})")


if __name__ == "__main__":
    main()
