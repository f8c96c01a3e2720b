"""Attempts at a gateway: sent, answered, asked for; each step committed before the next.

SENT is committed before a byte leaves. A request that is proved not to have begun goes out again
under the same reference, after a pause, then at the alternate address. One that may have been acted
on is asked for first, and goes out again only while the gateway knows its reference.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from tieout.kernel import crash
from tieout.kernel.errors import TieoutError
from tieout.payments.ledger import NEVER, Attempt, Ledger, Lost, claimer
from tieout.payments.model import (
    Answer,
    AttemptState,
    ChargeOrder,
    Connector,
    ErrorClass,
    FollowUp,
    Kind,
    NoAnswer,
    NotSent,
    Transaction,
    Verdict,
)
from tieout.payments.rules import ENDS, Event, event_of, may_resend, next_ask, pauses, proof
from tieout.payments.terms import Terms, connected

_UNSENT = frozenset({AttemptState.INIT, AttemptState.NOT_SENT})
_RNG = Random()  # noqa: S311 (it spreads pauses and guards nothing)
_log = logging.getLogger(__name__)


def work(
    conn_url: str,
    *,
    as_of: datetime,
    attempt_ids: Sequence[int] | None = None,
    actor: str = "payments",
    rng: Random | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> dict[int, AttemptState]:
    """Bring attempts on: those with these ids, or else all whose time has come.

    What has not left is sent, what may have left is asked for. Returns the states that they came
    to, by id; an attempt that another living process works on is left out. `rng` and `pause` are
    for the pauses between tries. Raises SettingsError when a gateway's connection is missing:
    nothing has left then.
    """
    return _work(conn_url, as_of, actor, attempt_ids, rng or _RNG, pause, asking=False)


def ask(
    conn_url: str, *, as_of: datetime, attempt_ids: Sequence[int], actor: str = "payments"
) -> dict[int, AttemptState]:
    """Ask the gateways what they have of these attempts, and send nothing.

    The answers are kept in payment_event; what proves an attempt settles it, also one that was
    taken for not sent. Returns the states that they came to, by id.
    """
    return _work(conn_url, as_of, actor, attempt_ids, _RNG, time.sleep, asking=True)


def _work(
    conn_url: str,
    as_of: datetime,
    actor: str,
    attempt_ids: Sequence[int] | None,
    rng: Random,
    pause: Callable[[float], None],
    *,
    asking: bool,
) -> dict[int, AttemptState]:
    states: dict[int, AttemptState] = {}
    with claimer(conn_url) as claimed:
        ledger = Ledger(claimed, as_of, actor)
        found = ledger.claim(attempt_ids, asking=asking)
        crash.point("payments.claimed")
        for gateway in sorted({each.gateway for each in found}):
            terms, ways = connected(conn_url, gateway, as_of)
            teller = _Teller(ledger, terms, ways, rng, pause, asking)
            for attempt in found:
                if attempt.gateway == gateway:
                    states[attempt.payment_attempt_id] = teller.bring_on(attempt)
        if left := [number for number, state in states.items() if state not in ENDS]:
            ledger.let_go(left)
    return states


@dataclass(frozen=True)
class _Teller:
    """One call's work at one gateway; `ways` are its usual address and the alternate, if any."""

    ledger: Ledger
    terms: Terms
    ways: Sequence[Connector]
    rng: Random
    pause: Callable[[float], None]
    asking: bool

    def bring_on(self, attempt: Attempt) -> AttemptState:
        """Send what has not left, ask for what may have; returns the state it came to."""
        try:
            if attempt.status in _UNSENT and not self.asking:
                attempt = self._send(attempt)
            else:
                attempt = self._recover(attempt)
        except Lost:
            _log.warning("attempt %s was taken over by another process", attempt.our_ref)
        _log.info("attempt %s is %s", attempt.our_ref, attempt.status)
        return attempt.status

    def _recover(self, attempt: Attempt) -> Attempt:
        """Ask for what an earlier process left; send it again while the gateway knows it."""
        if attempt.status is AttemptState.SENT:
            facts = {"class": ErrorClass.BROKEN_OFF, "text": "the process that sent it ended"}
            attempt = self.ledger.write(attempt, Event.NO_ANSWER, facts)
        attempt, has_nothing = self._ask(attempt, self.ways)
        if has_nothing and self._may_repeat(attempt, self.ways[0]) and not self.asking:
            return self._send(attempt)
        return attempt

    def _send(self, attempt: Attempt) -> Attempt:
        """Send it until it is answered, as often as the terms allow; later tries go elsewhere."""
        waits = pauses(self.rng, self.terms.back_off, self.terms.tries)
        for number in range(self.terms.tries):
            if number:
                self.pause(next(waits))
            way = self.ways[number * len(self.ways) // self.terms.tries]
            attempt, again = self._send_once(attempt, way)
            if not again:
                break
        return attempt

    def _send_once(self, attempt: Attempt, way: Connector) -> tuple[Attempt, bool]:
        """One try; returns also whether the same request may go out once more."""
        as_of = self.ledger.as_of
        due = next_ask(as_of, as_of, self.terms.ask_after)
        address = {"address": self.ways.index(way)}
        attempt = self.ledger.write(attempt, Event.SENT, address, next_act_at=due)
        crash.point("payments.sent")
        try:
            answer = _request(way, attempt)
        except NotSent as error:
            return self._not_sent(attempt, error), error.retry
        except NoAnswer as error:
            facts = {"class": error.error_class, "text": error.message}
            attempt = self.ledger.write(attempt, Event.NO_ANSWER, facts)
            attempt, has_nothing = self._ask(attempt, self.ways[::-1])
            return attempt, has_nothing and self._may_repeat(attempt, way)
        crash.point("payments.answered")
        facts = vars(answer)
        attempt = self.ledger.write(attempt, event_of(answer.verdict), facts, answer=answer)
        crash.point("payments.saved")
        if answer.verdict is Verdict.DUPLICATE:
            attempt, _ = self._ask(attempt, [way])
        return attempt, False

    def _may_repeat(self, attempt: Attempt, way: Connector) -> bool:
        """Whether an attempt without an answer may go out again under its reference."""
        first = attempt.first_sent_at or self.ledger.as_of
        return (
            attempt.status is AttemptState.UNKNOWN
            and attempt.may_go_out
            and may_resend(first, self.ledger.as_of, way.key_life)
        )

    def _not_sent(self, attempt: Attempt, error: NotSent) -> Attempt:
        """Note that nothing was done; it goes out again later, unless the request is at fault."""
        as_of = self.ledger.as_of
        is_late = as_of - (attempt.first_sent_at or as_of) >= self.terms.give_up_after
        stop = is_late or error.error_class is ErrorClass.BAD_REQUEST
        return self.ledger.write(
            attempt,
            Event.NOT_SENT,
            {"class": error.error_class, "text": error.message},
            next_act_at=NEVER if stop else as_of + self.terms.retry_after,
            stop=stop,
        )

    def _ask(self, attempt: Attempt, ways: Sequence[Connector]) -> tuple[Attempt, bool]:
        """What the gateway has of an attempt, kept as evidence; and whether it has nothing."""
        as_of = self.ledger.as_of
        first = attempt.first_sent_at or as_of
        due = next_ask(first, as_of, self.terms.ask_after)
        found, failed = _found(attempt, ways, attempt.begun_at or first)
        crash.point("payments.asked")
        if failed is not None:
            facts = {"class": failed.fields["error_class"], "text": failed.message}
            write = self.ledger.write
            return write(attempt, Event.NOT_ASKED, facts, next_act_at=due), False
        event, proved = proof(attempt.kind, attempt.status, found)
        return (
            self.ledger.write(
                attempt,
                event,
                {"found": [_told(each) for each in found]},
                answer=_answer(attempt.kind, proved),
                next_act_at=due,
            ),
            not found,
        )


def _request(way: Connector, attempt: Attempt) -> Answer:
    """The one request that an attempt is."""
    if attempt.kind in {Kind.CHARGE, Kind.AUTHORISE}:
        order = ChargeOrder(
            our_ref=attempt.our_ref,
            currency=attempt.currency,
            amount_minor=attempt.amount_minor,
            card=attempt.card,
            order_ref=attempt.order_ref,
            customer_ref=attempt.customer_ref,
            customer_name=attempt.customer_name,
            customer_email=attempt.customer_email,
        )
        return way.charge(order) if attempt.kind is Kind.CHARGE else way.authorise(order)
    follow_up = FollowUp(
        our_ref=attempt.our_ref,
        gateway_ref=attempt.of_gateway_ref,
        currency=attempt.currency,
        amount_minor=attempt.amount_minor,
        last_four=attempt.last_four,
    )
    calls = {Kind.CAPTURE: way.capture, Kind.REFUND: way.refund, Kind.VOID: way.void}
    return calls[attempt.kind](follow_up)


def _found(
    attempt: Attempt, ways: Sequence[Connector], since: datetime
) -> tuple[list[Transaction], TieoutError | None]:
    """What the first address that answers has; else why none did."""
    failed: TieoutError | None = None
    for way in ways:
        try:
            return way.find(attempt.asked_as, since), None
        except (NotSent, NoAnswer) as error:
            failed = error
    return [], failed


def _answer(kind: Kind, proved: Transaction | None) -> Answer | None:
    """What the books say, as if the gateway had answered it; a void takes nothing."""
    if proved is None:
        return None
    return Answer(
        Verdict.APPROVED,
        gateway_ref=proved.gateway_ref,
        code=proved.code,
        text="by the gateway's books",
        currency=proved.currency,
        amount_minor=None if kind is Kind.VOID else proved.amount_minor,
    )


def _told(found: Transaction) -> dict[str, object]:
    return {**vars(found), "submitted_at": found.submitted_at.isoformat()}
