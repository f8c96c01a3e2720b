"""The schema: Alembic orders the migrations, include/sql/schema/<revision>/ holds the DDL."""

from pathlib import Path

from alembic import command, op
from alembic.config import Config

from tieout.kernel.database import execute_script, lock, transaction
from tieout.kernel.sqlfiles import sql_folder

MIGRATIONS = Path(__file__).with_name("migrations")


def migrate(url: str) -> None:
    """Bring the database to the newest schema; safe to call again, and from several at once."""
    with transaction(url, actor="migration") as connection:
        lock(connection, "migration")
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def apply_folder(revision: str) -> None:
    """Run the DDL files of a revision in the order of their names."""
    for file in sql_folder(f"schema/{revision}"):
        execute_script(op.get_bind(), file.text)
