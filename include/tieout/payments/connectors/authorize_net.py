"""Authorize.net by its JSON API (https://developer.authorize.net/api/reference).

All requests go to one path. Its JSON is a view of an XML schema (AnetApiSchema.xsd): the elements
of an object must come in the schema's order, and answers begin with a byte order mark. It has no
idempotency keys: a repeated request is known by `duplicateWindow` (at most 8 hours), in which it
answers reason 11. Our reference is `refId` and `invoiceNumber`, of at most 20 characters each. It
cannot be searched for: `find` reads the unsettled transactions and the batches of the last 31 days.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from tieout.kernel.money import format_minor, to_minor
from tieout.payments import gateway as shared
from tieout.payments.gateway import Gateway, Judged
from tieout.payments.model import (
    Answer,
    CardRefused,
    CardToken,
    ChargeOrder,
    Connector,
    ErrorClass,
    FollowUp,
    Kind,
    NotSent,
    SettledBatch,
    Transaction,
    TransactionState,
    Vaulted,
    VaultOrder,
    Verdict,
)

PATH = "/xml/v1/request.api"
KEY_LIFE = timedelta(hours=8)
LONGEST_REF = 20
MOST_DAYS = 31
CLOCKS_APART = timedelta(minutes=5)
"""How far the gateway's clock may be from ours."""

PAGE = 1000
_HEADERS = {"Content-Type": "application/json"}

_TOO_BUSY = frozenset({"E00053", "E00104"})
_NOT_LET_IN = frozenset({"E00005", "E00006", "E00007", "E00008", "E00009", "E00010", "E00011"})
_BROKE_DOWN = "E00001"
_DUPLICATE_RECORD, _NO_RECORD = "E00039", "E00040"
_REASON_DUPLICATE, _REASON_NOT_SETTLED = "11", "54"
_TRY_LATER = frozenset("19 20 21 22 23 25 26 57 58 59 60 61 62 63".split())
_TIMED_OUT_THERE = frozenset("120 121 122 180 181".split())
_HARD = frozenset("4 6 7 8 17 27 28 37 41 44 45 65 78 127 165 254 315 316 317".split())
"""Response reason codes (developer.authorize.net/api/reference/responseCodes.html): nothing was
authorised, try later; the processor's answer was lost; the card itself is at fault."""

_STATES = {
    "authorizedPendingCapture": TransactionState.AUTHORISED,
    "capturedPendingSettlement": TransactionState.CAPTURED,
    "pendingSettlement": TransactionState.CAPTURED,
    "pendingFinalSettlement": TransactionState.CAPTURED,
    "updatingSettlement": TransactionState.CAPTURED,
    "approvedReview": TransactionState.CAPTURED,
    "settledSuccessfully": TransactionState.SETTLED,
    "refundPendingSettlement": TransactionState.REFUNDED,
    "refundSettledSuccessfully": TransactionState.REFUNDED,
    "underReview": TransactionState.PENDING,
    "FDSPendingReview": TransactionState.PENDING,
    "FDSAuthorizedPendingReview": TransactionState.PENDING,
    "authorizedPendingRelease": TransactionState.PENDING,
    "voided": TransactionState.VOIDED,
    "declined": TransactionState.DECLINED,
    "failedReview": TransactionState.DECLINED,
    "expired": TransactionState.FAILED,
    "generalError": TransactionState.FAILED,
    "communicationError": TransactionState.FAILED,
    "settlementError": TransactionState.FAILED,
    "returnedItem": TransactionState.SETTLED,
    "chargeback": TransactionState.SETTLED,
    "chargebackReversal": TransactionState.SETTLED,
    "couldNotVoid": TransactionState.CAPTURED,
}

_Json = Mapping[str, Any]


def connect(gateway: Gateway) -> Connector:
    """Speak with an account: login is its API login ID, password its transaction key.

    The extra `currency` (default USD) is the one of the account: its lists do not name it.
    """
    return AuthorizeNet(gateway)


