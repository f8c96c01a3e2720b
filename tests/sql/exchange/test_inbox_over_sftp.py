"""The inbox over real SFTP servers: many folders over one connection, and servers that fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.sql.exchange.conftest import AS_OF, FORMAT, tracking_file
from tests.transport.servers import Server, asyncssh_server, openssh, openssh_server
from tieout.exchange import feeds
from tieout.exchange.inbox import receive
from tieout.exchange.partners import FeedSpec, PartnerSpec, load_partners
from tieout.kernel.database import transaction
from tieout.kernel.runs import Counts
from tieout.kernel.settings import ConnectionInfo
from tieout.transport.files import FilePlace
from tieout.transport.sftp import sftp


@pytest.fixture(scope="module", params=["asyncssh", "openssh"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    if request.param == "asyncssh":
        with asyncssh_server(tmp_path_factory.mktemp("sftp")) as running:
            yield running
        return
    if openssh() is None:
        pytest.skip("NOT TESTED against OpenSSH: sshd is not installed")
    with openssh_server() as running:
        yield running


def test_many_folders_are_read_over_one_connection(
    database_url: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    @contextmanager
    def counted(info: ConnectionInfo) -> Iterator[FilePlace]:
        opened.append(info.conn_id)
        with sftp(info) as place:
            yield place

    monkeypatch.setattr(feeds, "sftp", counted)
    monkeypatch.setattr(feeds, "connection_info", lambda conn_id: server.info)
    ids = _carriers(database_url, server, 40)
    assert _receive(database_url, ids) == Counts(read=80, applied=80)
    assert opened == ["test_sftp"]
    assert _receive(database_url, ids) == Counts()


def test_a_server_that_fails_holds_up_nobody_else(
    database_url: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = _carriers(database_url, server, 1), _carriers(database_url, server, 1, "stranger")
    stranger = server.other(host_key="ssh-ed25519 " + "A" * 64)
    known = {"test_sftp": server.info, "stranger": stranger}
    monkeypatch.setattr(feeds, "connection_info", known.__getitem__)
    assert _receive(database_url, [*bad, *good]) == Counts(read=2, applied=2)
    with pytest.raises(feeds.PartnersNotReached):
        _receive(database_url, bad)
    assert _problems(database_url, [*good, *bad]) == [None] * len(good) + ["not-reached"] * len(bad)
    known["stranger"] = server.info
    assert _receive(database_url, bad) == Counts(read=2, applied=2)
    assert _problems(database_url, bad) == [None] * len(bad)


def test_a_connection_that_is_not_there_is_said_so(database_url: str, server: Server) -> None:
    with pytest.raises(feeds.PartnersNotReached, match="no connection 'nowhere'"):
        _receive(database_url, _carriers(database_url, server, 1, "nowhere"))


def _problems(url: str, ids: list[str]) -> list[str | None]:
    statement = text(
        "SELECT problem FROM partner_contact WHERE partner_id = any(:ids)"
        " ORDER BY array_position(:ids, partner_id)"
    )
    with transaction(url, actor="test") as connection:
        return list(connection.execute(statement, {"ids": ids}).scalars())


def _receive(url: str, ids: list[str]) -> Counts:
    return receive(
        url,
        flow="test",
        task=uuid4().hex,
        doc_type="TRACKING",
        partner_ids=ids,
        as_of=AS_OF,
        load=lambda connection: None,
    )


def _carriers(url: str, server: Server, count: int, connection_id: str = "test_sftp") -> list[str]:
    ids = [f"c-{uuid4().hex[:8]}" for _ in range(count)]
    specs = []
    for each in ids:
        folder = Path(server.root, each)
        folder.mkdir()
        (folder / f"track-{each}-1.csv").write_bytes(tracking_file(["A", "B"], "1", each))
        feed = FeedSpec(format_id=FORMAT, directory=f"{server.directory}{each}")
        specs.append(
            PartnerSpec(
                partner_id=each,
                kind="CARRIER",
                name=each,
                connection_id=connection_id,
                feeds={"TRACKING": feed},
            )
        )
    with transaction(url, actor="test") as connection:
        load_partners(connection, specs)
    return ids
