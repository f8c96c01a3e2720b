"""Feeds: what we expect from whom, which files are there, and which of them are whole."""

import fnmatch
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection

from tieout.exchange.contacts import Contact
from tieout.kernel.database import fetch
from tieout.kernel.errors import SettingsError, TieoutError
from tieout.kernel.settings import ConnectionInfo
from tieout.kernel.settings import connection as connection_info
from tieout.transport.files import FilePlace, Files, NotReached, RemoteFile, TransportError
from tieout.transport.folder import folder
from tieout.transport.sftp import sftp

MARKER = ".done"
UNFINISHED = (".part", ".tmp", ".filepart", MARKER)

Item = TypeVar("Item")
Visited = TypeVar("Visited", "Feed", "Waiting")
Result = TypeVar("Result")

_log = logging.getLogger(__name__)


class PartnersNotReached(TieoutError):  # noqa: N818 (it is what happened)
    """No partner that should be asked could be reached."""

    slug = "partners-not-reached"


@dataclass(frozen=True)
class Feed:
    """One kind of file of one partner, and where it stands."""

    partner_id: str
    doc_type: str
    format_id: str
    directory: str
    file_glob: str
    complete_by: str
    connection_id: str | None

    def path(self, name: str) -> str:
        """The path of a file of this feed."""
        return f"{self.directory.rstrip('/')}/{name}" if self.directory else name


@dataclass(frozen=True)
class Waiting:
    """A file that stands at a partner's; `marked` where its .done file does."""

    feed: Feed
    file: RemoteFile
    marked: bool


def feeds_of(connection: Connection, doc_type: str, partner_ids: Sequence[str]) -> list[Feed]:
    """The feeds of active partners for a kind of document, in the order of the partners."""
    rows = fetch(connection, "exchange/feeds", doc_type=doc_type, partner_ids=list(partner_ids))
    return [Feed(**row) for row in rows]


def list_feed(files: Files, feed: Feed) -> list[Waiting]:
    """The files of a feed, in the order of their names; unfinished and unmarked ones are left out.

    The time of a marked file is that of the younger of the file and its marker, so that a marker
    that is put right makes the file worth another look.
    """
    found = {file.name: file for file in files.list(feed.directory or ".")}
    waiting = []
    for name, file in sorted(found.items()):
        if not _wanted(name, feed):
            continue
        marker = found.get(name + MARKER)
        if marker is not None:
            file = RemoteFile(name, file.size, max(file.modified, marker.modified))  # noqa: PLW2901
        if marker is not None or feed.complete_by != "marker":
            waiting.append(Waiting(feed, file, marker is not None))
    return waiting


def _wanted(name: str, feed: Feed) -> bool:
    if name.startswith(".") or name.endswith(UNFINISHED) or not name.isprintable():
        return False
    return fnmatch.fnmatchcase(name, feed.file_glob)


class Round:
    """A round of visits to partners' places; one who fails is noted and holds up nobody else.

    `contacts` tells of every feed that was visited how it went.
    """

    def __init__(self) -> None:
        self.contacts: list[Contact] = []
        self._errors: list[TransportError] = []
        self._done = 0

    def visits(
        self, grouped: Mapping[str | None, Sequence[Visited]]
    ) -> Iterator[tuple[FilePlace, Sequence[Visited]]]:
        """Each place that can be opened, with its items, over one connection."""
        for connection_id, share in grouped.items():
            try:
                with place(connection_id) as opened:
                    yield opened, share
            except TransportError as error:
                self._note_failed(error, share)

    def each(
        self,
        opened: FilePlace,
        work: Callable[[Files, Visited], Result],
        items: Sequence[Visited],
    ) -> list[Result]:
        """`work` done for the items; those at which the partner says no are left out."""
        results: list[Result] = []
        try:
            outcomes = opened.each(_careful(work), items)
        except TransportError as lost:
            self._note_failed(lost, items)
            return results
        for item, outcome in zip(items, outcomes, strict=True):
            if isinstance(outcome, TransportError):
                self._note_failed(outcome, [item])
            else:
                results.append(outcome)
                self.contacts.append(_contact(item, None))
        self._done += len(results)
        return results

    def _note_failed(self, error: TransportError, items: Sequence[Visited]) -> None:
        self._errors.append(error)
        self.contacts += [_contact(item, error) for item in items]

    def finish(self) -> None:
        """Log what went wrong. Raises PartnersNotReached when nothing went right."""
        for error in self._errors:
            _log.error("%s", error)
        if self._errors and not self._done:
            first = self._errors[0]
            raise PartnersNotReached(
                f"Nothing could be exchanged: {first.message}",
                remedy=f"{first.remedy} Then clear this task.",
                errors=len(self._errors),
            ) from first


@contextmanager
def place(connection_id: str | None) -> Iterator[FilePlace]:
    """The files of a connection, or of this machine for None. Raises NotReached."""
    opened: AbstractContextManager[FilePlace] = (
        folder() if connection_id is None else sftp(reach(connection_id))
    )
    with opened as files:
        yield files


def reach(connection_id: str) -> ConnectionInfo:
    """The facts of a connection. Raises NotReached where there is none, as for one that is down."""
    try:
        return connection_info(connection_id)
    except SettingsError as error:
        raise NotReached(error.message, remedy=error.remedy, connection=connection_id) from error


def by_connection(
    items: Sequence[Item], connection_id: Callable[[Item], str | None]
) -> dict[str | None, list[Item]]:
    """The items grouped by the connection that reaches them."""
    grouped: dict[str | None, list[Item]] = {}
    for item in items:
        grouped.setdefault(connection_id(item), []).append(item)
    return grouped


def _contact(item: Feed | Waiting, error: TransportError | None) -> Contact:
    feed = item if isinstance(item, Feed) else item.feed
    if error is None:
        return Contact(feed.partner_id, feed.doc_type)
    return Contact(feed.partner_id, feed.doc_type, error.slug, str(error))


def _careful(
    work: Callable[[Files, Item], Result],
) -> Callable[[Files, Item], Result | TransportError]:
    def careful(files: Files, item: Item) -> Result | TransportError:
        try:
            return work(files, item)
        except TransportError as error:
            return error

    return careful
