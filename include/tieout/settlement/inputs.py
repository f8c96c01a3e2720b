"""The tables that matching takes: their columns, and the checks that refuse a bad one.

An input is a Parquet file, a CSV file or an Arrow table. It becomes a view with the contract's
names and types; whatever does not fit is refused with its column, its first bad row and a remedy.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import duckdb
import pyarrow as pa

from tieout.kernel.errors import Place, TieoutError
from tieout.settlement.model import LINKED_KINDS, MATCHED_KINDS
from tieout.settlement.repeats import repeated

Source: TypeAlias = pa.Table | Path
_LARGEST_MINOR = 10**17
_DAY_US = 86_400_000_000


class InputRefused(TieoutError):  # noqa: N818 (it is what happened to the input)
    """A table given to the matcher is not what the contract says."""

    slug = "match-input"


@dataclass(frozen=True)
class Column:
    """One column of an input: `type` is text, minor, moment, flag, day or rate."""

    name: str
    type: str
    nullable: bool = False
    optional: bool = False


@dataclass(frozen=True)
class Side:
    """One input: the name of its view, its key, its amount and all its columns."""

    name: str
    number: str
    key: str
    amount: str
    columns: tuple[Column, ...]
    kinds: tuple[str, ...] = ()


PAYMENTS = Side(
    "payments",
    "payment_no",
    "payment_id",
    "amount_minor",
    (
        Column("payment_id", "text"),
        Column("order_ref", "text"),
        Column("gateway", "text"),
        Column("gateway_ref", "text", nullable=True),
        Column("kind", "text"),
        Column("currency", "text"),
        Column("amount_minor", "minor"),
        Column("booked_at", "moment"),
        Column("due_at", "moment", nullable=True, optional=True),
        Column("settled_by", "text", nullable=True, optional=True),
        Column("carried", "flag", nullable=True, optional=True),
    ),
    MATCHED_KINDS,
)
LINES = Side(
    "lines",
    "line_no",
    "line_id",
    "gross_minor",
    (
        Column("line_id", "text"),
        Column("gateway", "text"),
        Column("gateway_ref", "text", nullable=True),
        Column("order_ref", "text", nullable=True),
        Column("kind", "text"),
        Column("currency", "text"),
        Column("gross_minor", "minor"),
        Column("booked_at", "moment"),
        Column("original_ref", "text", nullable=True, optional=True),
        Column("due_at", "moment", nullable=True, optional=True),
        Column("placed", "flag", nullable=True, optional=True),
        Column("reversed_by", "text", nullable=True, optional=True),
        Column("carried", "flag", nullable=True, optional=True),
    ),
)
LINES_OF_PAYOUTS = replace(
    LINES,
    columns=(
        *LINES.columns,
        Column("net_minor", "minor"),
        Column("payout_ref", "text", nullable=True),
    ),
)
"""The lines where the payouts that they are part of are given too."""

_INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"} | {
    "UBIGINT",
    "HUGEINT",
}
_REMEDIES = {
    "text": "Give text; whole numbers are taken as text too.",
    "minor": "Give whole minor units (1999 for 19.99 USD), never a fraction or a float.",
    "moment": "Give a timestamp in UTC, such as 2026-11-20T14:05:00Z.",
    "flag": "Give true or false.",
    "day": "Give a date, such as 2026-11-20.",
    "rate": "Give a number above zero, such as 1.0842.",
}


_NOTHING = {"text": "VARCHAR", "minor": "BIGINT", "moment": "BIGINT", "flag": "BOOLEAN"}
_CASTS = {"flag": "BOOLEAN", "day": "DATE", "rate": "DECIMAL(28, 12)"}


def load(con: duckdb.DuckDBPyConnection, side: Side, source: Source) -> None:
    """Make the checked views of one input: all rows as `all_<name>`, those to match as `<name>`.

    Only lines of a kind that needs a payment are matched, and only payments that no earlier run
    settled (`settled_by`); those serve to name the lines that settle them again. Lines that an
    earlier run placed (`placed`) serve likewise: others may take them back. Beside them, the table
    `<name>_in`: what came in, counted and summed up by gateway, currency, kind, and what an earlier
    run made of it.

    Raises InputRefused when the file cannot be read or its content breaks the contract.
    """
    file = _file(source)
    _create_view(con, side, read(con, side, source))
    _sum_up(con, side)
    _check_words(con, side, file)
    _check_unique(con, side, file)


def read(con: duckdb.DuckDBPyConnection, side: Side, source: Source) -> dict[str, str]:
    """Open one input as the view `<name>_raw`; returns the SQL that reads each of its cells.

    Raises InputRefused when the file cannot be read, or a column or a cell breaks the contract.
    """
    _open(con, side, source)
    types = _types(con, side)
    _check_columns(side, types, _file(source))
    _check_cells(con, side, types, _file(source))
    empty = {column.name for column in side.columns if _has_empty(con, side, column, types)}
    return {column.name: _cell(column, types, column.name in empty) for column in side.columns}


def _file(source: Source) -> str | None:
    return str(source) if isinstance(source, Path) else None


def _open(con: duckdb.DuckDBPyConnection, side: Side, source: Source) -> None:
    raw = f"{side.name}_raw"
    if isinstance(source, pa.Table):
        numbers = pa.array(range(source.num_rows), pa.int64())
        con.register(raw, source.append_column("file_row_number", numbers))
        return
    try:
        if source.suffix.lower() in {".csv", ".tsv", ".txt"}:
            con.read_csv(str(source), header=True, all_varchar=True).create_view(f"{raw}_text")
            con.execute(
                f"CREATE TEMP TABLE {raw} AS"
                f" SELECT *, row_number() OVER () - 1 AS file_row_number FROM {raw}_text"
            )
        else:
            con.read_parquet(str(source), file_row_number=True).create_view(raw)
    except duckdb.Error as error:
        raise InputRefused(
            f"The file cannot be read: {str(error).splitlines()[0]}",
            remedy="Give a Parquet file, or a CSV file with a header whose name ends in .csv.",
            place=Place(str(source)),
        ) from None


def _types(con: duckdb.DuckDBPyConnection, side: Side) -> dict[str, str]:
    described = con.execute(f"DESCRIBE {side.name}_raw").fetchall()
    return {str(name): str(type_) for name, type_, *_ in described}


def _check_columns(side: Side, types: dict[str, str], file: str | None) -> None:
    for column in side.columns:
        found = types.get(column.name)
        if found is None and not column.optional:
            raise InputRefused(
                f"The {side.name} table has no column {column.name!r}.",
                remedy=f"It needs: {', '.join(c.name for c in side.columns if not c.optional)}.",
                place=Place(file, field=column.name),
                found=sorted(types),
            )
        if found is not None and not _fits(column, found):
            raise InputRefused(
                f"Column {column.name!r} of {side.name} is {found}, which is not {column.type}.",
                remedy=_REMEDIES[column.type],
                place=Place(file, field=column.name),
            )


def _fits(column: Column, found: str) -> bool:
    if found in {"VARCHAR", '"NULL"', "NULL"}:
        return True
    if column.type == "text":
        return found in _INTEGERS or found.startswith(("ENUM", "DOUBLE", "FLOAT"))
    if column.type == "minor":
        return found in _INTEGERS or (found.startswith("DECIMAL") and found.endswith(",0)"))
    if column.type == "flag":
        return found == "BOOLEAN"
    if column.type == "rate":
        return found in _INTEGERS or found.startswith(("DECIMAL", "DOUBLE", "FLOAT"))
    return found.startswith(("TIMESTAMP", "DATE"))


def _has_empty(
    con: duckdb.DuckDBPyConnection, side: Side, column: Column, types: dict[str, str]
) -> bool:
    """Whether a column has empty text, which is the same as none; Parquet's statistics tell."""
    found = types.get(column.name)
    if not column.nullable or column.type != "text" or found is None or found in _INTEGERS:
        return False
    cell = column.name if found == "VARCHAR" else f"CAST({column.name} AS VARCHAR)"
    empty = con.execute(f"SELECT 1 FROM {side.name}_raw WHERE {cell} = '' LIMIT 1")
    return bool(empty.fetchall())


