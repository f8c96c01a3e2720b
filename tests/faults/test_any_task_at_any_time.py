"""Any task may be killed at any edge and cleared at any time: the end state is the same.

Three houses live through the same days of the same world: one undisturbed, one in which every task
of every flow runs twice, one in which every task is killed again and again before it may end.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.faults.end_state import differences, end_state, row_counts
from tests.faults.house import House, Killer, Runner, house, once, twice
from tieout.kernel.postgres import PostgresServer
from tieout.world.demo import moments_of
from tieout.world.scenario import Scenario
from tieout.world.scoring import cases_of, score

SCENARIO = Scenario.model_validate(
    {
        "name": "faults",
        "seed": 7,
        "first_day": "2026-03-02",
        "days": 1,
        "orders_per_day": 40,
        "vendors": 4,
        "skus": 20,
        "sftp_accounts": 2,
        "shares": {
            "spool": 0.2,
            "spool_copies": 0.5,
            "split_tender": 0.2,
            "multi_vendor": 0.4,
            "bundle": 0.2,
            "super_store": 0.1,
            "kept_cards": 0.2,
            "above_band": 0.4,
        },
        "faults": {
            "payment_unanswered": 0.5,
            "duplicate_entry": 0.05,
            "unknown_sku": 0.05,
            "vendor_rejection": 0.05,
            "late_shipment": 0.05,
            "bad_tracking_row": 0.02,
            "settlement_missing": 0.05,
            "settlement_duplicated": 0.05,
            "amount_off_by_a_cent": 0.05,
            "wrong_currency": 0.05,
            "settlement_without_order": 0.05,
            "truncated_file": 0.1,
            "payout_missing": 0.1,
            "payout_short": 0.1,
            "payout_sum_off": 0.2,
            "bank_credit_unknown": 0.1,
            "bank_statement_missing": 0.1,
        },
    }
)
DISTURBED = (
    3  # moments in which tasks are killed; the later ones hold the same tasks with less to do
)
ON_AN_ANSWER = {"approve_charges.second_person.decide"}
"""What runs only when a person answers (tests/dags/test_second_person)."""

EndState = dict[str, Counter[str]]


@pytest.fixture(scope="module")
def databases(pg_server: PostgresServer, migrated_template: str) -> Iterator[list[str]]:
    names = [f"house_{number}" for number in range(3)]
    with psycopg.connect(pg_server.url("postgres"), autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {migrated_template}")
        yield [pg_server.url(name) for name in names]
        for name in names:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def assert_same(one: EndState, other: EndState) -> None:
    found = differences(one, other)
    assert not found, "\n".join(found)


def live(home: House, disturbance: Runner) -> None:
    for number, moment in enumerate(moments_of(SCENARIO)):
        home.world.advance(moment.as_of)
        for flow in moment.flows:
            runner = disturbance if number < DISTURBED else once
            home.run(flow, moment.as_of.isoformat(), runner)


@pytest.fixture(scope="module")
def undisturbed(databases: list[str], dags: dict[str, Any], tmp_path_factory: Any) -> EndState:
    folder: Path = tmp_path_factory.mktemp("undisturbed")
    with house(folder, databases[0], SCENARIO, dags) as home:
        live(home, once)
        result = score(home.world.truth.planted, cases_of(databases[0]))
    assert result.is_perfect, result.as_dict()
    return end_state(databases[0])


def test_every_task_twice_ends_the_same(
    undisturbed: EndState, databases: list[str], dags: dict[str, Any], tmp_path: Path
) -> None:
    with house(tmp_path, databases[1], SCENARIO, dags) as home:
        live(home, twice)
    assert_same(undisturbed, end_state(databases[1]))


def test_every_task_killed_ends_the_same(
    undisturbed: EndState, databases: list[str], dags: dict[str, Any], tmp_path: Path
) -> None:
    killer = Killer()
    with house(tmp_path, databases[2], SCENARIO, dags) as home:
        live(home, killer)
    killed = {label.partition("[")[0] for label in killer.kills}
    every = {
        f"{flow}.{task.task_id}"
        for flow, dag in dags.items()
        for task in dag.tasks
        if hasattr(task, "python_callable")
    }
    assert every - killed == ON_AN_ANSWER, "these tasks were never killed"
    assert_same(undisturbed, end_state(databases[2]))


def test_the_last_moment_again_adds_no_row(
    undisturbed: EndState, databases: list[str], dags: dict[str, Any], tmp_path: Path
) -> None:
    before = row_counts(databases[0])
    with house(tmp_path, databases[0], SCENARIO, dags) as home:
        last = moments_of(SCENARIO)[-1]
        for flow in last.flows:
            home.run(flow, last.as_of.isoformat(), once)
    assert row_counts(databases[0]) == before
