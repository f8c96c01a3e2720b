"""The schema: Alembic orders the migrations, include/sql/schema/<revision>/ holds the DDL."""

from pathlib import Path

from alembic import command, op
from alembic.config import Config
from sqlalchemy import Connection, text

from tieout.kernel.database import execute_script, lock, transaction
from tieout.kernel.errors import TieoutError
from tieout.kernel.sqlfiles import sql_folder

MIGRATIONS = Path(__file__).with_name("migrations")
OLDEST_POSTGRESQL = 15


class PostgresqlTooOld(TieoutError):  # noqa: N818 (it says what is wrong)
    """The database's server lacks what the schema needs."""

    slug = "postgresql-too-old"


def migrate(url: str) -> None:
    """Bring the database to the newest schema; safe to call again, and from several at once.

    Raises PostgresqlTooOld, and changes nothing, on a server older than OLDEST_POSTGRESQL.
    """
    with transaction(url, actor="migration") as connection:
        _require_postgresql(connection)
        lock(connection, "migration")
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def apply_folder(revision: str) -> None:
    """Run the DDL files of a revision in the order of their names."""
    for file in sql_folder(f"schema/{revision}"):
        execute_script(op.get_bind(), file.text)


def _require_postgresql(connection: Connection) -> None:
    found = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
    if found < OLDEST_POSTGRESQL:
        raise PostgresqlTooOld(
            f"The database is PostgreSQL {found}; Tieout needs {OLDEST_POSTGRESQL} or newer.",
            remedy="Upgrade the server, or point TIEOUT_DATABASE_URL to a newer one.",
            found=found,
        )
