"""Cases on the board: listed, narrowed, and decided together or not at all."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.sql.board.conftest import client
from tests.sql.books import at, rows
from tests.sql.exceptions import test_runner as life

url = life.url

CASES = "SELECT status, status_reason FROM exception_case ORDER BY exception_case_id"
AUDIT = "SELECT actor, action FROM audit_log"


@pytest.fixture
def two_cases(url: str) -> str:
    life.offend(url, subject="<b>s1</b>", amount_minor=1234, currency="EUR")
    life.offend(url, subject="s2", amount_minor=99999, currency="EUR")
    life.run(url, at(3))
    return url


@pytest.fixture
def olive(two_cases: str) -> TestClient:
    return client("olive")


def form(action: str, **more: str) -> dict[str, Any]:
    return {"ids": ["1", "2"], "action": action, "reason": "the bank said so", **more}


def test_the_most_urgent_come_first_and_are_escaped(olive: TestClient) -> None:
    page = olive.get("/cases").text
    assert page.index("s2") < page.index("s1")
    assert "<b>s1" not in page
    assert "12.34" in page


def test_the_list_is_narrowed(olive: TestClient) -> None:
    for filters, count in [
        ({"status": "OPEN", "code": "AAA", "partner": "v1"}, 2),
        ({"status": "ACKED"}, 0),
        ({"code": "BBB"}, 0),
        ({"partner": "v2"}, 0),
        ({"offset": "1"}, 1),
    ]:
        assert olive.get("/cases", params=filters).text.count('type="checkbox"') == count, filters


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("ack", "ACKED"),
        ("resolve", "RESOLVED"),
        ("write-off", "WRITTEN_OFF"),
        ("false-alarm", "FALSE_POSITIVE"),
    ],
)
def test_a_decision_covers_all_that_are_ticked(
    two_cases: str, olive: TestClient, action: str, status: str
) -> None:
    answer = olive.post("/cases?partner=v1", data=form(action))
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases?partner=v1")
    assert rows(two_cases, CASES) == [(status, "olive: the bank said so")] * 2
    assert rows(two_cases, AUDIT) == [("olive", f"exception.{action}")] * 2


def test_a_snooze_ends_at_a_time_in_utc(two_cases: str, olive: TestClient) -> None:
    assert olive.post("/cases", data=form("snooze")).status_code == 409
    early = olive.post("/cases", data=form("snooze", until="2020-01-01T00:00"))
    assert (early.status_code, "ends in the future" in early.text) == (409, True)
    assert olive.post("/cases", data=form("snooze", until="2999-01-01T09:30")).status_code == 303
    assert "SNOOZED until 2999-01-01 09:30 UTC" in olive.get("/cases").text


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"reason": " "}, 400, "Say who decides, and why."),
        ({"ids": []}, 400, "No case is ticked."),
        ({"ids": ["1", "99"]}, 409, "no case 99"),
        ({"ids": ["x"]}, 400, "cannot be read"),
        ({"action": "delete"}, 400, "cannot be read"),
    ],
)
def test_a_decision_that_does_not_hold_changes_nothing(
    two_cases: str, olive: TestClient, change: dict[str, Any], status: int, says: str
) -> None:
    answer = olive.post("/cases", data=form("resolve") | change)
    assert answer.status_code == status
    assert says in answer.text
    assert life.statuses(two_cases) == ["OPEN", "OPEN"]
    assert rows(two_cases, AUDIT) == []


def test_what_was_ticked_stays_ticked_after_a_problem(olive: TestClient) -> None:
    page = olive.post("/cases", data=form("snooze", ids="2")).text
    assert page.count(" checked") == 1
    assert 'value="the bank said so"' in page


def test_a_viewer_may_look_but_tick_nothing(two_cases: str) -> None:
    page = client("vera").get("/cases").text
    assert "s2" in page
    assert 'type="checkbox"' not in page
