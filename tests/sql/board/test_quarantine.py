"""Rows and files that were set aside, on the board: seen, corrected, accepted, discarded."""

from datetime import timedelta
from html import escape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.sql.board.conftest import client
from tests.sql.exchange.conftest import AS_OF, Desk, new_desk
from tieout.kernel.runs import Counts

LATER, MUCH_LATER = AS_OF + timedelta(hours=1), AS_OF + timedelta(hours=2)
EVIL = "<script>alert(1)</script>"
NUMBER = "SELECT max(source_file_id) FROM source_file"
AUDIT = "SELECT actor, action, subject, reason FROM audit_log"


@pytest.fixture
def desk(case_url: str, tmp_path: Path) -> Desk:
    return new_desk(case_url, tmp_path)


@pytest.fixture
def row(desk: Desk) -> str:
    """The address of a row that waits in quarantine, with a script in its text."""
    desk.put("track-1.csv", ["A", "X"], Hub=EVIL)
    desk.rejects = {"X": f"It is not ours {EVIL}."}
    assert desk.take_in() == Counts(read=2, applied=1, quarantined=1)
    return f"/quarantine/{raw_row(desk)[0]}"


def raw_row(desk: Desk) -> tuple[object, ...]:
    return desk.rows("SELECT quarantine_id, raw, status FROM quarantine")[0]


def test_a_row_is_seen_corrected_and_loaded(desk: Desk, row: str, olive: TestClient) -> None:
    listing = olive.get("/quarantine", params={"partner": desk.partner_id}).text
    assert f'href="{row}"' in listing
    assert "track-1.csv:" in listing
    shown = olive.get(row).text
    raw = str(raw_row(desk)[1])
    assert escape(raw, quote=False) in shown
    assert "What to do" in shown
    text = raw.replace(",X,", ",Y,")
    said = olive.post(f"{row}/correct", data={"text": text, "reason": "they said so"})
    assert (said.status_code, said.headers["location"]) == (303, row)
    assert "The next run of its flow loads it" in olive.get(row).text
    assert desk.take_in(LATER) == Counts(read=1, applied=1)
    assert desk.loaded() == ["A", "Y"]
    subject = row[1:].replace("/", ":")
    assert desk.rows(AUDIT) == [("olive", "quarantine.correct", subject, "they said so")]
    assert 'href="/quarantine/' not in olive.get("/quarantine").text


def test_all_text_is_escaped(row: str, olive: TestClient) -> None:
    pages = [
        olive.get("/quarantine"),
        olive.get("/quarantine", params={"partner": EVIL, "doc_type": f'"{EVIL}'}),
        olive.get(row),
        olive.get("/files", params={"partner": EVIL}),
        olive.get("/cases", params={"code": EVIL, "partner": EVIL}),
        olive.post(f"{row}/correct", data={"text": EVIL, "reason": " "}),
        olive.post(f"{row}/discard", data={"reason": EVIL}, follow_redirects=True),
    ]
    for answer in pages:
        assert "<script" not in answer.text
        assert escape(EVIL, quote=False) in answer.text or "/quarantine?" in str(answer.url)


