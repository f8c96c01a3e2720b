"""Child processes that end with us: each in a group of its own, none left behind.

Airflow's children make groups of their own, so groups alone would miss some. On Linux we adopt
orphaned descendants (subreaper), so that our process tree holds everything we ever started.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
TERM_SECONDS = 20.0
KILL_SECONDS = 5.0


@dataclass(frozen=True)
class Child:
    """A process that we started, with the name of its part and the file that it logs to."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def is_running(self) -> bool:
        """Whether the process is still there."""
        return self.process.poll() is None


def adopt_orphans() -> None:
    """Make this process the parent of descendants whose parent is gone (Linux only)."""
    _process_control(PR_SET_CHILD_SUBREAPER, 1)


def start(name: str, command: Sequence[str], environment: Mapping[str, str], logs: Path) -> Child:
    """Start a program in its own process group; its output is added to `<logs>/<name>.log`.

    It is told to end should we die without a word.
    """
    logs.mkdir(parents=True, exist_ok=True)
    path = logs / f"{name}.log"
    with path.open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            process_group=0,
            preexec_fn=partial(_end_with_parent, os.getpid()),  # noqa: PLW1509 we have no threads
        )
    return Child(name, process, path)


def end(processes: Iterable[psutil.Process]) -> None:
    """End processes and all below them: TERM, and KILL for those that are still there later."""
    tree = [member for process in processes for member in _with_children(process)]
    for member in tree:
        _signal(member, signal.SIGTERM)
    _, stubborn = psutil.wait_procs(tree, timeout=TERM_SECONDS)
    late = {*stubborn, *(below for member in stubborn for below in _with_children(member))}
    for member in late:
        _signal(member, signal.SIGKILL)
    psutil.wait_procs(late, timeout=KILL_SECONDS)


def end_all_but(pid: int | None) -> None:
    """End every process below this one, also those that we adopt meanwhile, but spare one."""
    for _ in range(3):
        end(child for child in psutil.Process().children() if child.pid != pid)


def reap_adopted(own: Iterable[Child]) -> None:
    """Clear away adopted processes that have ended; our own are asked by their Child."""
    known = {child.process.pid for child in own}
    for process in psutil.Process().children():
        with suppress(psutil.NoSuchProcess, ChildProcessError):
            if process.pid not in known and process.status() == psutil.STATUS_ZOMBIE:
                os.waitpid(process.pid, os.WNOHANG)


def remember(path: Path, pids: Iterable[int]) -> None:
    """Write down processes with their start times, so that a later `down` ends no other."""
    started = {}
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            started[str(pid)] = psutil.Process(pid).create_time()
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(started), encoding="utf-8")
    fresh.replace(path)


def remembered(path: Path) -> list[psutil.Process]:
    """The processes written down that are still the same and alive, the first one first."""
    if not path.exists():
        return []
    found = []
    for pid, created in json.loads(path.read_text(encoding="utf-8")).items():
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(int(pid))
            if process.create_time() == created and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _with_children(process: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return [process, *process.children(recursive=True)]
    return []


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def _end_with_parent(parent: int) -> None:
    _process_control(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)


def _process_control(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
