"""`tieout match --engine spark` on a standalone master with two workers gives DuckDB's rows."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.settlement.cluster import Cluster, standalone
from tests.unit.settlement.mixed import mixed_tables

pytestmark = pytest.mark.skipif(
    shutil.which("java") is None,
    reason="no Java: apt install openjdk-17-jre-headless",
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A master on loopback with two workers of one core each."""
    with standalone(tmp_path_factory.mktemp("spark")) as running:
        yield running


def _run(
    folder: Path, out: str, *args: str, cluster: Cluster | None = None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tieout", "match", "--as-of", "2026-11-20"]
    files = ["--payments", folder / "payments.parquet", "--lines", folder / "lines.parquet"]
    return subprocess.run(
        [*command, *files, "--out", folder / out, *args],
        env=os.environ | (cluster.environment if cluster else {}),
        check=False,
        capture_output=True,
        text=True,
    )


def _match(folder: Path, out: str, cluster: Cluster | None = None) -> dict[str, pa.Table | str]:
    """What the command writes, and its summary; on Spark where there is a cluster."""
    engine = ("--engine", "spark", "--master", cluster.master) if cluster else ()
    run = _run(folder, out, *engine, cluster=cluster)
    assert run.returncode == 0, run.stderr
    written = {path.name: path for path in (folder / out).iterdir()}
    tables = {name: pq.read_table(path) for name, path in written.items() if "parquet" in name}
    return tables | {"proof": written["proof.json"].read_text(), "summary": run.stdout}


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """A folder with payments and lines."""
    payments, lines = mixed_tables(seed=1)
    pq.write_table(payments, tmp_path / "payments.parquet")
    pq.write_table(lines, tmp_path / "lines.parquet")
    return tmp_path


def test_spark_gives_the_same_rows(cluster: Cluster, inputs: Path) -> None:
    expected = _match(inputs, "duckdb")
    found = _match(inputs, "spark", cluster)
    assert found == expected
    matches = expected["matches.parquet"]
    assert isinstance(matches, pa.Table)
    assert matches.num_rows > 0
    left = {path.name for path in inputs.iterdir()}
    assert left == {"duckdb", "spark", "lines.parquet", "payments.parquet"}


def test_a_master_that_is_not_there_is_said(inputs: Path) -> None:
    run = _run(inputs, "out", "--engine", "spark", "--master", "spark://127.0.0.1:9")
    assert run.returncode == 2
    assert "No Spark master answers at spark://127.0.0.1:9" in run.stderr
    assert "Traceback" not in run.stderr
    assert not (inputs / "out").exists()
