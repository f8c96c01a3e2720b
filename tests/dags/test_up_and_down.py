"""`make up` as people use it: it comes up once, lets its users in, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tieout.kernel.postgres import EmbeddedPostgres
from tieout.kernel.settings import read_settings
from tieout.supervisor.environment import User, users

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "tieout.supervisor"]


class Up:
    """A running `make up` with a folder of its own."""

    def __init__(self, var: Path) -> None:
        self.var = var
        ours = ("AIRFLOW", "TIEOUT")
        given = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
        self.environment = given | {
            "TIEOUT_VAR": str(var),
            "PYTHONPATH": str(ROOT / "include"),
        }
        self.process = subprocess.Popen(
            [*COMMAND, "up"], env=self.environment, stdout=subprocess.PIPE, text=True
        )
        self.said: list[str] = []

    def read_until(self, word: str) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if word in line:
                return line
        raise AssertionError("".join(self.said))

    def run(self, action: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, action], env=self.environment, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    folder = Path(tempfile.mkdtemp(prefix="tieout tests "))
    folder.chmod(0o755)
    running = Up(folder / "var")
    try:
        yield running
    finally:
        running.run("destroy")
        running.process.kill()
        running.process.wait()
        subprocess.run(["rm", "-rf", folder], check=True)


def _log_in(address: str, user: User) -> int:
    request = urllib.request.Request(
        f"{address}/auth/token",
        data=json.dumps({"username": user.name, "password": user.password}).encode(),
        headers={"Content-Type": "application/json"},
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request) as answer:
        status: int = answer.status
        return status


def test_it_comes_up_lets_users_in_refuses_a_second_and_leaves_nothing(up: Up) -> None:
    address = up.read_until("up after").split()[-1]
    postgres = EmbeddedPostgres(up.var / "postgres")
    assert postgres.running() is not None
    for user in users(read_settings(up.environment)):
        assert up.read_until(user.name).split()[2] == user.password
        assert _log_in(address, user) == 201

    second = up.run("up")
    assert second.returncode == 1
    assert "up already" in second.stderr

    family = psutil.Process(up.process.pid).children(recursive=True)
    names = {" ".join(member.cmdline()) for member in family}
    for part in ("dag-processor", "scheduler", "triggerer"):
        assert any(part in name for name in names), names

    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(timeout=120) == 0
    assert [member for member in family if member.is_running()] == []
    assert postgres.running() is None
    assert up.run("down").stdout == "tieout: nothing is up\n"
