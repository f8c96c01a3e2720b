"""The storefront's own server: it is told to close and to open, and obeys the latest word.

Words are numbered; one that comes late, with a lower number than the storefront has heard, changes
nothing. What it was told is kept in its folder, so that it stays closed over a restart.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HOST, PATH = "127.0.0.1", "/v1/store"
KEY = "world-store"


@dataclass
class StoreDoor:
    """A running door; `told` counts the words that came, late ones and repeated ones too."""

    file: Path
    port: int = 0
    told: int = 0
    is_deaf: bool = False
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def connection(self) -> dict[str, Any]:
        """The connection to it, as the connections file has it."""
        place = {"conn_type": "http", "host": HOST, "port": self.port, "password": KEY}
        return {**place, "extra": {"tls": "none"}}

    def state(self) -> dict[str, Any]:
        """The latest word; open before the first."""
        if not self.file.exists():
            return {"state": "OPEN", "revision": 0}
        found: dict[str, Any] = json.loads(self.file.read_text(encoding="utf-8"))
        return found

    @property
    def is_open(self) -> bool:
        """Whether customers may begin a purchase now."""
        return bool(self.state()["state"] == "OPEN")

    def hear(self, word: dict[str, Any]) -> None:
        """Obey a word, unless a later one is known."""
        with self._turn:
            self.told += 1
            if word["revision"] > self.state()["revision"]:
                part = self.file.with_suffix(".part")
                part.write_text(json.dumps(word), encoding="utf-8")
                part.replace(self.file)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, door: StoreDoor) -> None:
        super().__init__((HOST, 0), _Handler)
        self.door = door


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_PUT(self) -> None:
        """Hear a word."""
        word = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        if not self._is_let_in():
            return
        self.server.door.hear(word)
        self._send(200, self.server.door.state())

    def do_GET(self) -> None:
        """Say how things stand."""
        if self._is_let_in():
            self._send(200, self.server.door.state())

    def _is_let_in(self) -> bool:
        if self.server.door.is_deaf:
            self._send(503, {"error": "not now"})
        elif self.path != PATH:
            self._send(404, {"error": "there is nothing here"})
        elif self.headers.get("Authorization") != f"Bearer {KEY}":
            self._send(401, {"error": "who are you?"})
        else:
            return True
        return False

    def _send(self, status: int, said: dict[str, Any]) -> None:
        body = json.dumps(said).encode()
        with suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The folder says what was heard."""


@contextmanager
def store_door(folder: Path) -> Iterator[StoreDoor]:
    """The door, for as long as the block runs; what it was told is kept in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    door = StoreDoor(folder / "store.json")
    server = _Server(door)
    door.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield door
    finally:
        server.shutdown()
        server.server_close()
