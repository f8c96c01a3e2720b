"""Entries by HTTP to a real server process, with the database there."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from tests.sql.intake.entries import set_up
from tests.sql.storefront_api.server import Api, body, until
from tieout.kernel.audit import Decision
from tieout.kernel.database import transaction
from tieout.storefront_api import known

PAN = "4111111111111111"
NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def api(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder: Path = tmp_path_factory.mktemp("api")
    set_up(database_url, folder / "spool")
    server = Api(database_url, folder)
    with transaction(database_url, actor="test") as connection:
        server.key = known.make_key(connection, "shop", Decision("ann", "test", NOW))
    server.start()
    yield server
    server.stop()


def values(url: str, query: str, **params: object) -> list[object]:
    with transaction(url, actor="test") as connection:
        return list(connection.execute(text(query), params).scalars())


def test_an_entry_is_kept_before_it_is_answered(api: Api, database_url: str) -> None:
    answer = api.post(body(1))
    assert answer.status_code == 201
    assert answer.json() == {
        "entry_id": body(1)["entry_id"], "order_ref": "R-1", "state": "CAPTURED",
    }  # fmt: skip
    rows = values(
        database_url,
        "SELECT concat_ws('|', storefront, line_no, sku, customer_ref, ship_city, brand, referral,"
        " payments -> 0 ->> 'state', status) FROM order_entry WHERE order_ref = 'R-1' ORDER BY 1",
    )
    assert rows == [
        "shop|1|A-1|C-1|Graz|blue|friend|CAPTURED|RECEIVED",
        "shop|2|B-2|C-1|Graz|blue|friend|CAPTURED|RECEIVED",
    ]


def test_the_same_entry_again_gets_the_same_answer_and_another_is_refused(
    api: Api, database_url: str
) -> None:
    first, again = api.post(body(2)), api.post({**body(2), "captured_at": "2026-03-02T06:00+01:00"})
    assert (first.status_code, first.content) == (again.status_code, again.content)
    other = api.post(body(2, brand="green"))
    assert (other.status_code, other.json()["error"]) == (409, "conflict")
    assert "id of its own" in other.json()["message"]
    query = "SELECT brand FROM order_entry WHERE order_ref = 'R-2'"
    assert values(database_url, query) == ["blue", "blue"]


def test_a_card_number_is_masked_where_it_may_stand_and_never_echoed(
    api: Api, database_url: str
) -> None:
    taken = api.post(body(3, ship_to={"name": f"Ann {PAN}"}))
    assert taken.status_code == 201
    (row, _) = values(database_url, "SELECT e::text FROM order_entry AS e WHERE order_ref = 'R-3'")
    assert PAN not in str(row)
    for wrong in (
        body(4, currency=PAN),
        {**body(4), PAN: 1},
        body(4, tenders=[{PAN: PAN}]),
        body(4, order_total_minor=f"{PAN} EUR"),
    ):
        answer = api.post(wrong)
        assert answer.status_code == 422
        assert PAN not in answer.text
    assert PAN not in api.log()


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"entry_id": "no uuid"}, "entry_id"),
        ({"captured_at": "2026-03-02T05:00:00"}, "captured_at"),
        ({"captured_at": "2999-03-02T05:00:00Z"}, "captured_at"),
        ({"lines": []}, "lines"),
        ({"lines": body(5)["lines"][:1] * 2}, ""),
        ({"order_ref": "a\x00b"}, "order_ref"),
        ({"customer": {"ref": "C", "surname": "x"}}, "customer.surname"),
        ({"order_total_minor": 10**20}, "order_total_minor"),
    ],
)
def test_a_bad_body_is_told_by_its_field(api: Api, over: dict[str, object], field: str) -> None:
    answer = api.post(body(5, **over))
    assert answer.status_code == 422
    problem = answer.json()["problems"][0]
    assert problem["field"] == field
    assert problem["message"]


def test_text_that_the_database_cannot_hold_is_refused(api: Api) -> None:
    answer = api.post(b'{"order_ref": "\\ud800"}')
    assert answer.status_code == 422
    assert api.post(b'{"entry_id": ').status_code == 422
    assert api.post(b" " * (1024 * 1024 + 1)).status_code == 413


def test_only_a_good_key_opens(api: Api, database_url: str) -> None:
    for key in ("x", "nonsense_", api.key[:-1], f"tsk_00000000_{api.key.split('_', 2)[2]}"):
        answer = api.post(body(6), key=key)
        assert (answer.status_code, answer.json()["error"]) == (401, "unknown-key")
    with transaction(database_url, actor="test") as connection:
        other = known.make_key(connection, "shop", Decision("ann", "test", NOW))
    until(lambda: api.post(body(6), key=other).status_code == 201, "the new key is good")
    with transaction(database_url, actor="test") as connection:
        known.revoke_key(connection, other.split("_")[1], Decision("ann", "lost", NOW))
    until(lambda: api.post(body(6), key=other).status_code == 401, "the revoked key is bad")
    secrets = values(database_url, "SELECT k::text FROM storefront_key AS k")
    assert not any(api.key.split("_", 2)[2] in str(row) for row in secrets)
    audited = values(database_url, "SELECT action FROM audit_log ORDER BY audit_id")
    assert audited[-2:] == ["storefront_key.make", "storefront_key.revoke"]


def test_the_store_is_open_until_it_is_switched(api: Api) -> None:
    headers = {"Authorization": f"Bearer {api.key}"}
    answer = httpx.get(f"{api.base}/v1/store", headers=headers, trust_env=False)
    assert answer.json()["state"] == "OPEN"
    assert httpx.get(f"{api.base}/v1/store", trust_env=False).status_code == 401


def test_the_api_describes_itself(api: Api) -> None:
    found = httpx.get(f"{api.base}/openapi.json", trust_env=False).json()
    assert {"/v1/entries", "/v1/store", "/healthz"} <= set(found["paths"])
    assert api.health() == {"database": "up", "spooled": 0}
