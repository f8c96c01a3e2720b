"""The contender of the nightly run: the same waterfall inside PostgreSQL, where the rows are.

It is the engine's own SQL, which PostgreSQL runs unchanged, from tables to tables: each step is a
temporary table that is analysed at once, all steps but the first work on what is left, and no row
leaves the server. What it writes has the columns and indexes of settlement_match and
settlement_finding, but not their triggers, and it does nothing else of what a night does.
"""

from datetime import datetime

import pyarrow as pa
from sqlalchemy import Connection, text

from tieout.settlement.model import GatewaySettings, MatchSettings
from tieout.settlement.passes import run_passes
from tieout.settlement.postgres_store import PostgresStore

_SESSION = """
    SET LOCAL work_mem = '512MB';
    SET LOCAL temp_buffers = '512MB';
    SET LOCAL enable_nestloop = off;
    SET LOCAL client_min_messages = 'warning';
"""
_PAYMENTS = """
    SELECT p.payment_id AS payment_no, p.payment_id::text COLLATE "C" AS payment_id,
           p.payment_ref COLLATE "C" AS order_ref, p.gateway COLLATE "C" AS gateway,
           p.gateway_ref COLLATE "C" AS gateway_ref, p.kind COLLATE "C" AS kind,
           p.currency::text COLLATE "C" AS currency, p.amount_minor,
           p.amount_minor AS settle_minor, x.booked_us, x.booked_us / 86400000000 AS booked_day,
           0 AS carried, NULL::bigint AS due_us, NULL::text AS settled_by,
           hashtextextended(p.gateway_ref, p.amount_minor) AS key_code,
           hashtextextended(p.gateway_ref, 0) AS ref_code,
           hashtextextended(p.payment_ref, hashtext(p.gateway)) AS order_code
      FROM payment AS p
     CROSS JOIN LATERAL (
           SELECT (extract(epoch FROM p.captured_at) * 1000000)::bigint AS booked_us) AS x
     WHERE p.state = 'CAPTURED' AND NOT EXISTS (
           SELECT 1 FROM settlement_match AS m
            WHERE m.payment_id = p.payment_id AND m.undone_at IS NULL)
"""
_LINES = """
    SELECT l.settlement_line_id AS line_no, l.settlement_line_id::text COLLATE "C" AS line_id,
           l.gateway COLLATE "C" AS gateway, l.gateway_ref COLLATE "C" AS gateway_ref,
           l.order_ref COLLATE "C" AS order_ref, l.original_ref COLLATE "C" AS original_ref,
           l.kind COLLATE "C" AS kind, l.currency::text COLLATE "C" AS currency, l.gross_minor,
           x.settle_minor, (extract(epoch FROM l.booked_at) / 86400)::bigint AS booked_day,
           hashtextextended(l.gateway_ref, x.settle_minor) AS key_code,
           hashtextextended(l.gateway_ref, 0) AS ref_code,
           hashtextextended(l.order_ref, hashtext(l.gateway)) AS order_code
      FROM settlement_line AS l
     CROSS JOIN LATERAL (SELECT CASE WHEN l.kind = 'refund' THEN abs(l.gross_minor)
           ELSE l.gross_minor END AS settle_minor) AS x
     WHERE l.kind IN ('charge', 'refund') AND NOT EXISTS (
           SELECT 1 FROM settlement_match AS m
            WHERE m.settlement_line_id = l.settlement_line_id AND m.undone_at IS NULL)
"""
_CROWDED_KEYS = """
    SELECT key_code FROM payments WHERE gateway_ref IS NOT NULL
     GROUP BY key_code HAVING count(*) > 1
     UNION
    SELECT key_code FROM lines WHERE gateway_ref IS NOT NULL
     GROUP BY key_code HAVING count(*) > 1
"""
_NOTHING = {
    "book_lines": "line_no bigint, kind text",
    "paid_lines": "line_no bigint, gateway text, payout_ref text, currency text, net_minor bigint",
    "rates": "base text, quote text, rate_day bigint, rate_e12 bigint",
    "payouts": "gateway text, payout_ref text, currency text, net_minor bigint",
}
_RESULTS = """
    CREATE TABLE contender_match (LIKE settlement_match INCLUDING ALL);
    CREATE TABLE contender_finding (LIKE settlement_finding INCLUDING ALL);
"""
_MATCHES = """
    INSERT INTO contender_match (match_no, business_date, pass, payment_id, payment_part,
                                 settlement_line_id, line_part, amount_minor, variance_minor,
                                 matched_at)
    SELECT payment_no, CAST(:as_of AS timestamptz)::date, pass, payment_no,
           row_number() OVER (PARTITION BY payment_no ORDER BY line_no), line_no,
           row_number() OVER (PARTITION BY line_no ORDER BY payment_no),
           amount_minor, variance_minor, :as_of
      FROM other_pairs
     UNION ALL
    SELECT payment_no, CAST(:as_of AS timestamptz)::date, 'exact_reference', payment_no, 1,
           line_no, 1, amount_minor, 0, :as_of
      FROM exact_pairs
"""
_FINDINGS = """
    INSERT INTO contender_finding (business_date, code, payment_id, settlement_line_id,
                                   amount_minor, currency, evidence)
    SELECT CAST(:as_of AS timestamptz)::date, code, payment_id::bigint, line_id::bigint,
           abs(amount_minor), currency,
           jsonb_strip_nulls(to_jsonb(e) - 'code' - 'payment_id' - 'line_id')
      FROM exceptions AS e
"""


def reconcile(connection: Connection, as_of: datetime) -> tuple[int, int]:
    """Match what is open in PostgreSQL alone; returns how many matches and findings it wrote."""
    store = PostgresStore(connection)
    connection.exec_driver_sql(_SESSION + _RESULTS)
    store.make("payments", _PAYMENTS)
    connection.exec_driver_sql("CREATE TEMP VIEW all_payments AS SELECT * FROM payments")
    store.make("lines", _LINES)
    store.make("crowded_keys", _CROWDED_KEYS)
    for name, columns in _NOTHING.items():
        connection.exec_driver_sql(f"CREATE TEMP TABLE {name} ({columns})")
    store.put("settings", _settings(connection, as_of))
    run_passes(store)
    written = [
        connection.execute(text(statement), {"as_of": as_of}).rowcount
        for statement in (_MATCHES, _FINDINGS)
    ]
    return written[0], written[1]


def _settings(connection: Connection, as_of: datetime) -> pa.Table:
    accounts = connection.exec_driver_sql(
        "SELECT gateway, window_days, tolerance_minor, overdue_business_days FROM gateway_account"
    )
    moment = MatchSettings(as_of).as_of_us
    rest = {
        "fx_band_bps": GatewaySettings.fx_band_bps,
        "reserve_days": GatewaySettings.reserve_days,
    }
    names = ("gateway", "window_days", "tolerance_minor", "overdue_days")
    return pa.Table.from_pylist(
        [dict(zip(names, row, strict=True)) | rest | {"as_of_us": moment} for row in accounts]
    )
