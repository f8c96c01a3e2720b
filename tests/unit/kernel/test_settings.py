"""Settings and connections: what the environment says, and clear words for what it does not."""

import json
import os
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tieout.kernel.errors import SettingsError
from tieout.kernel.settings import REPOSITORY, connection, read_settings


def test_folders_are_below_var_unless_told_otherwise() -> None:
    assert read_settings({}).var == REPOSITORY / "var"
    assert read_settings({"TIEOUT_VAR": "/srv/t"}).archive == Path("/srv/t/archive")
    assert read_settings({"TIEOUT_ARCHIVE": "/srv/a"}).archive == Path("/srv/a")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2"])
def test_an_external_database_is_used_and_its_password_not_shown(scheme: str) -> None:
    settings = read_settings({"TIEOUT_DATABASE_URL": f"{scheme}://me:hush@db:5432/tieout"})
    assert settings.database_url == "postgresql://me:hush@db:5432/tieout"
    assert "hush" not in repr(settings)


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(SettingsError, match="not the address of a PostgreSQL"):
        read_settings({"TIEOUT_DATABASE_URL": "mysql://me@db/tieout"})


def test_minutes_between_attempts_are_a_whole_number() -> None:
    assert read_settings({}).retry_after == timedelta(minutes=30)
    assert read_settings({"TIEOUT_RETRY_MINUTES": "5"}).retry_after == timedelta(minutes=5)
    for wrong in ("0", "-5", "soon", "1.5", "1441"):
        with pytest.raises(SettingsError, match="TIEOUT_RETRY_MINUTES"):
            read_settings({"TIEOUT_RETRY_MINUTES": wrong})


@pytest.mark.parametrize(
    "text",
    [
        '{"conn_type": "sftp", "host": "sftp.example", "port": 2222, "login": "shop",'
        ' "password": "p w", "extra": {"key_file": "/k", "host_key": "ssh-ed25519 A+B="}}',
        '{"conn_type": "sftp", "host": "sftp.example", "port": "2222", "login": "shop",'
        ' "password": "p w",'
        ' "extra": "{\\"key_file\\": \\"/k\\", \\"host_key\\": \\"ssh-ed25519 A+B=\\"}"}',
        "sftp://shop:p%20w@sftp.example:2222?key_file=%2Fk&host_key=ssh-ed25519%20A%2BB%3D",
        "sftp://shop:p%20w@sftp.example:2222/?__extra__=%7B%22key_file%22%3A%20%22%2Fk%22%2C%20"
        "%22host_key%22%3A%20%22ssh-ed25519%20A%2BB%3D%22%7D",
    ],
)
def test_a_connection_reads_the_same_in_each_notation(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_VENDOR_7", text)
    found = connection("vendor_7")
    assert (found.kind, found.host, found.port) == ("sftp", "sftp.example", 2222)
    assert (found.login, found.password) == ("shop", "p w")
    assert (found.key_file, found.host_key) == ("/k", "ssh-ed25519 A+B=")
    assert "p w" not in repr(found)


@pytest.mark.parametrize("text", ["{not json", "no uri at all", "sftp://h:port"])
def test_an_unreadable_connection_is_named_but_not_shown(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_VENDOR_8", text)
    with pytest.raises(SettingsError, match="AIRFLOW_CONN_VENDOR_8") as caught:
        connection("vendor_8")
    assert text not in str(caught.value)


def test_a_missing_connection_says_where_to_add_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "airflow", raising=False)
    with pytest.raises(SettingsError, match="AIRFLOW_CONN_NOBODY"):
        connection("nobody")


def test_the_connections_file_is_read_again_when_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "connections.json"
    monkeypatch.setattr(
        "tieout.kernel.settings.settings", lambda: read_settings({"TIEOUT_CONNECTIONS": str(file)})
    )
    for changed, host in enumerate(("one.example", "two.example")):
        fresh = tmp_path / "fresh"
        fresh.write_text(json.dumps({"carrier": {"conn_type": "sftp", "host": host}}))
        os.utime(fresh, (changed, changed))
        fresh.replace(file)
        assert connection("carrier").host == host


def test_a_broken_connections_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "connections.json"
    file.write_text("{")
    monkeypatch.setattr(
        "tieout.kernel.settings.settings", lambda: read_settings({"TIEOUT_CONNECTIONS": str(file)})
    )
    with pytest.raises(SettingsError, match="connections file is not JSON"):
        connection("carrier")
