"""Planned effects sent, and what became of those that an earlier run left without an answer.

Work is claimed with a lease and a fencing token. A claimer holds a lock on its token for as long as
it lives, so that a dead one's work is taken over at once, and results are written only with the
token that claimed the work.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from tieout.exchange.calls import ask_all, send_all
from tieout.exchange.contacts import Contact, note_contacts
from tieout.exchange.effects import Effect, Result
from tieout.exchange.feeds import PartnersNotReached, by_connection, place, reach
from tieout.kernel import archive, crash
from tieout.kernel.database import engine, execute, fetch, transaction
from tieout.kernel.runs import Counts
from tieout.kernel.settings import settings
from tieout.kernel.staging import stage
from tieout.transport.files import FilePlace, Files, NotReached, Refused, TransportError
from tieout.transport.http import http
from tieout.transport.mail import Mail, smtp

LEASE = timedelta(minutes=30)
"""After this time a claimer that still lives, but does nothing, loses its work to the next."""

RETRY_AT_MOST = timedelta(hours=4)
"""What was refused is tried again after settings().retry_after, then twice that, up to this."""

MAILS_AT_ONCE = 50
"""How many mails that may be repeated are marked as sent together."""

_RESULT = pa.schema({"effect_id": pa.int64(), "status": pa.string(), "reason": pa.string()})
_log = logging.getLogger(__name__)


def send(
    conn_url: str,
    *,
    as_of: datetime,
    effect_ids: Sequence[int] = (),
    partner_ids: Sequence[str] = (),
    actor: str = "outbox",
) -> Counts:
    """Send the unfinished effects with these ids, and those for these partners.

    Returns applied (proved done), quarantined (the other side said no; tried again from its next
    attempt on, see RETRY_AT_MOST) and deferred (not reached, or no answer yet; the next call asks).
    Raises PartnersNotReached when there was something to send and not one partner could be reached.
    """
    with _claimer(conn_url) as token:
        courier = _Courier(conn_url, actor, token, as_of)
        effects = courier.claim(effect_ids, partner_ids)
        crash.point("outbox.claimed")
        files = [effect for effect in effects if effect.kind == "SFTP_PUT"]
        for connection_id, share in by_connection(files, lambda each: each.connection_id).items():
            courier.deliver(connection_id, share)
        mails = [effect for effect in effects if effect.kind == "MAIL"]
        for connection_id, share in by_connection(mails, lambda each: each.connection_id).items():
            courier.post(str(connection_id), share)
        calls = [effect for effect in effects if effect.kind == "HTTP"]
        for connection_id, share in by_connection(calls, lambda each: each.connection_id).items():
            courier.call(str(connection_id), share)
    return courier.outcome(len(effects))


@contextmanager
def _claimer(conn_url: str) -> Iterator[int]:
    """A fencing token, and a session that holds a lock on it for as long as we live."""
    with engine(conn_url).connect().execution_options(isolation_level="AUTOCOMMIT") as session:
        token: int = fetch(session, "exchange/take_token")[0]["token"]
        try:
            yield token
        finally:
            execute(session, "exchange/return_token", token=token)


class _Courier:
    """One call's work: every write carries the token that claimed the effects."""

    def __init__(self, conn_url: str, actor: str, token: int, as_of: datetime) -> None:
        self._conn_url, self._actor = conn_url, actor
        self._token, self._as_of = token, as_of
        self._states: Counter[str] = Counter()
        self._effects: dict[int, Effect] = {}
        self._not_reached: list[TransportError] = []

    def claim(self, effect_ids: Sequence[int], partner_ids: Sequence[str]) -> list[Effect]:
        """The unfinished effects that no living claimer holds, now ours until the lease is over."""
        clock = datetime.now(UTC)
        with transaction(self._conn_url, self._actor) as connection:
            rows = fetch(
                connection,
                "exchange/claim_effects",
                effect_ids=list(effect_ids),
                partner_ids=list(partner_ids),
                as_of=self._as_of,
                clock=clock,
                lease_until=clock + LEASE,
                token=self._token,
            )
        self._effects = {row["effect_id"]: Effect(**row) for row in rows}
        return list(self._effects.values())

    def deliver(self, connection_id: str | None, effects: Sequence[Effect]) -> None:
        """Put files to one place; what was left without an answer is asked for first."""
        try:
            with place(connection_id) as opened:
                self._deliver(opened, effects)
        except TransportError as error:
            self._give_back(error, effects)

    def _deliver(self, opened: FilePlace, effects: Sequence[Effect]) -> None:
        left = self._settle(effects, opened.each(_ask, _doubtful(effects)))
        results = opened.each(_put, left)
        crash.point("outbox.uploaded")
        self._write(results, final=True)
        self._count(results)
        crash.point("outbox.confirmed")

    def _settle(self, effects: Sequence[Effect], asked: Sequence[Result]) -> list[Effect]:
        """Write what asking showed; returns those that are to go, which are marked as sent."""
        refused = [each for each in effects if each.status == "REFUSED"]
        again = [Result(each.effect_id, "PLANNED", "tried again") for each in refused]
        done = {each.effect_id for each in asked if each.status != "PLANNED"}
        left = [each for each in effects if each.effect_id not in done]
        self._write([*asked, *again], final=False)
        self._count([each for each in asked if each.effect_id in done])
        self._write([Result(each.effect_id, "SENT") for each in left], final=False)
        crash.point("outbox.sent")
        return left

    def post(self, connection_id: str, effects: Sequence[Effect]) -> None:
        """Send mails; one without an answer stays, unless it may be repeated."""
        lost = [Result(each.effect_id, "UNKNOWN", _UNPROVED) for each in effects if _lost(each)]
        self._write(lost, final=True)
        self._count(lost)
        left = [each for each in effects if not _lost(each)]
        if not left:
            return
        try:
            with smtp(reach(connection_id)) as mail:
                for some in _batches(left):
                    self._post(mail, some)
        except NotReached as error:
            self._give_back(error, left)

    def _post(self, mail: Mail, effects: Sequence[Effect]) -> None:
        tried = [each for each in effects if each.status != "PLANNED"]
        again = [Result(each.effect_id, "PLANNED", "tried again") for each in tried]
        self._write(again, final=False)
        self._write([Result(each.effect_id, "SENT") for each in effects], final=False)
        crash.point("outbox.sent")
        results = [_mail(mail, each) for each in effects]
        crash.point("outbox.uploaded")
        self._write(results, final=True)
        self._count(results)
        crash.point("outbox.confirmed")

    def call(self, connection_id: str, effects: Sequence[Effect]) -> None:
        """Make requests to one server; what was left without an answer is asked for first."""
        try:
            with http(reach(connection_id)) as server:
                left = self._settle(effects, ask_all(server, _doubtful(effects)))
                results, lost = send_all(server, left)
        except NotReached as error:
            self._give_back(error, effects)
            return
        crash.point("outbox.uploaded")
        self._not_reached += lost[:1]
        self._write(results, final=True)
        self._count([each for each in results if each.status != "PLANNED"])
        crash.point("outbox.confirmed")

    def outcome(self, claimed: int) -> Counts:
        """What became of the claimed effects. Raises PartnersNotReached when nobody was reached."""
        if self._not_reached and not self._states:
            first = self._not_reached[0]
            raise PartnersNotReached(
                f"Nothing could be sent: {first.message}",
                remedy=f"{first.remedy} Then clear this task.",
            ) from first
        applied, refused = self._states["CONFIRMED"], self._states["REFUSED"]
        return Counts(claimed, applied, 0, refused, claimed - applied - refused)

    def _give_back(self, error: TransportError, effects: Sequence[Effect]) -> None:
        _log.error("%d effects wait: %s", len(effects), error)
        self._not_reached.append(error)
        ids = [each.effect_id for each in effects]
        with transaction(self._conn_url, self._actor) as connection:
            execute(connection, "exchange/give_back", effect_ids=ids, token=self._token)
            lost = [
                Contact(each.partner_id, each.facts["doc_type"], error.slug, str(error))
                for each in effects
                if each.partner_id is not None
            ]
            note_contacts(connection, lost, self._as_of)
        crash.point("outbox.given_back")

    def _count(self, results: Sequence[Result]) -> None:
        self._states.update(each.status for each in results)
        for each in results:
            if each.status != "CONFIRMED":
                _log.error("effect %d is %s: %s", each.effect_id, each.status, each.reason)

    def _write(self, results: Sequence[Result], *, final: bool) -> None:
        if not results:
            return
        rows = pa.Table.from_pylist([vars(each) for each in results], _RESULT)
        with transaction(self._conn_url, self._actor) as connection:
            stage(connection, "effect_result", rows)
            written = execute(
                connection,
                "exchange/write_results",
                token=self._token,
                as_of=self._as_of,
                final=final,
                retry_after=settings().retry_after,
                retry_at_most=RETRY_AT_MOST,
            )
            note_contacts(connection, self._contacts(results), self._as_of)
        crash.point("outbox.written")
        if written < len(results):
            _log.warning("%d effects were taken over by another run", len(results) - written)

    def _contacts(self, results: Sequence[Result]) -> list[Contact]:
        """What the results say of the feeds; one that is only on its way says nothing."""
        told = {
            each.effect_id: (_PROBLEMS[each.status], each.reason)
            for each in results
            if each.status in _PROBLEMS
        }
        return [
            Contact(effect.partner_id, effect.facts["doc_type"], *told[effect.effect_id])
            for effect in self._effects.values()
            if effect.partner_id is not None and effect.effect_id in told
        ]


