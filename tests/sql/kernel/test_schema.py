"""Migrations: safe to repeat, and refused where the server is too old for them."""

import pytest
from sqlalchemy import text

from tieout.kernel import schema
from tieout.kernel.database import engine, transaction

TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"


def tables(url: str) -> int:
    with transaction(url, actor="test") as connection:
        return int(connection.execute(text(TABLES)).scalar_one())


def test_an_old_server_is_refused_and_left_as_it_was(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "OLDEST_POSTGRESQL", 999)
    with pytest.raises(schema.PostgresqlTooOld, match="999 or newer") as raised:
        schema.migrate(empty_database_url)
    assert raised.value.fields["found"] >= 15
    assert tables(empty_database_url) == 0
    engine(empty_database_url).dispose()


def test_migrating_again_changes_nothing(database_url: str) -> None:
    before = tables(database_url)
    schema.migrate(database_url)
    assert tables(database_url) == before > 0
    engine(database_url).dispose()
