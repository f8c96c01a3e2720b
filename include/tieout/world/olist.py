"""The outside world of the real orders: Olist's, 2016 to 2018, with its sellers as vendors.

Everything is columnar, in DuckDB; only files are written one by one. Clock times are taken as UTC.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv as pacsv

from tieout.kernel.database import copy_in, transaction
from tieout.kernel.errors import Place, TieoutError
from tieout.kernel.sqlfiles import sql_text
from tieout.world.carrier import TRACKING
from tieout.world.gateways import SETTLEMENT
from tieout.world.ledger import stamp
from tieout.world.post import MARKER, drop, marker_of
from tieout.world.scenario import CARRIER
from tieout.world.vendors import ANSWERS, ORDERS, SHIPMENTS

STOREFRONT, GATEWAYS, HUBS = "olist", ("adyen", "stripe"), 8
BEGINNING, END = datetime(2016, 9, 1, tzinfo=UTC), datetime(2018, 12, 31, tzinfo=UTC)
FILES = {
    "orders": "olist_orders_dataset.csv.gz",
    "items": "olist_order_items_dataset.csv.gz",
    "payments": "olist_order_payments_dataset.csv.gz",
    "products": "olist_products_dataset.csv.gz",
    "sellers": "olist_sellers_dataset.csv.gz",
    "customers": "olist_customers_dataset.csv.gz",
}
TYPES = {
    "items": {"price": "DECIMAL(12,2)", "freight_value": "DECIMAL(12,2)"},
    "payments": {"payment_value": "DECIMAL(12,2)"},
    "customers": {"customer_zip_code_prefix": "VARCHAR"},
}
JOB = """
CREATE TABLE job (
    vendor_id VARCHAR, control_no VARCHAR, vendor_order_no VARCHAR, order_ref VARCHAR,
    order_line_no INTEGER, sku VARCHAR, quantity INTEGER, tracking_no VARCHAR,
    shipped_at TIMESTAMP, delivered_at TIMESTAMP, is_answered BOOLEAN, is_shipped BOOLEAN)
