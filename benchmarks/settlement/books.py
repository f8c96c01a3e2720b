"""A PostgreSQL as it is on an evening: what is settled, what is open, and a day of new payments."""

from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, text

from benchmarks.settlement.data import tables
from tieout.kernel.calendars import load_calendar
from tieout.kernel.database import copy_in, engine, transaction
from tieout.settlement.fees import load_rate_cards
from tieout.settlement.rate_cards import RateCard

AS_OF = datetime(2026, 11, 10, 12, tzinfo=UTC)
DAY, DAY_BEFORE = AS_OF.date(), date(2026, 11, 9)
_GATEWAYS = ("adyen", "stripe")
_CARD = """{"rates": [{"percent": "2", "fixed_minor": "25"},
                      {"method": "visa", "percent": "1.5", "fixed_minor": "10"}]}"""
_PARTNERS = """
    INSERT INTO partner (partner_id, kind, name, calendar_id, zone)
    SELECT g, 'GATEWAY', g, 'weekdays', 'UTC' FROM unnest(CAST(:gateways AS text[])) AS g;
"""
_ACCOUNTS = """
    INSERT INTO gateway_account (gateway, account, tolerance_minor)
    SELECT partner_id, 'main', 5 FROM partner
"""
_FILES = """
    INSERT INTO source_file (partner_id, doc_type, name, sha256, size_bytes, format_id, received_at,
                             status, status_at)
    SELECT partner_id, 'SETTLEMENT', partner_id, partner_id, 1, 'any', :as_of, 'LOADED', :as_of
      FROM partner ORDER BY partner_id
"""
_CARRIED = """
    INSERT INTO payment (payment_ref, sales_order_id, seq, kind, method, gateway, gateway_ref,
                         currency, amount_minor, captured_at, state, first_reconciled_on)
    SELECT 'C' || n, 100000000 + n, 1, 'charge', 'visa', CASE WHEN n % 2 = 0 THEN 'adyen' ELSE
           'stripe' END, 'H' || n, (ARRAY['EUR', 'USD', 'JPY'])[1 + n % 3],
           100 + n * 7919::bigint % 49900,
           CAST(:as_of AS timestamptz) - interval '1 day', 'CAPTURED', :day
      FROM generate_series(1, :rows) AS n
"""
_LEFT = """
    INSERT INTO settlement_proof (business_date, side, gateway, currency, opening_count,
        opening_minor, new_count, new_minor, matched_count, matched_minor, exception_count,
        exception_minor, open_count, open_minor)
    SELECT :day, 'payments', gateway, currency, 0, 0, count(*), sum(amount_minor), 0, 0, 0, 0,
           count(*), sum(amount_minor)
      FROM payment WHERE first_reconciled_on = :day GROUP BY gateway, currency
"""
_RUN = "INSERT INTO settlement_run VALUES (:day, CAST(:as_of AS timestamptz) - interval '1 day')"


_SETTLED_FILES = """
    INSERT INTO source_file (partner_id, doc_type, name, sha256, size_bytes, format_id, received_at,
                             status, status_at)
    SELECT g, 'SETTLEMENT', d || g, d || g, 1, 'any', CAST(:day AS date) - d, 'LOADED',
           CAST(:day AS date) - d
      FROM generate_series(100, 1, -1) AS d, unnest(CAST(:gateways AS text[])) AS g
     ORDER BY d DESC, g
"""
_SETTLED = (
    """
    INSERT INTO payment (payment_ref, sales_order_id, seq, kind, method, gateway, gateway_ref,
                         currency, amount_minor, captured_at, state, first_reconciled_on)
    SELECT 'S' || n, 200000000 + n, 1, 'charge', 'visa', CASE WHEN n % 2 = 0 THEN 'adyen' ELSE
           'stripe' END, 'T' || n, (ARRAY['EUR', 'USD', 'JPY'])[1 + n % 3],
           100 + n * 7919::bigint % 49900,
           CAST(:day AS date) - 101 + CAST(n * 100 / (:rows + 1) AS integer),
           'CAPTURED', CAST(:day AS date) - 100 + CAST(n * 100 / (:rows + 1) AS integer)
      FROM generate_series(CAST(1 AS bigint), :rows) AS n
    """,
    """
    INSERT INTO settlement_line (source_file_id, file_line, gateway, account, kind, gateway_ref,
                                 order_ref, gross_minor, fee_minor, net_minor, currency,
                                 settlement_currency, settlement_net_minor, booked_at, method,
                                 first_reconciled_on)
    SELECT f.source_file_id, p.payment_id, p.gateway, 'main', p.kind, p.gateway_ref, p.payment_ref,
           p.amount_minor, 10, p.amount_minor - 10, p.currency, p.currency, p.amount_minor - 10,
           p.captured_at, p.method, p.first_reconciled_on
      FROM payment AS p JOIN source_file AS f
        ON f.partner_id = p.gateway AND f.received_at = p.first_reconciled_on
     ORDER BY p.payment_id
    """,
    """
    INSERT INTO settlement_match (match_no, business_date, pass, payment_id, settlement_line_id,
                                  amount_minor, variance_minor, matched_at)
    SELECT nextval('settlement_match_no'), l.first_reconciled_on, 'exact_reference', l.file_line,
           l.settlement_line_id, l.gross_minor, 0, l.first_reconciled_on
      FROM settlement_line AS l ORDER BY l.settlement_line_id
    """,
    """
    INSERT INTO settlement_line_fee (settlement_line_id, charged_line_id, business_date, currency,
                                     amount_minor, expected_minor, found_minor)
    SELECT settlement_line_id, settlement_line_id, first_reconciled_on, currency, gross_minor, 10,
           10
      FROM settlement_line ORDER BY settlement_line_id
    """,
    """
    INSERT INTO settlement_file (source_file_id, met_on)
    SELECT DISTINCT source_file_id, first_reconciled_on FROM settlement_line
    """,
)
_WAITING = """
    ALTER TABLE payment {0} TRIGGER payment_is_awaited;
    ALTER TABLE settlement_line {0} TRIGGER settlement_line_waits;
"""