class AuthorizeNet:
    """A connector (payments.model.Connector)."""

    key_life = KEY_LIFE

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._currency = str(gateway.info.extras.get("currency") or "USD")

    def charge(self, order: ChargeOrder) -> Answer:
        """An authCaptureTransaction."""
        return self._pay("authCaptureTransaction", order)

    def authorise(self, order: ChargeOrder) -> Answer:
        """An authOnlyTransaction."""
        return self._pay("authOnlyTransaction", order)

    def capture(self, order: FollowUp) -> Answer:
        """A priorAuthCaptureTransaction; the transaction keeps its number and reference."""
        request = {
            "transactionType": "priorAuthCaptureTransaction",
            "amount": format_minor(order.amount_minor, order.currency),
            "currencyCode": order.currency,
            "refTransId": order.gateway_ref,
        }
        return self._transact(order.our_ref, request, order.currency)

    def refund(self, order: FollowUp) -> Answer:
        """A refundTransaction. Before the charge has settled it is declined softly (reason 54)."""
        request = {
            "transactionType": "refundTransaction",
            "amount": format_minor(order.amount_minor, order.currency),
            "currencyCode": order.currency,
            "payment": {"creditCard": {"cardNumber": order.last_four, "expirationDate": "XXXX"}},
            "refTransId": order.gateway_ref,
            "order": {"invoiceNumber": _short(order.our_ref)},
            "transactionSettings": _WINDOW,
        }
        return self._transact(order.our_ref, request, order.currency)

    def void(self, order: FollowUp) -> Answer:
        """A voidTransaction; the transaction keeps its number and reference."""
        request = {"transactionType": "voidTransaction", "refTransId": order.gateway_ref}
        return self._transact(order.our_ref, request, order.currency)

    def find(self, our_ref: str, since: datetime) -> list[Transaction]:
        """What has our reference among the unsettled, and those settled since, 31 days at most."""
        found = [each for each in self.unsettled(since) if each.our_ref == our_ref]
        if found:
            return found
        oldest = self._gateway.as_of - timedelta(days=MOST_DAYS)
        return [
            each
            for batch in self.settled_batches(max(since - CLOCKS_APART, oldest))
            for each in self.transactions(batch)
            if each.our_ref == our_ref
        ]

    def unsettled(self, since: datetime) -> Iterator[Transaction]:  # noqa: ARG002 (a Connector's)
        """getUnsettledTransactionListRequest, page by page: the list has no filter by time."""
        return self._pages("getUnsettledTransactionListRequest", {}, "")

    def settled_batches(self, since: datetime) -> Iterator[SettledBatch]:
        """getSettledBatchListRequest, 31 days at a time."""
        start, end = since.astimezone(UTC), self._gateway.as_of.astimezone(UTC)
        while start < end:
            until = min(start + timedelta(days=MOST_DAYS), end)
            told = self._call(
                "getSettledBatchListRequest",
                {"firstSettlementDate": _stamp(start), "lastSettlementDate": _stamp(until)},
            )
            settled = [
                SettledBatch(str(each["batchId"]), _instant(each["settlementTimeUTC"]))
                for each in told.get("batchList") or []
                if each.get("settlementState") == "settledSuccessfully"
            ]
            yield from sorted(settled, key=lambda batch: batch.closed_at)
            start = until

    def transactions(self, batch: SettledBatch) -> Iterator[Transaction]:
        """getTransactionListRequest, page by page."""
        return self._pages("getTransactionListRequest", {"batchId": batch.batch_id}, batch.batch_id)

    def store(self, order: VaultOrder) -> Vaulted:
        """A customer profile of one card, under our registration's reference.

        When an answer was lost, the same call finds the profile that is there already.
        """
        holder = sha256(order.registration_ref.encode()).hexdigest()[:LONGEST_REF]
        profile = {
            "merchantCustomerId": holder,
            "email": order.customer_email,
            "paymentProfiles": {"customerType": "individual", "payment": _payment(order)},
        }
        try:
            told = self._call(
                "createCustomerProfileRequest", {"profile": profile, "validationMode": "none"}
            )
            number = str(told["customerProfileId"])
        except _Refused as refused:
            if refused.code != _DUPLICATE_RECORD:
                raise CardRefused(
                    f"The gateway does not keep the card: {refused.text}",
                    remedy="Ask for another card.",
                    check="gateway",
                ) from refused
            number = ""
        return self._kept(number, holder)

    def _kept(self, number: str, holder: str) -> Vaulted:
        key = {"customerProfileId": number} if number else {"merchantCustomerId": holder}
        told = self._call("getCustomerProfileRequest", {**key, "unmaskExpirationDate": "true"})
        profile = told["profile"]
        kept = profile["paymentProfiles"][0]
        card = kept["payment"]["creditCard"]
        year, month = map(int, card["expirationDate"].split("-"))
        return Vaulted(
            CardToken(str(kept["customerPaymentProfileId"]), str(profile["customerProfileId"])),
            last_four=card["cardNumber"][-4:],
            brand=str(card.get("cardType") or ""),
            expires_year=year,
            expires_month=month,
        )

    def forget(self, card: CardToken) -> None:
        """Delete the profile."""
        try:
            self._call("deleteCustomerProfileRequest", {"customerProfileId": card.profile})
        except _Refused as refused:
            if refused.code != _NO_RECORD:
                raise shared.bad_request(refused.code, refused.text) from refused

    def _pay(self, transaction_type: str, order: ChargeOrder) -> Answer:
        request: dict[str, Any] = {
            "transactionType": transaction_type,
            "amount": format_minor(order.amount_minor, order.currency),
            "currencyCode": order.currency,
        }
        if order.card.profile:
            request["profile"] = {
                "customerProfileId": order.card.profile,
                "paymentProfile": {"paymentProfileId": order.card.token},
            }
        else:
            request["payment"] = _opaque(order.card.token)
        request["order"] = {
            "invoiceNumber": _short(order.our_ref),
            "description": f"Order {order.order_ref}"[:255],
        }
        if not order.card.profile:
            request["customer"] = {"email": order.customer_email}
        request["transactionSettings"] = _WINDOW
        return self._transact(order.our_ref, request, order.currency)

    def _transact(self, our_ref: str, request: _Json, currency: str) -> Answer:
        body = {"refId": _short(our_ref), "transactionRequest": request}
        try:
            told = self._call("createTransactionRequest", body)
        except Judged as judged:
            return judged.answer
        except _Refused as refused:
            if not refused.told.get("transactionResponse"):
                raise shared.bad_request(refused.code, refused.text) from refused
            told = refused.told
        return _answer(told.get("transactionResponse") or {}, currency)

    def _pages(self, name: str, fields: _Json, batch_id: str) -> Iterator[Transaction]:
        number = 1
        while True:
            told = self._call(
                name,
                {
                    **fields,
                    "sorting": {"orderBy": "submitTimeUTC", "orderDescending": "true"},
                    "paging": {"limit": str(PAGE), "offset": str(number)},
                },
            )
            listed = told.get("transactions") or []
            for each in listed:
                yield self._transaction(each, batch_id)
            if len(listed) < PAGE:
                return
            number += 1

    def _transaction(self, told: _Json, batch_id: str) -> Transaction:
        status = str(told["transactionStatus"])
        state = _STATES.get(status)
        if state is None:
            raise shared.garbled(f"a transaction is {status!r}")
        is_refund = state is TransactionState.REFUNDED
        return Transaction(
            gateway_ref=str(told["transId"]),
            our_ref=str(told.get("invoiceNumber") or ""),
            kind=Kind.REFUND if is_refund else Kind.CHARGE,
            state=state,
            currency=self._currency,
            amount_minor=to_minor(Decimal(told["settleAmount"]), self._currency),
            submitted_at=_instant(told["submitTimeUTC"]),
            code=status,
            batch_id=batch_id,
        )

    def _call(self, name: str, fields: _Json) -> _Json:
        """The answer to one request. Raises _Refused when it says resultCode Error."""
        info = self._gateway.info
        login = {"name": info.login, "transactionKey": info.password}
        whole = {name: {"merchantAuthentication": login, **fields}}
        reply = self._gateway.exchange("POST", PATH, json.dumps(whole).encode(), _HEADERS)
        if reply.status == 429:
            raise shared.too_busy("429")
        if reply.status != 200:
            raise shared.server_error(reply.status)
        told = _read(reply.body)
        first = told["messages"]["message"][0]
        code, text = str(first["code"]), str(first["text"])
        if told["messages"]["resultCode"] == "Ok":
            return told
        if code in _TOO_BUSY:
            raise shared.too_busy(code)
        if code in _NOT_LET_IN:
            raise shared.key_refused(code)
        if code == _BROKE_DOWN:
            raise shared.server_error(reply.status)
        raise _Refused(code, text, told)


