"""Commands on a database without our tables say what to do."""

import psycopg
import pytest

from tieout.cli.main import REFUSED, main


@pytest.mark.parametrize("command", [["status"], ["explain", "O1"], ["quarantine", "list"]])
def test_a_database_without_tables_is_named(command, case_url: str, capsys) -> None:
    with psycopg.connect(case_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    assert main(command) == REFUSED
    said = capsys.readouterr().err
    assert "make up" in said
    assert "[database-not-ready]" in said
