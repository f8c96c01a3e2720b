"""docker-compose.yml: valid, every name it refers to exists, and no secret has a default."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE_FILE = ROOT / "docker-compose.yml"
TEXT = COMPOSE_FILE.read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCUMENTED = set(
    re.findall(r"^(?:# )?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
)
VARIABLE = re.compile(r"(?<!\$)\$\{(?P<name>\w+)(?P<rest>[^}]*)\}")


def test_it_fits_the_compose_specification() -> None:
    command = ["check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE_FILE)]
    found = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_all_parts_of_production_are_there() -> None:
    assert set(SERVICES) == {
        "postgres", "redis", "init", "api-server", "scheduler", "dag-processor", "triggerer",
        "worker", "sftp", "storefront-api",
    }  # fmt: skip


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_waits_for_exists_and_can_be_waited_for(name: str) -> None:
    for other, wait in SERVICES[name].get("depends_on", {}).items():
        assert other in SERVICES
        if wait["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]
        else:
            assert wait["condition"] == "service_completed_successfully"
            assert SERVICES[other]["restart"] == "no"


def test_nothing_waits_in_a_circle() -> None:
    waiting = {name: set(service.get("depends_on", {})) for name, service in SERVICES.items()}
    while ready := {name for name, others in waiting.items() if not others}:
        waiting = {name: others - ready for name, others in waiting.items() if name not in ready}
    assert waiting == {}


@pytest.mark.parametrize("name", SERVICES)
def test_its_volumes_and_networks_exist(name: str) -> None:
    service = SERVICES[name]
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        known = (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]
        assert known, source
    assert set(service["networks"]) <= set(COMPOSE["networks"])


def test_no_volume_or_network_is_left_over() -> None:
    used = {v.split(":")[0] for s in SERVICES.values() for v in s.get("volumes", [])}
    assert set(COMPOSE["volumes"]) <= used
    assert set(COMPOSE["networks"]) == {n for s in SERVICES.values() for n in s["networks"]}


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"init"}))
def test_every_lasting_service_has_a_health_check_and_comes_back(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name].get("restart") == "unless-stopped" or SERVICES[name]["profiles"] == [
        "try"
    ]


def test_every_variable_is_documented_and_every_documented_one_used() -> None:
    assert {found["name"] for found in VARIABLE.finditer(TEXT)} == DOCUMENTED


def test_secrets_must_be_given_and_have_no_default() -> None:
    secrets = [f for f in VARIABLE.finditer(TEXT) if re.search("PASSWORD|SECRET|KEY", f["name"])]
    assert secrets
    assert all(found["rest"].startswith(":?") for found in secrets)
    assert not re.search(r"://[^$\s/]*:[^$\s/@]+@", TEXT), "a password is written out"


def test_airflow_services_share_one_environment_and_the_workers_scale() -> None:
    airflow = [service for service in SERVICES.values() if "build" in service]
    keys = {key for service in airflow for key in service["environment"]}
    for service in airflow:
        own = {"AIRFLOW_ADMIN_PASSWORD", "AIRFLOW__CELERY__WORKER_CONCURRENCY"}
        assert keys - set(service["environment"]) <= own
    assert "replicas" in SERVICES["worker"]["deploy"]
    assert "container_name" not in SERVICES["worker"]


def test_the_image_holds_every_folder_that_the_services_need() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for source in copied:
        assert (ROOT / source).exists(), source
        assert f"!{source.split('/')[0]}" in ignored
