"""The desk that takes entries: many at a time into the database, or else to the spool.

Entries gather for GATHER_S, and while a transaction is under way: one commit serves them all. When
the database fails or is silent for PATIENCE_S, entries go to the spool at once, and nobody waits
for it again until it has answered a look. Then the receipts of what was spooled are kept in it, and
the spool is sealed for `take_in_orders`.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, SQLAlchemyError

from tieout.intake import spool
from tieout.intake.capture import Entry, capture_once, entry_of, note_spooled
from tieout.kernel import crash
from tieout.kernel.database import transaction
from tieout.kernel.errors import TieoutError
from tieout.storefront_api.known import Known, ask_known

GATHER_S = 0.01
"""How long the first entry waits for others to share its transaction."""
PATIENCE_S = 2.0
LOOK_S, LOOK_WHEN_DOWN_S = 5.0, 0.5
ALARM_AFTER_S = 10.0
MOST_WAITING, MOST_TOGETHER = 5_000, 200
MOST_REMEMBERED = 500_000
"""Of how many spooled entries the desk remembers what they said; the oldest are forgotten."""
RECEIPTS_TOGETHER = 5_000

Result = TypeVar("Result")
Alarm = Callable[[Known, datetime, str], None]
_log = logging.getLogger(__name__)


class NotTaken(TieoutError):  # noqa: N818 (it is what happened)
    """An entry that neither the database nor the disk took, or that came when too many waited."""

    slug = "not-taken"


@dataclass(frozen=True)
class _Waiting:
    entry: Entry
    answer: "asyncio.Future[bool]"


class Desk:
    """Takes entries; made and used in one event loop. `alarm` is called once in an outage."""

    def __init__(
        self, url: str, spool_dir: Path, known: Known, clock: Callable[[], datetime], alarm: Alarm
    ) -> None:
        self.known = known
        self._url, self._spool_dir = patient(url), spool_dir
        self._clock, self._alarm = clock, alarm
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(MOST_WAITING)
        self._database = ThreadPoolExecutor(1, "database")
        self._disk = ThreadPoolExecutor(1, "disk")
        self._overdue: Future[Any] | None = None
        self._down_since: datetime | None = None
        self._alarmed = False
        self._spooled: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def is_up(self) -> bool:
        """Whether entries go to the database."""
        return self._down_since is None

    @property
    def spooled(self) -> int:
        """How many entries went to the spool and are not receipted in the database yet."""
        return len(self._spooled)

    async def open(self) -> None:
        """Begin to take entries, with what an earlier process left in the spool in mind."""
        loop = asyncio.get_running_loop()
        self._spooled = await loop.run_in_executor(self._disk, self._left)
        await self._look()
        self._tasks = [asyncio.create_task(self._work()), asyncio.create_task(self._watch())]

    async def close(self) -> None:
        """Take what has come so far, and end."""
        await self._queue.join()
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self._database.shutdown(wait=False, cancel_futures=True)
        self._disk.shutdown()

    async def take(self, entry: Entry) -> bool:
        """Keep an entry for good; whether it says what was received under its id first.

        Raises NotTaken.
        """
        waiting = _Waiting(entry, asyncio.get_running_loop().create_future())
        try:
            self._queue.put_nowait(waiting)
        except asyncio.QueueFull:
            raise NotTaken("Too many entries wait.", remedy="Send it again in a second.") from None
        return await waiting.answer

    async def _work(self) -> None:
        while True:
            batch = [await self._queue.get()]
            await asyncio.sleep(GATHER_S)
            while len(batch) < MOST_TOGETHER and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            try:
                await self._settle(batch)
            finally:
                for _ in batch:
                    self._queue.task_done()

    async def _settle(self, batch: Sequence[_Waiting]) -> None:
        entries = {waiting.entry.entry_id: waiting.entry for waiting in reversed(batch)}
        try:
            first = await self._keep(list(entries.values()))
        except Exception as error:  # noqa: BLE001 (whatever it is, each storefront gets an answer)
            _log.error("entries were not kept: %s", type(error).__name__)
            first = {}
        for waiting in batch:
            if waiting.answer.done():
                continue
            if said := first.get(waiting.entry.entry_id):
                waiting.answer.set_result(said == waiting.entry.body_sha256)
            else:
                lost = NotTaken("The entry was not kept.", remedy="Send it again.")
                waiting.answer.set_exception(lost)

    async def _keep(self, entries: Sequence[Entry]) -> dict[str, str]:
        """Keep entries of different ids; what each of them said that came first under its id."""
        said = self._spooled
        known = {each.entry_id: said[each.entry_id] for each in entries if each.entry_id in said}
        new = [each for each in entries if each.entry_id not in known]
        if not new:
            return known
        if self.is_up:
            try:
                return known | await self._in_time(lambda: self._write(new))
            except (SQLAlchemyError, TieoutError, TimeoutError) as error:
                self._note_failure(error)
        await asyncio.get_running_loop().run_in_executor(self._disk, self._append, new)
        for entry in new:
            self._remember(entry)
        return known | {each.entry_id: each.body_sha256 for each in new}

    def _remember(self, entry: Entry) -> None:
        self._spooled[entry.entry_id] = entry.body_sha256
        if len(self._spooled) > MOST_REMEMBERED:
            del self._spooled[next(iter(self._spooled))]

    def _write(self, entries: Sequence[Entry]) -> dict[str, str]:
        with transaction(self._url, actor="storefront_api") as connection:
            first = capture_once(connection, entries, self._clock())
            crash.point("entry.written")
        crash.point("entry.committed")
        return first

    def _append(self, entries: Sequence[Entry]) -> None:
        by_storefront: dict[object, list[Entry]] = {}
        for entry in entries:
            by_storefront.setdefault(entry.rows[0]["storefront"], []).append(entry)
        for some in by_storefront.values():
            spool.append(self._spool_dir, [row for entry in some for row in entry.rows])
        crash.point("entry.spooled")

    def _left(self) -> dict[str, str]:
        """What the entries in the open spools say, the newest MOST_REMEMBERED of them."""
        entries = map(entry_of, spool.open_entries(self._spool_dir))
        return dict(deque(((one.entry_id, one.body_sha256) for one in entries), MOST_REMEMBERED))

    async def _in_time(self, work: Callable[[], Result]) -> Result:
        """What `work` gives in the database's thread. Raises TimeoutError when it takes too long.

        Work that is overdue is left alone: until it has ended, no further one is begun.
        """
        if self._overdue is not None and not self._overdue.done():
            raise TimeoutError
        begun = self._database.submit(work)
        future = asyncio.wrap_future(begun)
        future.add_done_callback(_look_at)
        done, _ = await asyncio.wait({future}, timeout=PATIENCE_S)
        if not done:
            self._overdue = begun
            raise TimeoutError
        return future.result()

    def _note_failure(self, error: Exception) -> None:
        reason = type(getattr(error, "orig", None) or error).__name__  # its text may hold values
        if isinstance(error, DataError):
            _log.error("the database cannot hold an entry (%s): to the spool with it", reason)
        elif self.is_up:
            _log.error("the database takes no entries (%s): they go to the spool", reason)
            self._down_since, self._alarmed = self._clock(), False

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S if self.is_up and not self._spooled else LOOK_WHEN_DOWN_S)
            await self._look()

    async def _look(self) -> None:
        """Ask the database what is to be known, and, if it was out, go back to it."""
        try:
            known = await self._in_time(lambda: ask_known(self._url))
            if not self.is_up:
                _log.warning("the database takes entries again; %d were spooled", self.spooled)
                self._down_since = None
            await self._receipt_spooled()
        except (SQLAlchemyError, TieoutError, TimeoutError) as error:
            self._note_failure(error)
            await self._sound_alarm(type(error).__name__)
            return
        await asyncio.get_running_loop().run_in_executor(self._disk, self._tidy, known)

    def _tidy(self, known: Known) -> None:
        """Keep what is known in the file, and seal what was spooled and has its receipts."""
        try:
            if known != self.known:
                known.save()
            self.known = known
            if not self._spooled:
                spool.seal(self._spool_dir)
        except OSError as error:
            _log.error("the disk does not take what the API keeps: %s", error.strerror)

    async def _receipt_spooled(self) -> None:
        """Keep the receipts of what was spooled in the database."""
        while self._spooled:
            some = dict(islice(self._spooled.items(), RECEIPTS_TOGETHER))
            await self._in_time(partial(self._note, some))
            for entry_id in some:
                self._spooled.pop(entry_id, None)

    def _note(self, receipts: dict[str, str]) -> None:
        with transaction(self._url, actor="storefront_api") as connection:
            note_spooled(connection, receipts.items(), self._clock())
        crash.point("entry.receipted")

    async def _sound_alarm(self, reason: str) -> None:
        since = self._down_since
        if since is None or self._alarmed:
            return
        if (self._clock() - since).total_seconds() >= ALARM_AFTER_S:
            self._alarmed = True
            await asyncio.to_thread(self._alarm, self.known, since, reason)


def patient(url: str) -> str:
    """A database's address with which no step waits long for a server that is out."""
    limits = {
        "connect_timeout": "2",
        "tcp_user_timeout": "5000",
        "keepalives_idle": "5",
        "options": "-c statement_timeout=5000",
    }
    return make_url(url).update_query_dict(limits).render_as_string(hide_password=False)


def _look_at(ended: "asyncio.Future[Any]") -> None:
    """Nobody else looks at work that ended after its time."""
    if not ended.cancelled():
        ended.exception()