@pytest.mark.parametrize(
    ("form", "status", "says"),
    [
        ({"text": "L,Y", "reason": " "}, 400, "Say who decides, and why."),
        ({"text": "two\nlines", "reason": "x"}, 409, "Give the whole record as one line"),
        ({"text": "L,4111 1111 1111 1111", "reason": "x"}, 409, "holds a card number"),
        ({"text": "nul \0", "reason": "x"}, 400, "cannot be read"),
        ({}, 409, "is blank"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(
    desk: Desk, row: str, olive: TestClient, form: dict[str, str], status: int, says: str
) -> None:
    answer = olive.post(f"{row}/correct", data=form)
    assert answer.status_code == status
    assert says in answer.text
    assert raw_row(desk)[2] == "OPEN"
    assert desk.rows(AUDIT) == []


def test_a_discarded_row_is_decided_for_good(desk: Desk, row: str, olive: TestClient) -> None:
    assert olive.post(f"{row}/discard", data={"reason": "a test row"}).status_code == 303
    again = olive.post(f"{row}/discard", data={"reason": "a test row"})
    assert again.status_code == 409
    assert "is DISCARDED, not OPEN" in again.text
    assert "<form" not in olive.get(row).text
    assert desk.take_in(LATER) == Counts()


def test_a_list_goes_on_on_the_next_page(desk: Desk, olive: TestClient) -> None:
    numbers = [f"X{number}" for number in range(60)]
    desk.put("many.csv", [*numbers, *(f"A{number}" for number in range(1500))])
    desk.rejects = dict.fromkeys(numbers, "It is not ours.")
    desk.take_in()
    first = olive.get("/quarantine", params={"partner": desk.partner_id}).text
    assert first.count('<td><a href="/quarantine/') == 50
    following = first.split('">Next</a>')[0].rsplit('href="', 1)[1].replace("&amp;", "&")
    second = olive.get(following).text
    assert second.count('<td><a href="/quarantine/') == 10
    assert ">Next<" not in second


def test_a_file_in_conflict_is_accepted(desk: Desk, olive: TestClient) -> None:
    desk.put("a.csv", ["A"], "7")
    desk.take_in()
    desk.put("b.csv", ["B"], "7")
    desk.take_in(LATER)
    number = desk.rows(NUMBER)[0][0]
    page = olive.get("/files").text
    assert f"/files/{number}/accept" in page
    assert "accept-unbalanced" not in page
    accepted = olive.post(f"/files/{number}/accept", data={"reason": "their counter broke"})
    assert accepted.status_code == 303
    assert "The next run of its flow loads it" in olive.get("/files").text
    desk.take_in(MUCH_LATER)
    assert desk.loaded() == ["A", "B"]
    assert desk.rows(AUDIT) == [("olive", "file.accept", f"file:{number}", "their counter broke")]
    again = olive.post(f"/files/{number}/accept", data={"reason": "again"})
    assert (again.status_code, "does not wait for this" in again.text) == (409, True)


@pytest.mark.parametrize(
    ("verdict", "loaded"), [("accept-unbalanced", ["A", "B"]), ("discard", [])]
)
def test_a_file_that_does_not_tie_is_decided(
    desk: Desk, olive: TestClient, verdict: str, loaded: list[str]
) -> None:
    path = desk.put("a.csv", ["A", "B"])
    path.write_bytes(path.read_bytes().replace(b"T,2", b"T,3"))
    desk.take_in()
    address = f"/files/{desk.rows(NUMBER)[0][0]}/{verdict}"
    assert f'formaction="{address}"' in olive.get("/files").text
    assert olive.post(address, data={"reason": " "}).status_code == 400
    assert olive.post(address, data={"reason": "the bank proved it"}).status_code == 303
    desk.take_in(LATER)
    assert desk.loaded() == loaded


def test_no_card_number_is_shown(desk: Desk, olive: TestClient) -> None:
    desk.put("a.csv", ["A", "B"], Hub="4111 1111 1111 1111")
    desk.take_in()
    address = f"/quarantine/{raw_row(desk)[0]}"
    for page in ("/quarantine", address, "/files"):
        assert "4111 1111" not in olive.get(page).text


DECISIONS = ["/quarantine/1/correct", "/quarantine/1/discard", "/files/1/discard", "/cases"]
PAGES = ["/", "/quarantine", "/quarantine/1", "/files", "/cases", "/board.css"]


@pytest.mark.parametrize("page", PAGES)
def test_nobody_sees_anything_without_a_user(page: str) -> None:
    assert client("").get(page).status_code == 401


@pytest.mark.parametrize("page", DECISIONS)
def test_nobody_decides_without_a_user_nor_by_get(page: str) -> None:
    form = {"reason": "x", "text": "x", "ids": "1"}
    assert client("").post(page, data=form).status_code == 401
    if page != "/cases":
        assert client("olive").get(page).status_code == 405


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("vera", "http://testserver"),
        ("olive", "http://evil.example"),
        ("olive", "http://testserver.evil.example"),
        ("olive", "http://testserver:8081"),
        ("olive", "null"),
        ("olive", ""),
    ],
)
@pytest.mark.parametrize("page", DECISIONS)
def test_a_viewer_or_another_site_decides_nothing(
    desk: Desk, row: str, name: str, origin: str, page: str
) -> None:
    form = {"reason": "x", "text": "x", "ids": "1"}
    assert client(name, origin).post(page, data=form).status_code == 403
    assert raw_row(desk)[2] == "OPEN"


def test_a_viewer_sees_the_row_but_no_form(row: str, vera: TestClient) -> None:
    page = vera.get(row).text
    assert "It is not ours" in page
    assert 'method="post"' not in page


@pytest.mark.parametrize("page", [*PAGES, "/quarantine/999999", "/quarantine/x", "/nothing"])
def test_answers_are_not_kept_and_load_nothing_from_elsewhere(olive: TestClient, page: str) -> None:
    headers = olive.get(page).headers
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")


def test_what_does_not_exist_is_said(olive: TestClient) -> None:
    answer = olive.get("/quarantine/999999")
    assert (answer.status_code, "no row 999999" in answer.text) == (404, True)
    assert olive.get("/quarantine/99999999999999999999999").status_code == 400
    assert olive.get("/quarantine", params={"status": "LOST"}).status_code == 400
