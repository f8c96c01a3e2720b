"""Where the passes run: a store makes tables out of SELECTs, and says nothing of what they mean.

DuckDB is the one in daily use. Spark runs the same files unchanged, for more rows than one machine
holds (tieout.settlement.spark_store), and PostgreSQL does as the check
(tieout.settlement.postgres_store).
"""

from typing import Protocol, TypeAlias

import duckdb
import pyarrow as pa

Rows: TypeAlias = pa.Table | pa.RecordBatchReader
"""Rows at hand, or rows that come batch by batch and can be read once."""

_BATCH = 256 * 1024


class Store(Protocol):
    """An engine that holds tables by name and runs the portable SQL of include/sql/settlement."""

    def put(self, name: str, rows: Rows) -> None:
        """Hold `rows` (text and whole numbers) as the table `name`, in place of an older one."""

    def put_row(self, name: str, row: dict[str, str | int]) -> None:
        """Hold one row, given by column, as the table `name`, in place of an older one."""

    def make(self, name: str, select: str) -> None:
        """Hold the result of a SELECT as `name`; it may read the table that it replaces."""

    def append(self, name: str, select: str) -> None:
        """Add the result of a SELECT to the table `name`, column by column."""

    def count(self, name: str) -> int:
        """How many rows the table `name` has."""

    def take(self, name: str) -> Rows:
        """All rows of the table `name`."""


class DuckStore:
    """Tables of an in-process DuckDB, temporary ones, so that they die with the connection."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con

    def put(self, name: str, rows: Rows) -> None:
        """As Store.put."""
        self._con.register("rows_to_put", rows)
        self.make(name, "SELECT * FROM rows_to_put")
        self._con.unregister("rows_to_put")

    def put_row(self, name: str, row: dict[str, str | int]) -> None:
        """As Store.put_row; by way of bound values, since making an Arrow array loads pandas."""
        values = ", ".join(f"${column} AS {column}" for column in row)
        self._con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {values}", row)

    def make(self, name: str, select: str) -> None:
        """As Store.make."""
        self._con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {select}")

    def append(self, name: str, select: str) -> None:
        """As Store.append."""
        self._con.execute(f"INSERT INTO {name} {select}")

    def count(self, name: str) -> int:
        """As Store.count."""
        return int(self._con.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0])

    def take(self, name: str) -> Rows:
        """As Store.take."""
        return self._con.table(name).to_arrow_reader(_BATCH)