def _cell(column: Column, types: dict[str, str], may_be_empty: bool = True) -> str:
    """The SQL that reads one cell; NULL when it cannot be read."""
    name, found = column.name, types.get(column.name)
    if found is None:
        return f"CAST(NULL AS {_NOTHING[column.type]})"
    text = found == "VARCHAR"
    if column.type == "text":
        if found.startswith(("DOUBLE", "FLOAT")):
            return "CAST(NULL AS VARCHAR)"
        cell = name if text else f"CAST({name} AS VARCHAR)"
        return f"nullif({cell}, '')" if may_be_empty else cell
    if column.type == "minor":
        whole = f"regexp_full_match(trim({name}), '[+-]?[0-9]{{1,18}}')"
        value = f"CASE WHEN {whole} THEN {name} END" if text else name
        return name if found == "BIGINT" else f"TRY_CAST({value} AS BIGINT)"
    if column.type in _CASTS:
        return f"TRY_CAST({name} AS {_CASTS[column.type]})"
    return f"epoch_us(TRY_CAST({name} AS TIMESTAMPTZ))" if text else f"epoch_us({name})"


def _create_view(con: duckdb.DuckDBPyConnection, side: Side, cells: dict[str, str]) -> None:
    amount = cells[side.amount]
    facts = [f"file_row_number AS {side.number}"]
    facts += [f"{cells[c.name]} AS {c.name}" for c in side.columns if c.type in {"text", "minor"}]
    if side is LINES:
        facts += ["CAST(NULL AS VARCHAR) AS payout_ref", "CAST(NULL AS BIGINT) AS net_minor"]
    facts.append(f"CASE WHEN kind = 'refund' THEN abs({amount}) ELSE {amount} END AS settle_minor")
    facts.append(f"{cells['booked_at']} AS booked_us")
    facts.append(f"({cells['booked_at']} // {_DAY_US}) AS booked_day")
    facts.append(f"CASE WHEN {cells['carried']} THEN 1 ELSE 0 END AS carried")
    facts.append(f"CAST({cells['due_at']} AS BIGINT) AS due_us")
    if side is not PAYMENTS:
        facts.append(f"CASE WHEN {cells['placed']} THEN 1 ELSE 0 END AS placed")
    facts.append("CAST(hash(gateway_ref, settle_minor) >> 1 AS BIGINT) AS key_code")
    facts.append(f"CASE WHEN kind IN ({_words(LINKED_KINDS)}) THEN 1 ELSE 0 END AS is_linked_kind")
    con.execute(
        f"CREATE TEMP VIEW all_{side.name} AS SELECT {', '.join(facts)} FROM {side.name}_raw"
    )
    needs_payment = f"kind IN ({_words(MATCHED_KINDS)}) AND placed = 0"
    matched = "settled_by IS NULL" if side is PAYMENTS else needs_payment
    con.execute(f"CREATE TEMP VIEW {side.name} AS SELECT * FROM all_{side.name} WHERE {matched}")


