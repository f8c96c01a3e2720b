"""The payment gateway's Stripe side, as docs.stripe.com/api has it."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

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

KEY = "sk_test_world"
KEY_LIFE = timedelta(hours=24)
_STATUS = {
    CAPTURED: "succeeded",
    AUTHORISED: "requires_capture",
    DECLINED: "requires_payment_method",
    VOIDED: "canceled",
    PENDING: "processing",
}
_OPERATIONS = (
    ("POST", r"/v1/payment_intents", "charge"),
    ("POST", r"/v1/payment_intents/pi_\d+/capture", "capture"),
    ("POST", r"/v1/payment_intents/pi_\d+/cancel", "void"),
    ("POST", r"/v1/refunds", "refund"),
    ("POST", r"/v1/customers", "store"),
    ("POST", r"/v1/payment_methods", "store"),
    ("POST", r"/v1/payment_methods/pm_\w+/attach", "store"),
    ("POST", r"/v1/payment_methods/pm_\w+/detach", "forget"),
    ("GET", r"/v1/\w+|/v1/payment_intents/(search|pi_\d+)", "find"),
)
_Fields = Mapping[str, str]
_Listed = tuple[list[dict[str, Any]], bool]


def speaks(path: str) -> bool:
    """Whether a path is one of this protocol."""
    return path.startswith("/v1/")


def read(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Call:
    """The request as the gateway takes it."""
    parts = urlsplit(path)
    fields = dict(parse_qsl(parts.query) + parse_qsl(body.decode()))
    operation = next(
        name
        for verb, pattern, name in _OPERATIONS
        if verb == method and re.fullmatch(pattern, parts.path)
    )
    known = {name.lower(): value for name, value in headers.items()}
    return Call(
        operation,
        our_ref=fields.get("metadata[our_ref]", ""),
        name=f"{method} {parts.path}",
        fields=fields,
        key=known.get("idempotency-key", ""),
        is_let_in=known.get("authorization") == f"Bearer {KEY}",
    )


def refuse(fault: Fault) -> Reply:
    """Too busy, or a key that is no longer good."""
    if fault is Fault.TOO_BUSY:
        return _error(429, "rate_limit_error", "rate_limit", "Too many requests.")
    return _error(401, "invalid_request_error", "api_key_expired", "Expired API key provided.")


def act(books: Books, call: Call, fault: Fault | None) -> Reply:
    """Do what is asked, once for each idempotency key."""
    if not call.is_let_in:
        return _error(401, "invalid_request_error", "api_key_invalid", "Invalid API key provided.")
    request = json.dumps([call.name, sorted(call.fields.items())])
    with books.turn():
        before = books.answered(call.key, request, KEY_LIFE) if call.key else None
        if before is not None:
            status, body = before
            if not status:
                text = "Keys for idempotent requests can only be used with the same parameters."
                return _error(400, "idempotency_error", "", text)
            return _json(status, body)
        if fault is Fault.DUPLICATE_WINDOW and call.operation == "charge":
            text = "There is currently another in-progress request using this key."
            return _error(409, "idempotency_error", "idempotency_key_in_use", text)
        status, body = _act(books, call, fault)
        if call.key:
            books.remember(call.key, request, status, body)
        return _json(status, body)


def _act(books: Books, call: Call, fault: Fault | None) -> tuple[int, Any]:
    if call.operation == "find":
        return _find(books, call, fault)
    if call.operation == "charge":
        return _charge(books, call.fields, fault)
    if call.operation in {"capture", "void"}:
        return _change(books, call)
    if call.operation == "refund":
        return _refund(books, call.fields)
    return _keep(books, call)


def _charge(books: Books, fields: _Fields, fault: Fault | None) -> tuple[int, Any]:
    sale = Sale(
        our_ref=fields.get("metadata[our_ref]", ""),
        payment_ref=fields.get("metadata[payment_ref]", ""),
        order_ref=fields.get("metadata[order_ref]", ""),
        currency=fields["currency"].upper(),
        amount_minor=int(fields["amount"]),
        card=fields.get("payment_method") or fields["payment_method_data[card][token]"],
    )
    if fault in {Fault.SOFT_DECLINE, Fault.HARD_DECLINE}:
        code = "insufficient_funds" if fault is Fault.SOFT_DECLINE else "stolen_card"
        intent = _intent(books.known(books.sell(sale, DECLINED, code=code)))
        error = {
            "type": "card_error",
            "code": "card_declined",
            "decline_code": code,
            "message": "Your card was declined.",
            "payment_intent": intent,
        }
        return 402, {"error": error}
    if fault is Fault.PENDING:
        return 200, _intent(books.known(books.sell(sale, PENDING)))
    if fields.get("capture_method") == "manual":
        return 200, _intent(books.known(books.sell(sale, AUTHORISED)))
    taken = sale.amount_minor + 1 if fault is Fault.WRONG_AMOUNT else None
    return 200, _intent(books.known(books.sell(sale, CAPTURED, taken=taken)))


def _change(books: Books, call: Call) -> tuple[int, Any]:
    number = int(call.name.split("/")[3].removeprefix("pi_"))
    found = books.charge(number)
    if found is None:
        return 404, _no_such("payment_intent")
    good = found["status"] == AUTHORISED or (call.operation == "void" and found["batch"] is None)
    if not good:
        text = "This PaymentIntent's status does not allow it."
        kind, code = "invalid_request_error", "payment_intent_unexpected_state"
        return 400, {"error": {"type": kind, "code": code, "message": text}}
    if call.operation == "void":
        books.write("UPDATE charge SET status = ? WHERE number = ?", VOIDED, number)
    else:
        taken = int(call.fields.get("amount_to_capture") or found["amount_minor"])
        books.write(
            "UPDATE charge SET status = ?, captured_minor = ? WHERE number = ?",
            *(CAPTURED, taken, number),
        )
    return 200, _intent(books.known(number))


def _refund(books: Books, fields: _Fields) -> tuple[int, Any]:
    charge = int(fields["payment_intent"].removeprefix("pi_"))
    number = books.give_back(charge, fields.get("metadata[our_ref]", ""), int(fields["amount"]))
    if number is None:
        text = "Refund amount is greater than unrefunded amount on charge."
        error = {"type": "invalid_request_error", "code": "charge_already_refunded"}
        return 400, {"error": {**error, "message": text}}
    return 200, _refund_object(
        books, books.rows("SELECT * FROM refund WHERE number = ?", number)[0]
    )


def _keep(books: Books, call: Call) -> tuple[int, Any]:
    fields = call.fields
    if call.name == "POST /v1/customers":
        # A customer is kept as a card without digits; what is attached to it points to it.
        number = books.write(
            "INSERT INTO card (holder, email, last_four, brand, year, month)"
            " VALUES (?, ?, '', '', 0, 0)",
            *(fields.get("name", ""), fields.get("email", "")),
        )
        return 200, {"id": f"cus_{number}", "object": "customer", "email": fields.get("email")}
    if call.name == "POST /v1/payment_methods":
        number = books.keep_card(
            *("", "", fields["card[number]"]),
            *(int(fields["card[exp_year]"]), int(fields["card[exp_month]"])),
        )
        return 200, _method(books, number)
    name = call.name.split("/")[3].removeprefix("pm_")
    if not name.isdecimal():  # one of the gateway's own test cards, such as pm_card_visa
        number = books.keep_card("", "", "4242424242424242", 2034, 12)
    else:
        number = int(name)
    if call.operation == "forget":
        books.write("UPDATE card SET gone = 1 WHERE number = ?", number)
    else:
        profile = int(fields["customer"].removeprefix("cus_"))
        books.write("UPDATE card SET profile = ? WHERE number = ?", profile, number)
    return 200, _method(books, number)


def _find(books: Books, call: Call, fault: Fault | None) -> tuple[int, Any]:
    _, _, kind, *rest = call.name.split("/")
    if rest and rest != ["search"]:
        found = (
            books.charge(int(rest[0].removeprefix("pi_"))) if kind == "payment_intents" else None
        )
        if found is None or fault is Fault.NOT_FOUND:
            return 404, _no_such(kind)
        return 200, _intent(found)
    if fault is Fault.NOT_FOUND:
        return 200, _page(call, [], more=False)
    if rest:
        return 200, _searched(books, call)
    if kind not in _LISTS:
        return 404, _no_such(kind)
    listed, more = _LISTS[kind](books, call)
    return 200, _page(call, listed, more=more)


def _searched(books: Books, call: Call) -> dict[str, Any]:
    wanted = re.fullmatch(r"metadata\['payment_ref'\]:'(.*)'", call.fields["query"])
    query = "SELECT * FROM charge WHERE payment_ref = ? ORDER BY number DESC"
    rows = [] if books.search_lags else books.rows(query, wanted[1] if wanted else "")
    found = [_intent(row) for row in rows]
    return {**_page(call, found, more=False), "object": "search_result", "next_page": None}


def _intents(books: Books, call: Call) -> _Listed:
    before = call.fields.get("ending_before")
    if before is None:
        rows, more = books.page("charge", *_wanted(call), after=_after(call), limit=_limit(call))
    else:
        newest = int(before.removeprefix("pi_"))
        rows, more = books.newer("charge", newest, limit=_limit(call))
    return [_intent(row) for row in rows], more


def _refunds(books: Books, call: Call) -> _Listed:
    charge = int(call.fields["payment_intent"].removeprefix("pi_"))
    rows, more = books.page("refund", "charge = ?", charge, after=_after(call), limit=_limit(call))
    return [_refund_object(books, row) for row in rows], more


def _payouts(books: Books, call: Call) -> _Listed:
    since = int(call.fields.get("created[gte]", 0))
    query = "SELECT * FROM batch WHERE closed >= ? ORDER BY number DESC"
    listed = [_payout(row) for row in books.rows(query, since)]
    return _cut(listed, call)


def _balance(books: Books, call: Call) -> _Listed:
    """Movements of charges, then those of refunds."""
    where, value = _wanted(call)
    after, limit = _after(call), _limit(call)
    is_behind = call.fields.get("starting_after", "").startswith("txn_refund")
    charges, more = (
        ([], False)
        if is_behind
        else books.page(
            "charge", f"{where} AND status = 'captured'", value, after=after, limit=limit
        )
    )
    left = limit - len(charges)
    refunds, more_refunds = books.page(
        "refund", where, value, after=after if is_behind else None, limit=left
    )
    movements = [_movement("charge", row, _charge_object(row)) for row in charges]
    movements += [_movement("refund", row, _refund_object(books, row)) for row in refunds]
    return movements, more or more_refunds


def _wanted(call: Call) -> tuple[str, int]:
    """The rows of a list, as a condition and its value: those of a payout, or since an instant."""
    if payout := call.fields.get("payout"):
        return "batch = ?", int(payout.removeprefix("po_"))
    return "created >= ?", int(call.fields.get("created[gte]", 0))


def _limit(call: Call) -> int:
    return int(call.fields.get("limit", 10))


def _after(call: Call) -> int | None:
    """The number in the id behind which a page begins."""
    behind = re.search(r"\d+$", call.fields.get("starting_after", ""))
    return int(behind[0]) if behind else None


def _cut(listed: list[dict[str, Any]], call: Call) -> _Listed:
    ids = [each["id"] for each in listed]
    after = call.fields.get("starting_after")
    start = ids.index(after) + 1 if after in ids else 0
    end = start + _limit(call)
    return listed[start:end], end < len(listed)


_LISTS = {
    "payment_intents": _intents,
    "refunds": _refunds,
    "payouts": _payouts,
    "balance_transactions": _balance,
}


def _movement(kind: str, row: Mapping[str, Any], source: Any) -> dict[str, Any]:
    sign = -1 if kind == "refund" else 1
    return {
        "id": f"txn_{kind}{row['number']}",
        "object": "balance_transaction",
        "type": kind,
        "amount": sign * source["amount"],
        "currency": source["currency"],
        "created": row["created"],
        "status": "available" if row["batch"] else "pending",
        "source": source,
    }


def _charge_object(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": f"ch_{row['number']}",
        "object": "charge",
        "payment_intent": f"pi_{row['number']}",
        "amount": row["captured_minor"],
        "currency": row["currency"].lower(),
        "created": row["created"],
        "metadata": _metadata(row),
    }


def _intent(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": f"pi_{row['number']}",
        "object": "payment_intent",
        "amount": row["amount_minor"],
        "amount_received": row["captured_minor"],
        "currency": row["currency"].lower(),
        "created": row["created"],
        "status": _STATUS[row["status"]],
        "payment_method": row["card"],
        "metadata": _metadata(row),
        "livemode": False,
    }


def _metadata(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: row[name] for name in ("our_ref", "payment_ref", "order_ref")}


def _refund_object(books: Books, row: Mapping[str, Any]) -> dict[str, Any]:
    charge = books.known(row["charge"])
    return {
        "id": f"re_{row['number']}",
        "object": "refund",
        "payment_intent": f"pi_{row['charge']}",
        "amount": row["amount_minor"],
        "currency": row["currency"].lower(),
        "created": row["created"],
        "status": "succeeded",
        "metadata": {"our_ref": row["our_ref"], "payment_ref": charge["payment_ref"]},
    }


def _payout(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": f"po_{row['number']}",
        "object": "payout",
        "created": row["closed"],
        "status": "paid",
    }


def _method(books: Books, number: int) -> dict[str, Any]:
    row = books.rows("SELECT * FROM card WHERE number = ?", number)[0]
    return {
        "id": f"pm_{number}",
        "object": "payment_method",
        "type": "card",
        "customer": f"cus_{row['profile']}" if row["profile"] and not row["gone"] else None,
        "card": {
            "last4": row["last_four"],
            "brand": row["brand"],
            "exp_year": row["year"],
            "exp_month": row["month"],
        },
    }


def _page(call: Call, listed: list[dict[str, Any]], *, more: bool) -> dict[str, Any]:
    """A page of a list; its `url` is the list's path, by which the SDK asks for the next one."""
    return {"object": "list", "url": call.name.split(" ")[1], "data": listed, "has_more": more}


def _no_such(kind: str) -> dict[str, Any]:
    text = f"No such {kind}"
    error = {"type": "invalid_request_error", "code": "resource_missing", "message": text}
    return {"error": error}


def _error(status: int, kind: str, code: str, text: str) -> Reply:
    return _json(status, {"error": {"type": kind, "code": code, "message": text}})


def _json(status: int, body: object) -> Reply:
    return Reply(status, json.dumps(body).encode())
