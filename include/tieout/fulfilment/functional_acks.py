"""Functional acknowledgements: what vendors who speak EDI are told of the files they sent."""

from datetime import datetime

from sqlalchemy import Connection

from tieout.exchange import outbox
from tieout.formats.acknowledging import acknowledges, functional_acknowledgement
from tieout.formats.registry import all_formats, format_spec
from tieout.formats.writing import write
from tieout.fulfilment import purchase_orders
from tieout.kernel import archive
from tieout.kernel.database import execute, fetch

DOC_TYPE = "FUNCTIONAL_ACK"


def plan(connection: Connection, *, vendor_ids: list[str], as_of: datetime) -> int:
    """Plan one file for each that came, wants an answer and has none; returns how many.

    Only vendors with a feed FUNCTIONAL_ACK are answered. The numbers are those of the purchase
    orders' series: one series per partner counts all interchanges. A file of which no envelope can
    be told gets no answer.
    """
    execute(connection, "fulfilment/lock_vendors", vendor_ids=vendor_ids)
    formats = [spec.id for spec in all_formats() if acknowledges(spec)]
    waiting = fetch(
        connection,
        "fulfilment/files_to_acknowledge",
        vendor_ids=vendor_ids,
        format_ids=formats,
    )
    planned = 0
    for file in waiting:
        spec, answer = format_spec(file["format_id"]), format_spec(file["answer_format_id"])
        rows = functional_acknowledgement(archive.get(file["sha256"]), spec, name=file["name"])
        if not rows or spec.layout.type != answer.layout.type:
            continue
        vendor_id = file["vendor_id"]
        series = purchase_orders.DOC_TYPE
        number = outbox.next_control_numbers(connection, series, [vendor_id])[vendor_id]
        control_no = f"{number:06d}"
        facts = {"control_no": control_no, "vendor_id": vendor_id, "created_at": as_of}
        outbox.plan_file(
            connection,
            effect_key=f"{DOC_TYPE}:{file['source_file_id']}",
            partner_id=vendor_id,
            doc_type=DOC_TYPE,
            name=f"fa-{vendor_id}-{control_no}.{answer.layout.suffix}",
            body=write(rows, answer, facts=facts),
            as_of=as_of,
            facts={"control_no": control_no, "answers": file["name"]},
        )
        planned += 1
    return planned


def effects_to_send(connection: Connection, *, vendor_ids: list[str]) -> list[int]:
    """The effects of the vendors' acknowledgements that are not known to have arrived."""
    rows = fetch(connection, "fulfilment/acknowledgements_to_send", vendor_ids=vendor_ids)
    return [row["effect_id"] for row in rows]
