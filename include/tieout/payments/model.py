"""The words of payments: what is asked of a gateway, what it answers, what it has in its books.

Amounts are minor units of their ISO 4217 currency. `our_ref` is `{payment_ref}-{attempt_no}`; the
gateway keeps it beside each of its transactions and repeats it on its settlement.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from tieout.kernel.errors import TieoutError


class Kind(StrEnum):
    """What an attempt asks for. CHARGE authorises and captures in one step."""

    CHARGE = "CHARGE"
    AUTHORISE = "AUTHORISE"
    CAPTURE = "CAPTURE"
    REFUND = "REFUND"
    VOID = "VOID"


class AttemptState(StrEnum):
    """The states of an attempt, as the table payment_attempt has them."""

    INIT = "INIT"
    SENT = "SENT"
    SUCCESS = "SUCCESS"
    SOFT_DECLINE = "SOFT_DECLINE"
    HARD_DECLINE = "HARD_DECLINE"
    PENDING = "PENDING"
    UNKNOWN = "UNKNOWN"
    NOT_SENT = "NOT_SENT"


class Verdict(StrEnum):
    """What a gateway says to one request.

    DUPLICATE: it has one like it already and did not act on this one: ours must be asked for.
    """

    APPROVED = "APPROVED"
    SOFT_DECLINE = "SOFT_DECLINE"
    HARD_DECLINE = "HARD_DECLINE"
    PENDING = "PENDING"
    DUPLICATE = "DUPLICATE"


class TransactionState(StrEnum):
    """What a gateway says of a transaction in its books."""

    AUTHORISED = "AUTHORISED"
    CAPTURED = "CAPTURED"
    SETTLED = "SETTLED"
    REFUNDED = "REFUNDED"
    PENDING = "PENDING"
    DECLINED = "DECLINED"
    VOIDED = "VOIDED"
    FAILED = "FAILED"


PROOF_OF_CAPTURE = frozenset({TransactionState.CAPTURED, TransactionState.SETTLED})
"""The states of a charge that say that the customer's money was taken."""


class ErrorClass(StrEnum):
    """Why there is no answer. The first group proves that nothing was done, the second does not."""

    NAME_NOT_FOUND = "NAME_NOT_FOUND"
    REFUSED = "REFUSED"
    TLS = "TLS"
    CONNECT_TIMEOUT = "CONNECT_TIMEOUT"
    TOO_BUSY = "TOO_BUSY"
    KEY_EXPIRED = "KEY_EXPIRED"
    BAD_REQUEST = "BAD_REQUEST"

    TIMEOUT = "TIMEOUT"
    BROKEN_OFF = "BROKEN_OFF"
    SERVER_ERROR = "SERVER_ERROR"
    GARBLED = "GARBLED"


class NotSent(TieoutError):  # noqa: N818 (it is what happened)
    """The gateway did nothing: it was not reached, or it said that it would not begin.

    `retry` says whether the same request may do better in a few seconds or at another address.
    """

    slug = "payment-not-sent"

    def __init__(
        self, message: str, *, error_class: ErrorClass, retry: bool, remedy: str = ""
    ) -> None:
        self.error_class, self.retry = error_class, retry
        advice = remedy or "It is tried again by itself with the same reference."
        super().__init__(message, remedy=advice, error_class=str(error_class))


class NoAnswer(TieoutError):  # noqa: N818 (it is what happened)
    """The request left and no answer that can be read came: the gateway may have acted or not."""

    slug = "payment-no-answer"

    def __init__(self, message: str, *, error_class: ErrorClass) -> None:
        self.error_class = error_class
        remedy = "The gateway is asked what it has under our reference before anything else."
        super().__init__(message, remedy=remedy, error_class=str(error_class))


@dataclass(frozen=True)
class CardToken:
    """A card in a gateway's vault. `token` names it, `profile` the customer that it is kept with.

    A token that may be used once only has an empty profile.
    """

    token: str = field(repr=False)
    profile: str = field(default="", repr=False)


@dataclass(frozen=True)
class ChargeOrder:
    """What to authorise or charge, under which of our references."""

    our_ref: str
    currency: str
    amount_minor: int
    card: CardToken
    order_ref: str
    customer_ref: str
    customer_name: str = field(default="", repr=False)
    customer_email: str = field(default="", repr=False)


