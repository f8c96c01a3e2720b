"""A process of a storefront: it captures carts and pays for them, several customers at a time."""

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from tieout.kernel.database import execute, transaction
from tieout.kernel.settings import settings
from tieout.payments.model import PaymentRefused
from tieout.payments.tenders import PaymentRequest, pay

PRICE = 4_900
AT_ONCE = 2
"""How many customers a process serves at a time; each holds up to two sessions of its pool."""


def open_up(environment: Mapping[str, str]) -> None:
    """Make the process one of the shop's: called once, before the first customer."""
    os.environ.update(environment)
    settings.cache_clear()


def sell(numbers: Sequence[int], at: datetime) -> None:
    """Capture the carts of these customers, then pay for each, under attempt 1."""
    rows = json.dumps([_row(number, at) for number in numbers])
    with transaction(settings().database_url, actor="capture") as connection:
        execute(connection, "intake/capture", rows=rows)
    pay_all([(number, 1) for number in numbers], at)


def pay_all(attempts: Sequence[tuple[int, int]], at: datetime) -> None:
    """Pay as these customers, each with the number of the attempt."""
    with ThreadPoolExecutor(AT_ONCE) as customers:
        for paid in [customers.submit(_pay, *each, at) for each in attempts]:
            paid.result()


def _pay(number: int, attempt_no: int, at: datetime) -> None:
    """One customer pays; the browser gets whatever it gets."""
    request = PaymentRequest(
        payment_ref=f"P{number}",
        storefront="shop",
        customer_ref=f"C{number}",
        order_ref=f"O{number}",
        gateway="stripe",
        currency="USD",
        amount_minor=PRICE,
        asked_by="storefront/shop",
        entry_id=str(UUID(int=number + 1)),
        once_token="pm_card_visa",
        attempt_no=attempt_no,
    )
    with suppress(PaymentRefused):
        pay(settings().database_url, request, as_of=at, pause=lambda _: None)


def _row(number: int, at: datetime) -> dict[str, object]:
    tender = {
        "seq": 1,
        "payment_ref": f"P{number}",
        "method": "card",
        "gateway": "stripe",
        "amount_minor": PRICE,
        "captured_at": at.isoformat(),
        "state": "PENDING",
    }
    return {
        "entry_id": str(UUID(int=number + 1)),
        "line_no": 1,
        "storefront": "shop",
        "captured_at": at.isoformat(),
        "order_ref": f"O{number}",
        "customer_ref": f"C{number}",
        "customer_email": f"c{number}@example.test",
        "currency": "USD",
        "sku": "LICENCE",
        "quantity": 1,
        "unit_price_minor": PRICE,
        "freight_minor": 0,
        "line_total_minor": PRICE,
        "order_total_minor": PRICE,
        "payments": [tender],
    }
