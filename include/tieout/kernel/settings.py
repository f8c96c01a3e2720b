"""What this installation is told from outside: folders, the database, partners' connections.

Settings are read once from the environment; connections come from `AIRFLOW_CONN_*` variables, from
the connections file or, inside Airflow, from its connections. Secrets never show in a repr.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tieout.kernel.errors import Place, SettingsError

REPOSITORY = Path(__file__).resolve().parents[3]
_MINUTES_OF_A_DAY = 24 * 60


@dataclass(frozen=True)
class Settings:
    """Folders and addresses of this installation.

    `var` holds all that Tieout writes beside the database, `archive` every file that came or went,
    by hash, `spool` the order entries that the database did not take. `connections_file` may hold
    partners' connections as a JSON object by their names.
    Both database addresses are empty where the embedded PostgreSQL is used. `zone` (IANA) says when
    the business day changes. `mail_from` sends mail to staff, `mail_to` gets it. What a partner
    refuses is tried again `retry_after` that, then after twice as long each time.
    """

    var: Path
    archive: Path
    connections_file: Path
    spool: Path
    repository: Path = REPOSITORY
    zone: str = "UTC"
    mail_from: str = "tieout@localhost"
    mail_to: str = "staff@localhost"
    retry_after: timedelta = timedelta(minutes=30)
    external_database_url: str = field(default="", repr=False)
    airflow_database_url: str = field(default="", repr=False)

    @property
    def database_url(self) -> str:
        """The address of the database `tieout`, whose embedded server is started if need be."""
        if self.external_database_url:
            return self.external_database_url
        from tieout.kernel.postgres import EmbeddedPostgres

        return EmbeddedPostgres(self.postgres_root).url("tieout")

    @property
    def needs_embedded(self) -> bool:
        """Whether at least one of the two databases is the embedded PostgreSQL's."""
        return not (self.external_database_url and self.airflow_database_url)

    @property
    def postgres_root(self) -> Path:
        """The data root of the embedded PostgreSQL."""
        return self.var / "postgres"


@dataclass(frozen=True)
class ConnectionInfo:
    """How to reach a partner; what is not given is empty, and port 0 means the usual one.

    `key_file` is the path of our private key, `host_key` the partner's public key as
    `ssh-ed25519 AAAA...`.
    """

    conn_id: str
    kind: str
    host: str
    port: int
    login: str
    password: str = field(repr=False)
    key_file: str
    host_key: str
    extras: Mapping[str, Any] = field(repr=False)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings that an environment gives.

    Raises SettingsError when a database's address is not that of a PostgreSQL, or when the
    minutes between attempts are no whole number above 0.
    """
    var = Path(environment.get("TIEOUT_VAR") or REPOSITORY / "var").absolute()
    return Settings(
        var=var,
        archive=Path(environment.get("TIEOUT_ARCHIVE") or var / "archive").absolute(),
        connections_file=Path(
            environment.get("TIEOUT_CONNECTIONS") or var / "connections.json"
        ).absolute(),
        spool=Path(environment.get("TIEOUT_SPOOL") or var / "spool").absolute(),
        zone=environment.get("TIEOUT_ZONE") or Settings.zone,
        mail_from=environment.get("TIEOUT_MAIL_FROM") or Settings.mail_from,
        mail_to=environment.get("TIEOUT_MAIL_TO") or Settings.mail_to,
        retry_after=_minutes(environment, "TIEOUT_RETRY_MINUTES") or Settings.retry_after,
        external_database_url=_plain_url(environment, "TIEOUT_DATABASE_URL"),
        airflow_database_url=_plain_url(environment, "TIEOUT_AIRFLOW_DATABASE_URL"),
    )


@cache
def settings() -> Settings:
    """The settings of this process, read from its environment at the first call."""
    return read_settings(os.environ)


def database_url() -> str:
    """The address of the database `tieout`: TIEOUT_DATABASE_URL, else the embedded PostgreSQL's."""
    return settings().database_url


