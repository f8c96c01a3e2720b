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
        self._counts: dict[str, int] = {}

    def put(self, name: str, rows: Rows) -> None:
        """As Store.put."""
        self._con.register("rows_to_put", rows)
        self.make(name, "SELECT * FROM rows_to_put")
        self._con.unregister("rows_to_put")

    def put_row(self, name: str, row: dict[str, str | int]) -> None:
        """As Store.put_row; by way of bound values, since making an Arrow array loads pandas."""
        values = ", ".join(f"${column} AS {column}" for column in row)
        self._con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {values}", row)
        self._counts[name] = 1

    def make(self, name: str, select: str) -> None:
        """As Store.make."""
        made = self._con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {select}")
        self._counts[name] = _number_in(made)

    def append(self, name: str, select: str) -> None:
        """As Store.append."""
        added = self._con.execute(f"INSERT INTO {name} {select}")
        self._counts[name] += _number_in(added)

    def count(self, name: str) -> int:
        """As Store.count; asked of DuckDB only where the table was made without this store."""
        if name not in self._counts:
            counted = self._con.execute(f"SELECT count(*) FROM {name}")
            self._counts[name] = _number_in(counted)
        return self._counts[name]

    def take(self, name: str) -> Rows:
        """As Store.take."""
        return self._con.table(name).to_arrow_reader(_BATCH)


def _number_in(answer: duckdb.DuckDBPyConnection) -> int:
    """The one number that a statement answers: to one that writes, how many rows it wrote."""
    return int(answer.fetchall()[0][0])
