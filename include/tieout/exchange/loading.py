"""Rows of registered files loaded by their slice, and every row's fate counted.

The slice sees the temporary tables staged, staged_rejected and staged_duplicate; what it rejects
and what could not be parsed goes into quarantine, with the raw text of its record.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection

from tieout.exchange.arrivals import raw_records, read_again
from tieout.exchange.feeds import Feed
from tieout.exchange.registering import Taken
from tieout.formats.families import canonical_types
from tieout.formats.registry import format_spec
from tieout.kernel import archive
from tieout.kernel.database import execute, fetch
from tieout.kernel.runs import Counts
from tieout.kernel.staging import stage, stage_parts

_PLACE = pa.schema({"source_file_id": pa.int64(), "line_no": pa.int64()})
_RAW = _PLACE.append(pa.field("raw", pa.string()))
_REJECTED = pa.schema(
    dict(zip(_PLACE.names, _PLACE.types, strict=True))
    | dict.fromkeys(["field", "value", "rule", "reason", "remedy"], pa.string())
)
_PROBLEM = _REJECTED.append(pa.field("raw", pa.string()))
_FROM = pa.schema(
    {
        "source_file_id": pa.int64(),
        "partner_id": pa.string(),
        "received_at": pa.timestamp("us", tz="UTC"),
    }
)
ROWS_TOGETHER = 65_536
"""How many rows go to the database at a time."""


def corrected_rows(
    connection: Connection, doc_type: str, partner_ids: Sequence[str], as_of: datetime
) -> list[Taken]:
    """Quarantined rows that a person corrected, read again; those that do not fit stay open."""
    rows = fetch(
        connection, "exchange/corrected_rows", doc_type=doc_type, partner_ids=list(partner_ids)
    )
    places = [{name: row[name] for name in _PLACE.names} for row in rows]
    stage(connection, "corrected_row", pa.Table.from_pylist(places, _PLACE))
    by_file: Mapping[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_file[row["source_file_id"]].append(row)
    taken = [_read_again(connection, share, as_of) for share in by_file.values()]
    return [each for each in taken if each is not None]


def _read_again(
    connection: Connection, share: Sequence[Mapping[str, Any]], as_of: datetime
) -> Taken | None:
    file = share[0]
    texts = {row["line_no"]: row["corrected"] for row in share}
    parsed, refusal = read_again(
        file["sha256"],
        file["format_id"],
        file["name"],
        texts,
        accept_unbalanced=file["accepted_unbalanced"],
    )
    if parsed is not None:
        return Taken(file["source_file_id"], file["partner_id"], file["sha256"], parsed)
    assert refusal is not None
    execute(
        connection,
        "exchange/keep_file_open",
        source_file_id=file["source_file_id"],
        reason=f"{refusal.message} {refusal.remedy}",
        as_of=as_of,
    )
    return None


def load_rows(
    connection: Connection,
    feeds: Sequence[Feed],
    taken: Sequence[Taken],
    corrected: Sequence[Taken],
    as_of: datetime,
    load: Callable[[Connection], object],
) -> Counts:
    """Stage all rows, let the slice load them, set the rest aside; what became of the rows."""
    files = [*taken, *corrected]
    stage_parts(connection, "staged", _staged_schema(feeds, files), _staged(files, as_of))
    stage(connection, "set_aside", _set_aside(files))
    stage(connection, "staged_rejected", _REJECTED.empty_table())
    stage(connection, "staged_duplicate", _PLACE.empty_table())
    load(connection)
    execute(connection, "exchange/analyze_staged_rejected")
    execute(connection, "exchange/analyze_staged_duplicate")
    execute(connection, "exchange/decide_fates")
    execute(connection, "exchange/analyze_row_fate")
    rejected = fetch(connection, "exchange/rejected_places")
    stage(connection, "rejected_raw", _rejected_raw(rejected, files))
    for statement in ("keep_open", "release_corrected", "count_corrected", "set_aside_rows"):
        execute(connection, f"exchange/{statement}", as_of=as_of)
    ids = [each.source_file_id for each in taken]
    execute(connection, "exchange/finish_files", as_of=as_of, source_file_ids=ids)
    execute(connection, "exchange/note_paths", source_file_ids=ids)
    return Counts(**fetch(connection, "exchange/outcome")[0])


def _staged(files: Sequence[Taken], as_of: datetime) -> Iterator[pa.Table]:
    """The rows of all files with where each came from, some thousand at a time."""
    for file in files:
        values = (file.source_file_id, file.partner_id, as_of)
        for batch in file.parsed.batches(ROWS_TOGETHER):
            rows = pa.Table.from_batches([batch]).drop_columns("record_no")
            for field, value in zip(_FROM, values, strict=True):
                rows = rows.append_column(field, pa.repeat(pa.scalar(value, field.type), len(rows)))
            yield rows


def _staged_schema(feeds: Sequence[Feed], files: Sequence[Taken]) -> pa.Schema:
    """All columns that rows of the feeds' kind, or of these files, have."""
    types = canonical_types(format_spec(feeds[0].format_id)) if feeds else {}
    plain = pa.schema(types | {"extra": pa.string(), "line_no": pa.int64()})
    found = [file.parsed.rows.schema for file in files]
    schema = pa.unify_schemas([plain, *found], promote_options="permissive")
    if "record_no" in schema.names:
        schema = schema.remove(schema.get_field_index("record_no"))
    return pa.schema([*schema, *_FROM])


def _set_aside(files: Sequence[Taken]) -> pa.Table:
    """The rows that could not be parsed."""
    rows = [
        {"source_file_id": file.source_file_id, "line_no": problem.line, **vars(problem)}
        for file in files
        for problem in file.parsed.rejected
    ]
    return pa.Table.from_pylist(rows, _PROBLEM)


def _rejected_raw(rejected: Sequence[Mapping[str, Any]], files: Sequence[Taken]) -> pa.Table:
    """The raw text of the rows that the slice rejected, from the archived files."""
    lines: Mapping[int, list[int]] = defaultdict(list)
    for row in rejected:
        lines[row["source_file_id"]].append(row["line_no"])
    by_id = {file.source_file_id: file for file in files}
    rows = chain.from_iterable(_raws(by_id[key], share) for key, share in lines.items())
    return pa.Table.from_pylist(list(rows), _RAW)


def _raws(file: Taken, lines: Sequence[int]) -> list[dict[str, object]]:
    raws = raw_records(archive.whole(file.sha256), file.parsed, lines)
    return [
        {"source_file_id": file.source_file_id, "line_no": line, "raw": raw}
        for line, raw in raws.items()
    ]
