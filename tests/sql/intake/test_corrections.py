"""A person corrects a row of order_entry on the command line, and the next run takes it in."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sql.intake.entries import Row, entry, set_up
from tieout.cli.main import main
from tieout.exchange.quarantine import listed
from tieout.intake import tasks
from tieout.kernel.database import execute, transaction

AS_OF = datetime(2026, 3, 2, 6, tzinfo=UTC)
CARD = "4111 1111 1111 1111"
WHY = ["--reason", "The shop said so.", "--actor", "olive"]


def take_in(url: str, rows: list[Row]) -> str:
    """Capture the rows past the library's mask, judge them, and say which one waits."""
    with transaction(url, actor="test") as connection:
        execute(connection, "intake/capture", rows=json.dumps(rows))
    tasks.validate_entries(as_of=AS_OF)
    with transaction(url, actor="test") as connection:
        (waiting,) = listed(connection, doc_type="ORDER_ENTRY")
    return str(waiting["quarantine_id"])


@pytest.mark.parametrize(
    ("over", "corrected"),
    [
        ({"sku": "GONE"}, {"sku": "A-1"}),
        ({"ship_name": f"Ann {CARD}"}, {"ship_name": "Ann"}),
    ],
)
def test_a_corrected_entry_becomes_an_order(
    case_url: str, tmp_path: Path, over: Row, corrected: Row
) -> None:
    set_up(case_url, tmp_path)
    waiting = take_in(case_url, entry(1, [("A-1", 1, 500)], **over))
    assert main(["quarantine", "correct", waiting, "--text", json.dumps(corrected), *WHY]) == 0
    assert tasks.validate_entries(as_of=AS_OF)["applied"] == 1
    assert tasks.normalise_orders(as_of=AS_OF)["orders"] == 1


@pytest.mark.parametrize(
    "text", ["", "A-1", '["A-1"]', json.dumps({"ship_name": CARD}), '{"sku":\n"A-1"}']
)
def test_a_correction_that_cannot_be_is_refused(
    case_url: str, tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(case_url, tmp_path)
    waiting = take_in(case_url, entry(1, [("GONE", 1, 500)]))
    assert main(["quarantine", "correct", waiting, "--text", text, *WHY]) == 2
    assert "[quarantine]" in capsys.readouterr().err
    assert tasks.validate_entries(as_of=AS_OF)["applied"] == 0


def test_references_that_look_like_a_card_may_stay(case_url: str, tmp_path: Path) -> None:
    set_up(case_url, tmp_path)
    waiting = take_in(case_url, entry(1, [("GONE", 1, 500)]))
    whole = {"sku": "A-1", "order_ref": CARD.replace(" ", "")}
    assert main(["quarantine", "correct", waiting, "--text", json.dumps(whole), *WHY]) == 0
    assert tasks.validate_entries(as_of=AS_OF)["applied"] == 1
