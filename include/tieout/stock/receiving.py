"""What comes in: the warehouse's movements, vendors' counts, and which articles we keep."""

from datetime import datetime
from pathlib import Path

import pyarrow as pa
from pyarrow import csv
from sqlalchemy import Connection

from tieout.kernel.database import execute, fetch
from tieout.kernel.errors import Place, TieoutError
from tieout.kernel.staging import stage
from tieout.stock.allocation import run_all

SHORTAGES = ("PREORDER", "VENDOR")
"""What becomes of pieces that are not there: a pre-order, or the vendor's as far as it has them."""

_TEXT = pa.string()
_MOVEMENT = pa.schema(
    {
        "document_no": _TEXT,
        "document_line": pa.int64(),
        "kind": _TEXT,
        "sku": _TEXT,
        "quantity": pa.int64(),
        "order_ref": _TEXT,
        "order_line_no": pa.int64(),
        "occurred_at": pa.timestamp("us", tz="UTC"),
    }
)
_PLACE = {"source_file_id": pa.int64(), "line_no": pa.int64()}
_REJECTED = pa.schema(_PLACE | dict.fromkeys(["field", "value", "rule", "reason", "remedy"], _TEXT))
_ITEM = pa.schema(
    {"sku": _TEXT, "shortage": _TEXT, "release_on": pa.date32(), "expected_on": pa.date32()}
)


class StockRefused(TieoutError):  # noqa: N818 (it is what happened)
    """A movement or an article that stock cannot take."""

    slug = "stock-refused"


def load_movements(connection: Connection) -> None:
    """Load the staged movements of warehouses.

    Repeated rows go to `staged_duplicate`, rows that cannot be taken to `staged_rejected`.
    """
    run_all(connection, "stock/movements")


def load_vendor_stock(connection: Connection) -> None:
    """Load the staged counts of vendors; rows that cannot be used go to `staged_rejected`."""
    run_all(connection, "stock/vendor_stock")


def enter_movements(
    connection: Connection, source: str, movements: pa.Table, entered_at: datetime
) -> int:
    """Enter movements that come by no file, all of them or none; returns how many were new.

    Columns: document_no, document_line, kind (receipt, dispatch, adjustment), sku, quantity
    (pieces; of an adjustment with its sign), order_ref and order_line_no of a dispatch, and
    occurred_at, for which `entered_at` stands where it is null. `source` names who says so; with
    document, line and kind it is the key, so that a movement that is known changes nothing.
    Raises StockRefused for the first one that cannot be.
    """
    given = movements.select([name for name in _MOVEMENT.names if name in movements.column_names])
    rows = [
        dict.fromkeys(_MOVEMENT.names)
        | row
        | {"occurred_at": row.get("occurred_at") or entered_at}
        | {"source_file_id": 0, "line_no": number, "partner_id": source}
        for number, row in enumerate(given.to_pylist(), 1)
    ]
    schema = pa.schema([*_MOVEMENT, *pa.schema(_PLACE), pa.field("partner_id", _TEXT)])
    stage(connection, "staged", pa.Table.from_pylist(rows, schema))
    stage(connection, "staged_duplicate", pa.schema(_PLACE).empty_table())
    stage(connection, "staged_rejected", _REJECTED.empty_table())
    load_movements(connection)
    if refused := fetch(connection, "stock/first_rejected"):
        raise StockRefused(
            f"Movement {refused[0]['line_no']}: {refused[0]['reason']}",
            remedy=refused[0]["remedy"],
            value=refused[0]["value"],
        )
    return int(fetch(connection, "stock/count_entered")[0]["entered"])


def read_items(file: Path) -> pa.Table:
    """The articles of a CSV file with the columns sku, shortage, release_on and expected_on.

    `shortage` is PREORDER or VENDOR; an empty date is none. Raises StockRefused when the file
    cannot be read or lacks a column.
    """
    options = csv.ConvertOptions(
        column_types=dict(zip(_ITEM.names, _ITEM.types, strict=True)),
        include_columns=_ITEM.names,
        strings_can_be_null=True,
        null_values=[""],
    )
    try:
        items = csv.read_csv(file, convert_options=options)
    except (OSError, pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise StockRefused(
            f"The articles cannot be read: {error}.",
            remedy=f"Write a CSV file with the columns {', '.join(_ITEM.names)}.",
            place=Place(str(file)),
        ) from error
    wrong = set(items["shortage"].to_pylist()) - set(SHORTAGES)
    if wrong:
        raise StockRefused(
            f"{wrong.pop()!r} is nothing that can become of a shortage.",
            remedy=f"Write {' or '.join(SHORTAGES)}.",
            place=Place(str(file), field="shortage"),
        )
    return items


def load_items(connection: Connection, items: pa.Table) -> int:
    """Say which articles we keep (columns sku, shortage, release_on, expected_on).

    Returns how many were new or changed. Raises StockRefused, and writes nothing, for a number of
    which no goods are sold.
    """
    stage(connection, "new_item", items.select(_ITEM.names).cast(_ITEM))
    if unknown := fetch(connection, "stock/unknown_items"):
        raise StockRefused(
            f"There are no goods with the number {unknown[0]['sku']!r}.",
            remedy="Add the product first, or correct the SKU.",
        )
    return execute(connection, "stock/save_items")
