"""Storefronts and certificates on the board: seen by all, decided by operators."""

from datetime import UTC, date, datetime

import psycopg
import pytest
from fastapi.testclient import TestClient

from tieout.purchase import certificate


@pytest.fixture(autouse=True)
def storefront(case_url: str) -> None:
    with psycopg.connect(case_url) as connection:
        connection.execute(
            "INSERT INTO partner (partner_id, kind, name, calendar_id)"
            " VALUES ('shop', 'STOREFRONT', 'Shop', 'weekdays')"
        )


def test_an_operator_closes_a_storefront_and_gives_it_back(
    case_url: str, olive: TestClient, vera: TestClient
) -> None:
    assert vera.post("/stores/shop/close", data={"reason": "no"}).status_code == 403
    assert olive.post("/stores/shop/close", data={"reason": "upgrade"}).status_code == 303
    seen = vera.get("/stores").text
    assert "DRAINING" in seen
    assert "olive: upgrade" in seen
    assert olive.post("/stores/shop/auto", data={"reason": "done"}).status_code == 303
    assert "the monitor&#39;s" in vera.get("/stores").text
    with psycopg.connect(case_url) as connection:
        rows = connection.execute(
            "SELECT actor, action, reason FROM audit_log ORDER BY 2"
        ).fetchall()
    assert rows == [("olive", "store.auto", "done"), ("olive", "store.closed", "upgrade")]


def test_a_word_without_a_reason_or_a_storefront_changes_nothing(olive: TestClient) -> None:
    assert olive.post("/stores/shop/close", data={"reason": " "}).status_code == 400
    assert olive.post("/stores/none/close", data={"reason": "x"}).status_code == 409


def test_a_certificate_is_seen_by_day(case_url: str, vera: TestClient) -> None:
    day = date(2026, 3, 2)
    told = certificate.certify(case_url, day, datetime(2026, 3, 3, 4, tzinfo=UTC))
    assert told in vera.get("/certificates").text
    assert "Nothing was paid" in vera.get(f"/certificates/{day}").text
    assert vera.get("/certificates/2026-03-05").status_code == 404
