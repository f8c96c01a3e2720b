"""How visits to partners went: kept for every feed, so that people learn of one who is away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from sqlalchemy import Connection

from tieout.kernel.database import execute
from tieout.kernel.staging import stage

_CONTACT = pa.schema(dict.fromkeys(["partner_id", "doc_type", "problem", "message"], pa.string()))


@dataclass(frozen=True)
class Contact:
    """One visit for a feed; `problem` is the slug of what failed, None where nothing did."""

    partner_id: str
    doc_type: str
    problem: str | None = None
    message: str | None = None


def note_contacts(connection: Connection, contacts: Sequence[Contact], as_of: datetime) -> None:
    """Keep how the feeds' newest visits went; among those of one call a failed one counts."""
    if not contacts:
        return
    stage(connection, "contact", pa.Table.from_pylist([vars(each) for each in contacts], _CONTACT))
    execute(connection, "exchange/note_contacts", as_of=as_of)
