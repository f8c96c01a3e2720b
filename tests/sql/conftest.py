"""A database of its own for each case, which the tasks under test take for theirs."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.conftest import fresh_database
from tieout.kernel.database import engine
from tieout.kernel.postgres import PostgresServer
from tieout.kernel.settings import settings

ELSEWHERE = ("TIEOUT_ARCHIVE", "TIEOUT_CONNECTIONS")
"""What an earlier test may have set up for Airflow."""


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No folder that an earlier test set up for Airflow is this test's."""
    for name in ELSEWHERE:
        monkeypatch.delenv(name, raising=False)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def case_url(pg_server: PostgresServer, migrated_template: str, tmp_path: Path) -> Iterator[str]:
    """The address of an empty migrated database; TIEOUT_DATABASE_URL and TIEOUT_VAR point to it."""
    with copied(pg_server, migrated_template) as url, at_home(url, tmp_path / "var"):
        yield url


@contextmanager
def copied(server: PostgresServer, template: str) -> Iterator[str]:
    """The address of a copy of a database, which is dropped behind the block."""
    databases = fresh_database(server, f"TEMPLATE {template}")
    url = next(databases)
    try:
        yield url
    finally:
        engine(url).dispose()
        next(databases, None)


@contextmanager
def at_home(url: str, var: Path) -> Iterator[None]:
    """In the block, a database and a folder are what the tasks under test take for theirs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIEOUT_DATABASE_URL", url)
        patch.setenv("TIEOUT_VAR", str(var))
        for name in ELSEWHERE:
            patch.delenv(name, raising=False)
        settings.cache_clear()
        yield
    settings.cache_clear()


@dataclass(frozen=True)
class Made:
    """A database that a module has filled once, and the folder of its files, to be copied."""

    server: PostgresServer
    url: str
    var: Path

    @contextmanager
    def copy(self, folder: Path) -> Iterator[str]:
        """The address of a copy, which is at home in the block with the files in `folder`."""
        engine(self.url).dispose()
        if self.var.exists():
            shutil.copytree(self.var, folder / "var")
        name = str(make_url(self.url).database)
        with copied(self.server, name) as url, at_home(url, folder / "var"):
            yield url


@contextmanager
def made(
    server: PostgresServer, template: str, folder: Path, fill: Callable[[str], None]
) -> Iterator[Made]:
    """A database filled once by `fill`, which gets its address, for many tests to copy."""
    with copied(server, template) as url:
        with at_home(url, folder / "var"):
            fill(url)
        yield Made(server, url, folder / "var")
