"""How fast a settlement report becomes canonical Parquet, beside DuckDB bare and pandas.

PYTHONPATH=include python -m benchmarks.formats [--rows 1000000] [--turns 5] [--pandas-turns 1]

DuckDB and tieout take turns, each first as often as the other, so that both meet the same machine;
what is compared is the median of each.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.formats.contenders import CONTENDERS
from benchmarks.formats.data import write_report

_DUCKDB_TIMES = 3.0
_PANDAS_TIMES = 5.0
Turn = dict[str, float]
"""What a turn took: `seconds`, `cpu` (seconds), `megabytes` at most; and its `rows`."""


def main() -> None:
    """Print the median of each contender's turns and how they compare, by wall clock and CPU."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--pandas-turns", type=int, default=1)
    parser.add_argument("--one", nargs=2, metavar=("CONTENDER", "REPORT"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        _run_one(args.one[0], Path(args.one[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "settlement_detail_report_batch_1.csv")
        write_report(report, args.rows)
        megabytes = report.stat().st_size / 2**20
        print(f"{args.rows:,} settlement lines, {megabytes:.0f} MB, {os.cpu_count()} processors")
        middle = _medians(_all_turns(report, args.turns, args.pandas_turns))
    ours, bare, pandas = (middle[name] for name in ("tieout", "duckdb", "pandas"))
    slower, faster = ours["seconds"] / bare["seconds"], pandas["seconds"] / ours["seconds"]
    print(f"tieout takes {slower:.1f} x the time of DuckDB bare (goal: at most {_DUCKDB_TIMES})")
    print(f"and {ours['cpu'] / bare['cpu']:.1f} x its CPU time")
    print(f"tieout is {faster:.1f} x faster than pandas (goal: at least {_PANDAS_TIMES})")


def _all_turns(report: Path, turns: int, pandas_turns: int) -> dict[str, list[Turn]]:
    pair = ("duckdb", "tieout")
    order = [name for turn in range(turns) for name in (pair if turn % 2 == 0 else pair[::-1])]
    found: dict[str, list[Turn]] = {name: [] for name in CONTENDERS}
    for name in order + ["pandas"] * pandas_turns:
        turn = _in_own_process(name, report)
        print(f"  {name:8} {turn['seconds']:6.2f} s, {turn['cpu']:6.2f} s of CPU", flush=True)
        found[name].append(turn)
    return found


def _medians(turns: Mapping[str, Sequence[Turn]]) -> dict[str, Turn]:
    """The median of each measure of each contender, printed."""
    middle: dict[str, Turn] = {}
    for name, (title, _) in CONTENDERS.items():
        measures = turns[name][0]
        middle[name] = found = {
            each: statistics.median(turn[each] for turn in turns[name]) for each in measures
        }
        print(
            f"{title:42} {found['seconds']:6.2f} s  {found['cpu']:6.2f} s of CPU  "
            f"peak {found['megabytes']:5.0f} MB  {found['rows']:>10,.0f} rows  "
            f"median of {len(turns[name])}"
        )
    return middle


def _in_own_process(name: str, report: Path) -> Turn:
    words = [sys.executable, "-m", "benchmarks.formats", "--one", name, str(report)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    found: Turn = json.loads(done.stdout)
    return found


def _run_one(name: str, report: Path) -> None:
    """One turn, timed without start and imports."""
    out = report.with_name(f"{name}.parquet")
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    rows = CONTENDERS[name][1](report, out)
    seconds = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"seconds": seconds, "cpu": cpu, "rows": rows, "megabytes": _peak()}))


def _peak() -> float:
    """The most memory this process held, in MB; `ru_maxrss` would count that of its parent too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(kilobytes) / 1024


if __name__ == "__main__":
    main()
