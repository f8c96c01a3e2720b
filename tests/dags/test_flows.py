"""The flows under real Airflow: what comes of a small shop's day, and what operators see of it."""

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.faults.end_state import end_state, row_counts
from tieout.cli.main import main as tieout
from tieout.kernel.postgres import PostgresServer
from tieout.kernel.settings import REPOSITORY
from tieout.world.demo import moments_of
from tieout.world.flows import Flows, migrate_airflow, output_to
from tieout.world.scenario import Scenario
from tieout.world.scoring import Score, cases_of, score

SCENARIO = Scenario.model_validate(
    {
        "name": "flows",
        "seed": 11,
        "first_day": "2026-03-02",
        "days": 1,
        "orders_per_day": 25,
        "vendors": 5,
        "skus": 20,
        "sftp_accounts": 2,
        "shares": {"spool": 0.2, "spool_copies": 0.5, "kept_cards": 0.3, "above_band": 0.3},
        "faults": {
            "payment_unanswered": 0.5,
            "duplicate_entry": 0.1,
            "unknown_sku": 0.1,
            "vendor_rejection": 0.1,
            "late_shipment": 0.1,
            "bad_tracking_row": 1,
            "settlement_missing": 0.1,
            "settlement_duplicated": 0.1,
            "amount_off_by_a_cent": 0.1,
            "wrong_currency": 0.1,
            "settlement_without_order": 0.1,
            "truncated_file": 0.2,
            "payout_missing": 0.2,
            "payout_short": 0.2,
            "payout_sum_off": 0.3,
            "bank_credit_unknown": 0.1,
            "bank_statement_missing": 0.2,
        },
    }
)
QUIET = Scenario.model_validate(
    {
        "name": "quiet",
        "seed": 5,
        "first_day": "2026-03-02",
        "days": 1,
        "orders_per_day": 20,
        "vendors": 3,
        "skus": 9,
        "sftp_accounts": 3,
        "shares": {"spool": 0, "declined": 0, "abandoned": 0},
    }
)
MOMENTS = moments_of(SCENARIO)[1:]
"""From the evening of the day on; noon would show nothing else."""

NOON = moments_of(QUIET)[0].as_of
HOUR = timedelta(hours=1)
WITHOUT_ROWS = {
    *("list_vendors", "list_gateways", "quality_gate", "announce_day", "check"),
    *("prove_journal", "age_cards", "list_approvals"),
    *("complete_orders", "correct_purchases", "switch_stores", "certify"),
}
ON_AN_ANSWER = {"second_person.decide"}
"""What runs only when a person answers (test_second_person)."""

COUNTS = re.compile(r"read (\d+) = (\d+) applied \+ (\d+) duplicate \+ (\d+) quar\w+ \+ (\d+) def")
CARD = "4111 1111 1111 1111"
OTHER_HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5jXr0vC1vO1qJr2n1m1l9r3o4xF1n2k3l4m5n6o7p8"


