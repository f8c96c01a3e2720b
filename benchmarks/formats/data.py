"""A settlement detail report of any length that ties: batches of 10,000 lines and their payouts."""

from pathlib import Path

import duckdb

from tieout.formats.layouts.delimited import DelimitedLayout
from tieout.formats.registry import format_spec

FORMAT_ID = "adyen-settlement-detail-1"
_BATCH = 10_000

_LINES = f"""
CREATE TEMP TABLE line AS
SELECT
    i,
    i // {_BATCH} AS batch,
    i % {_BATCH} = {_BATCH} - 1 OR i = $rows - 1 AS closes,
    i % 20 = 3 AS refunds,
    (500 + (i * 7919) % 50000)::BIGINT AS cents,
    (10 + (i * 31) % 40)::BIGINT AS markup,
    (5 + (i * 17) % 60)::BIGINT AS scheme,
    (i * 13) % 90 AS interchange,
    CASE (i // {_BATCH}) % 3 WHEN 0 THEN 'EUR' WHEN 1 THEN 'USD' ELSE 'GBP' END AS currency,
    ['visa', 'mc', 'ideal', 'amex', 'paypal'][1 + i % 5] AS method,
    TIMESTAMP '2026-01-01 00:00:00' + INTERVAL 1 SECOND * (i * 17) AS booked
FROM range($rows) AS each (i)
"""
_SIGNED = """
CREATE TEMP TABLE signed AS
SELECT
    *,
    CASE
        WHEN closes THEN -sum(CASE
            WHEN closes THEN 0
            WHEN refunds THEN -cents - markup - scheme - interchange
            ELSE cents - markup - scheme - interchange
        END) OVER (PARTITION BY batch)
        WHEN refunds THEN -cents - markup - scheme - interchange
        ELSE cents - markup - scheme - interchange
    END AS net
FROM line
"""


def _amount(cents: str) -> str:
    return f"printf('%d.%02d', ({cents}) // 100, ({cents}) % 100)"


_CELLS = {
    "Company Account": "'TradeHouse'",
    "Merchant Account": "'TradeHouseWeb'",
    "Psp Reference": "CASE WHEN NOT closes THEN printf('PSP%013d', i) END",
    "Merchant Reference": "CASE WHEN NOT closes THEN printf('ORDER-%08d', i) END",
    "Payment Method": "CASE WHEN NOT closes THEN method END",
    "Creation Date": "strftime(booked, '%Y-%m-%d %H:%M:%S')",
    "TimeZone": "'CET'",
    "Type": "CASE WHEN closes THEN 'MerchantPayout' WHEN refunds THEN 'Refunded' "
    "ELSE 'Settled' END",
    "Modification Reference": "printf('MOD%013d', i)",
    "Gross Currency": "currency",
    "Gross Debit (GC)": f"CASE WHEN refunds AND NOT closes THEN {_amount('cents')} END",
    "Gross Credit (GC)": f"CASE WHEN NOT refunds AND NOT closes THEN {_amount('cents')} END",
    "Exchange Rate": "'1'",
    "Net Currency": "currency",
    "Net Debit (NC)": f"CASE WHEN net < 0 THEN {_amount('-net')} END",
    "Net Credit (NC)": f"CASE WHEN net >= 0 THEN {_amount('net')} END",
    "Markup (NC)": f"CASE WHEN NOT closes THEN {_amount('markup')} END",
    "Scheme Fees (NC)": f"CASE WHEN NOT closes THEN {_amount('scheme')} END",
    "Interchange (NC)": f"CASE WHEN NOT closes THEN {_amount('interchange')} END",
    "Payment Method Variant": "CASE WHEN NOT closes THEN method || 'credit' END",
    "Batch Number": "batch + 1",
    "Booking Date": "strftime(booked, '%Y-%m-%d %H:%M:%S')",
    "Booking Date TimeZone": "'CET'",
}


def write_report(path: Path, rows: int) -> None:
    """Write a report of so many lines, all columns of the format's documentation included."""
    layout = format_spec(FORMAT_ID).layout
    assert isinstance(layout, DelimitedLayout), "the report is delimited text"
    cells = ", ".join(f'{_CELLS.get(name, "NULL")} AS "{name}"' for name in layout.header_order)
    with duckdb.connect() as con:
        con.execute(_LINES, {"rows": rows})
        con.execute(_SIGNED)
        con.execute(f"COPY (SELECT {cells} FROM signed ORDER BY i) TO '{path}' (HEADER)")
