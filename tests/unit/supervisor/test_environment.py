"""Airflow's environment: secrets are made once, kept to ourselves, and never have a default."""

import stat
from pathlib import Path

from tieout.kernel.settings import Settings, read_settings
from tieout.supervisor.environment import ROLES, airflow_environment, users


def _settings(var: Path) -> Settings:
    return read_settings(
        {
            "TIEOUT_VAR": str(var),
            "TIEOUT_DATABASE_URL": "postgresql://me:hush@db/tieout",
            "TIEOUT_AIRFLOW_DATABASE_URL": "postgresql://me:hush@db/airflow",
        }
    )


def test_it_is_the_same_at_every_call_and_another_elsewhere(tmp_path: Path) -> None:
    first = airflow_environment(_settings(tmp_path / "a"))
    assert airflow_environment(_settings(tmp_path / "a")) == first
    other = airflow_environment(_settings(tmp_path / "b"))
    for secret in ("CORE__FERNET_KEY", "API_AUTH__JWT_SECRET", "API__SECRET_KEY"):
        assert first[f"AIRFLOW__{secret}"] != other[f"AIRFLOW__{secret}"]
        assert len(first[f"AIRFLOW__{secret}"]) >= 32


def test_secrets_are_readable_by_us_only(tmp_path: Path) -> None:
    airflow_environment(_settings(tmp_path))
    files = list((tmp_path / "secrets").iterdir())
    assert len(files) == 4
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


def test_everyone_has_a_password_of_their_own_that_is_not_shown(tmp_path: Path) -> None:
    found = users(_settings(tmp_path))
    assert {user.name: user.role for user in found} == ROLES
    assert len({user.password for user in found}) == 3
    assert not any(user.password in repr(found) for user in found)


def test_airflow_uses_the_given_databases_and_tieout_its_own(tmp_path: Path) -> None:
    environment = airflow_environment(_settings(tmp_path), port=4711)
    assert environment["TIEOUT_DATABASE_URL"] == "postgresql://me:hush@db/tieout"
    assert (
        environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
        == "postgresql+psycopg2://me:hush@db/airflow"
    )
    assert ":4711/" in environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]
