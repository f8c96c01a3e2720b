"""Statements of all layouts become the same lines and balances; overlaps count once."""

from datetime import date
from pathlib import Path

import pytest

from tests.sql.books import at, rows
from tieout.exchange.partners import FeedSpec, PartnerSpec, load_partners
from tieout.kernel.database import transaction
from tieout.settlement.payout_tasks import take_in_bank_statements
from tieout.world.statements import LAYOUTS, Entry, Layout, Statement

LINES = """
    SELECT account, currency, amount_minor, booked_on::text, bank_ref
      FROM bank_line ORDER BY bank_ref
"""
STATEMENTS = """
    SELECT opening_minor, closing_minor, movement_minor, lines, known_lines FROM bank_statement
     ORDER BY statement_no, bank_statement_id
"""
ENTRIES = (
    Entry("R1", 10_000, "Adyen N.V.", "TX000001EURXT batch 1"),
    Entry("R2", -250, "The bank", "charge"),
    Entry("R3", 10_000, "Adyen N.V.", "TX000001EURXT batch 1"),
)


def statement(number: int, entries: tuple[Entry, ...], opening: int = 500) -> Statement:
    """A statement of that day of March 2026."""
    return Statement("NWBHD0001", "BHD", number, date(2026, 3, number), opening, entries)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "bank"
    folder.mkdir()
    return folder


def open_bank(url: str, folder: Path, layout: Layout) -> None:
    feed = FeedSpec(format_id=layout.format_id, directory=str(folder))
    bank = PartnerSpec(partner_id="bank", kind="BANK", name="B", feeds={"BANK_STATEMENT": feed})
    with transaction(url, actor="test") as connection:
        load_partners(connection, [bank])


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda layout: layout.format_id)
def test_each_layout_gives_the_same_lines_and_balances(
    case_url: str, inbox: Path, layout: Layout
) -> None:
    open_bank(case_url, inbox, layout)
    (inbox / "one").write_bytes(layout.write(statement(2, ENTRIES)))
    assert take_in_bank_statements(as_of=at(3))["applied"] == 3
    assert rows(case_url, LINES) == [
        ("NWBHD0001", "BHD", entry.amount_minor, "2026-03-02", entry.ref) for entry in ENTRIES
    ]
    assert rows(case_url, STATEMENTS) == [(500, 20_250, 19_750, 3, 0)]
    (named,) = rows(
        case_url, "SELECT count(*) FROM bank_line WHERE search_text LIKE '%TX000001EURXT%'"
    )
    assert named == (2,)


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_sheet_that_overlaps_with_an_earlier_one_adds_only_what_is_new(
    case_url: str, inbox: Path, newest_first: bool
) -> None:
    open_bank(case_url, inbox, LAYOUTS[3])
    for name, entries in (("1.csv", ENTRIES[:2]), ("2.csv", ENTRIES)):
        head, *lines = LAYOUTS[3].write(statement(2, entries)).decode().splitlines()
        text = [head, *(lines[::-1] if newest_first else lines)]
        (inbox / name).write_text("\n".join(text) + "\n")
        counts = take_in_bank_statements(as_of=at(3))
    assert (counts["applied"], counts["duplicate"]) == (1, 2)
    assert [row[4] for row in rows(case_url, LINES)] == ["R1", "R2", "R3"]
    assert rows(case_url, STATEMENTS) == [(500, 10_250, 9_750, 2, 0), (500, 20_250, 19_750, 3, 2)]
    assert rows(case_url, "SELECT 1 FROM bank_statement_break('infinity')") == []


def test_two_lines_that_say_the_same_are_two(case_url: str, inbox: Path) -> None:
    open_bank(case_url, inbox, LAYOUTS[0])
    twins = (ENTRIES[0], ENTRIES[0])
    (inbox / "one.xml").write_bytes(LAYOUTS[0].write(statement(2, twins)))
    (inbox / "again.xml").write_bytes(LAYOUTS[0].write(statement(2, twins)) + b"\n")
    counts = take_in_bank_statements(as_of=at(3))
    assert (counts["applied"], counts["duplicate"]) == (2, 2)
    assert len(rows(case_url, LINES)) == 2


def test_a_statement_without_lines_carries_the_balance_on(case_url: str, inbox: Path) -> None:
    open_bank(case_url, inbox, LAYOUTS[0])
    for number in (2, 3):
        (inbox / f"{number}.xml").write_bytes(LAYOUTS[0].write(statement(number, (), opening=500)))
    (inbox / "4.xml").write_bytes(LAYOUTS[0].write(statement(4, ENTRIES, opening=501)))
    take_in_bank_statements(as_of=at(5))
    assert rows(case_url, STATEMENTS)[:2] == [(500, 500, 0, 0, 0)] * 2
    gaps = "SELECT reason, difference_minor FROM bank_statement_break('infinity')"
    assert rows(case_url, gaps) == [("opening", 1)]
