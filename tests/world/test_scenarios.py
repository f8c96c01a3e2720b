"""Whole scenarios over real SFTP and a real database: all found, none false, nothing twice."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from tests.world.direct import DirectFlows
from tieout.kernel import settings as kernel_settings
from tieout.kernel.postgres import PostgresServer
from tieout.world import demo
from tieout.world.counts import table_counts
from tieout.world.places import database_of, run_name
from tieout.world.scenario import Faults, Scenario, Shares

EVERY_KIND = dict.fromkeys(Faults.model_fields, 0.2)
SMALL = Scenario(
    days=1,
    orders_per_day=25,
    vendors=3,
    skus=12,
    own_skus=3,
    sftp_accounts=1,
    x12_vendors=1,
    edifact_vendors=1,
)
SCENARIOS = [
    SMALL.model_copy(
        update={
            "name": "calm",
            "shares": Shares(
                bundle=0.4, super_store=0.3, spool=0.1, kept_cards=0.2, above_band=0.5
            ),
        }
    ),
    SMALL.model_copy(
        update={
            "name": "some",
            "shares": Shares(kept_cards=0.4, above_band=0.3),
            "faults": Faults.model_validate(EVERY_KIND | {"payment_unanswered": 0.6}),
            "currencies": ("USD", "GBP"),
            "converted": ("GBP",),
            "settled_only": ("stripe",),
        }
    ),
    SMALL.model_copy(
        update={
            "name": "worst",
            "shares": Shares(kept_cards=0.2),
            "faults": Faults.model_validate(
                dict.fromkeys(Faults.model_fields, 1) | {"receipt_missing": 0.3}
            ),
            "currencies": ("JPY", "BHD"),
            "converted": ("JPY",),
            "x12_vendors": 2,
        }
    ),
    SMALL.model_copy(
        update={
            "name": "never-sent-again",
            "days": 2,
            "weekend": "open",
            "gateways": ("stripe",),
            "shares": Shares(spool=0.5, spool_copies=0.5, split_tender=0.3, declined=0.2),
            "faults": Faults.model_validate(EVERY_KIND),
            "resend_after_days": None,
        }
    ),
]


@pytest.fixture
def installation(
    pg_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A fresh folder on the session's server, where flows run without Airflow."""
    monkeypatch.setenv("TIEOUT_VAR", str(tmp_path))
    monkeypatch.setenv("TIEOUT_ARCHIVE", str(tmp_path / "archive"))
    monkeypatch.setenv("TIEOUT_CONNECTIONS", str(tmp_path / "connections.json"))
    monkeypatch.setenv("TIEOUT_DATABASE_URL", pg_server.url("tieout"))
    monkeypatch.setenv("TIEOUT_AIRFLOW_DATABASE_URL", pg_server.url("airflow"))
    monkeypatch.setattr(demo, "Flows", DirectFlows)
    monkeypatch.setattr(demo, "migrate_airflow", lambda: None)
    (tmp_path / "world").mkdir()
    (tmp_path / "world" / "plays-in-main-database").write_text("nobody")
    kernel_settings.settings.cache_clear()
    yield tmp_path
    kernel_settings.settings.cache_clear()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_all_is_found_and_none_false_and_a_second_run_adds_no_row(
    installation: Path, scenario: Scenario
) -> None:
    heard = io.StringIO()
    screen = Console(file=heard, width=200)
    assert demo.demonstrate(scenario, installation / "log", screen), heard.getvalue()
    url = database_of(kernel_settings.settings(), run_name(scenario))
    before = table_counts(url)
    assert demo.demonstrate(scenario, installation / "log", screen)
    assert table_counts(url) == before
    assert before["sales_order"] > 0
