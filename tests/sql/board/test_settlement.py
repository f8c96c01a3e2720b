"""Closing a day on the board: the proof, what is open, stories, and what people decide."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi import Header, HTTPException
from fastapi.testclient import TestClient

from tests.sql.board.conftest import ORIGIN, client
from tests.sql.books import add, at, line, payment, rows
from tests.sql.conftest import Made, made
from tests.sql.settlement import test_payouts as bank
from tests.sql.settlement.test_decisions import decide, limit, says
from tieout.board.app import board
from tieout.board.web import Person
from tieout.kernel import archive
from tieout.kernel.postgres import PostgresServer
from tieout.settlement import decisions, periods
from tieout.settlement.payout_tasks import reconcile_payouts
from tieout.settlement.tasks import reconcile

books = bank.url

EVIL = "<script>alert(1)</script>"
AUDIT = "SELECT actor, action, subject, reason FROM audit_log ORDER BY audit_id"
WRITE_OFFS = "SELECT status, approved_by FROM settlement_write_off ORDER BY 1"
WHY = {"reason": "the gateway said so"}


@pytest.fixture(scope="module")
def closed_day(
    pg_server: PostgresServer,
    migrated_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Made]:
    with made(pg_server, migrated_template, tmp_path_factory.mktemp("day"), close_day) as books:
        yield books


@pytest.fixture
def day(closed_day: Made, tmp_path: Path) -> Iterator[str]:
    """P1 is match 1; P2, P3, line 9 (9.00) and PO-0002 wait; PO-0001 is at the bank."""
    with closed_day.copy(tmp_path) as url:
        yield url


def close_day(url: str) -> None:
    bank.open_payout_books(url)
    sha256 = archive.put(b"header\nG1,P1,10.00\nnine\n")
    rows(url, f"UPDATE source_file SET sha256 = '{sha256}' RETURNING 1")
    add(
        url,
        payment=[payment(1), payment(2), payment(3)],
        settlement_line=[line(1), line(9, gross_minor=900, order_ref=EVIL)],
        payout_report=[bank.report(1, 1000), bank.report(2, 700)],
        bank_line=[bank.bank_line(1, 1000, "PO-0001"), bank.bank_line(2, 690, "Rent")],
    )
    reconcile(as_of=at(4))
    reconcile_payouts(as_of=at(4))


@pytest.fixture
def olive(day: str) -> TestClient:
    return client("olive")


@pytest.fixture
def paul(day: str) -> TestClient:
    """Another one who may decide."""

    def who(name: str = Header()) -> Person:
        if not name:
            raise HTTPException(401)
        return Person(name, may_decide=True)

    headers = {"name": "paul", "origin": ORIGIN}
    return TestClient(board(who), headers=headers, follow_redirects=False)


def went_to(answer: Any) -> str:
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_the_proof_of_a_day_is_shown_with_its_neighbours(day: str, olive: TestClient) -> None:
    reconcile(as_of=at(5))
    page = olive.get("/settlement").text
    assert "Settlement of 2026-03-05 <small>open" in page
    assert 'href="/settlement?day=2026-03-04" rel="prev"' in page
    assert 'rel="next"' not in page
    earlier = olive.get("/settlement", params={"day": "2026-03-04"}).text
    assert earlier.count("Nothing is unexplained.") == 2
    assert "30.00<small>3</small>" in earlier
    assert ">0.00<small>0</small>" in earlier
    assert 'href="/settlement?day=2026-03-05" rel="next"' in earlier
    later = olive.get("/settlement", params={"day": "2026-03-09"}).text
    assert "2026-03-09 is not reconciled; 2026-03-05 is the newest" in later


def test_before_the_first_reconciliation_the_page_says_what_to_do(books: str) -> None:
    for address in ("/settlement", "/settlement?day=2026-03-01"):
        page = client("olive").get(address).text
        assert "reconcile_settlements" in page
        assert "Nothing waits." in page
        assert "All days are open." in page
    assert "Nothing is reconciled yet" in client("olive").get("/settlement/open").text
    assert "Give an order, payment" in client("olive").get("/story").text


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({}, 2),
        ({"partner": "adyen"}, 2),
        ({"partner": "stripe"}, 0),
        ({"code": "AMOUNT_UNDER"}, 0),
        ({"after": "2"}, 1),
        ({"side": "line"}, 1),
        ({"side": "line", "code": "SETTLED_NO_ORDER"}, 1),
        ({"side": "payout", "partner": "adyen"}, 1),
        ({"side": "bank"}, 0),
        ({"day": "2026-03-01"}, 0),
    ],
)
def test_what_is_open_is_listed_and_narrowed(
    olive: TestClient, filters: dict[str, str], count: int
) -> None:
    page = olive.get("/settlement/open", params=filters).text
    assert page.count('<th scope="row">') == count
    assert EVIL not in page


def test_what_is_open_says_what_was_decided_since(day: str, olive: TestClient) -> None:
    decide(day, decisions.write_off, says(), payment_ref="P2")
    limit(day, 1000)
    decide(day, decisions.write_off, says(), payment_ref="P3")
    page = olive.get("/settlement/open").text
    assert page.index("its write-off waits") < page.index("settled")


def test_a_story_shows_raw_text_and_where_each_part_stands(olive: TestClient) -> None:
    page = olive.get("/story", params={"of": " P1 "}).text
    assert "payment P1 matched with line:1 by exact reference (match:1)" in page
    assert "<pre>G1,P1,10.00</pre>" in page
    assert "formaction" not in page
    assert 'action="/matches/1/unmatch"' in page
    nothing = olive.get("/story", params={"of": f"{EVIL}?"})
    assert (nothing.status_code, EVIL in nothing.text) == (404, False)
    assert "Nothing is known about" in nothing.text


def test_a_file_that_the_archive_lost_does_not_hide_the_story(olive: TestClient) -> None:
    for path in archive.path_of(_sha256()).parent.iterdir():
        path.unlink()
    page = olive.get("/story", params={"of": "P1"})
    assert (page.status_code, "The archive has no file" in page.text) == (200, True)


def _sha256() -> str:
    return archive.digest_of(b"header\nG1,P1,10.00\nnine\n")


def test_a_match_is_undone_and_made_by_hand(day: str, olive: TestClient) -> None:
    assert went_to(olive.post("/matches/1/unmatch", data=WHY)) == "/story?of=match%3A1"
    form = {"of": "P1", "many": "P1", "with_many": "line:1", **WHY}
    assert went_to(olive.post("/match", data=form)) == "/story?of=match%3A2"
    assert 'action="/matches/2/unmatch"' in olive.get("/story?of=match:2").text
    assert rows(day, AUDIT) == [
        ("olive", "settlement.unmatch", "settlement_match:1", WHY["reason"]),
        ("olive", "settlement.match", "settlement_match:2", WHY["reason"]),
    ]


def test_payouts_are_parted_and_tied(day: str, olive: TestClient, paul: TestClient) -> None:
    assert went_to(olive.post("/payout-matches/1/unmatch", data=WHY)).endswith("payout-match%3A1")
    form = {"of": "PO-0002", "many": "payout:2", "with_many": "2", **WHY}
    refused = olive.post("/match-payouts", data=form)
    assert (refused.status_code, "-10 minor units more" in refused.text) == (409, True)
    assert 'value="payout:2"' in refused.text
    assert 'value="the gateway said so"' in refused.text
    form["write_off_variance"] = "true"
    assert went_to(olive.post("/match-payouts", data=form)) == "/story?of=write-off%3A1"
    assert "variance of  payout:2 bank:2" in olive.get("/settlement").text
    assert went_to(paul.post("/write-offs/1/approve", data=WHY)) == "/story?of=write-off%3A1"
    assert "in payout-match:2" in paul.get("/story?of=payout:2").text
    assert "bank:2" in paul.get("/story?of=write-off:1").text


def test_a_write_off_waits_for_another_person(
    day: str, olive: TestClient, paul: TestClient
) -> None:
    assert went_to(olive.post("/write-off", data={"payment": "P2", **WHY})).endswith("off%3A1")
    for address in ("/settlement", "/story?of=P2"):
        page = olive.get(address).text
        assert "You proposed it: another person approves." in page
        assert "/write-offs/1/approve" not in page
        assert "/write-offs/1/reject" in page
        assert "/write-offs/1/approve" in paul.get(address).text
    refused = olive.post("/write-offs/1/approve", data=WHY)
    assert (refused.status_code, "cannot approve it" in refused.text) == (409, True)
    went_to(paul.post("/write-offs/1/approve", data=WHY))
    went_to(paul.post("/write-offs/1/reopen", data=WHY))
    went_to(olive.post("/write-off", data={"line": "9", **WHY}))
    went_to(paul.post("/write-offs/2/reject", data=WHY))
    assert rows(day, WRITE_OFFS) == [("REJECTED", None), ("REOPENED", "paul")]


def test_periods_close_reopen_and_lock(day: str, olive: TestClient) -> None:
    days = {"first_day": "2026-03-01", "last_day": "2026-03-04", **WHY}
    early = olive.post("/settlement/periods/close", data=days | {"last_day": "2026-03-31"})
    assert (early.status_code, "is not reconciled" in early.text) == (409, True)
    assert 'value="2026-03-31"' in early.text
    for verdict, words in [("close", "closed"), ("reopen", "open"), ("close", "closed")]:
        asked = olive.post(f"/settlement/periods/{verdict}", data=days)
        assert went_to(asked) == "/settlement#periods"
        assert f"Settlement of 2026-03-04 <small>{words}" in olive.get("/settlement").text
    refused = olive.post("/matches/1/unmatch", data=WHY)
    assert (refused.status_code, "is CLOSED" in refused.text) == (409, True)
    went_to(olive.post("/settlement/periods/lock", data=days))
    page = olive.get("/settlement").text
    assert "locked for ever" in page
    assert "/settlement/periods/reopen" not in page


@pytest.mark.parametrize(
    ("path", "form", "status", "says"),
    [
        ("/matches/1/unmatch", {"reason": " "}, 400, "Say who decides, and why."),
        ("/matches/99/unmatch", WHY, 409, "There is no match 99"),
        ("/match", {"of": "P2", "many": "P2", "with_many": "x", **WHY}, 400, "is no number"),
        ("/match", {"of": "P2", "many": "P2", "with_many": "9", **WHY}, 409, "-100 minor units"),
        ("/match", {"of": "P2", "many": "P2 P3", "with_many": "", **WHY}, 409, "are no match"),
        ("/write-off", {"payment": "P1", **WHY}, 409, "is in match 1"),
        ("/write-off", {"line": "x", **WHY}, 400, "cannot be read"),
        ("/write-offs/7/approve", WHY, 409, "There is no write-off 7"),
        ("/write-offs/7/forget", WHY, 400, "cannot be read"),
        ("/settlement/periods/close", WHY, 400, "first and a last day"),
        ("/settlement/periods/lock", {"first_day": "2026-03-01", "last_day": "x"}, 400, "read"),
    ],
)
def test_what_does_not_hold_changes_nothing(
    day: str, olive: TestClient, path: str, form: dict[str, str], status: int, says: str
) -> None:
    answer = olive.post(path, data=form)
    assert (answer.status_code, says in answer.text) == (status, True), answer.text
    assert rows(day, AUDIT) == []


def test_a_date_that_is_none_is_refused(olive: TestClient) -> None:
    for address in ("/settlement?day=31.3.", "/settlement/open?day=31.3."):
        answer = olive.get(address)
        assert (answer.status_code, "is no date" in answer.text) == (400, True)


POSTS = {
    "/matches/1/unmatch": WHY,
    "/payout-matches/1/unmatch": WHY,
    "/match": {"of": "P2", "many": "P2", "with_many": "9", **WHY},
    "/match-payouts": {"of": "P2", "many": "2", "with_many": "2", **WHY},
    "/write-off": {"payment": "P2", **WHY},
    "/write-offs/1/reject": WHY,
    "/settlement/periods/close": {"first_day": "2026-03-01", "last_day": "2026-03-04", **WHY},
}


@pytest.mark.parametrize("path", POSTS)
def test_a_viewer_and_another_site_change_nothing(day: str, path: str) -> None:
    decide(day, decisions.write_off, says(), payment_ref="P3")
    before = rows(day, AUDIT)
    for asks in (client("vera"), client("olive", origin="http://evil.example")):
        assert asks.post(path, data=POSTS[path]).status_code == 403
    assert client("").post(path, data=POSTS[path]).status_code == 401
    assert rows(day, AUDIT) == before


def test_a_viewer_sees_all_and_no_form_that_decides(day: str) -> None:
    decide(day, decisions.write_off, says(), payment_ref="P3")
    decide(day, periods.close, date(2026, 3, 1), date(2026, 3, 4), says())
    for address in ("/settlement", "/settlement/open", "/story?of=P1", "/story?of=write-off:1"):
        page = client("vera").get(address)
        assert (page.status_code, 'method="post"' in page.text) == (200, False)
