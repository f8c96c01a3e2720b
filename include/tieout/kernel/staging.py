"""Arrow tables as temporary tables, so that SQL works on them as a set; gone at commit."""

from collections.abc import Iterable

import pyarrow as pa
from psycopg import sql
from sqlalchemy import Connection

from tieout.kernel.database import copy_in, execute_script

_SQL_TYPES: dict[pa.DataType, str] = {
    pa.bool_(): "boolean",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.float64(): "double precision",
    pa.date32(): "date",
    pa.string(): "text",
    pa.null(): "text",
}


def stage(connection: Connection, name: str, rows: pa.Table) -> None:
    """Make the temporary table `name` anew with these rows, analysed, until the transaction ends.

    Decimals become numeric, timestamps timestamptz (they are UTC), whatever else is unknown text.
    """
    stage_parts(connection, name, rows.schema, [rows])


def stage_parts(
    connection: Connection, name: str, schema: pa.Schema, parts: Iterable[pa.Table | pa.RecordBatch]
) -> None:
    """As `stage`, with rows that come part by part; what a part has no column for is NULL."""
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(field.name), sql.SQL(_sql_type(field.type)))
        for field in schema
    )
    create = sql.SQL("DROP TABLE IF EXISTS {0}; CREATE TEMP TABLE {0} ({1}) ON COMMIT DROP").format(
        sql.Identifier("pg_temp", name), columns
    )
    execute_script(connection, create.as_string())
    for part in parts:
        copy_in(connection, name, part)
    execute_script(connection, sql.SQL("ANALYZE {}").format(sql.Identifier(name)).as_string())


def _sql_type(arrow_type: pa.DataType) -> str:
    if pa.types.is_timestamp(arrow_type):
        return "timestamptz"
    if pa.types.is_decimal(arrow_type):
        return "numeric"
    return _SQL_TYPES.get(arrow_type, "text")