"""


OTHERS = """
DELETE FROM orders WHERE order_purchase_timestamp < ? OR order_purchase_timestamp >= ?
"""


class NoRealOrders(TieoutError):  # noqa: N818 (it is what happened)
    """The files of the real orders are not there."""

    slug = "no-real-orders"


class OlistWorld:
    """Storefront, vendors, carrier and gateways of the real orders bought between two instants.

    Their files are below `folder`. Raises NoRealOrders when the data are not in `source`.
    """

    def __init__(self, source: Path, folder: Path, since: datetime, until: datetime) -> None:
        self.root = folder / "sftp"
        self._db = duckdb.connect(config={"memory_limit": "800MB", "threads": 2})
        for name, file in FILES.items():
            self._read(name, source / file)
        self._db.execute(OTHERS, [_naive(since), _naive(until)])
        for table in ("line", "tender", "entry"):
            self._db.execute(sql_text(f"world/olist/{table}"))
        self._db.execute(JOB)
        self._told = BEGINNING
        for account, directory in self.directories():
            (self.root / account / directory).mkdir(parents=True, exist_ok=True)

    def _read(self, name: str, file: Path) -> None:
        if not file.exists():
            raise NoRealOrders(
                f"There is no file {file.name}.",
                remedy="Set TIEOUT_SHARED_DATA to the folder that holds 01_orders/olist.",
                place=Place(str(file)),
            )
        rows = self._db.read_csv(str(file), dtype=TYPES.get(name, {}))
        rows.create(name)

    def vendors(self) -> list[tuple[str, str]]:
        """Every vendor's id and the account that holds its folder."""
        rows = self._rows("SELECT DISTINCT left(seller_id, 12) FROM sellers ORDER BY 1")
        return [(vendor, f"hub{number % HUBS + 1}") for number, (vendor,) in enumerate(rows)]

    def products(self) -> pa.Table:
        """Every SKU with the vendor that sells it."""
        return self._table("SELECT DISTINCT sku, description, vendor_id FROM line ORDER BY sku")

    def directories(self) -> list[tuple[str, str]]:
        """Every account and the folders in it."""
        vendors = [
            (account, f"{vendor}/{kind}")
            for vendor, account in self.vendors()
            for kind in (ORDERS, ANSWERS, SHIPMENTS)
        ]
        return [*vendors, (CARRIER, TRACKING), *((each, SETTLEMENT) for each in GATEWAYS)]

    def capture(self, url: str, since: datetime, until: datetime) -> int:
        """Write the order entries between two instants; returns how many rows."""
        rows = self._table(_query("captured"), since=_naive(since), until=_naive(until))
        for name in ("captured_at", "status_at"):
            moments = rows[name].cast(pa.timestamp("us", tz="UTC"))
            rows = rows.set_column(rows.column_names.index(name), name, moments)
        with transaction(url, actor=f"storefront/{STOREFRONT}") as connection:
            return copy_in(connection, "order_entry", rows)

    def answer(self, until: datetime) -> None:
        """Let vendors, carrier and gateways do what is due up to an instant."""
        homes = {vendor: f"{account}/{vendor}" for vendor, account in self.vendors()}
        self._take_orders(homes)
        control = f"{until:%Y%m%d%H}"
        facts = {"stamp": stamp(until)}
        later: dict[str, Any] = {**facts, "until": _naive(until), "control_no": control}
        told = _naive(self._told)
        for vendor, name, body in self._rows(_query("answers"), **facts):
            self._drop(f"{homes[vendor]}/{ANSWERS}/{name}", body, until)
        for vendor, name, body in self._rows(_query("shipments"), **later):
            self._drop(f"{homes[vendor]}/{SHIPMENTS}/{name}", body, until)
        for name, body in self._rows(_query("tracking"), **later, since=told):
            self._drop(f"{CARRIER}/{TRACKING}/{name}", body, until)
        self._db.execute("UPDATE job SET is_answered = TRUE")
        self._db.execute("UPDATE job SET is_shipped = TRUE WHERE shipped_at <= ?", [_naive(until)])
        self._settle(self._told, until)
        self._told = until

    def _settle(self, since: datetime, until: datetime) -> None:
        days = {"since": since.date(), "until": until.date()}
        for gateway in GATEWAYS:
            for name, body in self._rows(_query(gateway), **days):
                path = f"{gateway}/{SETTLEMENT}/{name}"
                self._drop(path, body, until)
                if gateway == "stripe":
                    drop(self.root / (path + MARKER), marker_of(body.encode()), until)

    def _take_orders(self, homes: dict[str, str]) -> None:
        """Read the purchase orders that have come; a file that is read is put aside as *.read."""
        found = [
            (vendor, file)
            for vendor, home in homes.items()
            for file in sorted((self.root / home / ORDERS).glob("po-*.csv"))
        ]
        purchased = _purchased((vendor, file.read_bytes()) for vendor, file in found)
        if purchased.num_rows:
            self._db.register("purchased", purchased)
            self._db.execute(_query("job"))
            self._db.unregister("purchased")
        for _, file in found:
            file.replace(file.with_suffix(".read"))

    def natural_faults(self) -> dict[str, int]:
        """What the files themselves say is odd about the orders, by kind.

        Parcels that were delivered before they were shipped are counted of those told until now.
        """
        facts = self._table(_query("natural_faults")).to_pylist()[0]
        early = self._rows(_query("delivered_before_shipped"), until=_naive(self._told))
        counts = facts | {"delivered_before_shipped": early[0][0]}
        return {name: int(count) for name, count in counts.items()}

    def _drop(self, path: str, body: str, moment: datetime) -> None:
        drop(self.root / path, body.encode(), moment)

    def _rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        return list(self._db.execute(query, values or None).fetchall())

    def _table(self, query: str, **values: Any) -> pa.Table:
        return self._db.sql(query, params=values or None).to_arrow_table()


def _query(name: str) -> str:
    return sql_text(f"world/olist/{name}")


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _purchased(files: Iterable[tuple[str, bytes]]) -> pa.Table:
    """The lines of purchase orders, each with its vendor and the number of its file."""
    names, lines = b"", []
    for vendor, body in files:
        head, columns, *rows = body.splitlines()
        control = head.split(b",")[2]
        names = b"vendor_id,control_no," + columns
        lines += [b"%s,%s,%s" % (vendor.encode(), control, row) for row in rows[:-1]]
    if not lines:
        return pa.table({})
    text = pacsv.ConvertOptions(
        column_types={"vendor_id": pa.string(), "control_no": pa.string()},
    )
    return pacsv.read_csv(pa.py_buffer(b"\n".join([names, *lines, b""])), convert_options=text)


def next_midnight(day: date) -> datetime:
    """The instant at which a day ends."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
