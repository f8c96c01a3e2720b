"""How fast matching is, as ratios to simpler things done with the same files in the same run.

Ratios are of processor time, which a busy machine disturbs less; seconds by the clock stand beside.
datacompy (on pandas, and on Polars) takes part where it is installed: pip install datacompy polars

PYTHONPATH=include python -m benchmarks.settlement [--rows 1000000] [--repeat 3]
"""

import argparse
import re
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq

from benchmarks.settlement import faults
from benchmarks.settlement.data import tables
from tieout.kernel.sqlfiles import sql_text
from tieout.settlement.engine import matching
from tieout.settlement.model import MatchSettings
from tieout.settlement.stores import DuckStore

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
    parser.add_argument("--faults", type=int, default=50_000, help="rows with every fault")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "payments.parquet", Path(folder) / "lines.parquet"
        for table, file in zip(tables(args.rows), files, strict=True):
            pq.write_table(table, file)
        contenders: dict[str, Callable[[Path, Path], int]] = {
            "join count, five columns (DuckDB)": join_count,
            "join to pairs, five columns (DuckDB)": join_pairs,
            "tieout, exact pass": exact_pass,
            "tieout, checks + passes + proof": tieout,
            "pandas waterfall, three passes": pandas_waterfall,
        }
        if find_spec("datacompy"):
            contenders["datacompy on pandas, one key"] = datacompy_pandas
            if find_spec("polars"):
                contenders["datacompy on Polars, one key"] = datacompy_polars
        floor = pairs = 0.0
        print(f"{args.rows:,} payments, best of {args.repeat}")
        print(f"{'':40} {'clock':>8} {'cpu':>8} {'/ count':>8} {'/ pairs':>8}")
        for name, contender in contenders.items():
            clock, cpu, found = _best(contender, files, args.repeat)
            floor = floor or cpu
            pairs = cpu if contender is join_pairs else pairs
            to_pairs = f"{cpu / pairs:6.2f} x" if pairs else ""
            print(
                f"{name:40} {clock:6.2f} s {cpu:6.2f} s {cpu / floor:6.2f} x {to_pairs:>8}"
                f" {found:>12,} pairs"
            )
    _print_scores(args.faults)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory of all together: {peak:.1f} GB")


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


def datacompy_pandas(payments: Path, lines: Path) -> int:
    """One keyed comparison, which is all that it does."""
    import datacompy

    sides = [pd.read_parquet(file).dropna(subset=_KEY) for file in (payments, lines)]
    sides[1] = sides[1].rename(columns={"gross_minor": "amount_minor"})
    columns = [*_KEY, "amount_minor"]
    return len(
        datacompy.Compare(*(side[columns] for side in sides), join_columns=_KEY).intersect_rows
    )


def datacompy_polars(payments: Path, lines: Path) -> int:
    """One keyed comparison, which is all that it does."""
    import datacompy
    import polars as pl

    sides = [pl.read_parquet(file).drop_nulls(_KEY) for file in (payments, lines)]
    sides[1] = sides[1].rename({"gross_minor": "amount_minor"})
    columns = [*_KEY, "amount_minor"]
    compared = datacompy.PolarsCompare(*(side[columns] for side in sides), join_columns=_KEY)
    return len(compared.intersect_rows)


if __name__ == "__main__":
    main()
