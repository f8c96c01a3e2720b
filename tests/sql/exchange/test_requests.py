"""Requests by HTTP through the outbox to a real server: once, and asked for before repeated."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.sql.exchange.conftest import AS_OF, Killed, kill
from tieout.exchange import feeds
from tieout.exchange.feeds import PartnersNotReached
from tieout.exchange.outbox import OutgoingRequest, PlanRefused, plan_requests, send
from tieout.kernel import crash
from tieout.kernel.database import transaction
from tieout.kernel.runs import Counts
from tieout.kernel.settings import _from_facts


class Accounts(ThreadingHTTPServer):
    """Keeps what it was told under each path, with how often and by which key; may misbehave."""

    def __init__(self, seen: Callable[[], object]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.things: dict[str, dict[str, object]] = {}
        self.requests: list[tuple[str, str, str]] = []
        self.faults: list[str] = []
        self.seen = seen
        self.saw: list[object] = []


class _Handler(BaseHTTPRequestHandler):
    server: Accounts

    def do_GET(self) -> None:
        thing = self.server.things.get(self.path)
        self._answer(200 if thing is not None else 404, thing or {})

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key, token = self.headers["Idempotency-Key"], self.headers["Authorization"]
        self.server.requests.append((self.path, key, token))
        self.server.saw.append(self.server.seen())
        fault = self.server.faults.pop(0) if self.server.faults else ""
        if fault == "busy":
            self._answer(503, {"error": "too busy"})
            return
        if fault == "refuse":
            self._answer(422, {"error": "no such plan"})
            return
        if fault == "break before":
            self._answer(500, {})
            return
        self.server.things[self.path] = body
        if fault == "hang up":
            self.close_connection = True
            return
        self._answer(201, body)

    def _answer(self, code: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def accounts(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Accounts]:
    def states() -> list[str]:
        with transaction(database_url, actor="test") as connection:
            return list(connection.execute(text("SELECT DISTINCT status FROM effect")).scalars())

    with transaction(database_url, actor="test") as connection:
        connection.execute(text("DELETE FROM effect"))
    server = Accounts(states)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _reach(monkeypatch, server.server_address[1])
    yield server
    server.shutdown()
    server.server_close()


def test_a_request_goes_once_after_it_is_marked_as_sent(
    database_url: str, accounts: Accounts
) -> None:
    effect_id = _plan(database_url, "/boxes/1")
    assert _send(database_url, effect_id) == Counts(read=1, applied=1)
    assert _send(database_url, effect_id) == Counts()
    ((path, key, token),) = accounts.requests
    assert (path, key.startswith("account:"), token) == ("/boxes/1", True, "Bearer geheim")
    assert accounts.saw == [["SENT"]]


@pytest.mark.parametrize(
    ("fault", "counts", "state"),
    [
        ("hang up", Counts(read=1, deferred=1), "UNKNOWN"),
        ("break before", Counts(read=1, deferred=1), "UNKNOWN"),
        ("busy", Counts(read=1, quarantined=1), "REFUSED"),
        ("refuse", Counts(read=1, quarantined=1), "REFUSED"),
    ],
)
def test_whatever_the_answer_the_thing_is_done_once(
    database_url: str, accounts: Accounts, fault: str, counts: Counts, state: str
) -> None:
    accounts.faults = [fault]
    effect_id = _plan(database_url, "/boxes/1")
    assert _send(database_url, effect_id) == counts
    assert _state(database_url, effect_id) == state
    later = AS_OF + timedelta(hours=1)
    assert send(database_url, effect_ids=[effect_id], as_of=later).applied == 1
    assert _state(database_url, effect_id) == "CONFIRMED"
    assert list(accounts.things) == ["/boxes/1"]
    assert len(accounts.requests) == (1 if fault == "hang up" else 2)


@pytest.mark.parametrize("point", ["outbox.claimed", "outbox.sent", "outbox.uploaded"])
def test_a_killed_sender_s_request_is_asked_for(
    database_url: str, accounts: Accounts, point: str
) -> None:
    effect_id = _plan(database_url, "/boxes/1")
    crash.at(point, kill)
    with pytest.raises(Killed):
        _send(database_url, effect_id)
    crash.clear()
    assert _send(database_url, effect_id) == Counts(read=1, applied=1)
    assert len(accounts.requests) == 1


def test_something_else_in_its_place_proves_nothing(database_url: str, accounts: Accounts) -> None:
    accounts.faults, accounts.things = ["break before"], {"/boxes/1": {"owner": "another"}}
    effect_id = _plan(database_url, "/boxes/1")
    _send(database_url, effect_id)
    assert _send(database_url, effect_id).applied == 1
    assert accounts.things["/boxes/1"] == {"owner": "ann"}


def test_a_server_that_is_down_is_tried_later(
    database_url: str, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    effect_id = _plan(database_url, "/boxes/1")
    port = accounts.server_address[1]
    _reach(monkeypatch, 1)
    with pytest.raises(PartnersNotReached, match="was not reached"):
        _send(database_url, effect_id)
    assert _state(database_url, effect_id) == "PLANNED"
    _reach(monkeypatch, port)
    assert _send(database_url, effect_id).applied == 1


def test_a_key_keeps_its_body(database_url: str, accounts: Accounts) -> None:
    request = _request("/boxes/1", "account:one")
    other = _request("/boxes/1", "account:one", owner="bob")
    with transaction(database_url, actor="test") as connection:
        assert plan_requests(connection, [request], AS_OF) == plan_requests(
            connection, [request], AS_OF
        )
        with pytest.raises(PlanRefused):
            plan_requests(connection, [other], AS_OF)


def _request(path: str, key: str, owner: str = "ann") -> OutgoingRequest:
    body = {"owner": owner}
    return OutgoingRequest(key, "accounts", "PUT", path, body, ask=path, expected=body)


def _plan(url: str, path: str) -> int:
    request = _request(path, f"account:{uuid4()}")
    with transaction(url, actor="test") as connection:
        return plan_requests(connection, [request], AS_OF)[request.effect_key]


def _send(url: str, effect_id: int) -> Counts:
    return send(url, effect_ids=[effect_id], as_of=AS_OF)


def _state(url: str, effect_id: int) -> str:
    with transaction(url, actor="test") as connection:
        statement = text("SELECT status FROM effect WHERE effect_id = :id")
        return str(connection.execute(statement, {"id": effect_id}).scalar_one())


def _reach(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    facts = {
        "conn_type": "http", "host": "127.0.0.1", "port": port, "password": "geheim",
        "extra": {"tls": "none"},
    }  # fmt: skip
    monkeypatch.setattr(feeds, "connection_info", lambda conn_id: _from_facts(conn_id, facts))
