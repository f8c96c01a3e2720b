"""The attempts as the database has them: claimed with a token, each change written with it.

An attempt's events and its state are written in one transaction, which also says what they mean for
the tender and for the kept card.
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from tieout.kernel import crash
from tieout.kernel.database import acting, execute, fetch, single
from tieout.payments.model import Answer, AttemptState, CardToken, Kind
from tieout.payments.rules import ENDS, Event, after

LEASE = timedelta(minutes=10)
"""After this time a claimer that still lives, but does nothing, loses its work to the next."""

AT_ONCE = 200
"""How many attempts one call claims at most."""

NEVER = datetime.max.replace(tzinfo=UTC, microsecond=0)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Attempt:
    """A claimed attempt, as it was found; what is not known is empty.

    `begun_at` is when the first request for its tender had left by then. It is registered when its
    card is one that the customer registered, and of an order when that was there before its tender.
    """

    payment_attempt_id: int
    our_ref: str
    payment_ref: str
    kind: Kind
    status: AttemptState
    gateway: str
    currency: str
    amount_minor: int
    first_sent_at: datetime | None
    begun_at: datetime | None
    card: CardToken
    last_four: str
    customer_name: str
    customer_email: str
    customer_ref: str
    order_ref: str
    is_registered: bool
    is_of_order: bool
    tender_status: str
    of_gateway_ref: str
    of_our_ref: str

    @property
    def asked_as(self) -> str:
        """The reference under which the gateway has it: captures and voids keep their charge's."""
        return self.of_our_ref if self.kind in {Kind.CAPTURE, Kind.VOID} else self.our_ref

    @property
    def may_go_out(self) -> bool:
        """Whether its tender still wants it."""
        return self.tender_status == "DUE" or bool(self.of_our_ref)


@dataclass(frozen=True)
class Claimer:
    """A fencing token, and the session that holds the lock on it."""

    token: int
    session: Connection

    @contextmanager
    def transaction(self, actor: str) -> Iterator[Connection]:
        """One transaction of the session that holds the lock, as kernel.database.transaction."""
        with acting(self.session, actor):
            yield self.session


@contextmanager
def claimer(conn_url: str) -> Iterator[Claimer]:
    """A fencing token, and a session that holds a lock on it for as long as we live."""
    with single(conn_url) as session:
        with session.begin():
            token: int = fetch(session, "exchange/take_token")[0]["token"]
        session.execution_options(isolation_level="READ COMMITTED")
        try:
            yield Claimer(token, session)
        finally:
            session.execution_options(isolation_level="AUTOCOMMIT")
            execute(session, "exchange/return_token", token=token)


class Lost(Exception):  # noqa: N818 (it says what happened)
    """Another process has taken the attempt over: nothing of ours is written any more."""


@dataclass(frozen=True)
class Ledger:
    """What one claimer may write: every write carries the token that claimed the attempts."""

    claimer: Claimer
    as_of: datetime
    actor: str

    def claim(self, attempt_ids: Sequence[int] | None, *, asking: bool) -> list[Attempt]:
        """The unfinished attempts that no living claimer holds, now ours until the lease is over.

        Those with these ids, else all whose time has come; `asking` takes also those that may not
        go out any more.
        """
        clock = datetime.now(UTC)
        with self.claimer.transaction(self.actor) as connection:
            rows = fetch(
                connection,
                "payments/claim_attempts",
                attempt_ids=None if attempt_ids is None else list(attempt_ids),
                as_of=self.as_of,
                asking=asking,
                clock=clock,
                lease_until=clock + LEASE,
                token=self.claimer.token,
                at_most=AT_ONCE,
            )
        return sorted(map(_attempt, rows), key=lambda each: each.payment_attempt_id)

    def let_go(self, attempt_ids: Sequence[int]) -> None:
        """Give attempts back that have not ended; those that have hold no claim any more."""
        ids = list(attempt_ids)
        with self.claimer.transaction(self.actor) as connection:
            execute(connection, "payments/let_go", attempt_ids=ids, token=self.claimer.token)
        crash.point("payments.let_go")

    def write(
        self,
        attempt: Attempt,
        event: Event,
        facts: Mapping[str, Any],
        *,
        answer: Answer | None = None,
        stop: bool = False,
        next_act_at: datetime | None = None,
    ) -> Attempt:
        """Commit what happened. Raises Lost when the attempt is no longer ours."""
        params = {
            "reason": _reason(facts, answer),
            "facts": json.dumps(dict(facts), default=str),
            "gateway_ref": answer.gateway_ref if answer else "",
            "answered_minor": answer.amount_minor if answer else None,
            "answered_currency": answer.currency if answer else None,
            "next_act_at": next_act_at,
            "sent": int(event is Event.SENT),
            "asked": int("found" in facts or event is Event.NOT_ASKED),
            "stop": stop,
        }
        try:
            status = self._commit(attempt, event, params)
        except IntegrityError:
            if event is not Event.APPROVED:
                raise
            _log.error("attempt %s was captured beside another one", attempt.our_ref)
            never = {**params, "next_act_at": NEVER}
            status = self._commit(attempt, Event.CAPTURED_BESIDE, never)
        first = attempt.first_sent_at or (self.as_of if event is Event.SENT else None)
        return replace(attempt, status=status, first_sent_at=first)

    def _commit(self, attempt: Attempt, event: Event, params: Mapping[str, Any]) -> AttemptState:
        status = after(attempt.status, event)
        mine = {"attempt_id": attempt.payment_attempt_id, "as_of": self.as_of}
        stop = params["stop"]
        rest = {name: value for name, value in params.items() if name != "stop"}
        with self.claimer.transaction(self.actor) as connection:
            written = execute(
                connection,
                "payments/write_event",
                token=self.claimer.token,
                event=event,
                status=status,
                **mine,
                **rest,
            )
            if not written:
                raise Lost
            if status in ENDS or stop:
                execute(connection, "payments/settle_tender", stop=stop, **mine)
                if attempt.is_registered:
                    execute(connection, "payments/settle_registration", **mine)
                if attempt.is_of_order or attempt.kind is Kind.REFUND:
                    execute(connection, "payments/record_payment", **mine)
        crash.point("payments.written")
        return status


def _attempt(row: Mapping[str, Any]) -> Attempt:
    known = {key: row[key] for key in row if key not in {"profile", "token"}}
    card = CardToken(row["token"], row["profile"])
    kinds = {"kind": Kind(row["kind"]), "status": AttemptState(row["status"])}
    return Attempt(**{**known, **kinds}, card=card)


def _reason(facts: Mapping[str, Any], answer: Answer | None) -> str | None:
    if answer is not None:
        return f"{answer.code} {answer.text}".strip()
    return f"{facts['class']}: {facts['text']}" if "class" in facts else None