class _Refused(Exception):  # noqa: N818 (it is what happened)
    """The answer has the result code Error."""

    def __init__(self, code: str, text: str, told: _Json) -> None:
        super().__init__(code)
        self.code, self.text, self.told = code, shared.stored_text(text), told


_WINDOW = {
    "setting": {
        "settingName": "duplicateWindow",
        "settingValue": str(int(KEY_LIFE.total_seconds())),
    }
}


def _answer(told: _Json, currency: str) -> Answer:
    """What a transactionResponse says. Its lack of an amount means: as asked."""
    errors, messages = told.get("errors") or [], told.get("messages") or []
    if errors:
        code, text = str(errors[0]["errorCode"]), str(errors[0]["errorText"])
    else:
        code = str(messages[0]["code"]) if messages else ""
        text = str(messages[0].get("description") or "") if messages else ""
    approved = (told.get("prePaidCard") or {}).get("approvedAmount")
    return Answer(
        _verdict(str(told.get("responseCode") or ""), code, text),
        gateway_ref=_number(told.get("transId")),
        code=code,
        text=shared.stored_text(text),
        currency=currency if approved is not None else None,
        amount_minor=to_minor(Decimal(approved), currency) if approved is not None else None,
    )


def _verdict(response_code: str, code: str, text: str) -> Verdict:
    """Response codes: 1 approved, 2 declined, 3 error, 4 held for review."""
    if code == _REASON_DUPLICATE:
        return Verdict.DUPLICATE
    if code == _REASON_NOT_SETTLED:
        return Verdict.SOFT_DECLINE
    if code in _TIMED_OUT_THERE:
        raise shared.server_error(200)
    known = {"1": Verdict.APPROVED, "4": Verdict.PENDING}.get(response_code)
    if known:
        return known
    if code in _HARD:
        return Verdict.HARD_DECLINE
    if response_code == "2":
        return Verdict.SOFT_DECLINE
    if response_code == "3":
        raise shared.too_busy(code) if code in _TRY_LATER else shared.bad_request(code, text)
    raise shared.garbled(f"the response code is {response_code!r}")


