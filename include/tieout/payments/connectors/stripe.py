"""Stripe by its own SDK (https://docs.stripe.com/api), over our own wire.

A charge is a PaymentIntent that is confirmed as it is made. The idempotency key is our reference;
Stripe knows it for 24 hours. Our reference and that of the payment also stand in the metadata, by
which `find` searches; what the index of its search does not have yet is looked for in the list of
what was made since, at most a day back, which is never behind. Payouts are the settled batches.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import stripe

from tieout.payments import gateway as shared
from tieout.payments.gateway import Gateway, Judged
from tieout.payments.model import (
    Answer,
    CardRefused,
    CardToken,
    ChargeOrder,
    Connector,
    FollowUp,
    Kind,
    SettledBatch,
    Transaction,
    TransactionState,
    Vaulted,
    VaultOrder,
    Verdict,
)

Found = TypeVar("Found")

KEY_LIFE = timedelta(hours=24)
SEARCH_LAG = timedelta(days=1)
LISTED = timedelta(days=31)
"""Stripe pays out within days of capture; a month back is past all of its payout delays."""

CLOCKS_APART = timedelta(minutes=5)
"""How far Stripe's clock may be from ours."""

PAGE = 100
_SOFT = frozenset(
    """approve_with_id call_issuer card_velocity_exceeded do_not_honor
    generic_decline insufficient_funds issuer_not_available no_action_taken processing_error
    reenter_transaction service_not_allowed transaction_not_allowed try_again_later
    withdrawal_count_limit_exceeded""".split()
)
"""Decline codes (docs.stripe.com/declines/codes) after which the same card may do better later."""

_INTENTS = {
    "succeeded": TransactionState.CAPTURED,
    "requires_capture": TransactionState.AUTHORISED,
    "processing": TransactionState.PENDING,
    "requires_action": TransactionState.FAILED,
    "requires_confirmation": TransactionState.FAILED,
    "requires_payment_method": TransactionState.DECLINED,
    "canceled": TransactionState.VOIDED,
}
_REFUNDS = {
    "succeeded": TransactionState.REFUNDED,
    "pending": TransactionState.REFUNDED,
    "requires_action": TransactionState.PENDING,
    "failed": TransactionState.FAILED,
    "canceled": TransactionState.FAILED,
}


def connect(gateway: Gateway) -> Connector:
    """Speak with an account: the connection's password is its secret or restricted key."""
    return Stripe(gateway)


