"""Functional acknowledgements: what vendors who speak EDI are told of the files they sent."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from tieout.exchange import outbox
from tieout.formats.acknowledging import acknowledges, functional_acknowledgement
from tieout.formats.registry import all_formats, format_spec
from tieout.formats.results import CannotWrite
from tieout.formats.writing import write
from tieout.fulfilment import purchase_orders
from tieout.kernel import archive
from tieout.kernel.database import execute, fetch

DOC_TYPE = "FUNCTIONAL_ACK"
NO_ENVELOPE = "no-envelope"
_log = logging.getLogger(__name__)


def plan(connection: Connection, *, vendor_ids: list[str], as_of: datetime) -> int:
    """Plan one file for each that came, wants an answer and has none; returns how many.

    Only vendors with a feed FUNCTIONAL_ACK are answered. A file that comes again is answered again,
    in the same words under another number. The numbers are those of the purchase orders' series:
    one series per partner counts all interchanges. A file of which no envelope can be told gets no
    answer; why another one gets none is noted with it.
    """
    execute(connection, "fulfilment/lock_vendors", vendor_ids=vendor_ids)
    formats = [spec.id for spec in all_formats() if acknowledges(spec)]
    waiting = fetch(
        connection,
        "fulfilment/files_to_acknowledge",
        vendor_ids=vendor_ids,
        format_ids=formats,
    )
    problems = [_plan_answer(connection, file, as_of) for file in waiting]
    execute(
        connection,
        "fulfilment/note_answered",
        source_file_ids=[file["source_file_id"] for file in waiting],
        problems=problems,
    )
    return problems.count(None)


def _plan_answer(connection: Connection, file: Mapping[str, Any], as_of: datetime) -> str | None:
    """Plan the answer to one file; returns why there is none, None where there is."""
    spec, answer = format_spec(file["format_id"]), format_spec(file["answer_format_id"])
    rows = functional_acknowledgement(archive.get(file["sha256"]), spec, name=file["name"])
    if not rows:
        return NO_ENVELOPE
    if spec.layout.type != answer.layout.type:
        return f"{answer.id} is no answer to a file in {spec.id}."
    vendor_id, series = file["vendor_id"], purchase_orders.DOC_TYPE
    number = outbox.next_control_numbers(connection, series, [vendor_id])[vendor_id]
    control_no = f"{number:06d}"
    facts = {"control_no": control_no, "vendor_id": vendor_id, "created_at": as_of}
    try:
        body = write(rows, answer, facts=facts)
    except CannotWrite as error:
        _log.error("No answer to %s of %s: %s", file["name"], vendor_id, error)
        outbox.return_control_numbers(connection, series, [vendor_id])
        return f"{error.message} {error.remedy}"
    outbox.plan_file(
        connection,
        effect_key=file["effect_key"],
        partner_id=vendor_id,
        doc_type=DOC_TYPE,
        name=f"fa-{vendor_id}-{control_no}.{answer.layout.suffix}",
        body=body,
        as_of=as_of,
        facts={"control_no": control_no, "answers": file["name"]},
    )
    return None


def effects_to_send(connection: Connection, *, vendor_ids: list[str]) -> list[int]:
    """The effects of the vendors' acknowledgements that are not known to have arrived."""
    rows = fetch(connection, "fulfilment/acknowledgements_to_send", vendor_ids=vendor_ids)
    return [row["effect_id"] for row in rows]