def prepare(url: str) -> None:
    """Two gateways with their accounts, rate cards and tonight's files."""
    with transaction(url, actor="benchmark") as connection:
        load_calendar(connection, "weekdays")
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        _run(connection, _PARTNERS, gateways=list(_GATEWAYS))
        _run(connection, _ACCOUNTS)
        _run(connection, _FILES, as_of=AS_OF)
        card = RateCard.model_validate_json(_CARD)
        load_rate_cards(connection, dict.fromkeys(_GATEWAYS, card), AS_OF)


def settle(url: str, payments: int) -> None:
    """So many payments, each matched with its line on one of a hundred earlier days."""
    with transaction(url, actor="benchmark") as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.exec_driver_sql(_WAITING.format("DISABLE"))
        _run(connection, _SETTLED_FILES, day=DAY_BEFORE, gateways=list(_GATEWAYS))
        for statement in _SETTLED:
            asked = {"day": DAY_BEFORE, "rows": payments} if ":rows" in statement else {}
            _run(connection, statement, **asked)
        connection.exec_driver_sql(_WAITING.format("ENABLE ALWAYS"))


def fill(url: str, lines: int, payments: int) -> None:
    """A day of `lines` new payments with their lines, and open ones beside up to `payments`."""
    with transaction(url, actor="benchmark") as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        carried = {"rows": max(payments - lines, 0), "day": DAY_BEFORE, "as_of": AS_OF}
        _run(connection, _CARRIED, **carried)
        _run(connection, _LEFT, day=DAY_BEFORE)
        _run(connection, _RUN, day=DAY_BEFORE, as_of=AS_OF)
        new_payments, new_lines = tables(lines, per_order=1)
        copy_in(connection, "payment", _payments(new_payments))
        copy_in(connection, "settlement_line", _lines(new_lines))
    with engine(url).connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))


def _run(connection: Connection, statement: str, **params: object) -> None:
    connection.execute(text(statement), params)


def _payments(table: pa.Table) -> pa.Table:
    same = ("gateway", "gateway_ref", "kind", "currency", "amount_minor")
    size = table.num_rows
    return pa.table(
        {name: table[name] for name in same}
        | {
            "payment_ref": table["order_ref"],
            "sales_order_id": np.arange(1, size + 1),
            "seq": pa.repeat(1, size),
            "method": pa.repeat("visa", size),
            "captured_at": _utc(table["booked_at"]),
            "state": pa.repeat("CAPTURED", size),
        }
    )


def _lines(table: pa.Table) -> pa.Table:
    same = ("gateway", "gateway_ref", "order_ref", "kind", "currency")
    size = table.num_rows
    gross = table["gross_minor"].to_numpy()
    signed = np.where(pc.equal(table["kind"], "refund").to_numpy(), -gross, gross)
    fee = np.rint(gross * 0.015).astype(np.int64) + 10
    return pa.table(
        {name: table[name] for name in same}
        | {
            "source_file_id": pc.if_else(pc.equal(table["gateway"], "adyen"), 1, 2),
            "file_line": np.arange(size),
            "account": pa.repeat("main", size),
            "gross_minor": signed,
            "fee_minor": fee,
            "settlement_fee_minor": fee,
            "net_minor": signed - fee,
            "settlement_net_minor": signed - fee,
            "settlement_currency": table["currency"],
            "booked_at": _utc(table["booked_at"]),
            "method": pa.repeat("visa", size),
        }
    )


def _utc(moments: pa.ChunkedArray) -> pa.ChunkedArray:
    return moments.cast(pa.timestamp("us", tz="UTC"))
