"""The payment gateway's Authorize.net side: its JSON, byte order mark and all.

Elements must come in the order of AnetApiSchema.xsd, else it answers E00003.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tieout.world.payment_books import (
    AUTHORISED,
    CAPTURED,
    DECLINED,
    PENDING,
    VOIDED,
    Books,
    Sale,
)
from tieout.world.payment_calls import Call, Fault, Reply

LOGIN, KEY = "world-login", "sk_test_world"
_BOM = b"\xef\xbb\xbf"
_ORDER: Mapping[str, Sequence[str]] = {
    "createTransactionRequest": ("merchantAuthentication", "refId", "transactionRequest"),
    "transactionRequest": (
        *("transactionType", "amount", "currencyCode", "payment", "profile", "authCode"),
        *("refTransId", "order", "customer", "billTo", "transactionSettings"),
    ),
    "order": ("invoiceNumber", "description"),
    "getUnsettledTransactionListRequest": (
        *("merchantAuthentication", "refId", "status", "sorting", "paging"),
    ),
    "getTransactionListRequest": (
        *("merchantAuthentication", "refId", "batchId", "sorting", "paging"),
    ),
    "getSettledBatchListRequest": (
        *("merchantAuthentication", "refId", "includeStatistics"),
        *("firstSettlementDate", "lastSettlementDate"),
    ),
    "createCustomerProfileRequest": (
        *("merchantAuthentication", "refId", "profile", "validationMode"),
    ),
    "getCustomerProfileRequest": (
        *("merchantAuthentication", "refId", "customerProfileId", "merchantCustomerId", "email"),
        "unmaskExpirationDate",
    ),
    "creditCard": ("cardNumber", "expirationDate", "cardCode"),
    "sorting": ("orderBy", "orderDescending"),
    "paging": ("limit", "offset"),
}
_OPERATIONS = {
    "authCaptureTransaction": "charge",
    "authOnlyTransaction": "charge",
    "priorAuthCaptureTransaction": "capture",
    "refundTransaction": "refund",
    "voidTransaction": "void",
    "getUnsettledTransactionListRequest": "find",
    "getSettledBatchListRequest": "find",
    "getTransactionListRequest": "find",
    "createCustomerProfileRequest": "store",
    "getCustomerProfileRequest": "store",
    "deleteCustomerProfileRequest": "forget",
}
_STATUS = {
    CAPTURED: "capturedPendingSettlement",
    AUTHORISED: "authorizedPendingCapture",
    DECLINED: "declined",
    VOIDED: "voided",
    PENDING: "FDSPendingReview",
}
_DECLINES = {
    Fault.SOFT_DECLINE: ("2", "This transaction has been declined."),
    Fault.HARD_DECLINE: ("4", "This transaction has been declined. Pick up card."),
}
_Json = Mapping[str, Any]


def speaks(path: str) -> bool:
    """Whether a path is one of this protocol."""
    return path == "/xml/v1/request.api"


def read(_method: str, _path: str, _headers: Mapping[str, str], body: bytes) -> Call:
    """The request as the gateway takes it."""
    told = json.loads(body)
    name, fields = next(iter(told.items()))
    asked = fields.get("transactionRequest") or {}
    login = fields.get("merchantAuthentication") or {}
    return Call(
        _OPERATIONS[asked.get("transactionType", name)],
        our_ref=fields.get("refId", ""),
        name=name,
        fields=fields,
        is_let_in=login == {"name": LOGIN, "transactionKey": KEY},
    )


def refuse(fault: Fault) -> Reply:
    """Too busy, or a key that is no longer good."""
    if fault is Fault.TOO_BUSY:
        return _error("E00053", "The server is currently too busy, please try again later.")
    return _error("E00007", "User authentication failed due to invalid authentication values.")


def act(books: Books, call: Call, fault: Fault | None) -> Reply:
    """Do what is asked, in the schema's order."""
    if not call.is_let_in:
        return refuse(Fault.KEY_EXPIRED)
    if wrong := _out_of_order(call.name, call.fields):
        return _error("E00003", f"The element {wrong!r} has invalid child elements.")
    with books.turn():
        if call.name == "createTransactionRequest":
            return _transact(books, call, fault)
        if call.operation == "find":
            return _find(books, call, fault)
        return _vault(books, call)


def _out_of_order(name: str, value: object) -> str | None:
    """The first element whose children do not come as the schema has them."""
    if not isinstance(value, Mapping):
        return None
    wanted = _ORDER.get(name)
    if wanted is not None:
        places = [wanted.index(child) if child in wanted else -1 for child in value]
        if -1 in places or places != sorted(places):
            return name
    found = (_out_of_order(child, inner) for child, inner in value.items())
    return next((each for each in found if each), None)


