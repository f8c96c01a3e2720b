"""Where a world lives: its folder, its database, and the environment in which its flows run."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from tieout.kernel import settings as kernel_settings
from tieout.kernel.postgres import EmbeddedPostgres
from tieout.kernel.settings import Settings, read_settings
from tieout.supervisor.environment import airflow_environment
from tieout.world.scenario import Scenario

CLAIM, LIVE = "plays-in-main-database", "live"


def run_name(scenario: Scenario) -> str:
    """The name of the world of a scenario; another scenario, even of this name, has another."""
    digest = hashlib.sha256(scenario.model_dump_json().encode()).hexdigest()
    return f"{scenario.name}-{digest[:8]}"


def world_folder(settings: Settings, run: str) -> Path:
    """The folder of a world."""
    return settings.var / "world" / run


def database_of(settings: Settings, run: str) -> str:
    """The address of the database that a world's orders go to.

    The first world of an installation plays in the main database; each other has one of its own on
    the same server, since two worlds do not share their past.
    """
    if claim_main_database(settings, run):
        return settings.database_url
    return own_database(settings, run)


def claim_main_database(settings: Settings, run: str) -> bool:
    """Claim the main database for a world unless one has; returns whether it is this one's."""
    claim = settings.var / "world" / CLAIM
    if not claim.exists():
        claim.parent.mkdir(parents=True, exist_ok=True)
        claim.write_text(run, encoding="utf-8")
    return claim.read_text(encoding="utf-8") == run


def own_database(settings: Settings, run: str, *, fresh: bool = False) -> str:
    """The address of a world's own database, beside the main one; `fresh` begins it anew."""
    main = settings.database_url
    name = f"tieout_{run}".replace("-", "_").lower()[:63]
    with psycopg.connect(main, autocommit=True) as connection:
        if fresh:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(name)))
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if known.fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return f"{main.rpartition('/')[0]}/{name}"


@contextmanager
def database_server(settings: Settings) -> Iterator[None]:
    """The embedded PostgreSQL for as long as the block runs, and longer if it ran before."""
    if settings.external_database_url and settings.airflow_database_url:
        yield
        return
    embedded = EmbeddedPostgres(settings.postgres_root)
    ran_before = embedded.running() is not None
    try:
        yield
    finally:
        if not ran_before:
            embedded.stop()


def enter(settings: Settings, database_url: str) -> Settings:
    """Make this process's environment that of Airflow and Tieout on this database."""
    os.environ.update(airflow_environment(settings))
    os.environ["TIEOUT_DATABASE_URL"] = database_url
    kernel_settings.settings.cache_clear()
    return read_settings(os.environ)