@dataclass
class Airflow:
    """Airflow in this process, with what it printed."""

    flows: Flows
    log: Path
    quietly: Callable[[], Any] = field(repr=False)

    def run(self, flow: str, as_of: datetime, logical_date: datetime | None = None) -> "Run":
        with self.quietly(), output_to(self.log):
            run = self.flows._dags[flow].test(
                logical_date=logical_date or as_of, run_conf={"as_of": as_of.isoformat()}
            )
        return Run(run)

    def tell(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds in Airflow's own tables."""
        address = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg2", "")
        return ask(address, query)

    def printed(self) -> str:
        return re.sub(r"\x1b\[[0-9;]*m", "", self.log.read_text(encoding="utf-8"))


class Run:
    """How a run of a flow ended."""

    def __init__(self, run: Any) -> None:
        self.state = str(run.state)
        self.tasks = {
            f"{one.task_id}[{one.rendered_map_index}]" if one.map_index >= 0 else one.task_id: str(
                one.state
            )
            for one in run.get_task_instances()
        }


@dataclass
class Shop:
    """A world, the database that it plays in, and the flows that serve it."""

    airflow: Airflow
    url: str
    home: Any

    def until(self, as_of: datetime, *flows: str) -> None:
        self.home.world.advance(as_of)
        for flow in flows:
            run = self.airflow.run(flow, as_of)
            assert run.state == "success", (flow, as_of, run.tasks)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        return ask(self.url, query)

    def change(self, statement: str) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute("SELECT set_config('tieout.actor', 'test', true)")
            assert connection.execute(statement).rowcount


def ask(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def airflow(
    airflow_home: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Airflow:
    log = tmp_path_factory.mktemp("printed") / "airflow.log"
    quietly = request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled
    with quietly(), output_to(log):
        migrate_airflow()
        from airflow import settings

        settings.configure_vars()
        settings.reconfigure_orm()
        return Airflow(Flows(REPOSITORY / "dags", log), log, quietly)


@contextmanager
def open_shop(airflow: Airflow, url: str, folder: Path, scenario: Scenario) -> Iterator[Shop]:
    from tests.faults.house import house

    with house(folder, url, scenario, {}) as home:
        yield Shop(airflow, url, home)


@dataclass
class Played:
    """A scenario played to its end, and its last moment once more."""

    shop: Shop
    score: Score
    rows: dict[str, int]
    rows_again: dict[str, int]
    printed: str


@pytest.fixture(scope="module")
def played(airflow: Airflow, database_url: str, tmp_path_factory: Any) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("played")
    with open_shop(airflow, database_url, folder, SCENARIO) as shop:
        for moment in MOMENTS:
            shop.until(moment.as_of, *moment.flows)
        result = score(shop.home.world.truth.planted, cases_of(database_url))
        rows, printed = row_counts(database_url), airflow.printed()
        shop.until(MOMENTS[-1].as_of, *MOMENTS[-1].flows)
        yield Played(shop, result, rows, row_counts(database_url), printed)


@pytest.fixture(scope="module")
def quiet(
    played: Played, pg_server: PostgresServer, migrated_template: str, tmp_path_factory: Any
) -> Iterator[Shop]:
    """A shop at the noon of its first day, its orders taken in, a card number among them."""
    with psycopg.connect(pg_server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE quiet TEMPLATE {migrated_template}")
    folder = tmp_path_factory.mktemp("quiet")
    with open_shop(played.shop.airflow, pg_server.url("quiet"), folder, QUIET) as shop:
        shop.until(NOON)
        first = "(SELECT min(entry_row_id) FROM order_entry)"
        shop.change(f"UPDATE order_entry SET ship_name = '{CARD}' WHERE entry_row_id = {first}")
        shop.until(NOON, "take_in_orders")
        yield shop


def test_all_faults_are_found_and_none_is_invented(played: Played) -> None:
    assert played.score.is_perfect, played.score.as_dict()
    assert sum(played.score.planted.values()) > 20


def test_the_last_moment_again_adds_no_row(played: Played) -> None:
    assert played.rows_again == played.rows


def test_runs_tell_each_row_of_the_files_once(played: Played) -> None:
    told = played.shop.ask(
        "SELECT part, sum(read)::int FROM run_summary"
        " WHERE part = upper(part) AND read > 0 GROUP BY part"
    )
    taken = played.shop.ask("SELECT doc_type, sum(rows_read)::int FROM source_file GROUP BY 1")
    assert dict(told) == dict(taken)
    assert set(dict(taken)) >= {
        *("ACKNOWLEDGEMENT", "SHIPMENT", "TRACKING", "SETTLEMENT", "PAYOUT", "BANK_STATEMENT")
    }


def test_everything_happened_at_the_instant_of_its_run(played: Played) -> None:
    (last,) = played.shop.ask("SELECT max(occurred_at) FROM status_history")[0]
    assert last <= MOMENTS[-1].as_of
    told = played.shop.airflow.tell("SELECT DISTINCT extra ->> 'as_of' FROM asset_event")
    assert {text for (text,) in told} == {moment.as_of.isoformat() for moment in MOMENTS}


def test_every_asset_is_announced(played: Played) -> None:
    told = played.shop.airflow.tell(
        "SELECT DISTINCT a.name FROM asset_event AS e JOIN asset AS a ON a.id = e.asset_id"
    )
    names = {"orders", "vendor_orders", "vendor_answers", "settlements", "reconciliation"}
    names |= {"bank_statements", "payout_reconciliation"}
    assert names <= {name for (name,) in told}


def test_mapped_tasks_carry_the_names_of_their_partners(played: Played) -> None:
    told = played.shop.airflow.tell(
        "SELECT task_id, rendered_map_index FROM task_instance WHERE map_index >= 0"
    )
    labels = {task: {label for each, label in told if each == task} for task, _ in told}
    assert labels["take_in"] == {"Adyen", "Stripe"}
    for task in ("send", "take_in_answers"):
        assert labels[task]
        assert all(re.fullmatch(r"Vendor \d|v\d+ … v\d+ \(\d vendors\)", x) for x in labels[task])


def test_every_task_that_works_on_rows_ends_with_what_became_of_them(played: Played) -> None:
    blocks = re.findall(
        r"\[DAG TEST\] starting task_id=(\w+)(.*?)\[DAG TEST\] end task",
        played.printed,
        re.DOTALL,
    )
    dags = played.shop.airflow.flows._dags.values()
    working = {
        task.task_id for dag in dags for task in dag.tasks if hasattr(task, "python_callable")
    }
    assert {task for task, _ in blocks} >= working - ON_AN_ANSWER
    for task, text in blocks:
        if task in working - WITHOUT_ROWS:
            ours = [line for line in text.splitlines() if "[tieout." in line]
            assert ours, task
            found = COUNTS.search(ours[-1])
            assert found, (task, ours)
            read, *fates = map(int, found.groups())
            assert read == sum(fates)


def test_xcom_holds_ids_and_counts_only(played: Played) -> None:
    values = played.shop.airflow.tell("SELECT task_id, value::text FROM xcom")
    assert len(values) > 50
    for task, text in values:
        assert shape(json.loads(text)) in SHAPES, (task, text)
        assert len(text) < 1000, (task, text)


SHAPES = {"counts", "chunks", "counts by side", "count", "hash"}


def shape(value: Any) -> str:
    """What kind of thing a task handed on."""
    if isinstance(value, list):
        chunked = all(each.keys() <= {"label", "vendor_ids", "partner_ids"} for each in value)
        return "chunks" if chunked else "a list"
    if isinstance(value, str):
        return "hash" if re.fullmatch("[0-9a-f]{64}", value) else "text"
    if not isinstance(value, dict):
        return "count" if type(value) is int else type(value).__name__
    if all(isinstance(each, int) for each in value.values()):
        return "counts"
    sides = value.keys() - {"business_date"} in ({"payments", "lines"}, {"payouts", "bank_lines"})
    return "counts by side" if sides else "a mapping"


def test_no_secret_is_printed_or_handed_on(played: Played) -> None:
    shop = played.shop
    connections = json.loads(Path(os.environ["TIEOUT_CONNECTIONS"]).read_text(encoding="utf-8"))
    keys = {
        Path(each["extra"]["key_file"]).read_text(encoding="utf-8")
        for each in connections.values()
        if "key_file" in each.get("extra", {})
    }
    secrets = {line for key in keys for line in key.splitlines() if "PRIVATE KEY" not in line}
    secrets |= {each["password"] for each in connections.values() if each.get("password")}
    secrets.add(psycopg.conninfo.conninfo_to_dict(shop.url)["password"])
    assert len(secrets) > 3
    handed_on = " ".join(text for (text,) in shop.airflow.tell("SELECT value::text FROM xcom"))
    rendered = shop.airflow.tell("SELECT rendered_fields::text FROM rendered_task_instance_fields")
    everything = played.printed + handed_on + " ".join(text for (text,) in rendered)
    assert [secret for secret in secrets if secret in everything] == []


def test_a_corrected_row_loads_with_the_next_run(
    played: Played, capsys: pytest.CaptureFixture[str]
) -> None:
    shop, later = played.shop, MOMENTS[-1].as_of + HOUR
    number, name, line_no, parcel = shop.ask(
        "SELECT q.quarantine_id, f.name, q.line_no, min(t.carrier || ',' || t.tracking_no)"
        " FROM quarantine AS q JOIN source_file AS f USING (source_file_id)"
        " JOIN tracking_event AS t USING (source_file_id)"
        " WHERE q.doc_type = 'TRACKING' AND q.status = 'OPEN' GROUP BY 1, 2, 3 LIMIT 1"
    )[0]
    text = f"L,{parcel},in_transit,2026-03-04T01:02:03Z,Mended,,"
    assert tieout(["quarantine", "correct", str(number), "--text", text, "--reason", "Test."]) == 0
    assert "the next run of its flow loads it" in capsys.readouterr().out
    shop.until(later, "take_in_vendor_answers", "raise_exceptions")
    state = f"SELECT status FROM quarantine WHERE quarantine_id = {number}"
    assert shop.ask(state) == [("RELEASED",)]
    mended = "SELECT carrier || ',' || tracking_no FROM tracking_event WHERE location = 'Mended'"
    assert shop.ask(mended) == [(parcel,)]
    case = f"SELECT status FROM exception_case WHERE subject = 'file:{name}:{line_no}'"
    assert shop.ask(case) == [("AUTO_RESOLVED",)]


def test_a_failed_critical_expectation_stops_the_flow_until_it_is_mended(played: Played) -> None:
    shop, later = played.shop, MOMENTS[-1].as_of + HOUR
    one = "(SELECT min(sales_order_id) FROM sales_order)"
    shop.change(
        f"UPDATE sales_order SET total_minor = total_minor + 1 WHERE sales_order_id = {one}"
    )
    shop.until(later, "check_quality")
    stopped = shop.airflow.run("send_vendor_orders", later)
    assert stopped.state == "failed"
    assert stopped.tasks["quality_gate"] == "failed"
    assert stopped.tasks["plan"] == "upstream_failed"
    assert "an order's total is the sum of its lines (1 rows)" in shop.airflow.printed()
    shop.change(
        f"UPDATE sales_order SET total_minor = total_minor - 1 WHERE sales_order_id = {one}"
    )
    shop.until(later + HOUR, "check_quality", "send_vendor_orders")


def test_a_card_number_is_neither_printed_nor_handed_on_nor_kept(quiet: Shop) -> None:
    assert quiet.ask("SELECT count(*) FROM quarantine WHERE rule = 'card-number'") == [(1,)]
    kept = [row for table in end_state(quiet.url).values() for row in table]
    handed_on = [text for (text,) in quiet.airflow.tell("SELECT value::text FROM xcom")]
    everything = " ".join([*kept, *handed_on, quiet.airflow.printed()])
    assert CARD not in everything
    assert CARD.replace(" ", "") not in everything


def test_an_earlier_instant_sees_only_what_was_so_then(quiet: Shop) -> None:
    before = quiet.ask("SELECT count(*) FROM sales_order")
    early = NOON - timedelta(days=1)
    assert quiet.airflow.run("take_in_orders", early, logical_date=NOON + HOUR).state == "success"
    counts = f"SELECT DISTINCT task, read FROM run_summary WHERE as_of = '{early.isoformat()}'"
    assert {read for _, read in quiet.ask(counts)} == {0}
    assert quiet.ask("SELECT count(*) FROM sales_order") == before


def test_a_vendor_that_cannot_be_reached_holds_up_nobody_and_is_told(quiet: Shop) -> None:
    file = Path(os.environ["TIEOUT_CONNECTIONS"])
    right = file.read_text(encoding="utf-8")
    wrong = json.loads(right)
    wrong["world_hub2"]["extra"]["host_key"] = OTHER_HOST_KEY
    file.write_text(json.dumps(wrong), encoding="utf-8")
    quiet.until(NOON, "allocate_stock")
    run = quiet.airflow.run("send_vendor_orders", NOON)
    assert run.state == "failed"
    assert {task: state for task, state in run.tasks.items() if state != "success"} == {
        "send[Vendor 2]": "failed",
        "every_vendor_well": "upstream_failed",
    }
    states = "SELECT DISTINCT vendor_id, status FROM vendor_order ORDER BY 1"
    assert quiet.ask(states) == [("v001", "DELIVERED"), ("v002", "WRITTEN"), ("v003", "DELIVERED")]
    quiet.until(NOON, "raise_exceptions")
    quiet.until(NOON + HOUR, "raise_exceptions")
    told = (
        "SELECT subject, severity, status, evidence ->> 'message' FROM exception_case"
        " WHERE code = 'PARTNER_UNREACHABLE'"
    )
    ((subject, severity, status, message),) = quiet.ask(told)
    assert (subject, severity, status) == ("connection:world_hub2", "high", "OPEN")
    assert "host key is not the one that is pinned" in message
    file.write_text(right, encoding="utf-8")
    quiet.until(NOON + 2 * HOUR, "send_vendor_orders", "raise_exceptions")
    assert {status for _, status in quiet.ask(states)} == {"DELIVERED"}
    assert quiet.ask(told)[0][2] == "AUTO_RESOLVED"
