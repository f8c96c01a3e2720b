"""A storefront API as a process of its own, which may be killed and started again."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

ENTRY_AT = "2026-03-02T05:00:00Z"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Api:
    """One `python -m tieout.storefront_api` on a port of its own, over a database's address."""

    def __init__(self, url: str, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder
        self.environment = {
            **os.environ,
            "TIEOUT_DATABASE_URL": url,
            "TIEOUT_VAR": str(folder / "var"),
            "TIEOUT_SPOOL": str(folder / "spool"),
            "PYTHONPATH": "include",
        }
        self.base = f"http://127.0.0.1:{self.port}"
        self.key = ""
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "tieout.storefront_api", "--port", str(self.port)]
        with (self.folder / "api.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        until(lambda: self.health() is not None, "the API answers")

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(timeout=60)

    def health(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = httpx.get(f"{self.base}/healthz", trust_env=False).json()
        except httpx.TransportError:
            return None
        return found

    def post(self, body: Mapping[str, Any] | bytes, key: str | None = None) -> httpx.Response:
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        return httpx.post(
            f"{self.base}/v1/entries",
            headers={"Authorization": f"Bearer {self.key if key is None else key}"},
            timeout=60,
            trust_env=False,
            **content,
        )

    def log(self) -> str:
        return (self.folder / "api.log").read_text()


def until(holds: Callable[[], object], what: str) -> None:
    """Wait for something that comes by itself."""
    deadline = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.05)


def body(number: int, **over: Any) -> dict[str, Any]:
    """The JSON of entry `number`, of two lines, paid."""
    lines = [("A-1", 2, 1000), ("B-2", 1, 450)]
    total = sum(quantity * price for _, quantity, price in lines)
    tender = {
        "seq": 1,
        "payment_ref": f"R-{number}-1",
        "method": "card",
        "gateway": "payco",
        "account": "main",
        "gateway_ref": f"G-{number}",
        "amount_minor": total,
        "captured_at": ENTRY_AT,
        "state": "CAPTURED",
    }
    return {
        "entry_id": str(UUID(int=number)),
        "order_ref": f"R-{number}",
        "captured_at": ENTRY_AT,
        "customer": {"ref": f"C-{number}", "name": "Ann", "email": f"ann{number}@example.org"},
        "ship_to": {"name": "Ann", "city": "Graz", "country": "AT"},
        "currency": "EUR",
        "order_total_minor": total,
        "promised_on": "2026-03-05",
        "brand": "blue",
        "referral": "friend",
        "lines": [
            {
                "line_no": line_no,
                "sku": sku,
                "quantity": quantity,
                "unit_price_minor": price,
                "line_total_minor": quantity * price,
            }
            for line_no, (sku, quantity, price) in enumerate(lines, 1)
        ],
        "tenders": [tender],
        **over,
    }
