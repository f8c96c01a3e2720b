"""A charge above the band waits in Airflow for a second person, and goes out on her word."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.dags import test_up_and_down
from tests.dags.test_up_and_down import Up
from tests.sql.books import at, rows
from tests.sql.harness import load

up = test_up_and_down.up
APPROVAL = "SELECT status, decided_by FROM payment_approval WHERE payment_ref = 'P1'"
TENDER = "SELECT status FROM tender WHERE payment_ref = 'P1'"
ANSWER = {"chosen_options": ["Approve"], "params_input": {}}


@pytest.fixture(scope="module")
def database(up: Up) -> str:
    """The address of Tieout's database, in which a charge that olive asked for is held."""
    url = up.postgres.url("tieout")
    status = {"status_at": at(2)}
    load(
        url,
        {
            "partner": [
                {
                    "partner_id": "till",
                    "kind": "STOREFRONT",
                    "name": "T",
                    "calendar_id": "weekdays",
                },
                {"partner_id": "cash", "kind": "GATEWAY", "name": "G", "calendar_id": "weekdays"},
            ],
            "payment_gateway": [
                {
                    "gateway": "cash",
                    "connector": "stripe",
                    "connection_id": "nowhere",
                    "tries": 1,
                    "back_off": "1 second",
                    "ask_after": [],
                    "cards_at_most": 1,
                    "retry_after": "1 day",
                    "give_up_after": "1 day",
                    "cards_within": "1 hour",
                }
            ],
            "customer": [{"customer_id": 90001, "storefront": "till", "customer_ref": "C1"}],
            "card_registration": [
                {
                    "card_registration_id": 90001,
                    "registration_ref": "R1",
                    "customer_id": 90001,
                    "gateway": "cash",
                    "customer_name": "Ann",
                    "customer_email": "ann@example.org",
                    "profile": "p",
                    "token": "t",
                    "last_four": "4242",
                    "status": "ACTIVE",
                    **status,
                }
            ],
            "tender": [
                {
                    "tender_id": 90001,
                    "payment_ref": "P1",
                    "order_ref": "O1",
                    "entry_id": "00000000-0000-4000-8000-000000000001",
                    "customer_id": 90001,
                    "gateway": "cash",
                    "currency": "USD",
                    "amount_minor": 99900,
                    "card_registration_id": 90001,
                    "asked_by": "olive",
                    "asked_at": at(2),
                    "status": "HELD",
                    **status,
                    "authorised_minor": 0,
                    "captured_minor": 0,
                    "refunded_minor": 0,
                }
            ],
            "payment_approval": [
                {
                    "payment_approval_id": 90001,
                    "payment_ref": "P1",
                    "usual_at_most_minor": 5000,
                    "status": "ASKED",
                    **status,
                }
            ],
        },
    )
    return url


@pytest.fixture(scope="module")
def airflow(up: Up) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{up.address}/api/v2", trust_env=False, timeout=120) as client:
        yield client


def waiting(client: httpx.Client, headers: dict[str, str]) -> list[dict[str, Any]]:
    """The questions that Airflow has for people."""
    path = "/dags/approve_charges/dagRuns/~/hitlDetails?response_received=false"
    return list(client.get(path, headers=headers).json()["hitl_details"])


def ours(client: httpx.Client, headers: dict[str, str]) -> list[dict[str, Any]]:
    """Of these, the one about our charge; the world's own renewals may wait beside it."""
    return [each for each in waiting(client, headers) if "999.00 USD" in each["subject"]]


def place_of(question: dict[str, Any]) -> str:
    """Where an answer to a question goes."""
    place = question["task_instance"]
    return (
        f"/dags/approve_charges/dagRuns/{place['dag_run_id']}/taskInstances/{place['task_id']}"
        f"/{place['map_index']}/hitlDetails"
    )


def until(reached: Callable[[], bool]) -> None:
    """Wait for what Airflow does in its own time."""
    for _ in range(200):
        if reached():
            return
        time.sleep(2)
    raise AssertionError("it did not come to that")


def test_another_than_the_asker_lets_a_large_charge_go(
    up: Up, database: str, airflow: httpx.Client
) -> None:
    headers = {
        name: {"Authorization": f"Bearer {up.token(name)}"} for name in ("admin", "olive", "vera")
    }
    until(lambda: _is_known(airflow, headers["olive"]))
    started = airflow.post(
        "/dags/approve_charges/dagRuns", json={"logical_date": None}, headers=headers["olive"]
    )
    assert started.status_code in {200, 201}, started.text
    until(lambda: bool(ours(airflow, headers["olive"])))
    asked = ours(airflow, headers["olive"])[0]
    assert "4242" in asked["subject"]
    refused = airflow.patch(place_of(asked), json=ANSWER, headers=headers["vera"])
    assert refused.status_code == 403
    assert rows(database, TENDER) == [("HELD",)]
    until(lambda: _is_approved(airflow, headers["admin"], database))
    assert rows(database, APPROVAL) == [("APPROVED", "admin")]
    assert rows(database, TENDER) == [("DUE",)]


def _is_known(client: httpx.Client, headers: dict[str, str]) -> bool:
    return client.get("/dags/approve_charges", headers=headers).status_code == 200


def _is_approved(client: httpx.Client, headers: dict[str, str], database: str) -> bool:
    """Whether the word is written down; what is asked, also once more, is answered.

    Airflow asks again when an answer overtakes its executor's report that the task now waits.
    """
    for question in ours(client, headers):
        taken = client.patch(place_of(question), json=ANSWER, headers=headers)
        assert taken.status_code == 200, taken.text
    return rows(database, APPROVAL) != [("ASKED", None)]
