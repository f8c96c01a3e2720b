"""What people decide about rows in quarantine, on the command line, and that it is written down."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from tests.sql.exchange.conftest import AS_OF, Desk
from tieout.cli.main import main
from tieout.exceptions.registry import rules
from tieout.exceptions.runner import find_offences
from tieout.kernel.database import transaction
from tieout.kernel.runs import Counts
from tieout.kernel.settings import settings

LATER, MUCH_LATER = AS_OF + timedelta(hours=1), AS_OF + timedelta(hours=2)
WHY = ["--reason", "The carrier said so.", "--actor", "olive"]


@pytest.fixture
def row(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> str:
    """The number of a row that waits in quarantine."""
    monkeypatch.setenv("TIEOUT_DATABASE_URL", desk.url)
    settings.cache_clear()
    desk.put("track-1.csv", ["A", "X"])
    desk.rejects = {"X": "It is not ours."}
    assert desk.take_in() == Counts(read=2, applied=1, quarantined=1)
    return str(desk.rows("SELECT quarantine_id FROM quarantine WHERE partner_id = :partner")[0][0])


def test_a_row_is_listed_shown_corrected_and_loaded(
    desk: Desk, row: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["quarantine", "list", "--partner", desk.partner_id]) == 0
    listing = capsys.readouterr().out
    assert row in listing
    assert "It is not ours." in listing
    assert main(["quarantine", "show", row]) == 0
    raw = next(
        line.split(maxsplit=1)[1]
        for line in capsys.readouterr().out.splitlines()
        if line.startswith("raw")
    )
    assert main(["quarantine", "correct", row, "--text", raw.replace(",X,", ",Y,"), *WHY]) == 0
    assert desk.take_in(LATER) == Counts(read=1, applied=1)
    assert desk.loaded() == ["A", "Y"]
    audit = "SELECT actor, action, reason FROM audit_log WHERE subject = 'quarantine:' || "
    assert desk.rows(audit + row) == [("olive", "quarantine.correct", "The carrier said so.")]
    assert main(["quarantine", "correct", row, "--text", raw, *WHY]) == 2


def test_a_discarded_row_is_decided_for_good(desk: Desk, row: str) -> None:
    assert main(["quarantine", "discard", row, *WHY]) == 0
    assert main(["quarantine", "discard", row, *WHY]) == 2
    assert desk.take_in(LATER) == Counts()
    state = desk.rows("SELECT status FROM quarantine WHERE partner_id = :partner")
    assert state == [("DISCARDED",)]


@pytest.mark.parametrize("text", ["", "a\nb", "L,ups,4111 1111 1111 1111,x"])
def test_a_correction_that_cannot_be_is_refused(
    desk: Desk, row: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["quarantine", "correct", row, "--text", text, *WHY]) == 2
    assert "[quarantine]" in capsys.readouterr().err


@pytest.fixture
def conflict(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> str:
    """The number of a file that came under the control number of another."""
    monkeypatch.setenv("TIEOUT_DATABASE_URL", desk.url)
    settings.cache_clear()
    desk.put("a.csv", ["A"], "7")
    desk.take_in()
    desk.put("b.csv", ["B"], "7")
    assert desk.take_in(LATER) == Counts()
    query = "SELECT source_file_id FROM source_file WHERE partner_id = :partner AND name = 'b.csv'"
    return str(desk.rows(query)[0][0])


def refusals(desk: Desk, as_of: datetime) -> list[object]:
    rule = [each for each in rules() if each.code == "FILE_REFUSED"]
    with transaction(desk.url, actor="test") as connection:
        find_offences(connection, rule, as_of)
        query = text("SELECT subject FROM offence WHERE partner_id = :partner")
        return list(connection.execute(query, {"partner": desk.partner_id}).scalars())


def test_an_accepted_file_loads_beside_the_one_that_has_its_number(
    desk: Desk, conflict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["quarantine", "files", "--partner", desk.partner_id]) == 0
    assert f"{conflict} CONFLICT" in capsys.readouterr().out
    assert main(["quarantine", "accept-file", conflict, *WHY]) == 0
    assert refusals(desk, MUCH_LATER) == ["file:b.csv"], "it has not loaded yet"
    assert desk.take_in(MUCH_LATER) == Counts(read=1, applied=1)
    assert desk.loaded() == ["A", "B"]
    assert [row[1] for row in desk.files()] == ["LOADED", "LOADED"]
    assert refusals(desk, MUCH_LATER) == []
    audit = (
        "SELECT actor, action, facts ->> 'control_no' FROM audit_log WHERE subject = 'file:' || "
    )
    assert desk.rows(audit + conflict) == [("olive", "file.accept", "7")]
    assert desk.take_in(MUCH_LATER) == Counts()
    assert main(["quarantine", "accept-file", conflict, *WHY]) == 2
    assert "does not wait for this decision" in capsys.readouterr().err


def test_a_discarded_file_is_never_loaded_and_no_exception_any_more(
    desk: Desk, conflict: str
) -> None:
    assert refusals(desk, LATER) == ["file:b.csv"]
    assert main(["quarantine", "discard-file", conflict, *WHY]) == 0
    assert refusals(desk, LATER) == []
    (desk.folder / "b.csv").touch()
    assert desk.take_in(MUCH_LATER) == Counts()
    assert desk.loaded() == ["A"]
    assert main(["quarantine", "accept-file", conflict, *WHY]) == 2


def test_a_refused_file_can_be_discarded_but_not_accepted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIEOUT_DATABASE_URL", desk.url)
    settings.cache_clear()
    (desk.folder / "broken.csv").write_bytes(b"no such format")
    desk.take_in()
    query = "SELECT source_file_id FROM source_file WHERE partner_id = :partner"
    number = str(desk.rows(query)[0][0])
    assert refusals(desk, LATER) == ["file:broken.csv"]
    assert main(["quarantine", "accept-file", number, *WHY]) == 2
    assert main(["quarantine", "discard-file", number, *WHY]) == 0
    assert refusals(desk, LATER) == []


def test_a_file_that_does_not_tie_loads_when_a_person_says_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIEOUT_DATABASE_URL", desk.url)
    settings.cache_clear()
    path = desk.put("a.csv", ["A", "B"])
    path.write_bytes(path.read_bytes().replace(b"T,2", b"T,3"))
    desk.take_in()
    number = str(
        desk.rows("SELECT source_file_id FROM source_file WHERE partner_id = :partner")[0][0]
    )
    assert main(["quarantine", "accept-file", number, *WHY]) == 2
    assert desk.loaded() == []
    assert main(["quarantine", "accept-file", number, "--accept-unbalanced", *WHY]) == 0
    assert main(["quarantine", "accept-file", number, "--accept-unbalanced", *WHY]) == 2
    assert refusals(desk, MUCH_LATER) == ["file:a.csv"], "it has not loaded yet"
    assert desk.take_in(MUCH_LATER) == Counts(read=2, applied=2)
    assert desk.loaded() == ["A", "B"]
    assert refusals(desk, MUCH_LATER) == []
    said = (
        "SELECT f.facts -> 'accepted_unbalanced' ->> 'by', f.facts -> 'accepted_unbalanced' ->> "
        "'found', f.status_reason FROM source_file AS f WHERE f.partner_id = :partner"
    )
    assert desk.rows(said) == [("olive", "2", "accepted: The carrier said so.")]
    audit = "SELECT actor, action, facts ->> 'expected' FROM audit_log WHERE subject = 'file:' || "
    assert desk.rows(audit + number) == [("olive", "file.accept_unbalanced", "lines 3")]


def test_a_file_whose_card_numbers_were_masked_can_be_accepted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIEOUT_DATABASE_URL", desk.url)
    settings.cache_clear()
    path = desk.put("a.csv", ["A", "B"], Hub="4111 1111 1111 1111")
    path.write_bytes(path.read_bytes().replace(b"T,2", b"T,3"))
    assert b"4111" in path.read_bytes()
    desk.take_in()
    file = str(
        desk.rows("SELECT source_file_id FROM source_file WHERE partner_id = :partner")[0][0]
    )
    assert main(["quarantine", "accept-file", file, "--accept-unbalanced", *WHY]) == 0
    assert desk.take_in(LATER) == Counts(read=2, quarantined=2)


def test_a_row_of_a_file_that_does_not_tie_can_be_corrected(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIEOUT_DATABASE_URL", desk.url)
    settings.cache_clear()
    path = desk.put("a.csv", ["A", "X"])
    path.write_bytes(path.read_bytes().replace(b"T,2", b"T,3"))
    desk.rejects = {"X": "It is not ours."}
    desk.take_in()
    file = str(
        desk.rows("SELECT source_file_id FROM source_file WHERE partner_id = :partner")[0][0]
    )
    assert main(["quarantine", "accept-file", file, "--accept-unbalanced", *WHY]) == 0
    desk.take_in(LATER)
    number, raw = desk.rows(
        "SELECT quarantine_id, raw FROM quarantine WHERE partner_id = :partner"
    )[0]
    words = ["quarantine", "correct", str(number), "--text", raw.replace("X", "B"), *WHY]
    assert main(words) == 0
    desk.take_in(MUCH_LATER)
    assert desk.loaded() == ["A", "B"]


def test_only_a_file_that_does_not_tie_can_be_accepted_as_such(
    desk: Desk, conflict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["quarantine", "accept-file", conflict, "--accept-unbalanced", *WHY]) == 2


def test_without_a_reason_nothing_is_decided(desk: Desk, row: str) -> None:
    assert main(["quarantine", "discard", row, "--reason", " "]) == 2
    state = desk.rows("SELECT status FROM quarantine WHERE partner_id = :partner")
    assert state == [("OPEN",)]


def test_an_unknown_row_is_said_so(row: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quarantine", "show", "999999"]) == 2
    assert "no row 999999" in capsys.readouterr().err
