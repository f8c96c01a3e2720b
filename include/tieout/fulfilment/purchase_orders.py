"""Purchase-order files: one per vendor and run, planned with its orders, then followed up."""

from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from tieout.exchange import outbox
from tieout.formats.registry import format_spec
from tieout.formats.writing import write
from tieout.kernel.database import execute, fetch, fetch_arrow

DOC_TYPE = "PURCHASE_ORDER"


def write_files(connection: Connection, *, vendor_ids: list[str], as_of: datetime) -> int:
    """Plan one file per vendor that has PLANNED orders; returns how many orders are now WRITTEN.

    The numbers of the files, the files and the orders' states go in the caller's transaction. A
    vendor that has no feed for purchase orders keeps its orders PLANNED.
    """
    execute(connection, "fulfilment/lock_vendors", vendor_ids=vendor_ids)
    files = fetch(connection, "fulfilment/next_control_numbers", vendor_ids=vendor_ids)
    vendors = [file["vendor_id"] for file in files]
    if not vendors:
        return 0
    lines = fetch_arrow(connection, "fulfilment/purchase_order_lines", vendor_ids=vendors)
    by_vendor = _by_vendor(lines)
    effects = {
        file["vendor_id"]: _plan(connection, file, by_vendor[file["vendor_id"]], as_of)
        for file in files
    }
    orders = lines.group_by(["vendor_order_id", "vendor_id"]).aggregate([])
    return execute(
        connection,
        "fulfilment/mark_written",
        vendor_order_ids=orders["vendor_order_id"].to_pylist(),
        effect_ids=[effects[vendor] for vendor in orders["vendor_id"].to_pylist()],
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


def _by_vendor(lines: pa.Table) -> dict[str, pa.Table]:
    """The lines of each vendor; those of one vendor stand together."""
    runs = pc.run_end_encode(lines["vendor_id"].combine_chunks())
    ends = runs.run_ends.to_pylist()
    starts = [0, *ends]
    return {
        vendor: lines.slice(start, end - start)
        for vendor, start, end in zip(runs.values.to_pylist(), starts, ends, strict=False)
    }


def _plan(connection: Connection, file: dict[str, object], lines: pa.Table, as_of: datetime) -> int:
    vendor_id, control_no = str(file["vendor_id"]), f"{file['number']:06d}"
    body = write(
        lines,
        format_spec(str(file["format_id"])),
        facts={
            "control_no": control_no,
            "vendor_id": vendor_id,
            "created_at": as_of,
            "as_of": as_of,
        },
    )
    return outbox.plan_file(
        connection,
        effect_key=f"{DOC_TYPE}:{vendor_id}:{control_no}",
        partner_id=vendor_id,
        doc_type=DOC_TYPE,
        name=f"po-{vendor_id}-{control_no}.csv",
        body=body,
        as_of=as_of,
        facts={"control_no": control_no, "lines": lines.num_rows},
    )
