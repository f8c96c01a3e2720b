"""A database of its own for each case, which the tasks under test take for theirs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import fresh_database
from tieout.kernel.database import engine
from tieout.kernel.postgres import PostgresServer
from tieout.kernel.settings import settings


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No folder that an earlier test set up for Airflow is this test's."""
    for name in ("TIEOUT_ARCHIVE", "TIEOUT_CONNECTIONS"):
        monkeypatch.delenv(name, raising=False)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def case_url(
    pg_server: PostgresServer,
    migrated_template: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """The address of an empty migrated database; TIEOUT_DATABASE_URL and TIEOUT_VAR point to it."""
    databases = fresh_database(pg_server, f"TEMPLATE {migrated_template}")
    url = next(databases)
    monkeypatch.setenv("TIEOUT_DATABASE_URL", url)
    monkeypatch.setenv("TIEOUT_VAR", str(tmp_path / "var"))
    settings.cache_clear()
    yield url
    settings.cache_clear()
    engine(url).dispose()
    next(databases, None)
