"""The matching engine: payments and settlement lines in, matches, exceptions and a proof out.

Pure: no database but an in-process DuckDB that dies with the call, no clock, no Airflow. It checks
the inputs, has the passes run (tieout.settlement.passes) and proves the outcome. The passes may run
in another store; checks, proof and results stay here.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa

from tieout.kernel.sqlfiles import SqlFile, sql_text
from tieout.settlement.inputs import LINES, LINES_OF_PAYOUTS, PAYMENTS, Source, load
from tieout.settlement.model import MatchSettings
from tieout.settlement.near_misses import NearMissSum, near_miss_sums
from tieout.settlement.passes import PASSES, run_passes
from tieout.settlement.proof import Proof, prove
from tieout.settlement.references import load_payouts, load_rates
from tieout.settlement.repeats import crowded_keys
from tieout.settlement.stores import DuckStore, Store

_STEPS = "settlement/steps"
_PASSED_IN = (
    *("payments", "all_payments", "lines", "book_lines", "paid_lines"),
    *("settings", "rates", "payouts", "crowded_keys"),
)
_PASSED_OUT = (
    *("exact_pairs", "other_pairs", "exceptions", "rest_payments"),
    *("near_misses", "originals", "book_ends"),
)
OUTPUTS = {
    "matches": f"{_STEPS}/matches",
    "exceptions": f"{_STEPS}/exceptions_out",
    "open": f"{_STEPS}/open",
    "links": f"{_STEPS}/links",
    "open_lines": f"{_STEPS}/open_lines_out",
    "near_misses": f"{_STEPS}/near_misses_out",
}
"""The tables a run hands out, and the SQL file that makes each."""


@dataclass(frozen=True)
class Limits:
    """What a run may use: memory in DuckDB's words ("2GB"), threads, a folder to spill to."""

    memory: str = "2GB"
    threads: int | None = None
    spill: Path | None = None


@dataclass(frozen=True)
class References:
    """What a run may be told beside payments and lines, as tables or files (docs/matching.md).

    `rates` are reference rates of currencies, `payouts` the totals that were paid out; without them
    nothing is converted, and no subset is searched.
    """

    rates: Source | None = None
    payouts: Source | None = None


@dataclass(frozen=True)
class Reconciliation:
    """The result of one run; the tables' columns are stated in docs/matching.md."""

    matches: pa.Table
    exceptions: pa.Table
    open: pa.Table
    links: pa.Table
    open_lines: pa.Table
    near_misses: pa.Table
    near_miss_sums: tuple[NearMissSum, ...]
    proof: Proof


class Matched:
    """A finished run whose tables still lie in the engine: take them as Arrow, or write them."""

    def __init__(self, con: duckdb.DuckDBPyConnection, proof: Proof) -> None:
        self._con = con
        self.proof = proof

    def table(self, output: str) -> pa.Table:
        """One of OUTPUTS as an Arrow table, in a stated order."""
        return self._con.sql(sql_text(OUTPUTS[output])).to_arrow_table()

    def write(self, output: str, path: Path) -> None:
        """Write one of OUTPUTS to `path`, as CSV or Parquet by its suffix."""
        rows = self._con.sql(sql_text(OUTPUTS[output]))
        if path.suffix == ".csv":
            rows.write_csv(str(path), header=True)
        else:
            rows.write_parquet(str(path))

    def near_misses(self) -> list[NearMissSum]:
        """What each step of a setting would match."""
        return near_miss_sums(self._con)


def reconcile(
    payments: Source,
    lines: Source,
    settings: MatchSettings,
    limits: Limits | None = None,
    store: Store | None = None,
    references: References | None = None,
    passes: Sequence[SqlFile] = PASSES,
) -> Reconciliation:
    """Match two tables (Arrow tables, or paths of Parquet or CSV files).

    The passes run in `store`, by default in the call's own DuckDB; the result is the same. `passes`
    are other files than the default ones, to try them.
    Raises InputRefused when a table breaks the contract, RunDoesNotAddUp when the proof fails.
    """
    with matching(payments, lines, settings, limits, store, references, passes) as matched:
        tables = {output: matched.table(output) for output in OUTPUTS}
        sums = tuple(matched.near_misses())
        return Reconciliation(**tables, near_miss_sums=sums, proof=matched.proof)


@contextmanager
def matching(
    payments: Source,
    lines: Source,
    settings: MatchSettings,
    limits: Limits | None = None,
    store: Store | None = None,
    references: References | None = None,
    passes: Sequence[SqlFile] = PASSES,
) -> Iterator[Matched]:
    """Like `reconcile`, but leaves the tables in the engine: for more rows than fit in memory."""
    with _connection(limits or Limits()) as con:
        own = DuckStore(con)
        load(con, PAYMENTS, payments)
        _load_lines(con, own, lines, references or References())
        _load_settings(con, settings)
        if store is None:
            run_passes(own, passes)
        else:
            for name in _PASSED_IN:
                store.put(name, own.take(name))
            run_passes(store, passes)
            for name in _PASSED_OUT:
                own.put(name, store.take(name))
        con.execute(sql_text(f"{_STEPS}/pairs"))
        yield Matched(con, prove(con))


def _load_lines(
    con: duckdb.DuckDBPyConnection, store: Store, lines: Source, references: References
) -> None:
    """The lines with what refers to them: those that may point to others, rates, payouts, keys."""
    load(con, LINES if references.payouts is None else LINES_OF_PAYOUTS, lines)
    load_rates(con, references.rates)
    load_payouts(con, references.payouts)
    store.make("book_lines", sql_text(f"{_STEPS}/book_lines"))
    store.make("paid_lines", sql_text(f"{_STEPS}/paid_lines"))
    store.put("crowded_keys", crowded_keys(con))


@contextmanager
def _connection(limits: Limits) -> Iterator[duckdb.DuckDBPyConnection]:
    with TemporaryDirectory(prefix="tieout-match-", dir=limits.spill) as spill:
        config = {
            "memory_limit": limits.memory,
            "temp_directory": spill,
            "autoinstall_known_extensions": False,
        }
        con = duckdb.connect(config=config)
        try:
            con.execute("SET TimeZone = 'UTC'")
            if limits.threads is not None:
                con.execute("SET threads = ?", [limits.threads])
            yield con
        finally:
            con.close()


def _load_settings(con: duckdb.DuckDBPyConnection, settings: MatchSettings) -> None:
    con.execute(
        "CREATE TEMP TABLE settings (gateway VARCHAR, window_days BIGINT,"
        " tolerance_minor BIGINT, overdue_days BIGINT, fx_band_bps BIGINT,"
        " reserve_days BIGINT, as_of_us BIGINT)"
    )
    found = con.execute(
        "SELECT gateway FROM payments_in UNION SELECT gateway FROM lines_in"
    ).fetchall()
    names = [str(gateway) for (gateway,) in found]
    each = [settings.of(name) for name in names]
    con.execute(
        "INSERT INTO settings SELECT unnest($names), unnest($windows), unnest($tolerances),"
        " unnest($overdues), unnest($bands), unnest($reserves), $as_of",
        {
            "names": names,
            "windows": [one.window_days for one in each],
            "tolerances": [one.tolerance_minor for one in each],
            "overdues": [one.overdue_days for one in each],
            "bands": [one.fx_band_bps for one in each],
            "reserves": [one.reserve_days for one in each],
            "as_of": settings.as_of_us,
        },
    )
