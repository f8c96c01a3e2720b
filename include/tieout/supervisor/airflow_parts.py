"""Airflow's parts as commands, and the two waits that they need at the start."""

import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from uuid import uuid4

from tieout.kernel.errors import TieoutError
from tieout.supervisor.environment import HOST

READY_SECONDS = 240.0
EXECUTION_API_VERSION = "2026-06-30"


class StartError(TieoutError):
    """A part of Tieout did not come up."""

    slug = "start"


def migrate_command() -> list[str]:
    """Brings Airflow's own tables to the installed version."""
    return _airflow("db", "migrate")


def api_server_command(port: int) -> list[str]:
    """Serves the web pages, the public API and the API that tasks talk to."""
    return _airflow("api-server", "--host", HOST, "--port", str(port))


def further_commands() -> dict[str, list[str]]:
    """The parts that start once the API server answers, by name."""
    return {
        "dag-processor": _airflow("dag-processor"),
        "scheduler": _airflow("scheduler", "--skip-serve-logs"),
        "triggerer": _airflow("triggerer", "--skip-serve-logs"),
    }


def wait_until_healthy(port: int, alive: Callable[[], bool]) -> None:
    """Return once the API server says that it and its database are well.

    Raises StartError when `alive` says that it died, or after READY_SECONDS.
    """
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if not alive():
            raise StartError("The API server ended.", remedy="Read var/log/api-server.log.")
        if _healthy(port):
            return
        time.sleep(0.5)
    raise StartError(
        f"The API server did not answer within {READY_SECONDS:.0f} seconds.",
        remedy="Read var/log/api-server.log.",
    )


def warm_execution_api(port: int) -> None:
    """Make the execution API build itself now: its first answer takes longer than tasks wait."""
    request = urllib.request.Request(
        f"http://{HOST}:{port}/execution/task-instances/{uuid4()}/run",
        method="PATCH",
        data=b"{}",
        headers={
            "Airflow-API-Version": EXECUTION_API_VERSION,
            "Content-Type": "application/json",
        },
    )
    try:
        _open(request, READY_SECONDS)
    except urllib.error.HTTPError:
        return


def _healthy(port: int) -> bool:
    try:
        answer = _open(urllib.request.Request(f"http://{HOST}:{port}/api/v2/monitor/health"), 5.0)
    except OSError:
        return False
    health = json.loads(answer)
    return bool(health["metadatabase"]["status"] == "healthy")


def _open(request: urllib.request.Request, seconds: float) -> bytes:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=seconds) as answer:
        content: bytes = answer.read()
        return content


def _airflow(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "airflow", *arguments]
