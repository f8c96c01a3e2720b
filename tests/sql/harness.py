"""SQL as a function from tables to tables: a folder per case, with one case.yaml.

    about: what the case shows
    as_of: 2026-03-02T06:00:00Z          # given to every step
    given:                               # rows as they are: neither keys nor guards look at them
      partner:
      - {partner_id: shop, kind: STOREFRONT, name: Shop, calendar_id: weekdays}
      order_entry:
        defaults: {storefront: shop}     # columns that every row has
        rows:
        - {entry_row_id: 1, line_no: 1}
    run:                                 # one step or a list of them
    - sql: intake/some_statement         # include/sql/intake/some_statement.sql
      with: {limit: 5}                   # further parameters
    - call: tieout.intake.tasks:validate_entries
    - execute: UPDATE quarantine SET ... # what a person does in between
    expect:                              # every row of the table, of each row the columns named
      order_entry:
      - {entry_row_id: 1, status: VALID}

A case may say `raises: slug` instead of, or beside, `expect`. Rows have no order. Expected values
are read as the table's own types, so that `2026-03-02T06:00:00Z` is the instant and not the text.
"""

import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import Connection, text

from tieout.kernel.database import execute, transaction
from tieout.kernel.errors import TieoutError

Row = dict[str, Any]
Case = dict[str, Any]


def cases(folder: Path) -> list[Any]:
    """Every case below a folder, as parameters of a test, named by their folders."""
    return [
        pytest.param(yaml.safe_load(path.read_text(encoding="utf-8")), id=path.parent.name)
        for path in sorted(folder.glob("**/case.yaml"))
    ]


def check(url: str, case: Case) -> None:
    """Load what is given, run the steps, compare what is expected; the database must be empty."""
    load(url, case.get("given", {}))
    steps = case["run"] if isinstance(case["run"], list) else [case["run"]]
    if slug := case.get("raises"):
        with pytest.raises(TieoutError) as raised:
            _run(url, steps, case)
        assert raised.value.slug == slug
    else:
        _run(url, steps, case)
    with transaction(url, actor="test") as connection:
        for table, rows in case.get("expect", {}).items():
            expect(connection, table, _rows(rows))


def load(url: str, tables: Mapping[str, Any]) -> None:
    """Put rows into tables as they are, past keys and guards; identities go on behind them."""
    with transaction(url, actor="test") as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table, rows in tables.items():
            for columns, group in groupby(_rows(rows), key=tuple):
                _insert(connection, table, columns, list(group))
            _move_identity(connection, table)


def expect(connection: Connection, table: str, expected: list[Row]) -> None:
    """Assert that the table holds just these rows, looking at the columns that each names."""
    left = [row for (row,) in connection.execute(text(f"SELECT to_jsonb(t) FROM {table} AS t"))]
    typed = _typed(connection, table, expected)
    missing = [row for row in sorted(typed, key=len, reverse=True) if not _take(left, row)]
    named = {column for row in expected for column in row}
    extra = [{key: row[key] for key in sorted(named)} for row in left] if named else left
    assert (missing, extra) == ([], []), f"{table}: missing {missing}, not expected {extra}"


def _take(rows: list[Row], wanted: Row) -> bool:
    for row in rows:
        if all(row[key] == value for key, value in wanted.items()):
            rows.remove(row)
            return True
    return False


def _run(url: str, steps: list[Row], case: Case) -> None:
    for step in steps:
        params = {"as_of": case.get("as_of"), **step.get("with", {})}
        if "call" in step:
            module, function = step["call"].split(":")
            getattr(import_module(module), function)(**params)
            continue
        with transaction(url, actor="test") as connection:
            if "sql" in step:
                execute(connection, step["sql"], **params)
            else:
                connection.execute(text(step["execute"]))


def _rows(rows: Any) -> list[Row]:
    if isinstance(rows, Mapping):
        return [{**rows.get("defaults", {}), **row} for row in rows["rows"]]
    return list(rows)


def _insert(connection: Connection, table: str, columns: tuple[str, ...], rows: list[Row]) -> None:
    names = ", ".join(columns)
    connection.execute(
        text(
            f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE"
            f" SELECT {names} FROM jsonb_populate_recordset(null::{table}, :rows)"
        ),
        {"rows": json.dumps(rows, default=str)},
    )


def _move_identity(connection: Connection, table: str) -> None:
    for column in _identities(connection, table):
        connection.execute(
            text(
                f"SELECT setval(pg_get_serial_sequence(:table, :column), max({column}))"
                f" FROM {table} HAVING max({column}) IS NOT NULL"
            ),
            {"table": table, "column": column},
        )


def _identities(connection: Connection, table: str) -> Iterator[str]:
    query = text(
        "SELECT attname FROM pg_attribute"
        " WHERE attrelid = cast(:table AS regclass) AND attidentity <> ''"
    )
    yield from connection.execute(query, {"table": table}).scalars()


def _typed(connection: Connection, table: str, rows: list[Row]) -> list[Row]:
    query = text(f"SELECT to_jsonb(t) FROM jsonb_populate_recordset(null::{table}, :rows) AS t")
    found = connection.execute(query, {"rows": json.dumps(rows, default=str)}).scalars()
    return [{key: row[key] for key in wanted} for row, wanted in zip(found, rows, strict=True)]
