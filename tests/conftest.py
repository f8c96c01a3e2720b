"""One PostgreSQL server for the whole test session; a fresh, migrated database for each module."""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import FrameType
from uuid import uuid4

import psycopg
import pytest

from tests.mutations.keys import drop_key
from tieout.kernel.postgres import EmbeddedPostgres, PostgresServer

TEMPLATE = "template_tieout"
SERVERS = "PYTEST_TIEOUT_SERVERS"
"""Names the folder of a run's servers; the process that set it cleans up behind all others."""
MEMORY, ROOM = Path("/dev/shm"), 6 << 30


def _terminated(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt(f"signal {number}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--without-key NAME`: the schema without that unique key, to see which test notices."""
    parser.addoption("--without-key", metavar="NAME", help="take a unique key out of the schema")


def pytest_configure(config: pytest.Config) -> None:
    """End on TERM as on Ctrl-C, so that the server of the session is stopped then too.

    One of several processes of xdist has no main file; pyspark, which Great Expectations brings in,
    takes such a process for its own doctests and exits.
    """
    signal.signal(signal.SIGTERM, _terminated)
    main = sys.modules["__main__"]
    main.__file__ = getattr(main, "__file__", pytest.__file__)
    if SERVERS not in os.environ:
        folder = Path(tempfile.mkdtemp(prefix="tieout-tests-", dir=_memory()))
        folder.chmod(0o755)
        os.environ[SERVERS] = str(folder)
        config.add_cleanup(partial(_end_servers, folder))


def _end_servers(folder: Path) -> None:
    """End what is left: a process of xdist that is broken off leaves its server behind."""
    for left in folder.iterdir():
        EmbeddedPostgres(left).destroy()
    folder.rmdir()


@pytest.fixture(scope="session")
def pg_server() -> Iterator[PostgresServer]:
    """A throwaway server that lives as long as the test session."""
    folder = Path(os.environ[SERVERS]) / uuid4().hex
    folder.mkdir(mode=0o755)
    embedded = EmbeddedPostgres(folder, durable=False)
    try:
        yield embedded.start()
    finally:
        embedded.destroy()


def _memory() -> str | None:
    """A folder in memory, where there is one with room: databases are made there twice as fast."""
    is_there = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    return str(MEMORY) if is_there else None


@pytest.fixture(scope="session")
def migrated_template(pg_server: PostgresServer, request: pytest.FixtureRequest) -> str:
    """The name of a database with Tieout's schema and no rows, to copy from."""
    from tieout.kernel.database import engine
    from tieout.kernel.schema import migrate

    _run(pg_server, f"CREATE DATABASE {TEMPLATE}")
    migrate(pg_server.url(TEMPLATE))
    engine(pg_server.url(TEMPLATE)).dispose()
    if name := request.config.getoption("--without-key"):
        drop_key(pg_server.url(TEMPLATE), name)
    return TEMPLATE


@pytest.fixture(scope="module")
def database_url(pg_server: PostgresServer, migrated_template: str) -> Iterator[str]:
    """The address of a database of the module's own, with Tieout's schema and no rows."""
    yield from fresh_database(pg_server, f"TEMPLATE {migrated_template}")


@pytest.fixture(scope="module")
def empty_database_url(pg_server: PostgresServer) -> Iterator[str]:
    """The address of a database of the module's own, with nothing in it."""
    yield from fresh_database(pg_server)


def fresh_database(server: PostgresServer, options: str = "") -> Iterator[str]:
    """The address of a new database; copied as files, which is less work than by the log."""
    name = f"test_{uuid4().hex}"
    _run(server, f"CREATE DATABASE {name} {options} STRATEGY file_copy")
    yield server.url(name)
    _run(server, f"DROP DATABASE {name} WITH (FORCE)")


def _run(server: PostgresServer, statement: str) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(statement)
