"""The decisions of payments: values in, values out.

What an event makes of an attempt, what a gateway's books prove, when to try or ask again, which
cards can be none, and which amounts need a second person.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from random import Random

from tieout.kernel.cards import luhn_valid
from tieout.payments.model import (
    AttemptState,
    Card,
    CardRefused,
    Kind,
    Transaction,
    TransactionState,
    Verdict,
)

LONGEST_PAUSE_S = 30.0


class Event(StrEnum):
    """What can happen to an attempt. The last three change no state: they are evidence."""

    PLANNED = "planned"
    DROPPED = "dropped"
    SENT = "sent"
    NOT_SENT = "not_sent"
    NO_ANSWER = "no_answer"
    APPROVED = "approved"
    DECLINED_SOFTLY = "declined_softly"
    DECLINED_HARD = "declined_hard"
    PENDING = "pending"
    PROVED_NOT_THERE = "proved_not_there"
    ASKED = "asked"
    NOT_ASKED = "not_asked"
    CAPTURED_BESIDE = "captured_beside"


_EVIDENCE = frozenset({Event.ASKED, Event.NOT_ASKED, Event.CAPTURED_BESIDE})
_S, _E = AttemptState, Event
_VERDICTS: dict[Event, AttemptState] = {
    _E.APPROVED: _S.SUCCESS,
    _E.DECLINED_SOFTLY: _S.SOFT_DECLINE,
    _E.DECLINED_HARD: _S.HARD_DECLINE,
}
ENDS = frozenset(_VERDICTS.values())
"""The states in which an attempt has its outcome, and nobody works on it any more."""

TRANSITIONS: dict[tuple[AttemptState | None, Event], AttemptState] = {
    (None, _E.PLANNED): _S.INIT,
    (_S.INIT, _E.SENT): _S.SENT,
    (_S.INIT, _E.DROPPED): _S.NOT_SENT,
    **{(_S.SENT, event): state for event, state in _VERDICTS.items()},
    (_S.SENT, _E.PENDING): _S.PENDING,
    (_S.SENT, _E.NO_ANSWER): _S.UNKNOWN,
    (_S.SENT, _E.NOT_SENT): _S.NOT_SENT,
    (_S.NOT_SENT, _E.SENT): _S.SENT,
    (_S.NOT_SENT, _E.APPROVED): _S.SUCCESS,
    **{(_S.UNKNOWN, event): state for event, state in _VERDICTS.items()},
    (_S.UNKNOWN, _E.SENT): _S.SENT,
    (_S.UNKNOWN, _E.PENDING): _S.PENDING,
    (_S.UNKNOWN, _E.PROVED_NOT_THERE): _S.NOT_SENT,
    **{(_S.PENDING, event): state for event, state in _VERDICTS.items()},
    (_S.PENDING, _E.NO_ANSWER): _S.UNKNOWN,
}
"""Those of the machine payment_attempt in the table state_transition; a test compares them."""


def after(state: AttemptState | None, event: Event) -> AttemptState:
    """The state that an event brings an attempt to; evidence leaves it where it is.

    Raises ValueError for an event that cannot happen in that state.
    """
    if event in _EVIDENCE and state is not None:
        return state
    if (found := TRANSITIONS.get((state, event))) is None:
        raise ValueError(f"{event} cannot happen to an attempt that is {state}")
    return found


def fold(events: Iterable[Event]) -> AttemptState | None:
    """The state of an attempt, from all of its events in their order; None of no event."""
    state: AttemptState | None = None
    for event in events:
        state = after(state, event)
    return state


_EVENT_OF: dict[Verdict, Event] = {
    Verdict.APPROVED: Event.APPROVED,
    Verdict.SOFT_DECLINE: Event.DECLINED_SOFTLY,
    Verdict.HARD_DECLINE: Event.DECLINED_HARD,
    Verdict.PENDING: Event.PENDING,
    Verdict.DUPLICATE: Event.NO_ANSWER,
}


def event_of(verdict: Verdict) -> Event:
    """What a gateway's answer to a request that was sent makes of it: a duplicate is no answer."""
    return _EVENT_OF[verdict]


_DONE: dict[Kind, frozenset[TransactionState]] = {
    Kind.CHARGE: frozenset({TransactionState.CAPTURED, TransactionState.SETTLED}),
    Kind.AUTHORISE: frozenset(
        {TransactionState.AUTHORISED, TransactionState.CAPTURED, TransactionState.SETTLED}
    ),
    Kind.CAPTURE: frozenset({TransactionState.CAPTURED, TransactionState.SETTLED}),
    Kind.REFUND: frozenset({TransactionState.REFUNDED, TransactionState.SETTLED}),
    Kind.VOID: frozenset({TransactionState.VOIDED}),
}