@dataclass(frozen=True)
class FollowUp:
    """A capture, refund or void of the transaction `gateway_ref`, under a reference of its own.

    `last_four` are digits of the card that was charged; Authorize.net wants them for a refund.
    """

    our_ref: str
    gateway_ref: str
    currency: str
    amount_minor: int
    last_four: str = ""


@dataclass(frozen=True)
class Answer:
    """A gateway's answer to one request.

    `code` and `text` are the gateway's own words, without card numbers. `amount_minor` and
    `currency` are what it says it took, None where it does not say.
    """

    verdict: Verdict
    gateway_ref: str = ""
    code: str = ""
    text: str = ""
    currency: str | None = None
    amount_minor: int | None = None


@dataclass(frozen=True)
class Transaction:
    """One transaction in a gateway's books, in any state."""

    gateway_ref: str
    our_ref: str
    kind: Kind
    state: TransactionState
    currency: str
    amount_minor: int
    submitted_at: datetime
    code: str = ""
    batch_id: str = ""

    @property
    def is_captured(self) -> bool:
        """Whether it proves that the customer's money was taken."""
        return self.kind in {Kind.CHARGE, Kind.CAPTURE} and self.state in PROOF_OF_CAPTURE


@dataclass(frozen=True)
class SettledBatch:
    """A batch that a gateway has closed, and when."""

    batch_id: str
    closed_at: datetime


@dataclass(frozen=True)
class Card:
    """A card as its holder gives it: held in memory for as long as it takes to tokenise it.

    It is never written, logged or returned; its repr shows nothing of it.
    """

    number: str = field(repr=False)
    code: str = field(repr=False)
    expires_year: int = field(repr=False)
    expires_month: int = field(repr=False)


@dataclass(frozen=True)
class VaultOrder:
    """A card, or a token that may be used once, to be kept for a customer. Exactly one is given."""

    registration_ref: str
    customer_ref: str
    customer_name: str = field(repr=False)
    customer_email: str = field(repr=False)
    card: Card | None = None
    once_token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Vaulted:
    """A card that a gateway keeps: its token, and the particulars that may be kept here."""

    card: CardToken
    last_four: str
    brand: str
    expires_year: int
    expires_month: int


class Connector(Protocol):
    """A payment gateway as the product speaks with it.

    Every method raises NotSent when the gateway did nothing and NoAnswer when that cannot be told.
    A decline is an Answer, never an exception. Each call goes out once; retries are the caller's.
    """

    key_life: timedelta
    """For how long the gateway knows a repeated reference for the same request."""

    def charge(self, order: ChargeOrder) -> Answer:
        """Authorise and capture, under order.our_ref."""

    def authorise(self, order: ChargeOrder) -> Answer:
        """Hold the amount on the card, to be captured later."""

    def capture(self, order: FollowUp) -> Answer:
        """Take what was authorised, or a part of it."""

    def refund(self, order: FollowUp) -> Answer:
        """Give back what was captured, or a part of it."""

    def void(self, order: FollowUp) -> Answer:
        """Take back what is not settled yet, whole."""

    def find(self, our_ref: str, since: datetime) -> list[Transaction]:
        """What the gateway has under our reference, in any state; empty when it has nothing.

        `since` is when the first request for the payment left us: nothing of it is older.
        """

    def unsettled(self, since: datetime) -> Iterator[Transaction]:
        """The transactions that are in no settled batch yet; older ones than `since` may lack."""

    def settled_batches(self, since: datetime) -> Iterator[SettledBatch]:
        """The batches that were closed since an instant, oldest first."""

    def transactions(self, batch: SettledBatch) -> Iterator[Transaction]:
        """What a settled batch holds."""

    def store(self, order: VaultOrder) -> Vaulted:
        """Keep a card in the gateway's vault. Raises CardRefused when the gateway will not."""

    def forget(self, card: CardToken) -> None:
        """Delete a card from the gateway's vault; one that is gone already is no error."""


class CardRefused(TieoutError):  # noqa: N818 (it says what happened)
    """A card is not kept: it cannot be one, it has expired, or the gateway does not want it."""

    slug = "card-refused"


class PaymentRefused(TieoutError):  # noqa: N818 (it says what happened)
    """A payment cannot be asked for as it was: the rules or the database say no."""

    slug = "payment-refused"
