"""The life of a case, with rules that read a table of the test's own."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from tests.sql.books import at, rows
from tests.sql.harness import load
from tieout.exceptions.model import Rule, Severity, parse_grace, parse_inhibitions
from tieout.exceptions.runner import Raised, run_rules
from tieout.kernel.calendars import load_calendar
from tieout.kernel.database import transaction

CASES = """
    SELECT code, subject, status, severity FROM exception_case ORDER BY exception_case_id
"""
QUERY = """
    SELECT subject, partner_id, amount_minor, currency, since, keys, evidence
      FROM offending WHERE code = '{}'
"""


def rule(code: str, grace: str = "0", inhibited_by: str = "", severity: str = "medium") -> Rule:
    return Rule(
        code=code,
        purpose="for a test",
        severity=Severity(severity),
        grace=parse_grace(grace),
        inhibited_by=parse_inhibitions(inhibited_by),
        remedy="Do something.",
        resolves="it is gone",
        query=QUERY.format(code),
    )


A = rule("AAA")


@pytest.fixture
def url(case_url: str) -> str:
    with transaction(case_url, actor="test") as connection:
        load_calendar(connection, "weekdays")
        connection.execute(
            text(
                "CREATE TABLE offending (code text, subject text, partner_id text,"
                " amount_minor bigint, currency text, since timestamptz, keys text[],"
                " evidence jsonb)"
            )
        )
    partner = {"kind": "VENDOR", "calendar_id": "weekdays", "zone": "UTC", "active": True}
    load(case_url, {"partner": [partner | {"partner_id": "v1", "name": "V1"}]})
    return case_url


def offend(url: str, code: str = "AAA", subject: str = "s1", **other: object) -> None:
    row = {"code": code, "subject": subject, "partner_id": "v1", "since": at(2), "evidence": {}}
    load(url, {"offending": [row | {"keys": "{}"} | other]})


def stop(url: str, code: str = "AAA") -> None:
    execute(url, f"DELETE FROM offending WHERE code = '{code}'")


def execute(url: str, statement: str) -> None:
    with transaction(url, actor="test") as connection:
        connection.execute(text(statement))


def run(url: str, as_of: datetime, *rules: Rule) -> Raised:
    with transaction(url, actor="test") as connection:
        return run_rules(connection, rules or (A,), as_of)


def statuses(url: str) -> list[str]:
    return [status for _, _, status, _ in rows(url, CASES)]


def test_a_row_becomes_a_case_is_touched_and_is_resolved_when_it_is_gone(url: str) -> None:
    offend(url)
    assert run(url, at(3)) == Raised(1, 1, 1, 0, 0, 0)
    assert run(url, at(4)) == Raised(1, 0, 0, 0, 0, 0)
    stop(url)
    assert run(url, at(5)) == Raised(0, 0, 0, 1, 0, 0)
    seen = "SELECT first_seen_at, opened_at, last_seen_at, closed_at, status FROM exception_case"
    assert rows(url, seen) == [(at(3), at(3), at(4), at(5), "AUTO_RESOLVED")]


def test_what_comes_back_is_a_new_case(url: str) -> None:
    offend(url)
    run(url, at(3))
    stop(url)
    run(url, at(4))
    offend(url)
    run(url, at(5))
    assert statuses(url) == ["AUTO_RESOLVED", "OPEN"]


def test_the_same_instant_again_changes_nothing(url: str) -> None:
    offend(url)
    offend(url, subject="s2", keys="{vendor_order:1}")
    offend(url, code="BBB", keys="{vendor_order:1}")
    both = (A, rule("BBB", inhibited_by="AAA by vendor_order"))
    run(url, at(3), *both)
    every = "SELECT to_jsonb(c)::text FROM exception_case AS c ORDER BY exception_case_id"
    history = "SELECT count(*) FROM status_history"
    before = rows(url, every), rows(url, history)
    assert run(url, at(3), *both) == Raised(3, 3, 0, 0, 0, 0)
    assert (rows(url, every), rows(url, history)) == before


@pytest.mark.parametrize(
    ("grace", "still", "over"),
    [
        ("1 run", at(6), at(6) + timedelta(microseconds=1)),
        ("24 hours", at(7, 11), at(7)),
        ("2 business days", at(10, 11), at(10)),
        ("4 business hours", at(6, 15), at(6, 16)),
        ("13 business hours", at(9, 0), at(9, 1)),
    ],
)
def test_grace_counted_from_a_friday(url: str, grace: str, still: datetime, over: datetime) -> None:
    offend(url)
    run(url, at(6), rule("AAA", grace))
    run(url, still, rule("AAA", grace))
    assert statuses(url) == ["PENDING"]
    run(url, over, rule("AAA", grace))
    assert statuses(url) == ["OPEN"]


def test_what_is_gone_within_its_grace_was_never_open(url: str) -> None:
    offend(url)
    run(url, at(3), rule("AAA", "1 run"))
    stop(url)
    run(url, at(4), rule("AAA", "1 run"))
    assert rows(url, "SELECT status, opened_at FROM exception_case") == [("AUTO_RESOLVED", None)]


def test_a_case_behind_another_is_suppressed_and_comes_back_after_a_run(url: str) -> None:
    both = (A, rule("BBB", inhibited_by="AAA by feed, AAA by vendor_order"))
    for subject in ("b1", "b2", "b3"):
        keys = "{vendor_order:1}" if subject == "b3" else "{feed:v1/SHIPMENT,vendor_order:2}"
        offend(url, code="BBB", subject=subject, keys=keys)
    offend(url, keys="{feed:v1/SHIPMENT}")
    run(url, at(3), *both)
    assert statuses(url) == ["OPEN", "SUPPRESSED", "SUPPRESSED", "OPEN"]
    parents = "SELECT DISTINCT parent_case_id FROM exception_case WHERE status = 'SUPPRESSED'"
    parent = rows(url, "SELECT exception_case_id FROM exception_case WHERE code = 'AAA'")
    assert rows(url, parents) == parent
    stop(url)
    run(url, at(4), *both)
    assert statuses(url) == ["AUTO_RESOLVED", "PENDING", "PENDING", "OPEN"]
    run(url, at(5), *both)
    assert statuses(url) == ["AUTO_RESOLVED", "OPEN", "OPEN", "OPEN"]


def test_an_open_case_is_put_behind_a_cause_that_comes_later(url: str) -> None:
    both = (A, rule("BBB", inhibited_by="AAA by feed"))
    offend(url, code="BBB", keys="{feed:x}")
    run(url, at(3), *both)
    offend(url, keys="{feed:x}")
    run(url, at(4), *both)
    assert statuses(url) == ["SUPPRESSED", "OPEN"]


@pytest.mark.parametrize("verdict", ["RESOLVED", "WRITTEN_OFF", "FALSE_POSITIVE"])
def test_what_a_person_closed_stays_closed_until_it_happens_anew(url: str, verdict: str) -> None:
    offend(url)
    run(url, at(3))
    execute(url, f"UPDATE exception_case SET status = '{verdict}', closed_at = '2026-03-03 13:00Z'")
    run(url, at(4))
    assert statuses(url) == [verdict]
    execute(url, "UPDATE offending SET since = '2026-03-04Z'")
    run(url, at(5))
    assert statuses(url) == [verdict, "OPEN"]


@pytest.mark.parametrize(
    ("amount", "currency", "since", "severity"),
    [
        (None, None, at(2), "medium"),
        (499_999, "EUR", at(2), "medium"),
        (500_000, "EUR", at(2), "high"),
        (-500_000, "EUR", at(2), "high"),
        (5_000_000, "EUR", at(2), "critical"),
        (750_000, "JPY", at(2), "high"),
        (9_999_999, "XAF", at(2), "medium"),
        (1_000, "EUR", at(2) - timedelta(days=5), "high"),
        (999, "EUR", at(2) - timedelta(days=5), "medium"),
        (5_000_000, "EUR", at(2) - timedelta(days=5), "critical"),
    ],
)
def test_severity_is_the_greater_of_code_and_money_and_grows_with_age(
    url: str, amount: int | None, currency: str | None, since: datetime, severity: str
) -> None:
    offend(url, amount_minor=amount, currency=currency, since=since)
    run(url, at(3))
    assert [found for *_, found in rows(url, CASES)] == [severity]


def test_a_snooze_ends_with_its_time_or_when_the_case_gets_worse(url: str) -> None:
    offend(url, subject="s1", amount_minor=1000, currency="EUR", since=at(3))
    offend(url, subject="s2", amount_minor=1, currency="EUR", since=at(3))
    run(url, at(3))
    snooze = "UPDATE exception_case SET status = 'SNOOZED', snoozed_until = '2026-03-20Z'"
    execute(url, snooze)
    run(url, at(4))
    assert statuses(url) == ["SNOOZED", "SNOOZED"]
    run(url, at(9))
    assert statuses(url) == ["OPEN", "SNOOZED"]
    run(url, at(20))
    assert statuses(url) == ["OPEN", "OPEN"]


def test_one_live_case_however_many_rows_say_the_same(url: str) -> None:
    offend(url, since=at(2, 9), evidence={"n": 1})
    offend(url, since=at(2, 8), evidence={"n": 2})
    run(url, at(3))
    assert rows(url, "SELECT evidence::text FROM exception_case") == [({"n": 2},)]


def test_a_code_without_a_rule_loses_its_cases(url: str) -> None:
    offend(url)
    run(url, at(3))
    run(url, at(4), replace(A, code="OTHER", query=QUERY.format("OTHER")))
    assert statuses(url) == ["AUTO_RESOLVED"]
