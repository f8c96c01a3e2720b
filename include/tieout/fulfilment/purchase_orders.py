"""Purchase-order files: one per vendor and run, planned with its orders, then followed up."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from tieout.exchange import outbox
from tieout.formats.registry import format_spec
from tieout.formats.results import CannotWrite, Fact
from tieout.formats.writing import write
from tieout.kernel.database import execute, fetch, fetch_arrow

DOC_TYPE = "PURCHASE_ORDER"
_log = logging.getLogger(__name__)


def write_files(connection: Connection, *, vendor_ids: list[str], as_of: datetime) -> int:
    """Plan one file per vendor that has PLANNED orders; returns how many orders are now WRITTEN.

    The numbers of the files, the files and the orders' states go in the caller's transaction. A
    vendor keeps its orders PLANNED that has no feed for purchase orders, or whose format cannot say
    one of them: the reason is noted with them.
    """
    execute(connection, "fulfilment/lock_vendors", vendor_ids=vendor_ids)
    found = fetch(connection, "fulfilment/vendors_to_write", vendor_ids=vendor_ids)
    formats = {row["vendor_id"]: row["format_id"] for row in found}
    if not formats:
        return 0
    numbers = outbox.next_control_numbers(connection, DOC_TYPE, list(formats))
    lines = fetch_arrow(connection, "fulfilment/purchase_order_lines", vendor_ids=list(formats))
    files: dict[str, outbox.OutgoingFile] = {}
    orders: dict[str, list[int]] = {}
    failed: dict[str, CannotWrite] = {}
    for vendor, share in _by_vendor(lines):
        try:
            files[vendor] = _file(vendor, formats[vendor], numbers[vendor], share, as_of)
        except CannotWrite as error:
            failed[vendor] = error
        else:
            orders[vendor] = pc.unique(share["vendor_order_id"]).to_pylist()
    _note_failed(connection, failed)
    effects = outbox.plan_files(connection, list(files.values()), as_of)
    places = [
        (order, effects[file.effect_key], place)
        for vendor, file in files.items()
        for place, order in enumerate(orders[vendor], 1)
    ]
    return execute(
        connection,
        "fulfilment/mark_written",
        vendor_order_ids=[order for order, _, _ in places],
        effect_ids=[effect for _, effect, _ in places],
        message_nos=[place for _, _, place in places],
        as_of=as_of,
    )


def _note_failed(connection: Connection, failed: Mapping[str, CannotWrite]) -> None:
    """Note why these vendors get no file; their control numbers go to their next one."""
    if not failed:
        return
    for vendor, error in failed.items():
        _log.error("No purchase orders for %s: %s", vendor, error)
    outbox.return_control_numbers(connection, DOC_TYPE, list(failed))
    execute(
        connection,
        "fulfilment/note_not_written",
        vendor_ids=list(failed),
        reasons=[f"{error.message} {error.remedy}" for error in failed.values()],
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
