"""The store of the matching passes in an Apache Spark session (pip install pyspark, and Java)."""

from typing import Any

import pyarrow as pa


class SparkStore:
    """Temporary views of a Spark session, each on a Parquet file of its own below `scratch`.

    `scratch` is a folder that driver and workers can write, such as s3a://bucket/run; whoever gives
    it clears it. Files cut the plan of a step from those before it, and tell the planner its true
    size: a checkpoint would hand on estimates that multiply from step to step.
    """

    def __init__(self, session: Any, scratch: str) -> None:
        self._session = session
        self._scratch = scratch
        self._steps = 0

    def put(self, name: str, rows: pa.Table) -> None:
        """As Store.put."""
        self._hold(name, self._session.createDataFrame(rows))

    def make(self, name: str, select: str) -> None:
        """As Store.make."""
        self._hold(name, self._session.sql(select))

    def append(self, name: str, select: str) -> None:
        """As Store.append."""
        self._hold(name, self._session.table(name).unionAll(self._session.sql(select)))

    def count(self, name: str) -> int:
        """As Store.count."""
        return int(self._session.table(name).count())

    def take(self, name: str) -> pa.Table:
        """As Store.take."""
        return self._session.table(name).toArrow()

    def _hold(self, name: str, rows: Any) -> None:
        self._steps += 1
        file = f"{self._scratch}/{self._steps:04}_{name}"
        rows.write.parquet(file)
        self._session.read.parquet(file).createOrReplaceTempView(name)