def _words(kinds: Sequence[str]) -> str:
    return ", ".join(f"'{kind}'" for kind in kinds)


def _check_cells(
    con: duckdb.DuckDBPyConnection, side: Side, types: dict[str, str], file: str | None
) -> None:
    """Refuse a NULL where none may be, and a cell that cannot be read, naming the first."""
    tests = [(column, _bad(column, types)) for column in side.columns if column.name in types]
    any_bad = " OR ".join(test for _, test in tests)
    if not con.execute(f"SELECT 1 FROM {side.name}_raw WHERE {any_bad} LIMIT 1").fetchall():
        return
    counts = ", ".join(f"count(*) FILTER (WHERE {test})" for _, test in tests)
    found = con.execute(f"SELECT {counts} FROM {side.name}_raw").fetchall()[0]
    for (column, test), bad in zip(tests, found, strict=True):
        if bad:
            row, value = con.execute(
                f"SELECT file_row_number, CAST({column.name} AS VARCHAR)"
                f" FROM {side.name}_raw WHERE {test} ORDER BY file_row_number LIMIT 1"
            ).fetchall()[0]
            raise _bad_cell(side, column, bad, row, value, file)


def _bad(column: Column, types: dict[str, str]) -> str:
    cell, name, found = _cell(column, types), column.name, types[column.name]
    if column.type == "minor":
        return f"({cell} IS NULL OR abs({cell}) > {_LARGEST_MINOR})"
    if column.type == "rate":
        return f"(({cell} > 0) IS NOT TRUE)"
    if column.type == "text" and found == "VARCHAR":
        return "false" if column.nullable else f"({name} IS NULL OR {name} = '')"
    if not column.nullable:
        return f"({cell} IS NULL)"
    empty = f"{name} = ''" if found == "VARCHAR" else "false"
    if found.startswith(("DOUBLE", "FLOAT")):
        empty = f"isnan({name})"
    return f"({cell} IS NULL AND {name} IS NOT NULL AND NOT ({empty}))"


