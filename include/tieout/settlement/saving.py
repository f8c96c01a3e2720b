"""What a reconciliation found, as rows of the database."""

from collections.abc import Mapping
from datetime import date, datetime

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from tieout.kernel.database import copy_in, execute, fetch
from tieout.kernel.sqlfiles import sql_text
from tieout.kernel.staging import stage
from tieout.settlement.engine import Reconciliation
from tieout.settlement.proof import Amount, ProofRow

_PROOF_BUCKETS: Mapping[str, str] = {
    "opening": "opening",
    "new": "new",
    "reopened": "reopened",
    "matched": "matched",
    "linked": "linked",
    "by_kind": "not_matched_by_kind",
    "exception": "exceptions",
    "open": "open",
    "written_off": "written_off",
}
"""The columns of settlement_proof and the buckets of the engine's proof."""
_HELD_BY_WRITE_OFF = '"related_line_id":"write-off:'
_LATE = "SETTLED_AFTER_WRITE_OFF"


def save(
    connection: Connection, found: Reconciliation, business_date: date, as_of: datetime
) -> None:
    """Write matches, findings and the proof of a business date.

    The database refuses a payment or line matched twice, and a proof that does not add up.
    """
    if found.matches.num_rows:
        rows = matches(found.matches, _numbers(connection, found.matches.num_rows))
        copy_in(connection, "settlement_match", _dated(rows, business_date, as_of))
    copy_in(connection, "settlement_finding", findings(found.exceptions, business_date))
    stage(connection, "left_line", _left_lines(found))
    execute(connection, "settlement/lines_left")
    copy_in(connection, "settlement_proof", proof(found.proof.rows, business_date))


def matches(found: pa.Table, before: int = 0) -> pa.Table:
    """The engine's matches as rows of settlement_match, numbered on from `before`."""
    with duckdb.connect() as con:
        con.register("matches", found)
        rows = con.sql(sql_text("settlement/number_matches")).to_arrow_table()
    number = rows.column_names.index("nth_match")
    return rows.set_column(number, "match_no", pc.add(rows["nth_match"], before))


def _left_lines(found: Reconciliation) -> pa.Table:
    """The lines that no match and no link has taken."""
    left = pa.concat_tables(
        [rows.select(["line_id"]) for rows in (found.exceptions, found.open_lines)]
    )
    ids = left["line_id"].drop_null().cast(pa.int64())
    return pa.table({"settlement_line_id": ids})


def _numbers(connection: Connection, size: int) -> int:
    (taken,) = fetch(connection, "settlement/take_match_numbers", size=size)
    return int(taken["before"])


def _dated(rows: pa.Table, business_date: date, as_of: datetime) -> pa.Table:
    size = rows.num_rows
    moment = pa.scalar(as_of, pa.timestamp("us", tz="UTC"))
    dated = rows.append_column("business_date", pa.repeat(pa.scalar(business_date), size))
    return dated.append_column("matched_at", pa.repeat(moment, size))


def findings(found: pa.Table, business_date: date) -> pa.Table:
    """The engine's exceptions as rows of settlement_finding.

    A line that names a payment which is written off is no duplicate: its money came after all.
    """
    late = pc.match_substring(found["evidence"], _HELD_BY_WRITE_OFF)
    codes = pc.if_else(
        pc.and_(late, pc.equal(found["code"], "DUPLICATE_SETTLEMENT")), _LATE, found["code"]
    )
    return pa.table(
        {
            "business_date": pa.repeat(pa.scalar(business_date), found.num_rows),
            "code": codes,
            "payment_id": found["payment_id"].cast(pa.int64()),
            "settlement_line_id": found["line_id"].cast(pa.int64()),
            "amount_minor": pc.abs(found["amount_minor"]),
            "currency": found["currency"],
            "evidence": found["evidence"],
        }
    )


def proof(rows: tuple[ProofRow, ...], business_date: date) -> pa.Table:
    """The engine's proof as rows of settlement_proof."""
    return pa.Table.from_pylist([_proof_row(row, business_date) for row in rows])


def _proof_row(row: ProofRow, business_date: date) -> dict[str, object]:
    cells: dict[str, object] = {
        "business_date": business_date,
        "side": row.side,
        "gateway": row.gateway,
        "currency": row.currency,
    }
    for column, bucket in _PROOF_BUCKETS.items():
        amount = row.buckets.get(bucket, Amount())
        cells |= {f"{column}_count": amount.count, f"{column}_minor": amount.sum_minor}
    return cells
