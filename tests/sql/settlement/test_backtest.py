"""Other rules on past dates: nothing changes under the same rules, and each change has its name."""

from pathlib import Path

import pytest

from tests.sql.books import add, at, line, open_books, payment, rows, source_file
from tests.sql.harness import load
from tests.sql.settlement.test_decisions import decide
from tests.sql.settlement.test_interleavings import DEEDS, Books
from tests.sql.settlement.test_journal import prove
from tieout.cli.main import main
from tieout.kernel.audit import Decision
from tieout.kernel.database import read_only
from tieout.settlement import decisions, periods
from tieout.settlement.backtest import Backtest, backtest
from tieout.settlement.passes import PASSES
from tieout.settlement.rules_folder import Rules, load_rules
from tieout.settlement.tasks import reconcile

LEFT = """
    SELECT business_date, side, currency::text, sum(open_count + exception_count)::int,
           sum(open_minor + exception_minor)::int
      FROM settlement_proof GROUP BY 1, 2, 3 HAVING sum(open_count + exception_count) > 0
     ORDER BY 1, 2, 3
"""
OPEN = """
    SELECT r.business_date, o.side || 's', o.currency::text, count(*), sum(o.amount_minor)::int
      FROM settlement_run AS r CROSS JOIN LATERAL settlement_open_as_of(r.business_date) AS o
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


@pytest.fixture
def url(case_url: str) -> str:
    open_books(case_url)
    return case_url


def replay(url: str, rules: Rules, first: int = 1, last: int = 30) -> Backtest:
    with read_only(url) as connection:
        return backtest(connection, rules, at(first).date(), at(last).date())


def folder(path: Path, settings: str = "", **passes: str) -> Path:
    path.mkdir(exist_ok=True)
    if settings:
        (path / "settings.yaml").write_text(settings, encoding="utf-8")
    for name, text in passes.items():
        (path / "passes").mkdir(exist_ok=True)
        (path / "passes" / f"{name}.sql").write_text(text, encoding="utf-8")
    return path


def told(found: Backtest) -> list[tuple]:
    keys = ("what", "payment_ref", "line_id", "instead", "kept_by", "before", "after")
    return [tuple(row[key] for key in keys) for row in found.changes.to_pylist()]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_people_and_runs_do_the_books_agree_and_the_same_rules_change_nothing(
    case_url: str, seed: int
) -> None:
    books = Books(case_url, seed)
    books.arrive()
    books.reconcile()
    once_a_day = [deed for deed in DEEDS if deed is not Books.reconcile]
    for deed in books.rng.choices([*once_a_day, Books.arrive], k=20):
        deed(books)
    books.next_day()
    assert rows(case_url, OPEN) == rows(case_url, LEFT)
    prove(case_url, 30, 1)
    for first in (1, 4, books.day):
        assert told(replay(case_url, Rules(), first)) == []


def test_a_wider_tolerance_gains_a_match_and_ends_its_code(url: str, tmp_path: Path) -> None:
    add(url, payment=[payment(1), payment(2)], settlement_line=[line(1, gross_minor=997), line(2)])
    reconcile(as_of=at(4))
    reconcile(as_of=at(5))
    found = replay(
        url, load_rules(folder(tmp_path / "r", "gateways: {adyen: {tolerance_minor: 3}}"))
    )
    assert told(found) == [
        ("code", "P1", 1, None, None, "AMOUNT_UNDER", None),
        ("gained", "P1", 1, None, None, None, "tolerance_gateway_reference"),
        ("code", "P1", 1, None, None, "AMOUNT_UNDER", None),
    ]
    assert not found.breaks_decisions
    assert [row["amount_minor"] for row in found.sums()] == [3, 1000, 3]


def test_carried_items_meet_late_lines_under_the_changed_rules(url: str, tmp_path: Path) -> None:
    add(url, payment=[payment(1)])
    reconcile(as_of=at(4))
    load(url, {"source_file": [source_file(2, "late.csv", received_at=at(6, 6))]})
    late = line(1, source_file_id=2, gateway_ref=None, booked_at=at(4))
    add(url, settlement_line=[late])
    reconcile(as_of=at(6))
    found = replay(url, load_rules(folder(tmp_path / "r", "default: {window_days: 1}")))
    assert [row for row in told(found) if row[1] is None or row[0] == "lost"] == [
        ("code", None, 1, None, None, None, "SETTLED_NO_ORDER"),
        ("lost", "P1", 1, None, "run", "our_reference_in_window", None),
    ]
    assert not found.breaks_decisions


def test_a_match_of_closed_books_that_is_lost_breaks_a_decision(url: str, tmp_path: Path) -> None:
    add(url, payment=[payment(1)], settlement_line=[line(1, gateway_ref=None)])
    reconcile(as_of=at(4))
    rules = load_rules(folder(tmp_path / "r", "default: {window_days: 0}"))
    assert not replay(url, rules).breaks_decisions
    decide(url, periods.close, at(4).date(), at(4).date(), Decision("olive", "month end", at(5)))
    found = replay(url, rules)
    assert ("lost", "P1", 1, None, "closed books", "our_reference_in_window", None) in told(found)
    assert found.breaks_decisions


def test_a_persons_match_whose_payment_goes_to_another_line_is_flipped(
    url: str, tmp_path: Path, capsys
) -> None:
    add(
        url,
        payment=[payment(1)],
        settlement_line=[line(1, gross_minor=998), line(9, order_ref=None, gateway_ref="?")],
    )
    reconcile(as_of=at(4))
    decide(url, decisions.match, ["P1"], [9], Decision("olive", "she asked them", at(5, 9)))
    reconcile(as_of=at(5))
    assert told(replay(url, Rules())) == []
    rules = folder(tmp_path / "r", "default: {tolerance_minor: 2}")
    found = replay(url, load_rules(rules))
    assert ("flipped", "P1", 9, "line:1", "person", "hand", None) in told(found)
    before = rows(url, "SELECT count(*), max(match_no) FROM settlement_match")
    out = tmp_path / "changes.csv"
    asked = ["backtest", "--rules", str(rules), "--from", "2026-03-01", "--out", str(out)]
    assert main([*asked, "--to", "2026-03-05"]) == 1
    assert "flipped" in capsys.readouterr().out
    assert '"flipped",2026-03-05,"adyen","EUR",1000,"P1",9,"line:1","person"' in out.read_text()
    assert rows(url, "SELECT count(*), max(match_no) FROM settlement_match") == before


def test_a_pass_can_be_replaced_and_added(url: str, tmp_path: Path) -> None:
    add(url, payment=[payment(1)], settlement_line=[line(1, gateway_ref=None)])
    reconcile(as_of=at(4))
    own = {file.name: file.text for file in PASSES if file.head.get("reference") == "order_ref"}
    never = {name: text.replace("WHERE", "WHERE 1 = 0 AND", 1) for name, text in own.items()}
    replaced = replay(url, load_rules(folder(tmp_path / "a", **never)))
    assert ("lost", "P1", 1, None, "run", "our_reference_in_window", None) in told(replaced)
    added = folder(tmp_path / "b", **never, **{"90_again": own["02_our_reference_in_window"]})
    assert told(replay(url, load_rules(added))) == []


@pytest.mark.parametrize(
    ("passes", "why"),
    [
        ({"90_bad": "-- purpose: nothing\nSELECT 1"}, "The head lacks: cardinality"),
        (
            {
                "90_bad": "-- cardinality: some\n-- reference: order_ref\n-- currency: same\n"
                "-- window: none\nSELECT 1"
            },
            "no cardinality 'some'",
        ),
        (
            {
                "00_first": "-- cardinality: one-to-one\n-- reference: a\n-- currency: same\n"
                "-- window: none\nSELECT 1"
            },
            "before the exact pass",
        ),
        (
            {
                "02_bad": "-- cardinality: one-to-one\n-- reference: order_ref\n"
                "-- currency: same\n-- window: none\nSELECT nothing FROM nowhere"
            },
            "The passes cannot run",
        ),
    ],
)
def test_passes_that_cannot_run_are_refused(url, tmp_path, capsys, passes, why: str) -> None:
    add(url, payment=[payment(1)], settlement_line=[line(1, gateway_ref=None)])
    reconcile(as_of=at(4))
    asked = ["backtest", "--rules", str(folder(tmp_path / "r", **passes))]
    assert main([*asked, "--from", "2026-03-04", "--to", "2026-03-04"]) == 2
    assert why in capsys.readouterr().err


def test_dates_without_a_reconciliation_and_unknown_gateways_are_refused(
    url: str, tmp_path: Path, capsys
) -> None:
    rules = folder(tmp_path / "r", "gateways: {paypol: {window_days: 1}}")
    asked = ["backtest", "--rules", str(rules), "--from", "2026-03-04", "--to", "2026-03-04"]
    assert main(asked) == 2
    assert "No business date from" in capsys.readouterr().err
    reconcile(as_of=at(4))
    assert main(asked) == 2
    assert "There is no gateway 'paypol'" in capsys.readouterr().err


def test_the_database_refuses_every_write_of_a_backtest(url: str) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    with read_only(url) as connection, pytest.raises(DBAPIError, match="read-only transaction"):
        connection.execute(text("DELETE FROM settlement_match"))