def _bad_cell(
    side: Side, column: Column, bad: int, row: int, value: str | None, file: str | None
) -> InputRefused:
    shown = "is empty" if value in (None, "") else f"holds {str(value)[:60]!r}"
    return InputRefused(
        f"Column {column.name!r} of {side.name} {shown} in row {row + 1} of the data"
        f" ({bad} such row{'s' if bad > 1 else ''}).",
        remedy=_REMEDIES[column.type],
        place=Place(file, line=_line(file, row), field=column.name),
        rows=bad,
    )


def _line(file: str | None, row: int) -> int | None:
    return row + 2 if file and not file.lower().endswith((".parquet", ".pq")) else None


def _sum_up(con: duckdb.DuckDBPyConnection, side: Side) -> None:
    """Count what came in, once, for all that asks: words, gateways, and the proof."""
    earlier = "settled_by IS NOT NULL" if side is PAYMENTS else "placed = 1"
    asked = _words((*MATCHED_KINDS, *LINKED_KINDS))
    con.execute(
        f"CREATE TEMP TABLE {side.name}_in AS SELECT gateway, currency, kind, carried,"
        f" CASE WHEN {earlier} THEN 1 ELSE 0 END AS is_earlier,"
        f" CASE WHEN kind IN ({asked}) THEN 1 ELSE 0 END AS is_asked, count(*) AS entries,"
        f" sum({side.amount}) AS sum_minor, min({side.number}) AS first_no"
        f" FROM all_{side.name} GROUP BY gateway, currency, kind, carried, is_earlier"
    )


def _check_words(con: duckdb.DuckDBPyConnection, side: Side, file: str | None) -> None:
    for name in ("currency", "kind"):
        words = con.execute(
            f"SELECT {name}, min(first_no) FROM {side.name}_in GROUP BY {name} ORDER BY 2"
        ).fetchall()
        for word, row in words:
            if remedy := _wrong_word(name, word, side.kinds):
                raise InputRefused(
                    f"{word!r} is no {name} of {side.name} (row {row + 1} of the data).",
                    remedy=remedy,
                    place=Place(file, line=_line(file, row), field=name),
                )


def _wrong_word(name: str, word: str, kinds: tuple[str, ...]) -> str | None:
    if name == "currency":
        fits = len(word) == 3 and word.isascii() and word.isalpha() and word.isupper()
        return None if fits else "Use the three capital letters of ISO 4217, such as EUR."
    return f"Use one of: {', '.join(kinds)}." if kinds and word not in kinds else None


def _check_unique(con: duckdb.DuckDBPyConnection, side: Side, file: str | None) -> None:
    view = f"all_{side.name}"
    if not repeated(con.view(view).project(f"hash({side.key}) AS number")).size:
        return  # unlike hashes prove unlike ids
    rows, ids = con.execute(f"SELECT count(*), count(DISTINCT {side.key}) FROM {view}").fetchall()[
        0
    ]
    if rows == ids:
        return
    value, row = con.execute(
        f"SELECT {side.key}, max({side.number}) FROM {view} GROUP BY {side.key}"
        " HAVING count(*) > 1 ORDER BY 2 LIMIT 1"
    ).fetchall()[0]
    raise InputRefused(
        f"{side.key} {value!r} occurs more than once in {side.name}, again in row {row + 1}"
        f" of the data ({rows - ids} rows too many).",
        remedy="Give each row once, with an id of its own.",
        place=Place(file, line=_line(file, row), field=side.key),
    )
