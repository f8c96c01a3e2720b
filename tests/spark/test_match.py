"""`tieout match --engine spark` on a standalone master with two workers gives DuckDB's rows."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.unit.settlement.mixed import mixed_tables

_LAUNCHER = "org.apache.spark.deploy"
_UP = re.compile(r"Starting Spark master at (spark://\S+)")
_JOINED = re.compile(r"Successfully registered with master")

pytestmark = pytest.mark.skipif(
    shutil.which("java") is None,
    reason="no Java: apt install openjdk-17-jre-headless",
)


@contextmanager
def _daemon(log: Path, *args: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of Spark's standalone cluster, ended with the block."""
    spec = find_spec("pyspark")
    assert spec is not None
    assert spec.origin is not None
    home = Path(spec.origin).parent
    environment = os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [home / "bin" / "spark-class", *args], stdout=out, stderr=out, env=environment
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(pattern: re.Pattern[str], log: Path, process: subprocess.Popen[bytes]) -> str:
    """The first match in a log that grows."""
    with log.open() as lines:
        text = ""
        while True:
            text += lines.read()
            if found := pattern.search(text):
                return found[found.lastindex or 0]
            assert process.poll() is None, text
            try:
                process.wait(0.2)
            except subprocess.TimeoutExpired:
                continue


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a master on loopback with two workers of one core each."""
    folder = tmp_path_factory.mktemp("spark")
    here = ("--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
    with ExitStack() as daemons:
        log = folder / "master.log"
        process = daemons.enter_context(_daemon(log, f"{_LAUNCHER}.master.Master", *here))
        address = _wait_for(_UP, log, process)
        for number in (1, 2):
            log = folder / f"worker{number}.log"
            size = ("--cores", "1", "--memory", "1g", "--work-dir", str(folder / str(number)))
            worker = (f"{_LAUNCHER}.worker.Worker", *here, *size, address)
            _wait_for(_JOINED, log, daemons.enter_context(_daemon(log, *worker)))
        yield address


def _run(folder: Path, out: str, *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tieout", "match", "--as-of", "2026-11-20"]
    files = ["--payments", folder / "payments.parquet", "--lines", folder / "lines.parquet"]
    return subprocess.run(
        [*command, *files, "--out", folder / out, *args],
        check=False,
        capture_output=True,
        text=True,
    )


def _match(folder: Path, out: str, *args: str) -> dict[str, pa.Table | str]:
    """What the command writes, and its summary."""
    run = _run(folder, out, *args)
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


def test_spark_gives_the_same_rows(master: str, inputs: Path) -> None:
    expected = _match(inputs, "duckdb")
    found = _match(inputs, "spark", "--engine", "spark", "--master", master)
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
