"""The matching engine: payments and settlement lines in, matches, exceptions and a proof out.

Pure: no database but an in-process DuckDB that dies with the call, no clock, no Airflow. A pass is
one file of include/sql/settlement/passes, a naming of leftovers one file of .../classify. They run
in the order of their names, and each takes what the last left.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa

from tieout.kernel.sqlfiles import SqlFile, sql_folder, sql_text
from tieout.settlement.inputs import LINES, PAYMENTS, Source, load
from tieout.settlement.model import MatchSettings
from tieout.settlement.proof import Proof, prove

_STEPS = "settlement/steps"
OUTPUTS = {
    "matches": f"{_STEPS}/matches",
    "exceptions": f"{_STEPS}/exceptions_out",
    "open": f"{_STEPS}/open",
}
"""The tables a run hands out, and the SQL file that makes each."""


@dataclass(frozen=True)
class Limits:
    """What a run may use: memory in DuckDB's words ("2GB"), threads, a folder to spill to."""

    memory: str = "2GB"
    threads: int | None = None
    spill: Path | None = None


@dataclass(frozen=True)
class Reconciliation:
    """The result of one run; the tables' columns are stated in docs/matching.md."""

    matches: pa.Table
    exceptions: pa.Table
    open: pa.Table
    proof: Proof


class Matched:
    """A finished run whose tables still lie in the engine: take them as Arrow, or write them."""

    def __init__(self, con: duckdb.DuckDBPyConnection, proof: Proof) -> None:
        self._con = con
        self.proof = proof

    def table(self, output: str) -> pa.Table:
        """`matches`, `exceptions` or `open` as an Arrow table, in a stated order."""
        return self._con.sql(sql_text(OUTPUTS[output])).to_arrow_table()

    def write(self, output: str, path: Path) -> None:
        """Write `matches`, `exceptions` or `open` to `path`, as CSV or Parquet by its suffix."""
        rows = self._con.sql(sql_text(OUTPUTS[output]))
        if path.suffix == ".csv":
            rows.write_csv(str(path), header=True)
        else:
            rows.write_parquet(str(path))


def reconcile(
    payments: Source, lines: Source, settings: MatchSettings, limits: Limits | None = None
) -> Reconciliation:
    """Match two tables (Arrow tables, or paths of Parquet or CSV files).

    Raises InputRefused when a table breaks the contract, RunDoesNotAddUp when the proof fails.
    """
    with matching(payments, lines, settings, limits) as matched:
        return Reconciliation(
            matched.table("matches"),
            matched.table("exceptions"),
            matched.table("open"),
            matched.proof,
        )


@contextmanager
def matching(
    payments: Source, lines: Source, settings: MatchSettings, limits: Limits | None = None
) -> Iterator[Matched]:
    """Like `reconcile`, but leaves the tables in the engine: for more rows than fit in memory."""
    with _connection(limits or Limits()) as con:
        load(con, PAYMENTS, payments)
        load(con, LINES, lines)
        _load_settings(con, settings)
        _run_passes(con)
        _classify(con)
        yield Matched(con, prove(con))


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
        " tolerance_minor BIGINT, overdue_days BIGINT, as_of_us BIGINT)"
    )
    found = con.execute("SELECT gateway FROM payments UNION SELECT gateway FROM lines").fetchall()
    names = [str(gateway) for (gateway,) in found]
    each = [settings.of(name) for name in names]
    con.execute(
        "INSERT INTO settings SELECT unnest($names), unnest($windows), unnest($tolerances),"
        " unnest($overdues), $as_of",
        {
            "names": names,
            "windows": [one.window_days for one in each],
            "tolerances": [one.tolerance_minor for one in each],
            "overdues": [one.overdue_days for one in each],
            "as_of": settings.as_of_us,
        },
    )


def _run_passes(con: duckdb.DuckDBPyConnection) -> None:
    first, *others = sql_folder("settlement/passes")
    con.execute("CREATE TEMP VIEW open_payments AS SELECT * FROM payments")
    con.execute("CREATE TEMP VIEW open_lines AS SELECT * FROM lines")
    con.execute("CREATE TEMP VIEW taken_payments AS SELECT * FROM payments WHERE false")
    _step(con, first)
    _narrow(con)
    con.execute("ALTER TABLE step RENAME TO first_pairs")
    con.execute("CREATE TEMP TABLE other_pairs AS SELECT '' AS pass, * FROM first_pairs LIMIT 0")
    for file in others:
        while _step(con, file):
            con.execute("INSERT INTO other_pairs SELECT ?, * FROM step", [_pass_name(file)])
            _consume(con)
            if not _repeats(file):
                break
    con.execute(
        f"CREATE TEMP VIEW pairs AS SELECT '{_pass_name(first)}' AS pass, * FROM first_pairs"
        " UNION ALL SELECT * FROM other_pairs"
    )


def _classify(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("CREATE TEMP TABLE unmatched_lines AS SELECT * FROM open_lines")
    con.execute(
        "CREATE TEMP TABLE cases (line_no BIGINT, line_id VARCHAR, payment_no BIGINT, code VARCHAR,"
        " at_risk_minor BIGINT, related_no BIGINT, reference VARCHAR, reason VARCHAR,"
        " candidates BIGINT)"
    )
    for file in sql_folder("settlement/classify"):
        while _step(con, file):
            con.execute("INSERT INTO cases SELECT * FROM step")
            _consume(con)
            if not _repeats(file):
                break
    con.execute(
        "CREATE TEMP VIEW consumed AS SELECT payment_no FROM pairs"
        " UNION ALL SELECT payment_no FROM cases WHERE payment_no IS NOT NULL"
    )
    _make(con, "rest_payments")
    _make(con, "exceptions")


def _step(con: duckdb.DuckDBPyConnection, file: SqlFile) -> int:
    """Run one file into the table `step`; how many rows it gave."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE step AS {file.text}")
    if "contested" in file.head:
        _make(con, "contested_losers")
        con.execute(
            "DELETE FROM step USING contested_losers AS c"
            " WHERE step.payment_no = c.payment_no AND step.line_no = c.line_no"
        )
        con.execute("DROP TABLE contested_losers")
    return int(con.execute("SELECT count(*) FROM step").fetchall()[0][0])


def _make(con: duckdb.DuckDBPyConnection, name: str) -> None:
    con.execute(f"CREATE TEMP TABLE {name} AS {sql_text(f'{_STEPS}/{name}')}")


def _narrow(con: duckdb.DuckDBPyConnection) -> None:
    """After the first pass, keep only open lines and the payments they can reach."""
    _make(con, "first_open_lines")
    con.execute("DROP VIEW open_lines")
    con.execute("ALTER TABLE first_open_lines RENAME TO open_lines")
    _make(con, "near_payments")
    for name, test in (("open_payments", "IS NULL"), ("taken_payments", "IS NOT NULL")):
        con.execute(
            f"CREATE OR REPLACE TEMP VIEW {name} AS"
            f" SELECT * FROM near_payments WHERE taken_by {test}"
        )


def _consume(con: duckdb.DuckDBPyConnection) -> None:
    """Take the step's payments and lines out of what is open."""
    con.execute(
        "UPDATE near_payments SET taken_by = s.line_id FROM step AS s"
        " WHERE near_payments.payment_no = s.payment_no"
    )
    con.execute("DELETE FROM open_lines WHERE line_no IN (SELECT line_no FROM step)")


def _pass_name(file: SqlFile) -> str:
    return file.name.split("_", 1)[1]


def _repeats(file: SqlFile) -> bool:
    return file.head.get("repeat", "no") != "no"