def _read(body: bytes) -> _Json:
    try:
        told = json.loads(body.decode("utf-8-sig"), parse_float=Decimal)
        if told["messages"]["resultCode"] in {"Ok", "Error"} and told["messages"]["message"]:
            found: _Json = told
            return found
    except (ValueError, KeyError, TypeError) as error:
        raise shared.garbled("it is no JSON of theirs") from error
    raise shared.garbled("it has no result code")


def _payment(order: VaultOrder) -> _Json:
    if order.card is None:
        return _opaque(order.once_token)
    card = order.card
    return {
        "creditCard": {
            "cardNumber": card.number,
            "expirationDate": f"{card.expires_year:04d}-{card.expires_month:02d}",
            "cardCode": card.code,
        }
    }


def _opaque(once_token: str) -> _Json:
    """A payment nonce of Accept.js."""
    descriptor = "COMMON.ACCEPT.INAPP.PAYMENT"
    return {"opaqueData": {"dataDescriptor": descriptor, "dataValue": once_token}}


def _short(our_ref: str) -> str:
    if len(our_ref) > LONGEST_REF:
        text = f"{our_ref} has more than {LONGEST_REF} characters"
        raise NotSent(
            f"Authorize.net has no room for the reference: {text}.",
            error_class=ErrorClass.BAD_REQUEST,
            retry=False,
            remedy="Let the storefront make shorter payment references.",
        )
    return our_ref


def _number(value: object) -> str:
    return "" if value in (None, "0", 0) else str(value)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
