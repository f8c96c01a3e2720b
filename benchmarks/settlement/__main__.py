"""How fast matching is, as ratios to simpler things done with the same files in the same run.

PYTHONPATH=include python -m benchmarks.settlement [--rows 1000000] [--repeat 3]
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq

from benchmarks.settlement.data import tables
from tieout.settlement.engine import matching
from tieout.settlement.model import MatchSettings

_AS_OF = datetime(2026, 11, 10)  # noqa: DTZ001 (the engine takes it as UTC)
_KEY = ["gateway", "gateway_ref", "kind", "currency"]
_JOIN = """FROM payments AS p INNER JOIN lines AS l ON p.gateway = l.gateway
    AND p.gateway_ref = l.gateway_ref AND p.kind = l.kind AND p.currency = l.currency
    AND p.amount_minor = l.gross_minor"""


def main() -> None:
    """Print one line per contender: best seconds of `--repeat` turns, ratio to the join count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "payments.parquet", Path(folder) / "lines.parquet"
        for table, file in zip(tables(args.rows), files, strict=True):
            pq.write_table(table, file)
        contenders: dict[str, Callable[[Path, Path], int]] = {
            "join count, five columns (DuckDB)": join_count,
            "join to pairs, five columns (DuckDB)": join_pairs,
            "tieout, checks + passes + proof": tieout,
            "pandas waterfall, three passes": pandas_waterfall,
        }
        floor = 0.0
        print(f"{args.rows:,} payments, best of {args.repeat}")
        for name, contender in contenders.items():
            seconds, found = _best(contender, files, args.repeat)
            floor = floor or seconds
            print(f"{name:40} {seconds:8.2f} s {seconds / floor:6.1f} x  {found:>12,} pairs")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory of all together: {peak:.1f} GB")


def _best(
    contender: Callable[[Path, Path], int], files: tuple[Path, Path], repeat: int
) -> tuple[float, int]:
    turns, found = [], 0
    for _ in range(repeat):
        start = time.perf_counter()
        found = contender(*files)
        turns.append(time.perf_counter() - start)
    return min(turns), found


def _connect(payments: Path, lines: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.read_parquet(str(payments)).create_view("payments")
    con.read_parquet(str(lines)).create_view("lines")
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


def tieout(payments: Path, lines: Path) -> int:
    """The whole run, but for writing the results."""
    with matching(payments, lines, MatchSettings(_AS_OF)) as matched:
        return sum(matched.proof.by_pass.values())


def pandas_waterfall(payments: Path, lines: Path) -> int:
    """Exact, window and tolerance as merges in pandas; without checks, codes or proof."""
    open_payments = pd.read_parquet(payments).assign(amount=lambda t: t.amount_minor)
    open_lines = pd.read_parquet(lines).assign(amount=lambda t: t.gross_minor)
    found = 0
    for keys, window, tolerance in (
        ([*_KEY, "amount"], None, 0),
        (["gateway", "order_ref", "kind", "currency", "amount"], 5, 0),
        (_KEY, None, 5),
    ):
        pairs = open_payments.dropna(subset=keys).merge(open_lines.dropna(subset=keys), on=keys)
        if window is not None:
            apart = (pairs.booked_at_x - pairs.booked_at_y).abs().dt.days
            pairs = pairs[apart <= window].assign(apart=apart).sort_values(["apart", "line_id"])
        pairs = pairs[(pairs.amount_minor - pairs.gross_minor).abs() <= tolerance]
        pairs = pairs.drop_duplicates("payment_id").drop_duplicates("line_id")
        open_payments = open_payments[~open_payments.payment_id.isin(pairs.payment_id)]
        open_lines = open_lines[~open_lines.line_id.isin(pairs.line_id)]
        found += len(pairs)
    return found


if __name__ == "__main__":
    main()
