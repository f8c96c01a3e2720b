"""A standalone Spark cluster on loopback: a master and two workers of one core each."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

_LAUNCHER = "org.apache.spark.deploy"
_UP = re.compile(r"Starting Spark master at (spark://\S+)")
_JOINED = re.compile(r"Successfully registered with master")
_HERE = ("--host", "127.0.0.1", "--port", "0", "--webui-port", "0")


@dataclass(frozen=True)
class Cluster:
    """A running cluster: its address, its daemons, and the variables that its drivers need."""

    master: str
    processes: tuple[int, ...]
    environment: dict[str, str]


@contextmanager
def standalone(folder: Path, memory: str = "1g", partitions: int = 2) -> Iterator[Cluster]:
    """A cluster as long as the block; logs and work go to `folder`.

    `memory` is what each executor and the driver may take, `partitions` what a shuffle is cut into.
    """
    configuration = folder / "conf"
    configuration.mkdir()
    (configuration / "spark-defaults.conf").write_text(
        f"spark.executor.memory {memory}\nspark.driver.memory {memory}\n"
        f"spark.sql.shuffle.partitions {partitions}\nspark.ui.showConsoleProgress false\n",
        encoding="ascii",
    )
    environment = {"SPARK_CONF_DIR": str(configuration), "SPARK_LOCAL_IP": "127.0.0.1"}
    with ExitStack() as daemons:
        log = folder / "master.log"
        process = daemons.enter_context(_daemon(log, f"{_LAUNCHER}.master.Master", *_HERE))
        processes = [process.pid]
        master = _wait_for(_UP, log, process)
        for number in (1, 2):
            log = folder / f"worker{number}.log"
            size = ("--cores", "1", "--memory", memory, "--work-dir", str(folder / str(number)))
            worker = (f"{_LAUNCHER}.worker.Worker", *_HERE, *size, master)
            process = daemons.enter_context(_daemon(log, *worker))
            processes.append(process.pid)
            _wait_for(_JOINED, log, process)
        yield Cluster(master, tuple(processes), environment)


@contextmanager
def _daemon(log: Path, *args: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the cluster, ended with the block."""
    spec = find_spec("pyspark")
    assert spec is not None, "PySpark is installed"
    assert spec.origin is not None, "PySpark is a package"
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
