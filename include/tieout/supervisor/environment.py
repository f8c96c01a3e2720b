"""The environment in which Airflow runs on one machine; demo, tests and `make up` share it."""

import base64
import json
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tieout.kernel.postgres import EmbeddedPostgres
from tieout.kernel.settings import Settings

HOST = "127.0.0.1"
DEFAULT_PORT = 8080
ROLES = {"admin": "admin", "olive": "op", "vera": "viewer"}
DRIVER = "postgresql+psycopg2"


@dataclass(frozen=True)
class User:
    """Someone who may log in to Airflow here, with the role that Airflow gives."""

    name: str
    role: str
    password: str = field(repr=False)


def airflow_environment(settings: Settings, *, port: int = DEFAULT_PORT) -> dict[str, str]:
    """The variables that Airflow and Tieout need, to be laid over the process's own environment.

    Starts the embedded PostgreSQL where no other database is given, and generates secrets at the
    first call; both are found again by the next. `port` is that of the API server.
    """
    home = settings.var / "airflow"
    home.mkdir(parents=True, exist_ok=True)
    users(settings)
    return {
        **_databases(settings),
        **_secrets(settings),
        "PYTHONPATH": str(settings.repository / "include"),
        "TIEOUT_VAR": str(settings.var),
        "TIEOUT_ARCHIVE": str(settings.archive),
        "TIEOUT_CONNECTIONS": str(settings.connections_file),
        "TIEOUT_SPOOL": str(settings.spool),
        "GX_ANALYTICS_ENABLED": "false",
        "NO_PROXY": _no_proxy(os.environ),
        "no_proxy": _no_proxy(os.environ),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(settings.repository / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(settings.repository / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://{HOST}:{port}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(
            f"{name}:{role}" for name, role in ROLES.items()
        ),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(_passwords_file(settings)),
        "AIRFLOW__API__BASE_URL": f"http://{HOST}:{port}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "120",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(settings.var / "log" / "airflow"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def users(settings: Settings) -> list[User]:
    """An administrator, an operator and a viewer, whose passwords are generated once."""
    made = json.dumps({name: secrets.token_urlsafe(12) for name in ROLES})
    passwords = json.loads(_kept(_passwords_file(settings), lambda: made))
    return [User(name, role, passwords[name]) for name, role in ROLES.items()]


def _passwords_file(settings: Settings) -> Path:
    return settings.var / "secrets" / "airflow-passwords.json"


def _databases(settings: Settings) -> dict[str, str]:
    airflow = settings.airflow_database_url
    if not airflow:
        airflow = EmbeddedPostgres(settings.postgres_root).url("airflow")
    return {
        "TIEOUT_DATABASE_URL": settings.database_url,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"{DRIVER}://{airflow.partition('://')[2]}",
    }


def _secrets(settings: Settings) -> dict[str, str]:
    folder = settings.var / "secrets"
    return {
        "AIRFLOW__CORE__FERNET_KEY": _kept(folder / "fernet-key", _fernet_key),
        "AIRFLOW__API_AUTH__JWT_SECRET": _kept(folder / "jwt-secret", _signing_key),
        "AIRFLOW__API__SECRET_KEY": _kept(folder / "api-secret-key", secrets.token_urlsafe),
    }


def _signing_key() -> str:
    return secrets.token_urlsafe(64)


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii")


def _kept(path: Path, make: Callable[[], str]) -> str:
    """The secret in the file, which only we can read; made at the first call, by one process."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(make(), encoding="utf-8")
        with suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return path.read_text(encoding="utf-8")


def _no_proxy(environment: Mapping[str, str]) -> str:
    given = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
    return ",".join(filter(None, [given, HOST, "localhost"]))
