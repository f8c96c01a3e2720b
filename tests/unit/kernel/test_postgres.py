"""The embedded server: made once, found again, recovered after kill -9, gone after stop."""

import multiprocessing
import os
import signal
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tieout.kernel.postgres import EmbeddedPostgres
from tieout.kernel.postgres_install import Account, programs


@pytest.fixture
def root() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="tieout tests "))
    folder.chmod(0o755)
    data_root = folder / "var" / "postgres"
    yield data_root
    EmbeddedPostgres(data_root).destroy()
    (folder / "var").rmdir()
    folder.rmdir()


def _value(url: str, statement: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(statement).fetchone()
        assert row is not None
        return row[0]


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def test_it_is_made_with_both_databases_and_keeps_its_port_and_rows(root: Path) -> None:
    embedded = EmbeddedPostgres(root)
    first = embedded.start()
    _execute(first.url("tieout"), "CREATE TABLE kept AS SELECT 7 AS n")
    assert _value(first.url("airflow"), "SELECT current_database()") == "airflow"
    embedded.stop()
    assert embedded.running() is None
    again = EmbeddedPostgres(root).start()
    assert again == first
    assert _value(again.url("tieout"), "SELECT n FROM kept") == 7


def test_it_asks_for_the_password_and_listens_on_this_machine_only(root: Path) -> None:
    server = EmbeddedPostgres(root).start()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url("tieout").replace(server.password, "wrong"))
    assert _value(server.url("tieout"), "SHOW listen_addresses") == "127.0.0.1"
    assert _value(server.url("tieout"), "SHOW password_encryption") == "scram-sha-256"
    assert stat.S_IMODE((root / "server.json").stat().st_mode) == 0o600
    assert server.password not in repr(server)


def test_kill_9_loses_no_committed_row(root: Path) -> None:
    embedded = EmbeddedPostgres(root)
    server = embedded.start()
    _execute(server.url("tieout"), "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    postmaster = embedded.process()
    assert postmaster is not None
    os.kill(postmaster.pid, signal.SIGKILL)
    assert _value(embedded.url("tieout"), "SELECT count(*) FROM kept") == 1000


def test_a_stale_process_number_does_not_hinder_the_start(root: Path) -> None:
    embedded = EmbeddedPostgres(root)
    server = embedded.start()
    embedded.stop()
    (embedded.home / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n/elsewhere\n")
    assert embedded.start() == server


def test_a_taken_port_is_picked_anew(root: Path) -> None:
    embedded = EmbeddedPostgres(root)
    first = embedded.start()
    embedded.stop()
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind((first.host, first.port))
        squatter.listen()
        second = embedded.start()
    assert second.port != first.port
    assert _value(second.url("tieout"), "SELECT 1") == 1


def _start(root: Path) -> int:
    return EmbeddedPostgres(root).start().port


def test_two_processes_that_start_at_once_share_one_server(root: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        ports = pool.map(_start, [root, root])
    assert len(set(ports)) == 1


def test_programs_out_of_reach_are_copied_and_run_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Account, "can_enter", lambda self, folder: False)
    account = Account(os.geteuid(), os.getegid(), other=False)
    copied = programs(tmp_path, account)
    assert tmp_path in copied.parents
    assert account.run([copied / "initdb", "--version"]).stdout.startswith("initdb (PostgreSQL) 18")
    assert programs(tmp_path, account) == copied


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the server as somebody else")
def test_root_runs_it_under_another_account_even_from_a_private_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    embedded = EmbeddedPostgres(tmp_path / "postgres")
    try:
        server = embedded.start()
        postmaster = embedded.process()
        assert postmaster is not None
        assert postmaster.uids().real != 0
        assert embedded.home != embedded.root
        assert _value(server.url("tieout"), "SELECT 1") == 1
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    finally:
        embedded.destroy()
    assert not embedded.home.exists()
