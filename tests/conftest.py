"""One PostgreSQL server for the whole test session; a fresh, migrated database for each module."""

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from uuid import uuid4

import psycopg
import pytest

from tieout.kernel.postgres import EmbeddedPostgres, PostgresServer

TEMPLATE = "template_tieout"


def _terminated(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt(f"signal {number}")


def pytest_configure(config: pytest.Config) -> None:
    """End on TERM as on Ctrl-C, so that the server of the session is stopped then too."""
    signal.signal(signal.SIGTERM, _terminated)


@pytest.fixture(scope="session")
def pg_server() -> Iterator[PostgresServer]:
    """A throwaway server that lives as long as the test session."""
    folder = Path(tempfile.mkdtemp(prefix="tieout-tests-"))
    folder.chmod(0o755)
    embedded = EmbeddedPostgres(folder, durable=False)
    try:
        yield embedded.start()
    finally:
        embedded.destroy()


@pytest.fixture(scope="session")
def migrated_template(pg_server: PostgresServer) -> str:
    """The name of a database with Tieout's schema and no rows, to copy from."""
    from tieout.kernel.database import engine
    from tieout.kernel.schema import migrate

    _run(pg_server, f"CREATE DATABASE {TEMPLATE}")
    migrate(pg_server.url(TEMPLATE))
    engine(pg_server.url(TEMPLATE)).dispose()
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
