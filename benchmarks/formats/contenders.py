"""Three ways from a settlement report in CSV to Parquet, each to be run in a process of its own."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq

from benchmarks.formats.data import FORMAT_ID
from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.kernel.money import exponent

_KINDS = {"Settled": "charge", "Refunded": "refund", "MerchantPayout": "payout"}
_AMOUNTS = (
    *("Gross Debit (GC)", "Gross Credit (GC)", "Net Debit (NC)", "Net Credit (NC)"),
    *("Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)"),
)
_ZONES = {"CET": timedelta(hours=1), "UTC": timedelta(0)}
_REST = (
    *("Company Account", "Psp Reference", "Creation Date", "TimeZone", "Type"),
    *("Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)"),
    *("Payment Method Variant", "Modification Merchant Reference"),
    *(f"Reserved{number}" for number in range(4, 11)),
)


def duckdb_bare(report: Path, out: Path) -> int:
    """The floor: `read_csv` and `COPY TO`, the columns as DuckDB finds them, nothing checked."""
    with duckdb.connect() as con:
        con.execute(f"COPY (SELECT * FROM read_csv('{report}')) TO '{out}' (FORMAT parquet)")
        return con.execute(f"SELECT count(*) FROM '{out}'").fetchall()[0][0]


def tieout(report: Path, out: Path) -> int:
    """The whole reading: canonical columns, bad rows, control totals, SHA-256."""
    parsed = read(report, format_spec(FORMAT_ID), name=report.name)
    assert all(check.ok for check in parsed.checks), "the report ties"
    pq.write_table(parsed.rows, out)
    return len(parsed.rows)


def pandas_converters(report: Path, out: Path) -> int:
    """The same columns by `read_csv` with converters, exact; the batches' sums are checked too."""
    names = pd.read_csv(report, nrows=0).columns
    texts = dict.fromkeys([name for name in names if name not in _AMOUNTS], str)
    converters = texts | dict.fromkeys(_AMOUNTS, _decimal)
    rows = pd.read_csv(report, converters=converters)
    kind = rows["Type"].map(_KINDS)
    settled = rows["Net Currency"].map(lambda code: 10 ** exponent(code))
    minor = {name: (rows[name] * settled).map(int) for name in _AMOUNTS}
    net = minor["Net Credit (NC)"] - minor["Net Debit (NC)"]
    fee = sum(minor[name] for name in _AMOUNTS[4:])
    own = kind == "refund"
    reference = rows["Psp Reference"].where(~own, rows["Modification Reference"])
    zone = rows["Booking Date TimeZone"].map(_ZONES)
    rest = rows[list(_REST)].to_dict("records")
    found = pd.DataFrame(
        {
            "kind": kind,
            "gateway_ref": reference,
            "order_ref": rows["Merchant Reference"],
            "original_ref": rows["Psp Reference"].where(own),
            "gross_minor": net + fee,
            "fee_minor": fee,
            "net_minor": net,
            "currency": rows["Net Currency"],
            "settlement_currency": rows["Net Currency"],
            "settlement_net_minor": net,
            "settlement_fee_minor": fee,
            "exchange_rate": rows["Exchange Rate"].map(_decimal),
            "booked_at": pd.to_datetime(rows["Booking Date"], utc=True) - zone,
            "line_ref": rows["Modification Reference"],
            "batch_no": rows["Batch Number"],
            "payout_ref": rows["Modification Reference"].where(kind == "payout"),
            "account": rows["Merchant Account"],
            "method": rows["Payment Method"],
            "extra": [_json({key: cell for key, cell in row.items() if cell}) for row in rest],
        }
    )
    assert not net.groupby([rows["Merchant Account"], rows["Batch Number"]]).sum().any()
    found.to_parquet(out)
    return len(found)


def _json(row: dict[str, object]) -> str:
    return json.dumps(row, default=str)


def _decimal(text: str) -> Decimal:
    return Decimal(text or "0")


CONTENDERS: dict[str, tuple[str, Callable[[Path, Path], int]]] = {
    "duckdb": ("DuckDB, read_csv + COPY TO parquet, bare", duckdb_bare),
    "tieout": ("tieout, canonical rows + checks", tieout),
    "pandas": ("pandas.read_csv with converters", pandas_converters),
}
