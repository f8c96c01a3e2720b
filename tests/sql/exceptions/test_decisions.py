"""A person decides about cases on the command line: all of them or none, with name and reason."""

import pytest

from tests.sql.books import at, rows
from tests.sql.exceptions import test_runner as life
from tieout.cli.main import main

url = life.url

CASES = """
    SELECT status, status_reason, closed_at IS NOT NULL AS closed FROM exception_case
    ORDER BY exception_case_id
"""
AUDIT = "SELECT actor, action, subject, reason FROM audit_log ORDER BY occurred_at, subject"


@pytest.fixture
def two_cases(url: str) -> str:
    life.offend(url, subject="s1")
    life.offend(url, subject="s2")
    life.run(url, at(3))
    return url


def exceptions(*words: str) -> int:
    return main(["exceptions", *words])


@pytest.mark.parametrize(
    ("action", "status", "closed"),
    [
        ("ack", "ACKED", False),
        ("resolve", "RESOLVED", True),
        ("write-off", "WRITTEN_OFF", True),
        ("false-alarm", "FALSE_POSITIVE", True),
    ],
)
def test_a_decision_covers_all_cases_named_and_is_audited(
    two_cases: str, action: str, status: str, closed: bool
) -> None:
    words = ("1", "2", "--reason", "the bank said so", "--actor", "Ada")
    assert exceptions(action, *words) == 0
    assert rows(two_cases, CASES) == [(status, "Ada: the bank said so", closed)] * 2
    assert rows(two_cases, AUDIT) == [
        ("Ada", f"exception.{action}", f"exception_case:{number}", "the bank said so")
        for number in (1, 2)
    ]


def test_what_a_person_closed_stays_closed_until_it_happens_anew(two_cases: str) -> None:
    exceptions("resolve", "1", "--reason", "paid back")
    life.run(two_cases, at(4))
    assert life.statuses(two_cases) == ["RESOLVED", "OPEN"]
    life.stop(two_cases)
    life.offend(two_cases, subject="s1", since=at(5))
    life.run(two_cases, at(5))
    assert life.statuses(two_cases) == ["RESOLVED", "AUTO_RESOLVED", "OPEN"]


def test_a_snooze_needs_a_later_time_with_a_zone(two_cases: str, capsys) -> None:
    assert exceptions("snooze", "1", "--until", "2020-01-01T00:00Z", "--reason", "later") == 2
    assert "ends in the future" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        exceptions("snooze", "1", "--until", "2999-01-01T00:00", "--reason", "later")
    assert "has no zone" in capsys.readouterr().err
    assert exceptions("snooze", "1", "--until", "2999-01-01T00:00Z", "--reason", "later") == 0
    life.run(two_cases, at(4))
    assert life.statuses(two_cases) == ["SNOOZED", "OPEN"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("resolve", "1", "99", "--reason", "x"), "no case 99"),
        (("resolve", "1", "--reason", " "), "no reason"),
    ],
)
def test_a_decision_that_does_not_hold_changes_nothing(
    two_cases: str, capsys, words: tuple[str, ...], says: str
) -> None:
    assert exceptions(*words) == 2
    assert says in capsys.readouterr().err
    assert life.statuses(two_cases) == ["OPEN", "OPEN"]


def test_a_closed_case_is_not_decided_again(two_cases: str, capsys) -> None:
    exceptions("write-off", "1", "--reason", "too old")
    assert exceptions("resolve", "1", "2", "--reason", "x") == 2
    assert "Case 1 is WRITTEN_OFF" in capsys.readouterr().err
    assert life.statuses(two_cases) == ["WRITTEN_OFF", "OPEN"]


def test_the_list_shows_live_cases_and_can_be_narrowed(two_cases: str, capsys) -> None:
    exceptions("ack", "2", "--reason", "looking")
    exceptions("list", "--status", "OPEN", "--code", "AAA", "--partner", "v1")
    shown = capsys.readouterr().out
    assert "s1" in shown
    assert "s2" not in shown
    assert shown.endswith("1 cases\n")
