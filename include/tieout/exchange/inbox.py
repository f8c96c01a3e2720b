"""Partners' files taken in: each whole, each once, with every row accounted for.

`receive` looks what is there that nobody has seen, fetches it, keeps it in the archive, and then,
in one transaction, registers the files, lets the slice load the rows, and sets bad rows aside.
Killed anywhere it leaves nothing but bytes in the archive, under the hash that the next run gives.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import chain

import pyarrow as pa
from sqlalchemy import Connection

from tieout.exchange.arrivals import (
    Arrival,
    Parsed,
    archive_files,
    fetch_file,
    parse_files,
    unchanged,
)
from tieout.exchange.contacts import note_contacts
from tieout.exchange.feeds import (
    Feed,
    Round,
    Waiting,
    by_connection,
    feeds_of,
    list_feed,
)
from tieout.exchange.loading import corrected_rows, load_rows
from tieout.exchange.registering import register
from tieout.kernel import archive, crash
from tieout.kernel.database import execute, fetch, transaction
from tieout.kernel.runs import Counts, record
from tieout.kernel.staging import stage
from tieout.transport.files import FilePlace

PORTION_BYTES = 256 * 1024 * 1024
"""How many bytes of files are fetched before they are archived."""

_log = logging.getLogger(__name__)

_LISTED = pa.schema(
    {
        "file_no": pa.int64(),
        "partner_id": pa.string(),
        "name": pa.string(),
        "size_bytes": pa.int64(),
        "remote_mtime": pa.timestamp("us", tz="UTC"),
        "stable": pa.bool_(),
    }
)


def receive(  # noqa: PLR0913 (callers name each)
    conn_url: str,
    *,
    flow: str,
    task: str,
    doc_type: str,
    partner_ids: Sequence[str],
    as_of: datetime,
    load: Callable[[Connection], object],
    part: str = "",
) -> Counts:
    """Take in the partners' new files of a kind, and rows of it that a person corrected.

    `load(connection)` runs the slice's SQL on the temporary table `staged`: the canonical columns
    of the format, line_no, source_file_id, partner_id and received_at. It reports rows that it
    refuses into `staged_rejected` (source_file_id, line_no, field, value, rule, reason, remedy)
    and rows that were known into `staged_duplicate` (source_file_id, line_no). It is called without
    rows too, unless no partner has such a feed. `part` names a share of the run in its summary.

    Raises PartnersNotReached when not one partner could be asked; one who could not is
    noted in partner_contact.
    """
    actor = f"{flow}/{task}"
    with transaction(conn_url, actor) as connection:
        feeds = feeds_of(connection, doc_type, partner_ids)
    arrivals = _fetch_new(conn_url, actor, feeds, as_of)
    with transaction(conn_url, actor) as connection:
        taken = register(connection, doc_type, arrivals, as_of)
        corrected = corrected_rows(connection, doc_type, partner_ids, as_of)
        crash.point("inbox.registered")
        counts = load_rows(connection, feeds, taken, corrected, as_of, load) if feeds else Counts()
        record(connection, flow=flow, task=task, part=part or doc_type, as_of=as_of, counts=counts)
        crash.point("inbox.loaded")
    crash.point("inbox.committed")
    _log.info("%s: %d files, %d taken; %s", doc_type, len(arrivals), len(taken), counts.log_line())
    return counts


def _fetch_new(conn_url: str, actor: str, feeds: Sequence[Feed], as_of: datetime) -> list[Arrival]:
    """The files that nobody has seen, fetched and archived."""
    tour = Round()
    arrivals: list[Arrival] = []
    for opened, share in tour.visits(by_connection(feeds, lambda feed: feed.connection_id)):
        listings = tour.each(opened, list_feed, share)
        crash.point("inbox.listed")
        with transaction(conn_url, actor) as connection:
            new = _unknown(connection, list(chain.from_iterable(listings)), as_of)
            accepted = _accepted(connection, new)
        for some in _portions(new):
            arrivals += _taken_in(tour, opened, some, accepted)
    with transaction(conn_url, actor) as connection:
        note_contacts(connection, tour.contacts, as_of)
    tour.finish()
    return arrivals


def _taken_in(
    tour: Round, opened: FilePlace, new: Sequence[Waiting], accepted: frozenset[str]
) -> list[Arrival]:
    """Files fetched, parsed and archived together."""
    with archive.workplace() as folder:
        found = tour.each(opened, partial(fetch_file, folder=folder), new)
        crash.point("inbox.fetched")
        fetched = [each for each in found if each is not None]
        return archive_files(_finished(tour, opened, parse_files(fetched, accepted)), folder)


def _portions(new: Sequence[Waiting]) -> Iterator[list[Waiting]]:
    """The files in their order, so few at a time that their bytes can be held."""
    some: list[Waiting] = []
    size = 0
    for each in new:
        if some and size + each.file.size > PORTION_BYTES:
            yield some
            some, size = [], 0
        some.append(each)
        size += each.file.size
    if some:
        yield some


def _finished(tour: Round, opened: FilePlace, parsed: Sequence[Parsed]) -> list[Parsed]:
    """The files but for those that are still being written."""
    doubtful = [each.fetched.waiting for each in parsed if each.may_be_unfinished]
    whole = set(tour.each(opened, unchanged, doubtful)) if doubtful else set()
    return [each for each in parsed if not each.may_be_unfinished or each.fetched.waiting in whole]


def _accepted(connection: Connection, new: Sequence[Waiting]) -> frozenset[str]:
    """The SHA-256 of the files of a kind that a person takes in though they do not tie."""
    doc_types = {each.feed.doc_type for each in new}
    return frozenset(
        row["sha256"]
        for doc_type in doc_types
        for row in fetch(connection, "exchange/accepted_unbalanced", doc_type=doc_type)
    )


def _unknown(connection: Connection, listed: Sequence[Waiting], as_of: datetime) -> list[Waiting]:
    """Of the listed files those that are new, and as long as they were where that is asked for."""
    if not listed:
        return []
    rows = [
        {
            "file_no": number,
            "partner_id": each.feed.partner_id,
            "name": each.file.name,
            "size_bytes": each.file.size,
            "remote_mtime": each.file.modified,
            "stable": each.feed.complete_by == "stable",
        }
        for number, each in enumerate(listed)
    ]
    stage(connection, "listed", pa.Table.from_pylist(rows, _LISTED))
    doc_type = listed[0].feed.doc_type
    execute(connection, "exchange/note_sightings", doc_type=doc_type, as_of=as_of)
    found = fetch(connection, "exchange/unknown_files", doc_type=doc_type, as_of=as_of)
    return [listed[row["file_no"]] for row in found]
