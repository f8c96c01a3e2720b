"""The passes in an Apache Spark session, for more rows than one machine holds."""

import re
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import FileSystem

from tieout.kernel.errors import TieoutError
from tieout.settlement.stores import Rows

if TYPE_CHECKING:
    import pyarrow.dataset as ds
    from pyspark.sql import DataFrame, SparkSession

_PATIENCE = 10
"""Seconds for a master to take a connection."""
_SETTINGS = {
    "spark.log.level": "ERROR",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.ui.enabled": "false",
    "spark.ui.retainedJobs": "10",
    "spark.ui.retainedStages": "10",
    "spark.sql.ui.retainedExecutions": "1",
}
"""What the passes rely on (whole numbers never wrap, days are UTC days), and, since a run has some
hundred statements, no more history of them than needed. All else is the cluster's own."""


class SparkAbsent(TieoutError):  # noqa: N818 (it is what happened)
    """Spark was asked for and is not installed, or its master does not answer."""

    slug = "spark-absent"


@contextmanager
def spark_store(master: str, scratch: str) -> "Iterator[SparkStore]":
    """A store at a master (`spark://host:port`, `local[2]`), ended with the block.

    `scratch` is the URI of an empty folder that driver and workers can read and write, such as
    `s3://bucket/run` or `file:///shared/run`; whoever gives it clears it. Raises SparkAbsent.
    """
    _require_answer(master)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
        session = _session(master)
        try:
            yield SparkStore(session, scratch)
        finally:
            session.stop()


def _require_answer(master: str) -> None:
    """Raise SparkAbsent where nobody listens at a master's addresses; Spark asks for a minute."""
    if not master.startswith("spark://"):
        return
    failed: OSError | str = "no host:port"
    for host, port in re.findall(r"([^/,:]+):(\d+)", master.removeprefix("spark://")):
        try:
            socket.create_connection((host, int(port)), _PATIENCE).close()
        except OSError as error:
            failed = error
        else:
            return
    raise SparkAbsent(
        f"No Spark master answers at {master} ({failed}).",
        remedy="Check the address (spark://host:port), and that the master runs.",
    )


def _session(master: str) -> "SparkSession":
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise SparkAbsent(
            "The engine spark needs PySpark, which is not installed.",
            remedy="Install pyspark 4.3 (pip) and Java 17, or take the engine duckdb.",
        ) from None
    builder = SparkSession.builder.master(master).appName("tieout")
    for name, value in _SETTINGS.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except (PySparkException, OSError) as error:
        raise SparkAbsent(
            f"No Spark session at {master}: {str(error).splitlines()[0]}",
            remedy="Check that Java 17 is installed here, and what Spark says above.",
        ) from None


class SparkStore:
    """Temporary views of a Spark session, each on Parquet files of its own below `scratch`.

    Files cut the plan of a step from those before it and tell the planner its true size: a
    checkpoint would hand on estimates that multiply from step to step. What a step replaced is
    deleted when it is no longer read.
    """

    def __init__(self, session: "SparkSession", scratch: str) -> None:
        self._session = session
        self._scratch = scratch.rstrip("/")
        self._files, self._root = FileSystem.from_uri(self._scratch)
        self._folders: dict[str, str] = {}
        self._steps = 0

    def put(self, name: str, rows: Rows) -> None:
        """As Store.put."""
        folder = self._next(name)
        self._files.create_dir(f"{self._root}/{folder}")
        path = f"{self._root}/{folder}/rows.parquet"
        with pq.ParquetWriter(path, rows.schema, filesystem=self._files) as out:
            for batch in rows.to_batches() if isinstance(rows, pa.Table) else rows:
                out.write_batch(batch)
        self._show(name, folder)

    def put_row(self, name: str, row: dict[str, str | int]) -> None:
        """As Store.put_row."""
        self.put(name, pa.Table.from_pylist([row]))

    def make(self, name: str, select: str) -> None:
        """As Store.make."""
        self._hold(name, self._session.sql(select))

    def append(self, name: str, select: str) -> None:
        """As Store.append."""
        self._hold(name, self._session.table(name).unionAll(self._session.sql(select)))

    def count(self, name: str) -> int:
        """As Store.count; the files' footers know it."""
        return int(self._dataset(name).count_rows())

    def take(self, name: str) -> Rows:
        """As Store.take."""
        return self._dataset(name).scanner().to_reader()

    def _dataset(self, name: str) -> "ds.Dataset":
        import pyarrow.dataset as ds

        return ds.dataset(
            f"{self._root}/{self._folders[name]}", filesystem=self._files, format="parquet"
        )

    def _hold(self, name: str, rows: "DataFrame") -> None:
        folder = self._next(name)
        rows.write.parquet(f"{self._scratch}/{folder}")
        self._show(name, folder)

    def _next(self, name: str) -> str:
        self._steps += 1
        return f"{self._steps:04}_{name}"

    def _show(self, name: str, folder: str) -> None:
        self._session.read.parquet(f"{self._scratch}/{folder}").createOrReplaceTempView(name)
        replaced = self._folders.get(name)
        self._folders[name] = folder
        if replaced is not None:
            self._files.delete_dir(f"{self._root}/{replaced}")
