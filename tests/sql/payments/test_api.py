"""What storefronts get from the payment routes of the storefront API."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.sql.payments.shop import ENTRY, NOW, Shop
from tieout.payments.api import payment_router
from tieout.storefront_api.app import make_app

CARD = {"number": "4111111111111111", "code": "123", "expires_year": 2030, "expires_month": 1}


@pytest.fixture
def client(shop: Shop) -> TestClient:
    app = FastAPI()
    app.include_router(payment_router(lambda: "shop", lambda: NOW))
    return TestClient(app)


def payment(gateway: str, **more: Any) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "payment_ref": "A1",
        "entry_id": ENTRY.format(1),
        "order_ref": "O1",
        "customer_ref": "C1",
        "gateway": gateway,
        "currency": "USD",
        "amount_minor": 1999,
        "once_token": "pm_card_visa",
    }
    return asked | more


def registration(gateway: str, **more: Any) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "registration_ref": "R1",
        "customer_ref": "C1",
        "customer_name": "Ann",
        "customer_email": "ann@example.org",
        "gateway": gateway,
        "card": CARD,
    }
    return asked | more


def test_a_payment_is_paid_once_however_often_it_is_posted(
    shop: Shop, client: TestClient, gateway: str
) -> None:
    paid = {"payment_ref": "A1", "attempt_no": 1, "state": "PAID"}
    for _ in range(2):
        assert client.post("/v1/payments", json=payment(gateway)).json() == paid
    assert client.get("/v1/payments/A1").json() == paid
    assert shop.world.captured("A1") == [1999]
    other = client.post("/v1/payments", json=payment(gateway, amount_minor=1))
    assert (other.status_code, other.json()["detail"]["error"]) == (409, "payment-refused")


def test_a_customer_is_never_told_that_an_unknown_payment_failed(
    shop: Shop, client: TestClient, gateway: str
) -> None:
    shop.world.play("timeout_after")
    shop.world.play("not_found", of=("find",))
    told = client.post("/v1/payments", json=payment(gateway)).json()
    assert told["state"] == "PENDING"


def test_a_kept_card_is_registered_and_charged(
    shop: Shop, client: TestClient, gateway: str
) -> None:
    kept = client.post("/v1/registrations", json=registration(gateway)).json()
    assert (kept["status"], kept["last_four"]) == ("VAULTED", "1111")
    by_card = payment(gateway, once_token=None, registration_ref="R1")
    assert client.post("/v1/payments", json=by_card).json()["state"] == "PAID"
    above = by_card | {"payment_ref": "A2", "amount_minor": 999_00}
    assert client.post("/v1/payments", json=above).json()["state"] == "REVIEW"


def test_a_card_number_never_comes_back(client: TestClient) -> None:
    wrong = CARD | {"number": "4111111111111112"}
    refused = client.post("/v1/registrations", json=registration("stripe", card=wrong))
    assert (refused.status_code, refused.json()["detail"]["error"]) == (422, "card-refused")
    odd = registration("stripe", card=CARD | {"expires_month": 13})
    for answer in (refused, client.post("/v1/registrations", json=odd)):
        assert "411111111111111" not in answer.text


def test_the_storefront_api_has_the_routes() -> None:
    def no_desk() -> Any:
        raise AssertionError("no desk is opened to list the routes")

    paths = make_app(no_desk, lambda: NOW).openapi()["paths"]
    assert {"/v1/payments", "/v1/payments/{payment_ref}", "/v1/registrations"} <= set(paths)
