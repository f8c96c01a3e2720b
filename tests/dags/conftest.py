"""Airflow for the tests of the DAGs: one home, one metadata database, one process."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tieout.kernel import settings as kernel_settings
from tieout.kernel.postgres import PostgresServer
from tieout.kernel.settings import REPOSITORY, read_settings


@pytest.fixture(scope="session")
def airflow_home(
    pg_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The environment of Airflow, set before its first import; undone at the end."""
    from tieout.supervisor.environment import airflow_environment

    var = tmp_path_factory.mktemp("var")
    given = {
        "TIEOUT_VAR": str(var),
        "TIEOUT_DATABASE_URL": pg_server.url("tieout"),
        "TIEOUT_AIRFLOW_DATABASE_URL": pg_server.url("airflow"),
    }
    before = dict(os.environ)
    os.environ.update(given | airflow_environment(read_settings(given)))
    kernel_settings.settings.cache_clear()
    yield var
    os.environ.clear()
    os.environ.update(before)
    kernel_settings.settings.cache_clear()


@pytest.fixture(scope="session")
def dags(airflow_home: Path) -> dict[str, Any]:
    """All DAGs by their names, parsed as Airflow parses them."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(REPOSITORY / "dags"))
    assert bag.import_errors == {}
    return dict(bag.dags)