_PROBLEMS = {"CONFIRMED": None, "REFUSED": "refused", "UNKNOWN": "no-answer"}
_UNPROVED = "the mail server gave no answer; ask the recipients whether it came"


def _batches(effects: Sequence[Effect]) -> Iterator[Sequence[Effect]]:
    """Mails that may be repeated by the dozen, so that a dead sender leaves no other in doubt."""
    repeatable = [each for each in effects if each.facts["repeatable"]]
    yield from ([each] for each in effects if not each.facts["repeatable"])
    for start in range(0, len(repeatable), MAILS_AT_ONCE):
        yield repeatable[start : start + MAILS_AT_ONCE]


def _doubtful(effects: Sequence[Effect]) -> list[Effect]:
    """Those that may have gone, so that the other side is asked."""
    return [each for each in effects if each.status in {"SENT", "UNKNOWN"}]


def _lost(effect: Effect) -> bool:
    return effect.status in {"SENT", "UNKNOWN"} and not effect.facts["repeatable"]


def _ask(files: Files, effect: Effect) -> Result:
    """What the server has, of a file that may have gone."""
    try:
        found = files.content(effect.target, effect.size_bytes)
    except TransportError as error:
        return Result(effect.effect_id, "UNKNOWN", error.message)
    if found == effect.content:
        return Result(effect.effect_id, "CONFIRMED", "found on the server with the same hash")
    if found is not None:
        return Result(effect.effect_id, "REFUSED", _TAKEN)
    return Result(effect.effect_id, "PLANNED", "the server does not have it")


_TAKEN = "another file stands under that name"


def _put(files: Files, effect: Effect) -> Result:
    try:
        found = files.content(effect.target, effect.size_bytes)
        if found is None:
            files.put(effect.target, archive.get(effect.sha256))
            crash.point("outbox.renamed")
        elif found != effect.content:
            return Result(effect.effect_id, "REFUSED", _TAKEN)
    except Refused as error:
        return Result(effect.effect_id, "REFUSED", error.message)
    except TransportError as error:
        return Result(effect.effect_id, "UNKNOWN", error.message)
    return Result(effect.effect_id, "CONFIRMED")


def _mail(mail: Mail, effect: Effect) -> Result:
    try:
        mail.send(effect.facts["sender"], effect.facts["recipients"], archive.get(effect.sha256))
    except Refused as error:
        return Result(effect.effect_id, "REFUSED", error.message)
    except TransportError as error:
        return Result(effect.effect_id, "UNKNOWN", error.message)
    return Result(effect.effect_id, "CONFIRMED")