def connection(conn_id: str) -> ConnectionInfo:
    """The connection of that name, from the environment, the connections file, or Airflow.

    `AIRFLOW_CONN_<NAME>` holds JSON or a URI as Airflow has it, the file objects as in that JSON.
    Raises SettingsError when there is none, or when it cannot be read.
    """
    variable = f"AIRFLOW_CONN_{conn_id.upper()}"
    if text := os.environ.get(variable):
        return _from_variable(conn_id, variable, text)
    file = settings().connections_file
    if file.exists() and (facts := _connections(file, file.stat().st_mtime_ns).get(conn_id)):
        return _from_facts(conn_id, facts)
    if "airflow" in sys.modules:
        return _from_airflow(conn_id)
    raise SettingsError(
        f"There is no connection {conn_id!r}.",
        remedy=f"Set {variable}, or add it in Airflow under Admin, Connections.",
    )


def _plain_url(environment: Mapping[str, str], variable: str) -> str:
    url = environment.get(variable, "")
    if not url:
        return ""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.partition("+")[0] not in {"postgresql", "postgres"}:
        raise SettingsError(
            f"{variable} is not the address of a PostgreSQL.",
            remedy="Write postgresql://user:password@host:port/database.",
        )
    return f"postgresql://{rest}"


def _minutes(environment: Mapping[str, str], variable: str) -> timedelta | None:
    text = environment.get(variable, "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= _MINUTES_OF_A_DAY):
        raise SettingsError(
            f"{variable} is {text!r}.",
            remedy=f"Write a whole number of minutes from 1 to {_MINUTES_OF_A_DAY}.",
        )
    return timedelta(minutes=int(text))


def _from_variable(conn_id: str, variable: str, text: str) -> ConnectionInfo:
    try:
        if text.lstrip().startswith("{"):
            return _from_facts(conn_id, json.loads(text))
        return _from_uri(conn_id, text)
    except (ValueError, AttributeError):
        raise SettingsError(
            f"The variable {variable} is neither a connection in JSON nor a URI.",
            remedy='Write it as {"conn_type": "sftp", "host": "...", "extra": {...}}.',
        ) from None


@lru_cache(maxsize=1)
def _connections(file: Path, changed_ns: int) -> Mapping[str, Mapping[str, Any]]:
    """All connections of the file, read again only when it has changed."""
    try:
        found: dict[str, Mapping[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        raise SettingsError(
            "The connections file is not JSON.",
            remedy='Write {"name": {"conn_type": "sftp", "host": "...", "extra": {...}}}.',
            place=Place(str(file)),
            changed_ns=changed_ns,
        ) from None
    return found


def _from_facts(conn_id: str, facts: Mapping[str, Any]) -> ConnectionInfo:
    extra = facts.get("extra") or {}
    return _info(
        conn_id,
        kind=facts.get("conn_type"),
        host=facts.get("host"),
        port=facts.get("port"),
        login=facts.get("login"),
        password=facts.get("password"),
        extras=json.loads(extra) if isinstance(extra, str) else extra,
    )


def _from_uri(conn_id: str, text: str) -> ConnectionInfo:
    parts = urlsplit(text)
    if not parts.scheme:
        raise ValueError(text)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return _info(
        conn_id,
        kind=parts.scheme.replace("-", "_"),
        host=unquote(parts.hostname or ""),
        port=parts.port,
        login=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        extras=json.loads(query["__extra__"]) if "__extra__" in query else query,
    )


def _from_airflow(conn_id: str) -> ConnectionInfo:
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowException

    try:
        found = BaseHook.get_connection(conn_id)
    except AirflowException as error:
        raise SettingsError(
            f"Airflow has no connection {conn_id!r}.",
            remedy="Add it in Airflow under Admin, Connections.",
        ) from error
    return _info(
        conn_id,
        kind=found.conn_type,
        host=found.host,
        port=found.port,
        login=found.login,
        password=found.password,
        extras=found.extra_dejson,
    )


def _info(
    conn_id: str,
    *,
    kind: str | None,
    host: str | None,
    port: int | str | None,
    login: str | None,
    password: str | None,
    extras: Mapping[str, Any],
) -> ConnectionInfo:
    return ConnectionInfo(
        conn_id=conn_id,
        kind=kind or "",
        host=host or "",
        port=int(port or 0),
        login=login or "",
        password=password or "",
        key_file=str(extras.get("key_file") or ""),
        host_key=str(extras.get("host_key") or ""),
        extras=MappingProxyType(dict(extras)),
    )
