"""What a database holds, told without the numbers that a repeated run may deal out differently.

Generated keys are replaced by what a person would call the row; clocks and hashes are left out. Two
databases in which the same happened, however often it was tried, give equal tables. Of effects and
of attempts to charge only the end counts: their histories tell of each try, and so do the answers
of gateways and how many purchases a run asked about.
"""

import re
from collections import Counter

import psycopg

NAMES = {
    "source_file": "t.partner_id || '/' || t.name || '/' || t.sha256",
    "order_entry": "t.entry_id || ':' || t.line_no || ':' || coalesce(t.spool, '')",
    "customer": "t.customer_ref",
    "address": "t.address_hash",
    "sales_order": "t.order_ref",
    "order_line": "(SELECT o.order_ref || ':' || t.line_no FROM sales_order AS o"
    " WHERE o.sales_order_id = t.sales_order_id)",
    "payment": "t.payment_ref",
    "effect": "t.effect_key",
    "purchase": "t.entry_id::text",
    "card_registration": "t.registration_ref",
    "certificate": "t.day::text",
    "vendor_order": "t.vendor_order_no",
    "vendor_order_line": "(SELECT v.vendor_order_no || ':' || t.line_no FROM vendor_order AS v"
    " WHERE v.vendor_order_id = t.vendor_order_id)",
    "parcel": "t.carrier || '/' || t.tracking_no || '/' || t.ship_day",
    "settlement_line": "(SELECT f.name || ':' || t.file_line FROM source_file AS f"
    " WHERE f.source_file_id = t.source_file_id)",
    "payout": "t.gateway || '/' || t.payout_ref || '/' || t.kind",
    "bank_line": "t.account || '/' || t.line_key",
    "exception_case": "t.fingerprint || '/' || t.first_seen_at",
}
"""How rows of a table are named where another row points to them."""

VOLATILE = {
    "status_history": {"recorded_at", "hash", "previous_hash"},
    "quarantine": {"row_key"},
    "effect": {"attempts", "fencing_token", "lease_until", "status_reason"},
    "partner_feed": {"directory"},
    "payment_attempt": {
        *("sendings", "asks", "next_act_at", "lease_until", "fencing_token", "status_at"),
        *("status_reason", "of_attempt_id"),
    },
    "purchase": {"asks", "next_ask_at", "lease_until", "fencing_token"},
    "tender": {"status_reason"},
}
"""Columns that tell of the trying or of the folder it was in, not of what came of it."""

SHADED = {
    ("effect", column): f"CASE WHEN r.kind <> 'MAIL' THEN r.{column} END"
    for column in ("sha256", "size_bytes")
} | {
    ("run_summary", column): f"CASE WHEN r.task <> 'ask_gateways' THEN r.{column} END"
    for column in ("read", "applied", "deferred")
}
"""Columns of which not every value counts: the digest's text names cases by number."""

NOT_COMPARED = {
    *("alembic_version", "business_day", "state_transition"),
    *("payment_event", "gateway_look", "purchase_evidence"),
}


def end_state(url: str) -> dict[str, Counter[str]]:
    """The rows of every table, as text, each with how often it is there."""
    with psycopg.connect(url) as connection:
        return {
            table: Counter(_plain(row) for (row,) in connection.execute(_query(connection, table)))
            for table in _tables(connection)
        }


def _plain(row: str) -> str:
    return _DEALT_OUT.sub("", row)


def row_counts(url: str) -> dict[str, int]:
    """How many rows every table has."""
    return {table: rows.total() for table, rows in end_state(url).items()}


def differences(one: dict[str, Counter[str]], other: dict[str, Counter[str]]) -> list[str]:
    """What is only in one of two end states, at most five rows a table and side."""
    found = []
    for table in sorted(one.keys() | other.keys()):
        left, right = one.get(table, Counter()), other.get(table, Counter())
        found += [f"only first, {table}: {row}" for row in list(left - right)[:5]]
        found += [f"only second, {table}: {row}" for row in list(right - left)[:5]]
    return found


def _tables(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
    )
    return [name for (name,) in rows if name not in NOT_COMPARED]


def _query(connection: psycopg.Connection, table: str) -> str:
    parents = dict(
        connection.execute(
            "SELECT a.attname, c.confrelid::regclass::text FROM pg_constraint AS c"
            " JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
            " WHERE c.contype = 'f' AND c.conrelid = %s::regclass AND cardinality(c.conkey) = 1",
            [table],
        ).fetchall()
    )
    columns = connection.execute(
        "SELECT attname, attidentity <> '' FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attname",
        [table],
    ).fetchall()
    cells = []
    for column, is_generated in columns:
        if is_generated or column in VOLATILE.get(table, set()) or column in _LOOSE:
            continue
        parent = parents.get(column, "")
        value = _named(parent, column) if parent in NAMES else f"r.{column}"
        cells += [f"'{column}'", SHADED.get((table, column), value)]
    where = f" WHERE r.machine NOT IN {_TRIED}" if table == "status_history" else ""
    return f"SELECT jsonb_build_object({', '.join(cells)})::text FROM {table} AS r{where}"


def _named(parent: str, column: str) -> str:
    return f"(SELECT {NAMES[parent]} FROM {parent} AS t WHERE t.{parent}_id = r.{column})"


_TRIED = "('effect', 'payment_attempt', 'tender', 'card_registration', 'purchase')"
"""What is brought on by whoever hears of it first, so that only the row tells the end."""

_LOOSE = {"subject_id", "entry_row_id", "match_no"}
_DEALT_OUT = re.compile(r'(?<=_id": )\d+|(?<="asks": )\d+|(?<=case )\d+')
