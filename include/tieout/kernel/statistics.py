"""The planner's statistics, kept fit for set-based work right after bulk loads."""

from psycopg import sql
from sqlalchemy import Connection

from tieout.kernel.database import execute_script, fetch


def refresh_statistics(connection: Connection) -> list[str]:
    """Analyse the tables that changed much since the last look; returns their names.

    Without it the first large query after a bulk load may take a plan made for empty tables.
    """
    stale = [str(row["table_name"]) for row in fetch(connection, "kernel/stale_tables")]
    for table in stale:
        analyse(connection, table)
    return stale


def analyse(connection: Connection, table: str, *columns: str) -> None:
    """Analyse a table of which this transaction itself changed much; nobody else knows that yet.

    `columns` are those that it changed, by default all.
    """
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    of_columns = sql.SQL(" ({})").format(names) if columns else sql.SQL("")
    statement = sql.SQL("ANALYZE {}").format(sql.Identifier(table)) + of_columns
    execute_script(connection, statement.as_string())
