"""Purchase-order files: one per vendor and run, planned with its orders, then followed up."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from tieout.exchange import outbox
from tieout.formats.registry import format_spec
from tieout.formats.results import Fact
from tieout.formats.writing import write
from tieout.kernel.database import execute, fetch, fetch_arrow

DOC_TYPE = "PURCHASE_ORDER"


def write_files(connection: Connection, *, vendor_ids: list[str], as_of: datetime) -> int:
    """Plan one file per vendor that has PLANNED orders; returns how many orders are now WRITTEN.

    The numbers of the files, the files and the orders' states go in the caller's transaction. A
    vendor that has no feed for purchase orders keeps its orders PLANNED.
    """
    execute(connection, "fulfilment/lock_vendors", vendor_ids=vendor_ids)
    found = fetch(connection, "fulfilment/vendors_to_write", vendor_ids=vendor_ids)
    formats = {row["vendor_id"]: row["format_id"] for row in found}
    if not formats:
        return 0
    numbers = outbox.next_control_numbers(connection, DOC_TYPE, list(formats))
    lines = fetch_arrow(connection, "fulfilment/purchase_order_lines", vendor_ids=list(formats))
    files = {
        vendor: _file(vendor, formats[vendor], numbers[vendor], share, as_of)
        for vendor, share in _by_vendor(lines)
    }
    effects = outbox.plan_files(connection, list(files.values()), as_of)
    orders = lines.group_by(["vendor_order_id", "vendor_id"]).aggregate([])
    vendors = orders["vendor_id"].to_pylist()
    return execute(
        connection,
        "fulfilment/mark_written",
        vendor_order_ids=orders["vendor_order_id"].to_pylist(),
        effect_ids=[effects[files[vendor].effect_key] for vendor in vendors],
        as_of=as_of,
    )


def effects_to_send(connection: Connection, *, vendor_ids: list[str]) -> list[int]:
    """The effects of the vendors' files that are not known to have arrived."""
    rows = fetch(connection, "fulfilment/effects_to_send", vendor_ids=vendor_ids)
    return [row["effect_id"] for row in rows]


def mark_delivered(
    connection: Connection, *, vendor_ids: list[str], as_of: datetime
) -> tuple[int, int]:
    """Follow the files that arrived; returns how many orders they delivered, and how many wait."""
    execute(connection, "fulfilment/lock_vendors", vendor_ids=vendor_ids)
    delivered = execute(connection, "fulfilment/mark_delivered", vendor_ids=vendor_ids, as_of=as_of)
    (count,) = fetch(connection, "fulfilment/count_waiting", vendor_ids=vendor_ids)
    return delivered, int(count["waiting"])


def preview(connection: Connection, *, reference: str) -> list[outbox.OutgoingFile]:
    """The files that an order's vendors get, or that of one vendor order; nothing is planned.

    `facts` say the vendor's format, the state of the vendor order and its number of lines. The
    control number is 0, which no file that goes has. A vendor without a feed for purchase orders
    is left out.
    """
    rows = fetch(connection, "fulfilment/preview_lines", reference=reference)
    files = []
    for _, share in groupby(rows, key=lambda row: str(row["vendor_order_no"])):
        lines = list(share)
        first = lines[0]
        if first["format_id"] is None:
            continue
        file = _file(first["vendor_id"], first["format_id"], 0, _order(lines), first["status_at"])
        told = {"format_id": first["format_id"], "status": first["status"], "lines": len(lines)}
        files.append(replace(file, facts=told))
    return files


def _order(lines: list[dict[str, Any]]) -> pa.Table:
    others = {"format_id", "status", "status_at"}
    return pa.Table.from_pylist(
        [{name: value for name, value in line.items() if name not in others} for line in lines]
    )


def _by_vendor(lines: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """The lines of each vendor; those of one vendor stand together."""
    runs = pc.run_end_encode(lines["vendor_id"].combine_chunks())
    start = 0
    for vendor, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
        yield vendor, lines.slice(start, end - start)
        start = end


def _file(
    vendor_id: str, format_id: str, number: int, lines: pa.Table, as_of: datetime
) -> outbox.OutgoingFile:
    control_no = f"{number:06d}"
    spec = format_spec(format_id)
    header: dict[str, Fact] = {
        "control_no": control_no,
        "vendor_id": vendor_id,
        "created_at": as_of,
        "as_of": as_of,
    }
    return outbox.OutgoingFile(
        effect_key=f"{DOC_TYPE}:{vendor_id}:{control_no}",
        partner_id=vendor_id,
        doc_type=DOC_TYPE,
        name=f"po-{vendor_id}-{control_no}.{spec.layout.suffix}",
        body=write(lines, spec, facts=header),
        facts={"control_no": control_no, "lines": lines.num_rows},
    )
