"""What matching may be told beside payments and lines: exchange rates and payouts.

Both are optional: without rates nothing is converted, without payouts no subset is searched.
"""

import duckdb
import pyarrow as pa

from tieout.kernel.money import exponent
from tieout.settlement.inputs import Column, Side, Source, read

RATES = Side(
    "rates",
    "rate_no",
    "",
    "",
    (Column("base", "text"), Column("quote", "text"), Column("day", "day"), Column("rate", "rate")),
)
"""What one unit of `base` was worth in `quote` on a day, such as a central bank publishes it."""

PAYOUTS = Side(
    "payouts",
    "payout_no",
    "",
    "",
    (
        Column("gateway", "text"),
        Column("payout_ref", "text"),
        Column("currency", "text"),
        Column("net_minor", "minor"),
    ),
)
"""What a gateway paid out: the sum of the net amounts of the payout's lines."""

_NO_RATES = pa.schema(
    [("base", pa.string()), ("quote", pa.string()), ("day", pa.date32()), ("rate", pa.int64())]
)
_NO_PAYOUTS = pa.schema(
    [(name, pa.string()) for name in ("gateway", "payout_ref", "currency")]
    + [("net_minor", pa.int64())]
)


def load_rates(con: duckdb.DuckDBPyConnection, source: Source | None) -> None:
    """Make the table `rates`: base, quote, rate_day (days since 1970-01-01), rate_e12.

    `rate_e12` is what a minor unit of `base` is worth in minor units of `quote`, times 10^12.
    Raises InputRefused when the content breaks the contract, MoneyError for an unknown currency.
    """
    table = source if source is not None else pa.Table.from_batches([], _NO_RATES)
    cells = read(con, RATES, table)
    found = con.execute(
        f"SELECT {cells['base']} FROM rates_raw UNION SELECT {cells['quote']} FROM rates_raw"
    ).fetchall()
    decimals = {str(currency): exponent(str(currency)) for (currency,) in found}
    con.execute(
        "CREATE TEMP TABLE decimals AS SELECT unnest($names) AS currency,"
        " unnest($decimals) AS decimals",
        {"names": list(decimals), "decimals": list(decimals.values())},
    )
    con.execute(
        "CREATE TEMP TABLE rates AS SELECT base, quote,"
        " CAST(date_diff('day', DATE '1970-01-01', day) AS BIGINT) AS rate_day,"
        " CAST(round(rate * 1000000000000 * pow(10, q.decimals - b.decimals)) AS BIGINT)"
        f" AS rate_e12 FROM (SELECT {cells['base']} AS base, {cells['quote']} AS quote,"
        f" {cells['day']} AS day, {cells['rate']} AS rate FROM rates_raw) AS r"
        " INNER JOIN decimals AS b ON r.base = b.currency"
        " INNER JOIN decimals AS q ON r.quote = q.currency"
    )


def load_payouts(con: duckdb.DuckDBPyConnection, source: Source | None) -> None:
    """Make the table `payouts`: gateway, payout_ref, currency, net_minor.

    Raises InputRefused when the content breaks the contract.
    """
    table = source if source is not None else pa.Table.from_batches([], _NO_PAYOUTS)
    cells = read(con, PAYOUTS, table)
    columns = ", ".join(f"{cell} AS {name}" for name, cell in cells.items())
    con.execute(f"CREATE TEMP TABLE payouts AS SELECT {columns} FROM payouts_raw")
