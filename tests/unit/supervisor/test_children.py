"""Child processes: none outlives us, whatever it does, and no stranger is ever ended."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tieout.supervisor import children

STUBBORN_FAMILY = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
nap = [sys.executable, "-c", "import time; time.sleep(600)"]
grandchild = subprocess.Popen(nap, process_group=0)
print(grandchild.pid, flush=True)
time.sleep(600)
"""
PARENT = """
import os, sys, time
from pathlib import Path
from tieout.supervisor import children
nap = [sys.executable, "-c", "import time; time.sleep(600)"]
child = children.start("nap", nap, os.environ, Path(sys.argv[1]))
print(child.process.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], children.Child]]:
    started: list[children.Child] = []

    def start_one(code: str) -> children.Child:
        command = [sys.executable, "-c", code]
        started.append(children.start("one", command, os.environ, tmp_path))
        return started[-1]

    yield start_one
    for child in started:
        child.process.kill()
        child.process.wait()


def _wait_for_pid(log: Path) -> psutil.Process:
    while not log.read_text().endswith("\n"):
        pass
    return psutil.Process(int(log.read_text()))


def test_a_stubborn_child_and_its_child_in_another_group_are_ended(
    start: Callable[[str], children.Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "TERM_SECONDS", 0.2)
    child = start(STUBBORN_FAMILY)
    grandchild = _wait_for_pid(child.log)
    assert os.getpgid(grandchild.pid) != os.getpgid(child.process.pid)
    children.end([psutil.Process(child.process.pid)])
    assert not child.is_running()
    assert not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE


def test_a_child_has_its_own_group_and_writes_to_its_log(
    start: Callable[[str], children.Child],
) -> None:
    child = start("print('hello')")
    group = os.getpgid(child.process.pid)
    assert child.process.wait() == 0
    assert group == child.process.pid != os.getpgid(0)
    assert child.log.read_text() == "hello\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of a parent's death")
def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, tmp_path], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    os.kill(parent.pid, signal.SIGKILL)
    parent.communicate()
    gone, _ = psutil.wait_procs([child], timeout=30)
    assert gone == [child]


def test_only_the_same_process_is_remembered(
    start: Callable[[str], children.Child], tmp_path: Path
) -> None:
    record = tmp_path / "processes.json"
    child = start("import time; time.sleep(600)")
    children.remember(record, [child.process.pid])
    assert [process.pid for process in children.remembered(record)] == [child.process.pid]
    record.write_text(f'{{"{child.process.pid}": 1.0}}')
    assert children.remembered(record) == []
    children.remember(record, [child.process.pid])
    child.process.kill()
    child.process.wait()
    assert children.remembered(record) == []


def test_what_was_never_written_down_is_nothing(tmp_path: Path) -> None:
    assert children.remembered(tmp_path / "processes.json") == []
