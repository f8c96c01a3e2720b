"""Rows that were set aside, and what people decide about them, each with name and reason."""

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection

from tieout.exchange.cards import card_rows
from tieout.kernel.audit import Decision, audit
from tieout.kernel.cards import find_card
from tieout.kernel.database import execute, fetch
from tieout.kernel.errors import TieoutError


class QuarantineError(TieoutError):
    """A row in quarantine with which this cannot be done."""

    slug = "quarantine"


def listed(
    connection: Connection,
    *,
    status: str = "OPEN",
    doc_type: str | None = None,
    partner_id: str | None = None,
    after: int = 0,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Rows in quarantine behind the row `after`, the oldest first."""
    return fetch(
        connection,
        "exchange/quarantine_list",
        status=status,
        doc_type=doc_type,
        partner_id=partner_id,
        after=after,
        limit=limit,
    )


def shown(connection: Connection, quarantine_id: int) -> Mapping[str, Any]:
    """All that is known of a row. Raises QuarantineError when there is none."""
    found = fetch(connection, "exchange/quarantine_row", quarantine_id=quarantine_id)
    if not found:
        raise QuarantineError(
            f"There is no row {quarantine_id} in quarantine.",
            remedy="See `tieout quarantine list`.",
        )
    return found[0]


def correct(connection: Connection, quarantine_id: int, corrected: str, decision: Decision) -> None:
    """Give a row its corrected text, which the next run of its flow loads.

    A row of a file is given as the whole record; one of `order_entry` as a JSON object with the
    columns that change, or all. Raises QuarantineError when the row is not open, or when the text
    is blank, of several lines, holds a card number, or is no such object.
    """
    row = shown(connection, quarantine_id)
    text = corrected.rstrip("\r\n")
    holds_card = find_card if row["entry_row_id"] is None else _entry_holds_card
    if not text.strip() or "\n" in text or holds_card(text):
        raise QuarantineError(
            "The corrected text is blank, has several lines, or holds a card number.",
            remedy="Give the whole record as one line, as it should have come.",
        )
    changed = execute(
        connection,
        "exchange/quarantine_correct",
        quarantine_id=quarantine_id,
        corrected=text,
        actor=decision.actor,
        reason=decision.reason,
        at=decision.at,
    )
    _decided(connection, "correct", row, changed, decision, {"raw": row["raw"], "corrected": text})


def discard(connection: Connection, quarantine_id: int, decision: Decision) -> None:
    """Decide that a row is never loaded. Raises QuarantineError when it is not open."""
    row = shown(connection, quarantine_id)
    changed = execute(
        connection,
        "exchange/quarantine_discard",
        quarantine_id=quarantine_id,
        reason=decision.reason,
        at=decision.at,
    )
    _decided(connection, "discard", row, changed, decision, {"raw": row["raw"]})


def _entry_holds_card(text: str) -> bool:
    try:
        entry = json.loads(text)
    except ValueError:
        entry = None
    if not isinstance(entry, dict):
        raise QuarantineError(
            "The corrected text of a row of order_entry is no JSON object.",
            remedy="Take the raw text of `tieout quarantine show`, and change what is wrong in it.",
        )
    cells = {
        name: each if isinstance(each, str) else json.dumps(each) for name, each in entry.items()
    }
    return bool(card_rows(pa.RecordBatch.from_pylist([cells])))


def _decided(
    connection: Connection,
    verb: str,
    row: Mapping[str, Any],
    changed: int,
    decision: Decision,
    facts: Mapping[str, object],
) -> None:
    if not changed:
        raise QuarantineError(
            f"Row {row['quarantine_id']} is {row['status']}, not OPEN.",
            remedy="Only open rows wait for a decision.",
        )
    audit(
        connection,
        actor=decision.actor,
        action=f"quarantine.{verb}",
        subject=f"quarantine:{row['quarantine_id']}",
        reason=decision.reason,
        occurred_at=decision.at,
        facts=facts,
    )
