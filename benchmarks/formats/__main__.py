"""How fast a settlement report becomes canonical Parquet, beside DuckDB bare and pandas.

PYTHONPATH=include python -m benchmarks.formats [--rows 1000000] [--repeat 3]
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.formats.contenders import CONTENDERS
from benchmarks.formats.data import write_report

_DUCKDB_TIMES = 3.0
_PANDAS_TIMES = 5.0


def main() -> None:
    """Print per contender the best of `--repeat` turns, its peak memory, and the two ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--one", nargs=2, metavar=("CONTENDER", "REPORT"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        _run_one(args.one[0], Path(args.one[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "settlement_detail_report_batch_1.csv")
        write_report(report, args.rows)
        megabytes = report.stat().st_size / 2**20
        print(f"{args.rows:,} settlement lines, {megabytes:.0f} MB, best of {args.repeat}")
        best = _best_of(report, args.repeat)
    slower, faster = best["tieout"] / best["duckdb"], best["pandas"] / best["tieout"]
    print(f"tieout takes {slower:.1f} x the time of DuckDB bare (goal: at most {_DUCKDB_TIMES})")
    print(f"tieout is {faster:.1f} x faster than pandas (goal: at least {_PANDAS_TIMES})")


def _best_of(report: Path, repeat: int) -> dict[str, float]:
    """The seconds of the best turn of each; turns alternate, so that all meet the same machine."""
    turns = [{name: _in_own_process(name, report) for name in CONTENDERS} for _ in range(repeat)]
    best: dict[str, float] = {}
    for name, (title, _) in CONTENDERS.items():
        found = min((turn[name] for turn in turns), key=lambda each: each["seconds"])
        best[name] = found["seconds"]
        print(
            f"{title:42} {found['seconds']:8.2f} s {found['seconds'] / best['duckdb']:6.1f} x  "
            f"{found['cpu']:7.2f} s of CPU  "
            f"peak {found['megabytes']:6.0f} MB  {found['rows']:>12,.0f} rows"
        )
    return best


def _in_own_process(name: str, report: Path) -> dict[str, float]:
    words = [sys.executable, "-m", "benchmarks.formats", "--one", name, str(report)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
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
