"""The planner's statistics, kept fit for set-based work right after bulk loads."""

from psycopg import sql
from sqlalchemy import Connection

from tieout.kernel.database import execute_script, fetch


def refresh_statistics(connection: Connection) -> list[str]:
    """Analyse the tables that changed much since the last look; returns their names.

    Without it the first large query after a bulk load may take a plan made for empty tables.
    """
    stale = [str(row["table_name"]) for row in fetch(connection, "kernel/stale_tables")]
    analyse(connection, *stale)
    return stale


def analyse(connection: Connection, *tables: str) -> None:
    """Analyse tables of which this transaction itself changed much; nobody else knows that yet."""
    for name in tables:
        execute_script(connection, sql.SQL("ANALYZE {}").format(sql.Identifier(name)).as_string())