def proof(
    kind: Kind, state: AttemptState, found: Sequence[Transaction]
) -> tuple[Event, Transaction | None]:
    """What a gateway's books say of an attempt in a state, and the transaction that says it.

    One positive proof counts, whatever else is there. Where nothing, or nothing that changes the
    state, is found, the event is `asked`: that is no proof that nothing was done.
    """
    ended = {TransactionState.DECLINED, TransactionState.FAILED}
    done = [each for each in found if each.state in _DONE[kind]]
    waiting = [each for each in found if each.state is TransactionState.PENDING]
    declined = [each for each in found if each.state in ended]
    if done:
        event, proved = Event.APPROVED, done[0]
    elif waiting:
        event, proved = Event.PENDING, waiting[0]
    elif declined and len(declined) == len(found):
        event, proved = Event.DECLINED_SOFTLY, declined[0]
    else:
        return Event.ASKED, None
    return (event, proved) if (state, event) in TRANSITIONS else (Event.ASKED, None)


@dataclass(frozen=True)
class Quirk:
    """A known fault of a gateway: a pattern for the words "STATUS BODY", and what it means."""

    pattern: str
    error_class: str
    action: str


def quirk_of(status: int, body: str, quirks: Sequence[Quirk]) -> Quirk | None:
    """The first of the quirks that an answer's words fit."""
    words = f"{status} {body}"
    return next((quirk for quirk in quirks if re.search(quirk.pattern, words)), None)


def pauses(rng: Random, first: timedelta, tries: int) -> Iterator[float]:
    """Seconds to wait before the second try, the third and so on: twice as long each time.

    Each is a half to the whole of it by chance, so that many who failed together do not come back
    together, and none is longer than LONGEST_PAUSE_S.
    """
    for number in range(tries - 1):
        whole = min(first.total_seconds() * 2**number, LONGEST_PAUSE_S)
        yield whole * rng.uniform(0.5, 1.0)


def next_ask(first_sent_at: datetime, as_of: datetime, ask_after: Sequence[timedelta]) -> datetime:
    """When an attempt without an answer is asked for next: by the ladder, then daily."""
    for step in ask_after:
        if first_sent_at + step > as_of:
            return first_sent_at + step
    return as_of + timedelta(days=1)


def may_resend(first_sent_at: datetime, as_of: datetime, key_life: timedelta) -> bool:
    """Whether the gateway still knows our reference: past that one asks, and never sends again."""
    return as_of - first_sent_at < key_life


_BRANDS: tuple[tuple[str, str, frozenset[int]], ...] = (
    ("Visa", r"4", frozenset({13, 16, 19})),
    ("Mastercard", r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", frozenset({16})),
    ("American Express", r"3[47]", frozenset({15})),
    ("Diners Club", r"3(?:0[0-5]|[689])", frozenset({14, 16, 19})),
    ("Discover", r"6011|64[4-9]|65", frozenset({16, 19})),
    ("JCB", r"35(?:2[89]|[3-8])", frozenset({16, 17, 18, 19})),
    ("UnionPay", r"62", frozenset({16, 17, 18, 19})),
)
"""Brands by the first digits of their numbers and how many there are (ISO/IEC 7812 ranges)."""


def check_card(card: Card, today: date) -> str:
    """The brand of a card that may be one.

    Raises CardRefused, whose field `check` says which check it did not pass: number, brand, length,
    luhn, code or expiry. Neither message nor fields hold a digit of it.
    """
    number = re.sub(r"[ -]", "", card.number)
    if not (number.isascii() and number.isdecimal()):
        raise _refused("number", "A card number has digits only.")
    brand = _brand(number)
    if not luhn_valid(number):
        raise _refused("luhn", "The card number has a wrong digit.")
    digits = 4 if brand == "American Express" else 3
    if not re.fullmatch(rf"[0-9]{{{digits}}}", card.code):
        raise _refused("code", f"The code of this card has {digits} digits.")
    if not 1 <= card.expires_month <= 12 or last_good_day(card) < today:
        raise _refused("expiry", "The card has expired, or its date is none.")
    return brand


def _brand(number: str) -> str:
    for brand, prefix, lengths in _BRANDS:
        if re.match(prefix, number):
            if len(number) not in lengths:
                raise _refused("length", f"A {brand} number does not have {len(number)} digits.")
            return brand
    raise _refused("brand", "The card is of no brand that is taken.")


def last_good_day(card: Card) -> date:
    """The last day of the month that stands on the card (ISO/IEC 7813)."""
    return month_end(card.expires_year, card.expires_month)


def month_end(year: int, month: int) -> date:
    """The last day of a month."""
    beyond = date(year + month // 12, month % 12 + 1, 1)
    return beyond - timedelta(days=1)


def check_velocity(checked_before: int, at_most: int) -> None:
    """Raises CardRefused when a customer has shown too many cards in too short a time."""
    if checked_before >= at_most:
        raise _refused("velocity", f"{checked_before} cards were tried just before.")


def _refused(check: str, message: str) -> CardRefused:
    return CardRefused(message, remedy="Ask for another card, or for this one again.", check=check)


def above_band(amount_minor: int, usual_at_most_minor: int) -> bool:
    """Whether a charge of a kept card needs a second person."""
    return amount_minor > usual_at_most_minor
