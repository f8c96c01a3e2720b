"""The outbox against a real SFTP server: each file goes once, wherever the process is killed."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.sql.exchange.conftest import AS_OF, Killed, kill
from tests.transport.servers import Server, asyncssh_server
from tieout.exchange import feeds, sending
from tieout.exchange.outbox import (
    OutgoingFile,
    PlanRefused,
    next_control_numbers,
    plan_file,
    plan_files,
    send,
)
from tieout.exchange.partners import FeedSpec, PartnerSpec, load_partners
from tieout.kernel import crash
from tieout.kernel.database import transaction
from tieout.kernel.runs import Counts
from tieout.kernel.settings import ConnectionInfo

OUTBOX_POINTS = [
    name for name in crash.POINTS if name.startswith("outbox.") and name != "outbox.given_back"
]
"""Points that a delivery passes; effects are given back where nobody was reached."""
LATER = AS_OF + timedelta(hours=1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with asyncssh_server(tmp_path_factory.mktemp("sftp")) as running:
        yield running


@dataclass
class Vendors:
    """Vendors behind one server, a folder each."""

    url: str
    server: Server
    ids: list[str]

    def plan(self, body: bytes = b"order\n") -> None:
        with transaction(self.url, actor="test") as connection:
            files = [
                OutgoingFile(f"po:{each}", each, "PURCHASE_ORDER", f"po-{each}-000001.csv", body)
                for each in self.ids
            ]
            plan_files(connection, files, AS_OF)

    def send(self, as_of: datetime = AS_OF) -> Counts:
        return send(self.url, partner_ids=self.ids, as_of=as_of)

    def on_server(self) -> dict[str, bytes]:
        return {
            path.name: path.read_bytes()
            for each in self.ids
            for path in (self.server.root / each).iterdir()
        }

    def inodes(self) -> list[int]:
        folders = [self.server.root / each for each in self.ids]
        return [path.stat().st_ino for folder in folders for path in folder.iterdir()]

    def expected(self, body: bytes = b"order\n") -> dict[str, bytes]:
        return {f"po-{each}-000001.csv": body for each in self.ids}

    def states(self) -> list[str]:
        statement = "SELECT status FROM effect WHERE partner_id = any(:ids) ORDER BY effect_id"
        with transaction(self.url, actor="test") as connection:
            return list(connection.execute(text(statement), {"ids": self.ids}).scalars())

    def history(self) -> list[str]:
        statement = (
            "SELECT h.to_state FROM status_history AS h"
            " JOIN effect AS e ON e.effect_id = subject_id"
            " WHERE machine = 'effect' AND partner_id = :one ORDER BY history_id"
        )
        with transaction(self.url, actor="test") as connection:
            return list(connection.execute(text(statement), {"one": self.ids[0]}).scalars())


@pytest.fixture
def vendors(database_url: str, server: Server, monkeypatch: pytest.MonkeyPatch) -> Vendors:
    ids = [f"v-{uuid4().hex[:8]}" for _ in range(3)]
    _reach(monkeypatch, server.info)
    specs = []
    for each in ids:
        (server.root / each).mkdir()
        feed = FeedSpec(format_id="tieout-purchase-order-1", directory=each)
        specs.append(
            PartnerSpec(
                partner_id=each,
                kind="VENDOR",
                name=each,
                connection_id="test_sftp",
                feeds={"PURCHASE_ORDER": feed},
            )
        )
    with transaction(database_url, actor="test") as connection:
        load_partners(connection, specs)
    return Vendors(database_url, server, ids)


def test_files_go_once(vendors: Vendors) -> None:
    vendors.plan()
    assert vendors.send() == Counts(read=3, applied=3)
    assert vendors.send() == Counts()
    assert vendors.on_server() == vendors.expected()
    assert vendors.history() == ["PLANNED", "SENT", "CONFIRMED"]


@pytest.mark.parametrize("point", OUTBOX_POINTS)
def test_killed_anywhere_and_run_again_ends_the_same(vendors: Vendors, point: str) -> None:
    vendors.plan()
    crash.at(point, kill)
    with pytest.raises(Killed):
        vendors.send()
    crash.clear()
    vendors.send()
    assert vendors.states() == ["CONFIRMED"] * 3
    assert vendors.on_server() == vendors.expected()


def test_killed_after_nobody_was_reached_they_go_with_the_next_run(
    vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendors.plan()
    with monkeypatch.context() as patch:
        _reach(patch, vendors.server.other(host_key="ssh-ed25519 " + "A" * 64))
        crash.at("outbox.given_back", kill)
        with pytest.raises(Killed):
            vendors.send()
        crash.clear()
    assert vendors.states() == ["PLANNED"] * 3
    assert vendors.send() == Counts(read=3, applied=3)
    assert vendors.on_server() == vendors.expected()


def test_a_file_that_got_there_is_found_by_its_hash_and_not_sent_again(vendors: Vendors) -> None:
    vendors.plan()
    crash.at("outbox.uploaded", kill)
    with pytest.raises(Killed):
        vendors.send()
    crash.clear()
    before = vendors.inodes()
    assert vendors.states() == ["SENT"] * 3
    assert vendors.send() == Counts(read=3, applied=3)
    after = vendors.inodes()
    assert after == before
    assert vendors.history() == ["PLANNED", "SENT", "CONFIRMED"]


def test_one_that_did_not_get_there_is_proved_not_done_first(vendors: Vendors) -> None:
    vendors.plan()
    crash.at("outbox.sent", kill)
    with pytest.raises(Killed):
        vendors.send()
    crash.clear()
    vendors.send()
    assert vendors.history() == ["PLANNED", "SENT", "PLANNED", "SENT", "CONFIRMED"]


def test_another_file_under_the_name_is_never_overwritten(vendors: Vendors) -> None:
    vendors.plan()
    taken = vendors.server.root / vendors.ids[0] / f"po-{vendors.ids[0]}-000001.csv"
    taken.write_bytes(b"somebody else's")
    assert vendors.send() == Counts(read=3, applied=2, quarantined=1)
    assert taken.read_bytes() == b"somebody else's"
    taken.unlink()
    assert vendors.send(LATER) == Counts(read=1, applied=1)
    assert vendors.on_server() == vendors.expected()


def test_a_missing_folder_holds_up_nobody_else(vendors: Vendors) -> None:
    vendors.plan()
    (vendors.server.root / vendors.ids[1]).rmdir()
    assert vendors.send() == Counts(read=3, applied=2, quarantined=1)
    (vendors.server.root / vendors.ids[1]).mkdir()
    assert vendors.send(LATER) == Counts(read=1, applied=1)


def test_what_is_refused_is_tried_again_after_twice_as_long_each_time(vendors: Vendors) -> None:
    vendors.plan()
    folder = vendors.server.root / vendors.ids[0]
    folder.rmdir()
    assert vendors.send() == Counts(read=3, applied=2, quarantined=1)
    tried = AS_OF
    for minutes in (30, 60, 120, 240, 240):
        due = tried + timedelta(minutes=minutes)
        assert vendors.send(due - timedelta(seconds=1)) == Counts(), minutes
        assert vendors.send(due) == Counts(read=1, quarantined=1), minutes
        assert vendors.send(due) == Counts(), minutes
        tried = due
    folder.mkdir()
    assert vendors.send(tried + timedelta(hours=4)) == Counts(read=1, applied=1)
    assert vendors.on_server() == vendors.expected()


def test_a_server_with_another_key_gets_nothing(
    vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendors.plan()
    stranger = vendors.server.other(host_key="ssh-ed25519 " + "A" * 64)
    _reach(monkeypatch, stranger)
    with pytest.raises(feeds.PartnersNotReached, match="was not reached"):
        vendors.send()
    assert vendors.states() == ["PLANNED"] * 3
    assert vendors.on_server() == {}
    _reach(monkeypatch, vendors.server.info)
    assert vendors.send() == Counts(read=3, applied=3)


def test_what_a_living_claimer_holds_is_left_alone(vendors: Vendors) -> None:
    vendors.plan()
    with sending._claimer(vendors.url) as token:
        first = sending._Courier(vendors.url, "first", token, AS_OF)
        assert len(first.claim([], vendors.ids)) == 3
        assert vendors.send() == Counts()
    assert vendors.send() == Counts(read=3, applied=3)


def test_a_claimer_that_lost_its_claim_writes_nothing(vendors: Vendors) -> None:
    vendors.plan()
    with sending._claimer(vendors.url) as token:
        slow = sending._Courier(vendors.url, "slow", token, AS_OF)
        effects = slow.claim([], vendors.ids)
    assert vendors.send() == Counts(read=3, applied=3)
    slow._write([sending.Result(each.effect_id, "UNKNOWN") for each in effects], final=True)
    assert vendors.states() == ["CONFIRMED"] * 3


def test_the_work_of_a_killed_process_is_taken_over(vendors: Vendors) -> None:
    vendors.plan()
    child = multiprocessing.get_context("spawn").Process(
        target=_claim_and_die, args=(vendors.url, vendors.ids)
    )
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    assert vendors.send() == Counts(read=3, applied=3)


def test_planning_twice_is_one_effect_and_other_bytes_are_refused(vendors: Vendors) -> None:
    vendors.plan()
    vendors.plan()
    assert vendors.states() == ["PLANNED"] * 3
    with pytest.raises(PlanRefused, match="other content"):
        vendors.plan(b"changed\n")
    with (
        pytest.raises(PlanRefused, match="no feed"),
        transaction(vendors.url, "test") as connection,
    ):
        plan_file(
            connection, effect_key="x", partner_id=vendors.ids[0], doc_type="SHIPMENT",
            name="x.csv", body=b"x", as_of=AS_OF,
        )  # fmt: skip


def test_control_numbers_count_up_per_partner(vendors: Vendors) -> None:
    one, two, _ = vendors.ids
    with transaction(vendors.url, actor="test") as connection:
        assert next_control_numbers(connection, "PURCHASE_ORDER", [one]) == {one: 1}
        numbers = next_control_numbers(connection, "PURCHASE_ORDER", [one, two])
    assert numbers == {one: 2, two: 1}


def _reach(monkeypatch: pytest.MonkeyPatch, info: ConnectionInfo) -> None:
    monkeypatch.setattr(feeds, "connection_info", lambda conn_id: info)


def _claim_and_die(url: str, ids: list[str]) -> None:
    with sending._claimer(url) as token:
        assert len(sending._Courier(url, "child", token, AS_OF).claim([], ids)) == 3
        os.kill(os.getpid(), signal.SIGKILL)


def test_how_each_vendor_was_reached_is_known(
    vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendors.plan()
    (vendors.server.root / vendors.ids[1]).rmdir()
    vendors.send()
    assert contacts(vendors) == [(None, None), ("refused", AS_OF), (None, None)]
    (vendors.server.root / vendors.ids[1]).mkdir()
    _reach(monkeypatch, vendors.server.other(host_key="ssh-ed25519 " + "A" * 64))
    with pytest.raises(feeds.PartnersNotReached):
        send(vendors.url, partner_ids=vendors.ids, as_of=LATER)
    assert contacts(vendors) == [(None, None), ("not-reached", AS_OF), (None, None)]
    _reach(monkeypatch, vendors.server.info)
    with transaction(vendors.url, actor="test") as connection:
        plan_file(
            connection, effect_key=f"new:{vendors.ids[1]}", partner_id=vendors.ids[1],
            doc_type="PURCHASE_ORDER", name="new.csv", body=b"new", as_of=AS_OF,
        )  # fmt: skip
    assert vendors.send() == Counts(read=1, applied=1)
    assert contacts(vendors)[1] == ("not-reached", AS_OF), "an earlier instant says nothing new"


def contacts(vendors: Vendors) -> list[tuple[object, ...]]:
    statement = (
        "SELECT problem, failing_since FROM partner_contact"
        " WHERE partner_id = any(:ids) ORDER BY array_position(:ids, partner_id)"
    )
    with transaction(vendors.url, actor="test") as connection:
        return [tuple(row) for row in connection.execute(text(statement), {"ids": vendors.ids})]
