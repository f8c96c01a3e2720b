"""Files registered: each new one once, and what it is: to load, refused, a copy, or a conflict."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from sqlalchemy import Connection

from tieout.exchange.arrivals import Arrival
from tieout.formats.results import FileRefused, ParsedFile
from tieout.kernel.database import execute, fetch
from tieout.kernel.staging import stage

_ARRIVED = pa.schema(
    {
        "file_no": pa.int64(),
        "partner_id": pa.string(),
        "name": pa.string(),
        "sha256": pa.string(),
        "size_bytes": pa.int64(),
        "remote_mtime": pa.timestamp("us", tz="UTC"),
        "control_no": pa.string(),
        "format_id": pa.string(),
        "facts": pa.string(),
        "problem": pa.string(),
    }
)
_STATEMENTS = (
    "reopen_refused",
    "note_known",
    "register_files",
    "refuse_files",
    "mark_same_hash",
    "mark_same_control_number",
)


@dataclass(frozen=True)
class Taken:
    """A registered file whose rows are to be loaded; `sha256` finds its bytes in the archive."""

    source_file_id: int
    partner_id: str
    sha256: str
    parsed: ParsedFile


def register(
    connection: Connection, doc_type: str, arrivals: Sequence[Arrival], as_of: datetime
) -> list[Taken]:
    """Write the files; returns those whose rows are to be loaded."""
    if not arrivals:
        return []
    rows = [_arrived(number, each) for number, each in enumerate(arrivals)]
    stage(connection, "arrived", pa.Table.from_pylist(rows, _ARRIVED))
    for statement in _STATEMENTS:
        execute(connection, f"exchange/{statement}", doc_type=doc_type, as_of=as_of)
    found = fetch(connection, "exchange/files_to_load", doc_type=doc_type)
    return [_taken(row["source_file_id"], arrivals[row["file_no"]]) for row in found]


def _taken(source_file_id: int, arrival: Arrival) -> Taken:
    assert arrival.parsed is not None, "a refused file is not loaded"
    return Taken(source_file_id, arrival.feed.partner_id, arrival.sha256, arrival.parsed)


def _arrived(number: int, arrival: Arrival) -> dict[str, object]:
    refusal = arrival.refusal
    return {
        "file_no": number,
        "partner_id": arrival.feed.partner_id,
        "name": arrival.name,
        "sha256": arrival.sha256,
        "size_bytes": arrival.size,
        "remote_mtime": arrival.modified,
        "control_no": arrival.control_no,
        "format_id": arrival.feed.format_id,
        "facts": json.dumps(dict(arrival.facts) | _columns(arrival.parsed), default=str),
        "problem": json.dumps(_problem(refusal)) if refusal else None,
    }


def _columns(parsed: ParsedFile | None) -> dict[str, object]:
    """The names of the file's columns or paths, and of those that no canonical column is made of.

    The exception FORMAT_DRIFT compares columns with those of the feed's first file, paths with all
    that the feed ever had (`feed_path`).
    """
    if parsed is None:
        return {}
    if parsed.known_paths or parsed.unknown_paths:
        return {"paths": parsed.known_paths, "paths_in_extra": parsed.unknown_paths}
    if not parsed.columns:
        return {}
    return {"columns": parsed.columns, "columns_in_extra": parsed.new_columns}


def _problem(refusal: FileRefused) -> dict[str, object]:
    return {
        "slug": refusal.slug,
        "reason": refusal.reason,
        "message": refusal.message,
        "remedy": refusal.remedy,
        "line": refusal.place.line,
        "field": refusal.place.field,
        "expected": refusal.expected,
        "found": refusal.found,
    }
