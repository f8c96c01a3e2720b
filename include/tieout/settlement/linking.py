"""What a reconciliation is given, from the database, and what it says of lines beside matches.

It is given the lines that are open, those that have their place and that an open line refers to,
and the payments of which something may become: those that any of these lines names, and those that
may be late. All other open payments wait; they are counted where they are, for the proof.
"""

from dataclasses import dataclass
from datetime import date, datetime

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from tieout.kernel.database import copy_in, execute, fetch, fetch_arrow
from tieout.kernel.sqlfiles import sql_text
from tieout.kernel.staging import stage
from tieout.settlement.engine import Reconciliation
from tieout.settlement.nameless import in_payouts, sorts
from tieout.settlement.proof import Amount, Proof

_REFERENCES = ("gateway_ref", "original_ref", "order_ref")
_SIDE = "payments"
_BOOK = pa.schema({"gateway": pa.string(), "ref": pa.string()})


@dataclass(frozen=True)
class Gathered:
    """Payments, lines and payouts of a business date, as the engine takes them.

    `payouts` is None where no line needs one: only lines that name nothing are looked for by them.
    """

    payments: pa.Table
    lines: pa.Table
    payouts: pa.Table | None


def gather(connection: Connection, business_date: date, as_of: datetime) -> Gathered:
    """What the engine is given of a business date."""
    day = {"business_date": business_date}
    lines = fetch_arrow(connection, "settlement/open_lines", **day)
    others = fetch_arrow(connection, "settlement/linking/open_lines", **day)
    book = _references(lines, others)
    stage(connection, "open_book", book)
    placed = fetch_arrow(connection, "settlement/linking/placed_lines", **day)
    stage(connection, "line_name", names(lines, others, placed))
    every, payouts = in_payouts(connection, _together(lines, others, placed), as_of)
    stage(connection, "nameless_sort", sorts(every))
    payments = fetch_arrow(connection, "settlement/open_payments", **day, as_of=as_of)
    again = names(_unsure(lines, payments))
    stage(connection, "held_name", _once(pa.concat_tables([book, again])))
    held = fetch_arrow(connection, "settlement/linking/held_payments", **day)
    return Gathered(_together(payments, held), every, payouts)


def names(*tables: pa.Table) -> pa.Table:
    """Every reference that lines have, once: gateway and reference. A payment may have it too."""
    known = [
        (lines, name) for lines in tables for name in _REFERENCES if name in lines.schema.names
    ]
    return _once(pa.concat_tables([_named(lines, name) for lines, name in known]))


def waiting(
    connection: Connection, business_date: date, as_of: datetime, proof: Proof
) -> list[tuple[str, str, str, str, int, int]]:
    """The open payments that `gather` has left where they are, as entries of the proof.

    `proof` is that of the engine, which has counted what it was given. Entries are rows side,
    gateway, currency, bucket, count and sum: each payment came in, and is open.
    """
    given = {(row.gateway, row.currency): row.buckets for row in proof.rows if row.side == _SIDE}
    entries = []
    day = {"business_date": business_date, "as_of": as_of}
    for row in fetch(connection, "settlement/open_payment_sums", **day):
        key, bucket = (row["gateway"], row["currency"]), row["bucket"]
        there = Amount(row["entries"], row["sum_minor"])
        rest = there - given.get(key, {}).get(bucket, Amount())
        if rest != Amount():
            entries += [
                (_SIDE, *key, name, rest.count, rest.sum_minor) for name in (bucket, "open")
            ]
    return entries


def _references(lines: pa.Table, others: pa.Table) -> pa.Table:
    """What open lines of other kinds, and open refunds, refer to: gateway and reference."""
    refunds = lines.filter(pc.equal(lines["kind"], "refund"))
    parts = [_named(others, column) for column in _REFERENCES]
    return pa.concat_tables([*parts, _named(refunds, "original_ref")])


def _unsure(lines: pa.Table, payments: pa.Table) -> pa.Table:
    """The lines for which an open payment is not certain."""
    with duckdb.connect() as con:
        con.register("open_lines", lines)
        con.register("open_payments", payments)
        return con.sql(sql_text("settlement/linking/unsure_lines")).to_arrow_table()


def _once(book: pa.Table) -> pa.Table:
    return book.group_by(_BOOK.names).aggregate([])


def _named(lines: pa.Table, column: str) -> pa.Table:
    named = lines.select(["gateway", column]).filter(pc.is_valid(lines[column]))
    return named.rename_columns(_BOOK.names).cast(_BOOK)


def _together(*tables: pa.Table) -> pa.Table:
    return pa.concat_tables(tables, promote_options="default")


def save_links(connection: Connection, found: Reconciliation, business_date: date) -> None:
    """Write what lines point to, and the near misses, of a business date."""
    if found.links.num_rows:
        stage(connection, "found_links", links(found.links))
        execute(connection, "settlement/linking/add_links", business_date=business_date)
    copy_in(connection, "settlement_near_miss", near_misses(found.near_misses, business_date))


def links(found: pa.Table) -> pa.Table:
    """The engine's links with the numbers of the database."""
    return pa.table(
        {
            "settlement_line_id": found["line_id"].cast(pa.int64()),
            "relation": found["relation"],
            "payment_id": found["payment_id"].cast(pa.int64()),
            "related_line_id": _line_ids(found["related_line_id"]),
        }
    )


def _line_ids(found: pa.ChunkedArray) -> pa.ChunkedArray:
    """The numbers of lines; what holds a payment may also be a write-off, which is no line."""
    is_line = pc.match_substring_regex(found, "^[0-9]+$")
    return pc.if_else(is_line, found, pa.scalar(None, pa.string())).cast(pa.int64())


def near_misses(found: pa.Table, business_date: date) -> pa.Table:
    """The engine's near misses as rows of settlement_near_miss."""
    same = ("setting", "needed", "more", "currency", "amount_minor", "would_be_ambiguous")
    return pa.table(
        {
            "business_date": pa.repeat(pa.scalar(business_date), found.num_rows),
            "settlement_line_id": found["line_id"].cast(pa.int64()),
            "payment_id": found["payment_id"].cast(pa.int64()),
        }
        | {name: found[name] for name in same}
    )
