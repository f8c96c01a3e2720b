"""What follows from a paid order: the customer is told, and accounts of its services are opened.

Both are effects, planned in the transaction that verifies the order. When one fails, the order
stands as it is, and an exception and a mail to staff say so.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pyarrow as pa
from sqlalchemy import Connection

from tieout.exchange.notices import Notice, plan_notices
from tieout.exchange.outbox import OutgoingRequest, plan_requests
from tieout.kernel.database import execute, fetch, stream
from tieout.kernel.money import Money
from tieout.kernel.staging import stage

ACCOUNTS_CONNECTION = "accounts"
NATURES = ("NEW_ORDER", "ACCOUNT_FAILURE", "MAIL_FAILURE")
_FOLDERS = {"MAIL_BOX": "mail-boxes", "DIRECTORY": "directory"}
_TOGETHER = 2_000
_ACCOUNT = pa.schema(
    {"sales_order_id": pa.int64(), "account": pa.string(), "effect_id": pa.int64()}
)
_Row = Mapping[str, Any]


def plan_follow_ups(connection: Connection, as_of: datetime) -> None:
    """Plan mails and accounts for the orders that were verified at `as_of`; known ones stay."""
    some: list[Notice] = []
    for order in stream(connection, "intake/follow_up/paid_orders", as_of=as_of):
        some += _of_new_order(order)
        if len(some) >= _TOGETHER:
            plan_notices(connection, some, as_of)
            some = []
    plan_notices(connection, some, as_of)
    due = fetch(connection, "intake/follow_up/accounts_due", as_of=as_of)
    for start in range(0, len(due), _TOGETHER):
        _plan_accounts(connection, due[start : start + _TOGETHER], as_of)


def plan_account_failures(connection: Connection, as_of: datetime) -> int:
    """Tell staff of accounts that could not be opened, each once; returns how many are new."""
    rows = fetch(connection, "intake/follow_up/accounts_failed")
    return plan_notices(connection, [_of_account_failure(row) for row in rows], as_of)


def plan_mail_failures(connection: Connection, as_of: datetime) -> int:
    """Tell staff of mails to customers that failed, each once; returns how many are new."""
    rows = fetch(connection, "intake/follow_up/mails_failed")
    return plan_notices(connection, [_of_mail_failure(row) for row in rows], as_of)


def _of_new_order(order: _Row) -> list[Notice]:
    facts = {
        "order_ref": order["order_ref"],
        "total": str(Money(order["currency"], order["total_minor"])),
    }
    to_staff = Notice("NEW_ORDER", order["order_ref"], facts | {"storefront": order["storefront"]})
    if not order["email"]:
        return [to_staff]
    return [to_staff, Notice("NEW_ORDER", order["order_ref"], facts, order["email"])]


def _of_account_failure(row: _Row) -> Notice:
    facts = {name: row[name] or "no reason" for name in ("account", "order_ref", "reason")}
    return Notice("ACCOUNT_FAILURE", f"{row['order_ref']}:{row['account']}", facts)


def _of_mail_failure(row: _Row) -> Notice:
    reason = row["reason"] or "no reason"
    facts = {"mail": row["nature"], "about": row["about"], "reason": reason}
    return Notice("MAIL_FAILURE", row["effect_key"], facts)


def _plan_accounts(connection: Connection, due: Sequence[_Row], as_of: datetime) -> None:
    requests = [_request(row) for row in due]
    planned = plan_requests(connection, requests, as_of)
    rows = [
        {
            "sales_order_id": row["sales_order_id"],
            "account": row["account"],
            "effect_id": planned[request.effect_key],
        }
        for row, request in zip(due, requests, strict=True)
    ]
    stage(connection, "planned_account", pa.Table.from_pylist(rows, _ACCOUNT))
    execute(connection, "intake/follow_up/keep_accounts")


def _request(row: _Row) -> OutgoingRequest:
    path = f"/{_FOLDERS[row['account']]}/{quote(row['order_ref'], safe='')}"
    whose = {name: row[name] for name in ("order_ref", "storefront", "customer_ref")}
    return OutgoingRequest(
        effect_key=f"account:{row['order_ref']}:{row['account']}",
        connection_id=ACCOUNTS_CONNECTION,
        method="PUT",
        path=path,
        body={**whose, "name": row["name"], "email": row["email"]},
        ask=path,
        expected=whose,
    )
