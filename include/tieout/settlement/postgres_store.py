"""The store of the matching passes in a PostgreSQL session: the check of the other engines."""

import pyarrow as pa
from sqlalchemy import Connection, text

from tieout.kernel.database import copy_in
from tieout.settlement.stores import Rows

_NUMBER, _TEXT = "bigint", 'text COLLATE "C"'
_NUMBERS = ("bigint", "integer")
_KINDS = """
    SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
     WHERE attrelid = to_regclass(:name) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""


class PostgresStore:
    """Temporary tables of a PostgreSQL session; text sorts by its bytes, as it does elsewhere."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, name: str, rows: Rows) -> None:
        """As Store.put."""
        rows = rows if isinstance(rows, pa.Table) else rows.read_all()
        columns = ", ".join(
            f"{field.name} {_NUMBER if pa.types.is_integer(field.type) else _TEXT}"
            for field in rows.schema
        )
        self._run(f"DROP TABLE IF EXISTS {name}")
        self._run(f"CREATE TEMP TABLE {name} ({columns})")
        copy_in(self._connection, name, rows)
        self._run(f"ANALYZE {name}")

    def put_row(self, name: str, row: dict[str, str | int]) -> None:
        """As Store.put_row."""
        self.put(name, pa.Table.from_pylist([row]))

    def make(self, name: str, select: str) -> None:
        """As Store.make; what the planner must know of the new table is measured at once."""
        self._run(f"CREATE TEMP TABLE {name}_next AS {select}")
        self._run(f"DROP TABLE IF EXISTS {name}")
        self._run(f"ALTER TABLE {name}_next RENAME TO {name}")
        self._run(f"ANALYZE {name}")

    def append(self, name: str, select: str) -> None:
        """As Store.append."""
        self._run(f"INSERT INTO {name} {select}")

    def count(self, name: str) -> int:
        """As Store.count."""
        return int(self._connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one())

    def take(self, name: str) -> Rows:
        """As Store.take."""
        rows = self._connection.execute(text(f"SELECT * FROM {name}"))
        kinds = self._connection.execute(text(_KINDS), {"name": name}).all()
        schema = pa.schema(
            [(column, pa.int64() if kind in _NUMBERS else pa.string()) for column, kind in kinds]
        )
        return pa.Table.from_pylist([dict(row) for row in rows.mappings()], schema)

    def _run(self, statement: str) -> None:
        self._connection.exec_driver_sql(statement)
