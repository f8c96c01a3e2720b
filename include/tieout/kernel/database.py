"""Sessions on the system of record, and the few ways in which rows cross its border.

SQL comes from files (kernel.sqlfiles) with bound parameters written `:name`. Bulk rows go in by
COPY from an Arrow table and come out as one; nothing loops over rows.
"""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql
from pyarrow import csv
from sqlalchemy import Connection, Engine, TextClause, create_engine, text
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine import make_url

from tieout.kernel.sqlfiles import sql_text

_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]
_ACTOR = text("SELECT set_config('tieout.actor', :actor, true)")
_STREAMED = 10_000
_ARROW_TYPES: dict[str, pa.DataType] = {
    "int2": pa.int32(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "timestamptz": pa.timestamp("us", tz="UTC"),
    "numeric": pa.decimal128(38, 12),
    "float8": pa.float64(),
}

_COPIED_TOGETHER = 65_536
"""How many rows are turned into text at a time."""


@cache
def engine(url: str) -> Engine:
    """The connection pool of a database, one per process and address."""
    address = make_url(url).set(drivername="postgresql+psycopg")
    return create_engine(address, pool_pre_ping=True, pool_size=5)


@contextmanager
def transaction(url: str, actor: str) -> Iterator[Connection]:
    """One transaction: committed when the block ends, rolled back when it raises.

    `actor` is written to the history of every state that the block changes.
    """
    with engine(url).connect() as connection, acting(connection, actor):
        yield connection


@contextmanager
def acting(connection: Connection, actor: str) -> Iterator[None]:
    """As `transaction`, on a session that is open and has no transaction under way."""
    with connection.begin():
        connection.execute(_ACTOR, {"actor": actor})
        yield


@contextmanager
def single(url: str) -> Iterator[Connection]:
    """A session in which each statement is a transaction of its own."""
    with engine(url).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection


@contextmanager
def read_only(url: str) -> Iterator[Connection]:
    """A transaction that sees one moment of the database and can write nothing."""
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine(url).connect().execution_options(**options) as connection, connection.begin():
        yield connection


def execute(connection: Connection, name: str, **params: object) -> int:
    """Run the statement of `include/sql/<name>.sql`; returns how many rows it touched."""
    return connection.execute(_statement(name), params).rowcount


def execute_script(connection: Connection, script: str) -> None:
    """Run SQL text of several statements without parameters, such as DDL."""
    with _driver(connection).cursor() as cursor:
        cursor.execute(sql.SQL(script))


def fetch(connection: Connection, name: str, **params: object) -> list[dict[str, Any]]:
    """The rows of a small query, each as a mapping of column to value."""
    result = connection.execute(_statement(name), params)
    return [dict(row) for row in result.mappings()]


def stream(connection: Connection, name: str, **params: object) -> Iterator[Mapping[str, Any]]:
    """The rows of a large query, some thousands at a time, to be written out as text."""
    options = {"yield_per": _STREAMED}
    result = connection.execute(_statement(name), params, execution_options=options)
    for row in result.mappings():
        yield dict(row)


def fetch_arrow(connection: Connection, name: str, **params: object) -> pa.Table:
    """The rows of a large query as an Arrow table.

    Integers, booleans, dates, timestamps (UTC, microseconds), numerics as decimal128(38, 12) and
    floats keep their types; every other type comes as text.
    """
    statement = text(sql_text(name).strip().rstrip(";")).compile(dialect=_DIALECT)
    query = sql.SQL(str(statement))
    with psycopg.ClientCursor(_driver(connection)) as cursor:
        cursor.execute(sql.SQL("SELECT * FROM ({}) AS q LIMIT 0").format(query), params)
        types = {
            column.name: _ARROW_TYPES.get(column.type_display, pa.string())
            for column in cursor.description or ()
        }
        buffer = io.BytesIO()
        with cursor.copy(sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(query), params) as copy:
            for chunk in copy:
                buffer.write(chunk)
    return _from_csv(buffer, types)


def copy_in(connection: Connection, table: str, rows: pa.Table | pa.RecordBatch) -> int:
    """Append an Arrow table to a database table by COPY, piece by piece; columns go by name.

    Nulls stay NULL and empty text stays empty. Returns the number of rows.
    """
    if rows.num_rows == 0:
        return 0
    whole = rows if isinstance(rows, pa.Table) else pa.Table.from_batches([rows])
    options = csv.WriteOptions(include_header=False, quoting_style="all_valid")
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, whole.column_names))
    )
    with _driver(connection).cursor() as cursor, cursor.copy(statement) as copy:
        for start in range(0, len(whole), _COPIED_TOGETHER):
            buffer = io.BytesIO()
            some = whole.slice(start, _COPIED_TOGETHER).combine_chunks()
            csv.write_csv(some, buffer, options)  # of an empty chunk it writes rubbish
            copy.write(buffer.getbuffer())
    return int(rows.num_rows)


def lock(connection: Connection, name: str) -> None:
    """Wait for the only turn at `name` until this transaction ends."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name}
    )


@cache
def _statement(name: str) -> TextClause:
    """The statement of a file with its parameters, read once."""
    return text(sql_text(name))


def _driver(connection: Connection) -> "psycopg.Connection[tuple[Any, ...]]":
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def _from_csv(buffer: io.BytesIO, types: dict[str, pa.DataType]) -> pa.Table:
    if buffer.tell() == 0:
        return pa.schema(list(types.items())).empty_table()
    buffer.seek(0)
    return csv.read_csv(
        buffer,
        read_options=csv.ReadOptions(column_names=list(types)),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=types,
            true_values=["t"],
            false_values=["f"],
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