class Stripe:
    """A connector (payments.model.Connector)."""

    key_life = KEY_LIFE

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._api = stripe.StripeClient(
            gateway.info.password,
            base_addresses={"api": gateway.base_url},
            http_client=_Sdk(gateway),
            max_network_retries=0,
        ).v1
        self._recent = _Recent(self._api)

    def charge(self, order: ChargeOrder) -> Answer:
        """A PaymentIntent, confirmed and captured at once."""
        return self._pay(order, {})

    def authorise(self, order: ChargeOrder) -> Answer:
        """A PaymentIntent, confirmed, to be captured later."""
        return self._pay(order, {"capture_method": "manual"})

    def capture(self, order: FollowUp) -> Answer:
        """Capture the PaymentIntent."""
        params: Any = {"amount_to_capture": order.amount_minor}
        options: Any = {"idempotency_key": order.our_ref}
        return _said(
            lambda: _of_intent(
                self._api.payment_intents.capture(order.gateway_ref, params, options)
            )
        )

    def refund(self, order: FollowUp) -> Answer:
        """A Refund of the PaymentIntent."""
        params: Any = {
            "payment_intent": order.gateway_ref,
            "amount": order.amount_minor,
            "metadata": _metadata(order.our_ref),
        }
        options: Any = {"idempotency_key": order.our_ref}
        return _said(lambda: _of_refund(self._api.refunds.create(params, options)))

    def void(self, order: FollowUp) -> Answer:
        """Cancel the PaymentIntent."""
        options: Any = {"idempotency_key": order.our_ref}
        return _said(
            lambda: _of_intent(
                self._api.payment_intents.cancel(order.gateway_ref, None, options),
                done="canceled",
            )
        )

    def find(self, our_ref: str, since: datetime) -> list[Transaction]:
        """PaymentIntents and refunds with our reference in their metadata."""
        payment_ref = _payment_ref(our_ref)
        try:
            return _read(lambda: list(self._find(our_ref, payment_ref, since)))
        except stripe.StripeError as error:
            raise shared.garbled(type(error).__name__) from error

    def _find(self, our_ref: str, payment_ref: str, since: datetime) -> Iterator[Transaction]:
        for intent in self._search(payment_ref) or self._listed(payment_ref, since):
            if _our_ref(intent) == our_ref:
                yield _intent(intent)
            params: Any = {"payment_intent": intent.id, "limit": PAGE}
            for refund in self._api.refunds.list(params).auto_paging_iter():
                if _our_ref(refund) == our_ref:
                    yield _refund(refund)

    def _search(self, payment_ref: str) -> list[Any]:
        """What the search has; nothing where the account has no search (India, say)."""
        params: Any = {"query": f"metadata['payment_ref']:'{payment_ref}'", "limit": PAGE}
        try:
            return list(self._api.payment_intents.search(params).auto_paging_iter())
        except stripe.InvalidRequestError:
            return []

    def _listed(self, payment_ref: str, since: datetime) -> list[Any]:
        ids = self._recent.of(payment_ref, self._from(since, SEARCH_LAG))
        return [self._api.payment_intents.retrieve(each) for each in ids]

    def _from(self, since: datetime, at_most: timedelta) -> int:
        """Stripe's own second from which a list is read, `at_most` back."""
        return int(max(since - CLOCKS_APART, self._gateway.as_of - at_most).timestamp())

    def unsettled(self, since: datetime) -> Iterator[Transaction]:
        """PaymentIntents under way, and balance transactions that are in no payout yet."""
        params: Any = {"created": {"gte": self._from(since, LISTED)}, "limit": PAGE}
        waiting = {"processing", "requires_capture"}
        for intent in _each(lambda: self._api.payment_intents.list(params).auto_paging_iter()):
            if intent.status in waiting:
                yield _intent(intent)
        params = {**params, "expand": ["data.source"]}
        listed = _each(lambda: self._api.balance_transactions.list(params).auto_paging_iter())
        yield from _sources(each for each in listed if each.status == "pending")

    def settled_batches(self, since: datetime) -> Iterator[SettledBatch]:
        """Payouts that have left Stripe."""
        params: Any = {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        found = [
            SettledBatch(each.id, _moment(each.created))
            for each in _each(lambda: self._api.payouts.list(params).auto_paging_iter())
            if each.status in {"paid", "in_transit"}
        ]
        yield from sorted(found, key=lambda batch: batch.closed_at)

    def transactions(self, batch: SettledBatch) -> Iterator[Transaction]:
        """The balance transactions of a payout."""
        params: Any = {"payout": batch.batch_id, "limit": PAGE, "expand": ["data.source"]}
        listed = _each(lambda: self._api.balance_transactions.list(params).auto_paging_iter())
        return _sources(listed, batch.batch_id)

    def store(self, order: VaultOrder) -> Vaulted:
        """A Customer with one PaymentMethod; the same registration makes the same ones again."""
        try:
            return _read(lambda: self._store(order))
        except (stripe.CardError, stripe.InvalidRequestError) as error:
            raise CardRefused(
                f"The gateway does not keep the card: {shared.stored_text(error.code or '')}",
                remedy="Ask for another card.",
                check="gateway",
            ) from None

    def _store(self, order: VaultOrder) -> Vaulted:
        key = order.registration_ref
        holder: Any = {"name": order.customer_name, "email": order.customer_email}
        customer = self._api.customers.create(holder, {"idempotency_key": f"{key}-customer"})
        method_id = order.once_token
        if order.card is not None:
            card: Any = {"type": "card", "card": _card(order)}
            made = self._api.payment_methods.create(card, {"idempotency_key": f"{key}-card"})
            method_id = made.id
        method = self._api.payment_methods.attach(
            method_id, {"customer": customer.id}, {"idempotency_key": f"{key}-attach"}
        )
        kept: Any = method.card
        return Vaulted(
            CardToken(method.id, customer.id),
            last_four=kept.last4,
            brand=kept.brand,
            expires_year=kept.exp_year,
            expires_month=kept.exp_month,
        )

    def forget(self, card: CardToken) -> None:
        """Detach the PaymentMethod."""
        try:
            _read(lambda: self._api.payment_methods.detach(card.token))
        except stripe.InvalidRequestError as error:
            if error.code != "resource_missing" and "not attached" not in str(error):
                raise shared.bad_request(error.code or "", str(error)) from error

    def _pay(self, order: ChargeOrder, more: Mapping[str, Any]) -> Answer:
        params: Any = {
            "amount": order.amount_minor,
            "currency": order.currency.lower(),
            "payment_method_types": ["card"],
            "confirm": True,
            "metadata": {**_metadata(order.our_ref), "order_ref": order.order_ref},
            **more,
        }
        if order.card.profile:
            params |= {
                "customer": order.card.profile,
                "payment_method": order.card.token,
                "off_session": True,
            }
        elif order.card.token.startswith("tok_"):
            params["payment_method_data"] = {"type": "card", "card": {"token": order.card.token}}
        else:
            params["payment_method"] = order.card.token
        options: Any = {"idempotency_key": order.our_ref}
        return _said(lambda: _of_intent(self._api.payment_intents.create(params, options)))


class _Recent:
    """The numbers of the PaymentIntents that were made since an instant, by our payment.

    The list is read once; whoever asks again has what was made meanwhile read, and no more.
    """

    def __init__(self, api: Any) -> None:
        self._api = api
        self._since: int | None = None
        self._newest = ""
        self._ids: dict[str, list[str]] = {}

    def of(self, payment_ref: str, since: int) -> list[str]:
        """Those of a payment."""
        if self._since is None or since < self._since:
            self._since, self._newest, self._ids = None, "", {}
            self._take({"created": {"gte": since}}, newest_first=True)
            self._since = since
        elif self._newest:
            self._take({"ending_before": self._newest}, newest_first=False)
        else:
            self._take({"created": {"gte": self._since}}, newest_first=True)
        return self._ids.get(payment_ref, [])

    def _take(self, wanted: Mapping[str, Any], *, newest_first: bool) -> None:
        """Read a list. The SDK gives what is newer than an item in the order of its making."""
        params: Any = {**wanted, "limit": PAGE}
        listed = [
            (each.id, _metadata_of(each).get("payment_ref", ""))
            for each in self._api.payment_intents.list(params).auto_paging_iter()
        ]
        for intent_id, payment_ref in listed:
            self._ids.setdefault(payment_ref, []).append(intent_id)
        if listed:
            self._newest = listed[0 if newest_first else -1][0]


class _Sdk(stripe.HTTPClient):
    """The SDK's requests, over our wire: our errors go through it untouched."""

    name = "tieout"

    def __init__(self, gateway: Gateway) -> None:
        super().__init__()
        self._gateway = gateway

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """One exchange. Raises NotSent, NoAnswer, Judged."""
        content = post_data.encode() if isinstance(post_data, str) else post_data or b""
        reply = self._gateway.exchange(method.upper(), url, content, headers or {})
        if reply.status >= 500:
            raise shared.server_error(reply.status)
        try:
            text = reply.body.decode()
            json.loads(text)
        except ValueError as error:
            raise shared.garbled("it is no JSON") from error
        return text, reply.status, reply.headers

    def close(self) -> None:
        """Nothing to let go of: the connections are the process's."""


def _said(call: Callable[[], Answer]) -> Answer:
    """The answer to a request that may move money."""
    try:
        return _read(call)
    except Judged as judged:
        return judged.answer
    except stripe.CardError as error:
        return _declined(error)
    except stripe.IdempotencyError as error:
        return Answer(Verdict.DUPLICATE, code=error.code or "", text=_text(error))
    except stripe.InvalidRequestError as error:
        raise shared.bad_request(error.code or "", str(error)) from error
    except stripe.APIError as error:
        if error.http_status == 409:
            return Answer(Verdict.DUPLICATE, code=error.code or "", text=_text(error))
        raise shared.garbled(type(error).__name__) from error


def _read(call: Callable[[], Found]) -> Found:
    """What a call returns. Raises NotSent, NoAnswer; declines and bad requests go through."""
    try:
        return call()
    except stripe.RateLimitError as error:
        raise shared.too_busy(error.code or "429") from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise shared.key_refused(error.code or str(error.http_status)) from error
    except (KeyError, AttributeError, TypeError) as error:
        raise shared.garbled("it lacks what it should have") from error


def _each(call: Callable[[], Any]) -> Iterator[Any]:
    """The items of a list, page by page; its errors are those of _read."""
    pages = iter(call())
    end = object()
    try:
        while (item := _read(lambda: next(pages, end))) is not end:
            yield item
    except stripe.StripeError as error:
        raise shared.garbled(type(error).__name__) from error


def _declined(error: Any) -> Answer:
    told = error.json_body["error"] if error.json_body else {}
    code = told.get("decline_code") or error.code or ""
    intent = told.get("payment_intent") or {}
    return Answer(
        Verdict.SOFT_DECLINE if code in _SOFT else Verdict.HARD_DECLINE,
        gateway_ref=intent.get("id", ""),
        code=code,
        text=_text(error),
    )


def _text(error: Any) -> str:
    return shared.stored_text(error.user_message or "")


def _of_intent(intent: Any, done: str = "succeeded") -> Answer:
    verdicts = {
        done: Verdict.APPROVED,
        "requires_capture": Verdict.APPROVED,
        "processing": Verdict.PENDING,
        "requires_action": Verdict.HARD_DECLINE,
        "requires_payment_method": Verdict.SOFT_DECLINE,
    }
    verdict = verdicts.get(intent.status)
    if verdict is None:
        raise shared.garbled(f"a payment intent is {intent.status!r}")
    return Answer(
        verdict,
        gateway_ref=intent.id,
        code=intent.status,
        currency=str(intent.currency).upper(),
        amount_minor=_taken(intent),
    )


def _of_refund(refund: Any) -> Answer:
    good = refund.status in {"succeeded", "pending"}
    return Answer(
        Verdict.APPROVED if good else Verdict.SOFT_DECLINE,
        gateway_ref=refund.id,
        code=str(refund.status),
        currency=str(refund.currency).upper(),
        amount_minor=int(refund.amount),
    )


def _intent(intent: Any) -> Transaction:
    state = _INTENTS.get(intent.status)
    if state is None:
        raise shared.garbled(f"a payment intent is {intent.status!r}")
    return Transaction(
        gateway_ref=intent.id,
        our_ref=_our_ref(intent),
        kind=Kind.CHARGE,
        state=state,
        currency=str(intent.currency).upper(),
        amount_minor=_taken(intent),
        submitted_at=_moment(intent.created),
        code=intent.status,
    )


def _taken(intent: Any) -> int:
    """What was taken, or is to be; an older API version may lack amount_received."""
    received: Any = getattr(intent, "amount_received", None)
    return int(intent.amount if received is None or intent.status != "succeeded" else received)


def _refund(refund: Any) -> Transaction:
    return Transaction(
        gateway_ref=refund.id,
        our_ref=_our_ref(refund),
        kind=Kind.REFUND,
        state=_REFUNDS.get(refund.status, TransactionState.PENDING),
        currency=str(refund.currency).upper(),
        amount_minor=int(refund.amount),
        submitted_at=_moment(refund.created),
        code=str(refund.status),
    )


def _sources(listed: Iterator[Any], batch_id: str = "") -> Iterator[Transaction]:
    """The charges and refunds that balance transactions are of; fees and payouts are left out."""
    for each in listed:
        source = each.source
        if each.type not in {"charge", "payment", "refund", "payment_refund"}:
            continue
        is_refund = each.type in {"refund", "payment_refund"}
        state = TransactionState.SETTLED if batch_id else TransactionState.CAPTURED
        yield Transaction(
            gateway_ref=source.id if is_refund else source.payment_intent or source.id,
            our_ref=_our_ref(source),
            kind=Kind.REFUND if is_refund else Kind.CHARGE,
            state=TransactionState.REFUNDED if is_refund else state,
            currency=str(source.currency).upper(),
            amount_minor=int(source.amount),
            submitted_at=_moment(source.created),
            code=each.type,
            batch_id=batch_id,
        )


def _card(order: VaultOrder) -> dict[str, Any]:
    assert order.card is not None
    return {
        "number": order.card.number,
        "exp_month": order.card.expires_month,
        "exp_year": order.card.expires_year,
        "cvc": order.card.code,
    }


def _metadata(our_ref: str) -> dict[str, str]:
    return {"our_ref": our_ref, "payment_ref": _payment_ref(our_ref)}


def _payment_ref(our_ref: str) -> str:
    """`{payment_ref}-{attempt_no}` without its number."""
    return our_ref.rpartition("-")[0]


def _metadata_of(thing: Any) -> Mapping[str, str]:
    return dict(thing.metadata.to_dict()) if thing.metadata else {}


def _our_ref(thing: Any) -> str:
    return _metadata_of(thing).get("our_ref", "")


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
