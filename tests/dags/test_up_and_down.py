"""`make up` as people use it: it comes up once, lets its users in, and leaves nothing behind."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.sql.books import at, rows
from tests.sql.harness import load
from tests.sql.storefront_api.server import free_port, until
from tieout.kernel.postgres import EmbeddedPostgres
from tieout.kernel.settings import read_settings
from tieout.supervisor.environment import User, users

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "tieout.supervisor"]
CHROMIUM = Path("/usr/bin/chromium")
ROWS = (90001, 90002)
"""Rows in quarantine of a partner whom no flow serves, so that they wait for the tests."""
AUDIT = "SELECT actor, action, reason FROM audit_log WHERE subject = 'quarantine:{}'"


class Up:
    """A running `make up` with a folder of its own."""

    def __init__(self, var: Path) -> None:
        self.var = var
        ours = ("AIRFLOW", "TIEOUT")
        given = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
        self.environment = given | {
            "TIEOUT_VAR": str(var),
            "PYTHONPATH": str(ROOT / "include"),
            "TIEOUT_PORT": str(free_port()),
            "TIEOUT_STOREFRONT_PORT": str(free_port()),
        }
        self.process = subprocess.Popen(
            [*COMMAND, "up"], env=self.environment, stdout=subprocess.PIPE, text=True
        )
        self.said: list[str] = []
        self.address = ""

    @property
    def postgres(self) -> EmbeddedPostgres:
        return EmbeddedPostgres(self.var / "postgres")

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

    def token(self, name: str) -> str:
        """What Airflow gives a user who logs in."""
        user = next(each for each in users(read_settings(self.environment)) if each.name == name)
        status, answer = _log_in(self.address, user)
        assert status == 201
        return str(answer["access_token"])


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    folder = Path(tempfile.mkdtemp(prefix="tieout tests "))
    folder.chmod(0o755)
    running = Up(folder / "var")
    try:
        running.address = running.read_until("up after").split()[-1]
        yield running
    finally:
        running.run("destroy")
        running.process.kill()
        running.process.wait()
        subprocess.run(["rm", "-rf", folder], check=True)


@pytest.fixture(scope="module")
def database(up: Up) -> str:
    """The address of Tieout's database, in which two rows wait in quarantine."""
    url = up.postgres.url("tieout")
    kind = {"doc_type": "TRACKING", "partner_id": "nobody", "status_at": at(2)}
    file = kind | {
        "source_file_id": ROWS[0],
        "name": "track-1.csv",
        "sha256": "0",
        "size_bytes": 1,
        "format_id": "tieout-tracking-1",
        "received_at": at(2),
        "status": "LOADED",
    }
    row = kind | {
        "source_file_id": ROWS[0],
        "line_no": 17,
        "raw": "L,nobody,X,in_transit",
        "field": "tracking_no",
        "value": "X",
        "rule": "unknown",
        "reason": "It is not ours.",
        "remedy": "Ask the carrier.",
        "first_seen_at": at(2),
    }
    given = [row | {"quarantine_id": number, "row_key": f"test:{number}"} for number in ROWS]
    load(url, {"source_file": [file], "quarantine": given})
    return url


def _log_in(address: str, user: User) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(
        f"{address}/auth/token",
        data=json.dumps({"username": user.name, "password": user.password}).encode(),
        headers={"Content-Type": "application/json"},
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request) as answer:
        return answer.status, json.load(answer)


def test_airflow_says_who_may_look_at_the_board_and_who_may_decide(up: Up, database: str) -> None:
    page, form = f"/tieout/quarantine/{ROWS[0]}", {"text": "L,nobody,Y,in_transit", "reason": "ok"}
    vera = {"Authorization": f"Bearer {up.token('vera')}"}
    olive = {"Cookie": f"_token={up.token('olive')}"}
    ours, theirs = {"Origin": up.address}, {"Origin": "http://evil.example"}
    with httpx.Client(base_url=up.address, trust_env=False, timeout=60) as client:
        assert client.get(page).status_code == 401
        assert client.get(page, headers={"Authorization": "Bearer rubbish"}).status_code == 403
        assert client.post(f"{page}/correct", data=form, headers=ours).status_code == 401
        assert "It is not ours." in client.get(page, headers=vera).text
        for headers in (vera | ours, olive | theirs, olive):
            refused = client.post(f"{page}/correct", data=form, headers=headers)
            assert refused.status_code == 403, headers.keys()
        assert rows(database, AUDIT.format(ROWS[0])) == []
        accepted = client.post(f"{page}/correct", data=form, headers=olive | ours)
        assert (accepted.status_code, accepted.headers["location"]) == (303, page)
    assert rows(database, AUDIT.format(ROWS[0])) == [("olive", "quarantine.correct", "ok")]


@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no {CHROMIUM}")
@pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="no playwright")
def test_an_operator_corrects_a_row_inside_airflow(up: Up, database: str, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    cookie = {"name": "_token", "value": up.token("olive"), "url": up.address}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--no-proxy-server"]
        )
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.add_cookies([cookie])
        tab = context.new_page()
        tab.set_default_timeout(120_000)
        tab.goto(f"{up.address}/plugin/tieout-board")
        board = tab.frame_locator("iframe")
        board.get_by_role("link", name=str(ROWS[1])).click()
        board.get_by_label("The whole record").fill("L,nobody,Y,in_transit")
        board.get_by_label("Reason").first.fill("the carrier said so")
        board.get_by_role("button", name="Correct").click()
        board.get_by_text("Corrected by olive").wait_for()
        tab.screenshot(path=tmp_path / "board.png")
        browser.close()
    said = rows(database, AUDIT.format(ROWS[1]))
    assert said == [("olive", "quarantine.correct", "the carrier said so")]


def test_it_comes_up_lets_users_in_refuses_a_second_and_leaves_nothing(up: Up) -> None:
    assert up.postgres.running() is not None
    for user in users(read_settings(up.environment)):
        assert up.read_until(user.name).split()[2] == user.password
        assert _log_in(up.address, user)[0] == 201

    captured = "SELECT storefront FROM order_entry LIMIT 1"
    until(lambda: rows(up.postgres.url("tieout"), captured), "the world's orders came by HTTP")
    second = up.run("up")
    assert second.returncode == 1
    assert "up already" in second.stderr

    family = psutil.Process(up.process.pid).children(recursive=True)
    names = {" ".join(member.cmdline()) for member in family}
    for part in ("dag-processor", "scheduler", "triggerer", "storefront_api"):
        assert any(part in name for name in names), names

    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(timeout=120) == 0
    assert [member for member in family if member.is_running()] == []
    assert up.postgres.running() is None
    assert up.run("down").stdout == "tieout: nothing is up\n"
