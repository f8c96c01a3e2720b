"""How many rows each table of a database has, to show that a run again adds none."""

import psycopg
from psycopg import sql

TABLES = """
SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY c.relname
"""


def table_counts(url: str) -> dict[str, int]:
    """The number of rows by table."""
    with psycopg.connect(url) as connection:
        names = [str(row[0]) for row in connection.execute(TABLES)]
        counts = [
            sql.SQL("SELECT {}, count(*) FROM {}").format(sql.Literal(name), sql.Identifier(name))
            for name in names
        ]
        if not counts:
            return {}
        return dict(connection.execute(sql.SQL(" UNION ALL ").join(counts)).fetchall())