def _transact(books: Books, call: Call, fault: Fault | None) -> Reply:
    asked = call.fields["transactionRequest"]
    kind = asked["transactionType"]
    if call.operation == "charge":
        return _charge(books, call, asked, fault)
    number = int(asked["refTransId"])
    found = books.charge(number)
    if found is None:
        return _said(call, "3", "0", errors=("16", "The transaction cannot be found."))
    if kind == "priorAuthCaptureTransaction" and found["status"] == AUTHORISED:
        taken = _minor(asked["amount"]) if "amount" in asked else found["amount_minor"]
        books.write(
            "UPDATE charge SET status = ?, captured_minor = ? WHERE number = ?",
            *(CAPTURED, taken, number),
        )
        return _said(call, "1", number)
    if kind == "voidTransaction" and found["batch"] is None and found["status"] != DECLINED:
        books.write("UPDATE charge SET status = ? WHERE number = ?", VOIDED, number)
        return _said(call, "1", number)
    if kind == "refundTransaction" and found["batch"] is not None:
        back = _minor(asked["amount"])
        our_ref = asked["order"]["invoiceNumber"]
        again = "SELECT number FROM refund WHERE charge = ? AND our_ref = ? AND amount_minor = ?"
        if books.rows(again, number, our_ref, back):
            return _said(call, "3", "0", errors=("11", "A duplicate transaction was submitted."))
        made = books.give_back(number, our_ref, back)
        if made is not None:
            return _said(call, "1", 5_000_000 + made)
    text = "The referenced transaction does not meet the criteria for issuing a credit."
    return _said(call, "3", "0", errors=("54", text))


def _charge(books: Books, call: Call, asked: _Json, fault: Fault | None) -> Reply:
    our_ref = asked["order"]["invoiceNumber"]
    sale = Sale(
        our_ref=our_ref,
        payment_ref=our_ref.rpartition("-")[0],
        order_ref=asked["order"].get("description", ""),
        currency=asked.get("currencyCode", "USD"),
        amount_minor=_minor(asked["amount"]),
        card=_card(asked),
    )
    window = int(asked["transactionSettings"]["setting"]["settingValue"])
    is_twin = books.twin(sale, timedelta(seconds=window))
    if is_twin or fault is Fault.DUPLICATE_WINDOW:
        return _said(call, "3", "0", errors=("11", "A duplicate transaction was submitted."))
    if fault in _DECLINES:
        number = books.sell(sale, DECLINED, code=_DECLINES[fault][0])
        return _said(call, "2", number, errors=_DECLINES[fault])
    if fault is Fault.PENDING:
        return _said(call, "4", books.sell(sale, PENDING))
    if asked["transactionType"] == "authOnlyTransaction":
        return _said(call, "1", books.sell(sale, AUTHORISED))
    taken = sale.amount_minor + 1 if fault is Fault.WRONG_AMOUNT else None
    number = books.sell(sale, CAPTURED, taken=taken)
    prepaid = {"requestedAmount": asked["amount"], "approvedAmount": _major(taken or 0)}
    return _said(call, "1", number, more={"prePaidCard": prepaid} if taken else {})


def _card(asked: _Json) -> str:
    if "profile" in asked:
        profile = asked["profile"]
        return f"{profile['customerProfileId']}/{profile['paymentProfile']['paymentProfileId']}"
    return str(asked["payment"]["opaqueData"]["dataValue"])


def _find(books: Books, call: Call, fault: Fault | None) -> Reply:
    fields = call.fields
    if call.name == "getSettledBatchListRequest":
        first, last = (
            int(datetime.fromisoformat(fields[name]).timestamp())
            for name in ("firstSettlementDate", "lastSettlementDate")
        )
        if last - first > timedelta(days=31).total_seconds():
            return _error("E00103", "The date range is longer than 31 days.")
        query = "SELECT * FROM batch WHERE closed BETWEEN ? AND ? ORDER BY number DESC"
        listed = [_batch(row) for row in books.rows(query, first, last)]
        return _ok({"batchList": listed}) if listed else _ok({})
    is_batch = call.name == "getTransactionListRequest"
    where = f"batch = {int(fields['batchId'])}" if is_batch else "batch IS NULL"
    charges = books.rows(f"SELECT * FROM charge WHERE {where} ORDER BY number DESC")
    refunds = books.rows(f"SELECT * FROM refund WHERE {where} ORDER BY number DESC")
    listed = [_summary(row, settled=is_batch) for row in charges]
    listed += [_refund_summary(row, settled=is_batch) for row in refunds]
    limit, page = int(fields["paging"]["limit"]), int(fields["paging"]["offset"])
    part = [] if fault is Fault.NOT_FOUND else listed[(page - 1) * limit : page * limit]
    told = {"totalNumInResultSet": len(part)}
    return _ok({"transactions": part, **told} if part else told)


