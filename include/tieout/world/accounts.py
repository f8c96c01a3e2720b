"""The accounts server of the outside world: opens mail boxes and directory entries by HTTP.

It keeps a ledger of its own (SQLite), in which a path is opened once however often it is asked for
under one Idempotency-Key, and has a switch for what goes wrong.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal, get_args

HOST, TOKEN = "127.0.0.1", "world-accounts"
FOLDERS = ("/mail-boxes/", "/directory/")
Switch = Literal["none", "busy", "refuse", "break before", "break after", "hang up after"]
TABLES = """
CREATE TABLE IF NOT EXISTS account (
    path TEXT PRIMARY KEY, key TEXT NOT NULL, body TEXT NOT NULL, times INTEGER NOT NULL);
"""


class Accounts:
    """A running accounts server."""

    def __init__(self, ledger: Path, port: int = 0) -> None:
        ledger.parent.mkdir(parents=True, exist_ok=True)
        self.ledger = ledger
        self._switch: Switch = "none"
        self._turn = threading.Lock()
        with closing(sqlite3.connect(ledger)) as connection:
            connection.executescript(TABLES)
        self.server = ThreadingHTTPServer((HOST, port), _Handler)
        self.server.daemon_threads = True
        self.server.accounts = self  # type: ignore[attr-defined]  # for its handlers

    def connection(self) -> dict[str, Any]:
        """The connection of the server, as the connections file has it."""
        return {
            "conn_type": "http",
            "host": HOST,
            "port": self.server.server_address[1],
            "password": TOKEN,
            "extra": {"tls": "none"},
        }

    def switch(self, to: Switch) -> None:
        """From now on every request to open goes wrong in this way."""
        if to not in get_args(Switch):
            raise ValueError(f"there is no switch {to!r}")
        self._switch = to

    def opened(self) -> list[tuple[str, int]]:
        """What is open, by path, and how often it was opened (which should be once)."""
        return self._run("SELECT path, times FROM account ORDER BY path")

    def find(self, path: str) -> str | None:
        """The body under which a path was opened, as JSON."""
        found = self._run("SELECT body FROM account WHERE path = ?", path)
        return found[0][0] if found else None

    def put(self, path: str, key: str, body: str) -> tuple[HTTPStatus | None, str]:
        """Open a path, or what goes wrong; without a status the connection is to be cut."""
        fault = self._switch
        if fault == "busy":
            return HTTPStatus.SERVICE_UNAVAILABLE, '{"error": "too busy"}'
        if fault == "refuse":
            return HTTPStatus.UNPROCESSABLE_ENTITY, '{"error": "no plan for this customer"}'
        if fault == "break before":
            return HTTPStatus.INTERNAL_SERVER_ERROR, "{}"
        self._run(
            "INSERT INTO account VALUES (?, ?, ?, 1) ON CONFLICT (path) DO UPDATE SET"
            " times = times + (key <> excluded.key), key = excluded.key, body = excluded.body",
            *(path, key, body),
        )
        if fault == "break after":
            return HTTPStatus.INTERNAL_SERVER_ERROR, "{}"
        return (None, "") if fault == "hang up after" else (HTTPStatus.CREATED, body)

    def _run(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        with self._turn, closing(sqlite3.connect(self.ledger)) as connection, connection:
            return connection.execute(statement, values).fetchall()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def _accounts(self) -> Accounts:
        known: Accounts = self.server.accounts  # type: ignore[attr-defined]  # see Accounts
        return known

    def do_GET(self) -> None:
        """Say what is open under a path."""
        if self._may():
            found = self._accounts.find(self.path)
            self._answer(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND, found or "{}")

    def do_PUT(self) -> None:
        """Open what the path names."""
        body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
        if not self._may():
            return
        if not self.path.startswith(FOLDERS) or not isinstance(json.loads(body), dict):
            self._answer(HTTPStatus.BAD_REQUEST, '{"error": "no account of ours"}')
            return
        status, content = self._accounts.put(self.path, self.headers["Idempotency-Key"], body)
        if status is None:
            self.close_connection = True
            return
        self._answer(status, content)

    def _may(self) -> bool:
        if self.headers["Authorization"] == f"Bearer {TOKEN}":
            return True
        self._answer(HTTPStatus.UNAUTHORIZED, '{"error": "unknown token"}')
        return False

    def _answer(self, status: HTTPStatus, content: str) -> None:
        body = content.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing on the terminal: the ledger tells."""


@contextmanager
def accounts(ledger: Path) -> Iterator[Accounts]:
    """The server, for as long as the block runs, on a free port."""
    known = Accounts(ledger)
    serving = threading.Thread(target=known.server.serve_forever, daemon=True)
    serving.start()
    try:
        yield known
    finally:
        known.server.shutdown()
        known.server.server_close()
