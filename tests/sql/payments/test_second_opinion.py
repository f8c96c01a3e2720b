"""The Stripe connector against localstripe, a server of Stripe's API that nobody here wrote.

It has no search, no filters on lists and no idempotency keys, so that `find` is not asked here.
"""

import importlib.util
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from tieout.kernel.settings import ConnectionInfo
from tieout.payments.connectors import connect
from tieout.payments.gateway import Gateway
from tieout.payments.model import (
    Card,
    CardRefused,
    ChargeOrder,
    Connector,
    FollowUp,
    Vaulted,
    VaultOrder,
    Verdict,
)

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("localstripe") is None,
    reason="localstripe is not installed: the Stripe connector has no second opinion here",
)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SERVER = (
    "import sys; from aiohttp import web; from localstripe.server import app;"
    " web.run_app(app, host='127.0.0.1', port=int(sys.argv[1]), print=None)"
)


@pytest.fixture(scope="module")
def stripe() -> Iterator[Connector]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(port)])
    info = ConnectionInfo(
        conn_id="localstripe",
        kind="http",
        host="127.0.0.1",
        port=port,
        login="",
        password="sk_test_12345",
        key_file="",
        host_key="",
        extras={"tls": "none"},
    )
    made = connect("stripe", Gateway(info, [], NOW))
    try:
        transport = httpx.HTTPTransport(retries=10)  # it waits longer each time, 25 s in all
        with httpx.Client(transport=transport, trust_env=False) as client:
            client.get(f"http://127.0.0.1:{port}/")
        yield made
    finally:
        server.kill()
        server.wait()


def keep(stripe: Connector, ref: str, number: str = "4242424242424242") -> Vaulted:
    card = Card(number, "123", 2030, 12)
    return stripe.store(VaultOrder(ref, "C1", "Ann", "ann@example.org", card=card))


def order(kept: Vaulted, ref: str) -> ChargeOrder:
    return ChargeOrder(ref, "USD", 1999, kept.card, "O1", "C1")


def follow(gateway_ref: str, ref: str, amount_minor: int = 1999) -> FollowUp:
    return FollowUp(ref, gateway_ref, "USD", amount_minor)


def test_a_kept_card_is_charged_and_refunded(stripe: Connector) -> None:
    kept = keep(stripe, "R1")
    assert (kept.last_four, kept.expires_year, kept.expires_month) == ("4242", 2030, 12)
    charged = stripe.charge(order(kept, "A1-1"))
    assert (charged.verdict, charged.amount_minor) == (Verdict.APPROVED, 1999)
    back = stripe.refund(follow(charged.gateway_ref, "A1-2", 500))
    assert (back.verdict, back.amount_minor) == (Verdict.APPROVED, 500)


def test_what_is_authorised_is_captured_or_voided(stripe: Connector) -> None:
    kept = keep(stripe, "R2")
    first, second = (stripe.authorise(order(kept, f"A{number}-1")) for number in (2, 3))
    assert stripe.capture(follow(first.gateway_ref, "A2-2")).verdict is Verdict.APPROVED
    assert stripe.void(follow(second.gateway_ref, "A3-2")).verdict is Verdict.APPROVED


def test_a_decline_is_an_answer_and_a_card_that_is_declined_is_not_kept(
    stripe: Connector,
) -> None:
    kept = keep(stripe, "R3", "4000000000000341")
    declined = stripe.charge(order(kept, "A4-1")).verdict
    assert declined in {Verdict.SOFT_DECLINE, Verdict.HARD_DECLINE}
    with pytest.raises(CardRefused):
        keep(stripe, "R4", "4000000000000002")


def test_a_card_is_forgotten_twice(stripe: Connector) -> None:
    kept = keep(stripe, "R5")
    stripe.forget(kept.card)
    assert stripe.charge(order(kept, "A5-1")).verdict in set(Verdict)
