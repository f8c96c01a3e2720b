"""What people decide about rows in quarantine, on the command line, and that it is written down."""

from datetime import timedelta

import pytest

from tests.sql.exchange.conftest import AS_OF, Desk
from tieout.cli.main import main
from tieout.kernel.runs import Counts
from tieout.kernel.settings import settings

LATER = AS_OF + timedelta(hours=1)
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


def test_without_a_reason_nothing_is_decided(desk: Desk, row: str) -> None:
    assert main(["quarantine", "discard", row, "--reason", " "]) == 2
    state = desk.rows("SELECT status FROM quarantine WHERE partner_id = :partner")
    assert state == [("OPEN",)]


def test_an_unknown_row_is_said_so(row: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quarantine", "show", "999999"]) == 2
    assert "no row 999999" in capsys.readouterr().err