def _vault(books: Books, call: Call) -> Reply:
    fields = call.fields
    if call.name == "createCustomerProfileRequest":
        return _keep(books, fields["profile"])
    if call.name == "deleteCustomerProfileRequest":
        number = int(fields["customerProfileId"])
        books.write("UPDATE card SET gone = 1 WHERE number = ?", number)
        return _ok({})
    column = "number" if "customerProfileId" in fields else "holder"
    value = fields.get("customerProfileId") or fields["merchantCustomerId"]
    rows = books.rows(f"SELECT * FROM card WHERE {column} = ? AND gone = 0", value)
    if not rows:
        return _error("E00040", "The record cannot be found.")
    row = rows[0]
    shown = f"{row['year']:04d}-{row['month']:02d}" if "unmaskExpirationDate" in fields else "XXXX"
    card = {
        "cardNumber": f"XXXX{row['last_four']}",
        "expirationDate": shown,
        "cardType": row["brand"].capitalize(),
    }
    kept = {"customerPaymentProfileId": str(row["number"]), "payment": {"creditCard": card}}
    profile = {
        "customerProfileId": str(row["number"]),
        "merchantCustomerId": row["holder"],
        "paymentProfiles": [kept],
    }
    return _ok({"profile": profile})


def _keep(books: Books, profile: _Json) -> Reply:
    holder = profile["merchantCustomerId"]
    known = books.rows("SELECT number FROM card WHERE holder = ? AND gone = 0", holder)
    if known:
        number = known[0]["number"]
        return _error("E00039", f"A duplicate record with ID {number} already exists.")
    payment = profile["paymentProfiles"]["payment"]
    card = payment.get("creditCard")
    shown = card["expirationDate"] if card else "2034-12"
    year, month = map(int, shown.split("-"))
    digits = card["cardNumber"] if card else "4242424242424242"
    number = books.keep_card(holder, profile.get("email", ""), digits, year, month)
    return _ok({"customerProfileId": str(number), "customerPaymentProfileIdList": [str(number)]})


def _summary(row: Mapping[str, Any], *, settled: bool) -> dict[str, Any]:
    status = _STATUS[row["status"]]
    if settled and row["status"] == CAPTURED:
        status = "settledSuccessfully"
    return {
        "transId": str(row["number"]),
        "submitTimeUTC": _stamp(row["created"]),
        "transactionStatus": status,
        "invoiceNumber": row["our_ref"],
        "accountType": "Visa",
        "settleAmount": float(_major(row["captured_minor"] or row["amount_minor"])),
    }


def _refund_summary(row: Mapping[str, Any], *, settled: bool) -> dict[str, Any]:
    status = "refundSettledSuccessfully" if settled else "refundPendingSettlement"
    return {
        "transId": str(5_000_000 + row["number"]),
        "submitTimeUTC": _stamp(row["created"]),
        "transactionStatus": status,
        "invoiceNumber": row["our_ref"],
        "settleAmount": float(_major(row["amount_minor"])),
    }


def _batch(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "batchId": str(row["number"]),
        "settlementTimeUTC": _stamp(row["closed"]),
        "settlementState": "settledSuccessfully",
        "paymentMethod": "creditCard",
    }


def _said(
    call: Call,
    response_code: str,
    number: object,
    *,
    errors: tuple[str, str] | None = None,
    more: _Json | None = None,
) -> Reply:
    told: dict[str, Any] = {"responseCode": response_code, "transId": str(number), **(more or {})}
    if errors:
        told["errors"] = [{"errorCode": errors[0], "errorText": errors[1]}]
    else:
        text = {"1": "This transaction has been approved.", "4": "Held for review."}
        told["messages"] = [{"code": response_code, "description": text[response_code]}]
    whole = {"transactionResponse": told, "refId": call.our_ref}
    if response_code == "3":
        return _reply(
            {**whole, **_messages("Error", "E00027", "The transaction was unsuccessful.")}
        )
    return _ok(whole)


def _ok(told: _Json) -> Reply:
    return _reply({**told, **_messages("Ok", "I00001", "Successful.")})


def _error(code: str, text: str) -> Reply:
    return _reply(_messages("Error", code, text))


def _messages(result: str, code: str, text: str) -> dict[str, Any]:
    return {"messages": {"resultCode": result, "message": [{"code": code, "text": text}]}}


def _reply(told: _Json) -> Reply:
    return Reply(200, _BOM + json.dumps(told).encode())


def _minor(amount: object) -> int:
    return int(Decimal(str(amount)).scaleb(2))


def _major(minor: int) -> str:
    return str(Decimal(minor).scaleb(-2))


def _stamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
