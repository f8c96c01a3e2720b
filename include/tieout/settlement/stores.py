"""Where the passes run: a store makes tables out of SELECTs, and says nothing of what they mean."""

from typing import Protocol

import duckdb
import pyarrow as pa


class Store(Protocol):
    """An engine that holds tables by name and runs the portable SQL of include/sql/settlement."""

    def put(self, name: str, rows: pa.Table) -> None:
        """Hold `rows` as the table `name`, in place of one of that name."""

    def make(self, name: str, select: str) -> None:
        """Hold the result of a SELECT as `name`; it may read the table that it replaces."""

    def append(self, name: str, select: str) -> None:
        """Add the result of a SELECT to the table `name`, column by column."""

    def count(self, name: str) -> int:
        """How many rows the table `name` has."""

    def arrow(self, select: str) -> pa.Table:
        """The result of a SELECT."""


class DuckStore:
    """Tables of an in-process DuckDB, temporary ones, so that they die with the connection."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con

    def put(self, name: str, rows: pa.Table) -> None:
        """As Store.put."""
        self._con.register("rows_to_put", rows)
        self._con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM rows_to_put")
        self._con.unregister("rows_to_put")

    def make(self, name: str, select: str) -> None:
        """As Store.make."""
        self._con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {select}")

    def append(self, name: str, select: str) -> None:
        """As Store.append."""
        self._con.execute(f"INSERT INTO {name} {select}")

    def count(self, name: str) -> int:
        """As Store.count."""
        return int(self._con.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0])

    def arrow(self, select: str) -> pa.Table:
        """As Store.arrow."""
        return self._con.sql(select).to_arrow_table()
