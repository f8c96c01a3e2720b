"""What a reconciliation is given, from the database, and what it says of lines beside matches.

It is given payments and lines that are open, and those that have their place and that an open line
refers to.
"""

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from tieout.kernel.database import copy_in, execute, fetch_arrow
from tieout.kernel.staging import stage
from tieout.settlement.engine import Reconciliation

_REFERENCES = ("gateway_ref", "original_ref", "order_ref")
_BOOK = pa.schema({"gateway": pa.string(), "ref": pa.string()})


def gather(connection: Connection, business_date: date) -> tuple[pa.Table, pa.Table]:
    """Payments and lines of a business date, as the engine takes them."""
    payments = fetch_arrow(connection, "settlement/open_payments", business_date=business_date)
    lines = fetch_arrow(connection, "settlement/open_lines", business_date=business_date)
    others = fetch_arrow(connection, "settlement/linking/open_lines", business_date=business_date)
    stage(connection, "open_book", _references(lines, others))
    placed = fetch_arrow(connection, "settlement/linking/placed_lines", business_date=business_date)
    held = fetch_arrow(connection, "settlement/linking/held_payments", business_date=business_date)
    known = pc.is_in(held["payment_id"], value_set=payments["payment_id"].combine_chunks())
    return (
        _together(payments, held.filter(pc.invert(known))),
        _together(lines, others, placed),
    )


def _references(lines: pa.Table, others: pa.Table) -> pa.Table:
    """What open lines of other kinds, and open refunds, refer to: gateway and reference."""
    refunds = lines.filter(pc.equal(lines["kind"], "refund"))
    parts = [_named(others, column) for column in _REFERENCES]
    return pa.concat_tables([*parts, _named(refunds, "original_ref")])


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
