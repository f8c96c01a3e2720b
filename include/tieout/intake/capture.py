"""Capture: what a storefront calls the moment a customer orders, before any payment.

It cannot fail for want of the database: what the database does not take goes to the spool
(intake.spool), which `take_in_orders` loads later.

Rows are mappings with columns of order_entry; instants and dates are ISO 8601 text or objects. Card
numbers in their free text are masked before anything is written.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from tieout.intake import spool
from tieout.intake.spool import Row
from tieout.kernel.cards import mask_cards
from tieout.kernel.database import execute, fetch, transaction
from tieout.kernel.errors import TieoutError

_REFERENCES = frozenset({"entry_id", "order_ref", "customer_ref", "sku", "customer_phone"})
_TENDER_REFERENCES = frozenset({"payment_ref", "gateway_ref"})


@dataclass(frozen=True)
class Entry:
    """One entry: its id, its rows (one per line, masked), and the SHA-256 of what they say."""

    entry_id: str
    rows: tuple[Row, ...]
    body_sha256: str


def entry_of(rows: Sequence[Row]) -> Entry:
    """The entry of these rows, which are of one entry and hold JSON values only."""
    masked = tuple(_masked(row) for row in rows)
    body = json.dumps(masked, sort_keys=True, separators=(",", ":"))
    return Entry(str(rows[0]["entry_id"]), masked, sha256(body.encode()).hexdigest())


def capture(conn_url: str, spool_dir: Path, rows: Sequence[Row]) -> str | None:
    """Write the rows of one or several entries, all of them or, where that fails, to the spool.

    Returns None when the database has them, else the name of the spool file. Spools that an earlier
    failure left open are closed once the database has taken rows. Raises OSError when neither the
    database nor the disk takes them.
    """
    masked = [_masked(row) for row in rows]
    try:
        with transaction(conn_url, actor="capture") as connection:
            _write(connection, masked)
    except (SQLAlchemyError, TieoutError):
        return spool.append(spool_dir, masked)
    spool.seal(spool_dir)
    return None


def capture_once(
    connection: Connection, entries: Sequence[Entry], received_at: datetime
) -> dict[str, str]:
    """Write entries that were never received, in the caller's transaction; one per entry id.

    Returns for each entry id the SHA-256 of the body that was received under it first.
    """
    fresh = _receive(connection, entries, received_at)
    new = [entry for entry in entries if entry.entry_id in fresh]
    if new:
        _write(connection, [row for entry in new for row in entry.rows])
    first = {entry.entry_id: entry.body_sha256 for entry in new}
    known = [entry.entry_id for entry in entries if entry.entry_id not in fresh]
    found = fetch(connection, "intake/entry/received", entry_ids=known) if known else []
    return first | {row["entry_id"]: row["body_sha256"] for row in found}


def note_spooled(
    connection: Connection, receipts: Iterable[tuple[str, str]], received_at: datetime
) -> None:
    """Keep the receipts (entry id, SHA-256 of its body) of entries that went to the spool."""
    _receive(connection, [Entry(entry_id, (), body) for entry_id, body in receipts], received_at)


def _receive(
    connection: Connection, entries: Sequence[Entry], received_at: datetime
) -> frozenset[str]:
    """Keep receipts; returns the ids of the entries that had none."""
    receipts = [{"entry_id": each.entry_id, "body_sha256": each.body_sha256} for each in entries]
    new = fetch(
        connection, "intake/entry/receive", receipts=json.dumps(receipts), received_at=received_at
    )
    return frozenset(row["entry_id"] for row in new)


def _write(connection: Connection, rows: Sequence[Row]) -> None:
    execute(connection, "intake/capture", rows=json.dumps(list(rows), default=str))


def _masked(row: Row) -> dict[str, object]:
    return {name: _masked_value(name, value) for name, value in row.items()}


def _masked_value(name: str, value: object) -> object:
    if isinstance(value, str) and name not in _REFERENCES | _TENDER_REFERENCES:
        return mask_cards(value)
    if name == "payments" and isinstance(value, list):
        return [_masked(tender) if isinstance(tender, Mapping) else tender for tender in value]
    return value
