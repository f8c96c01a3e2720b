"""What every DAG keeps to, so that operators find their way in each."""

import ast
from typing import Any

import pytest

from tieout.kernel.settings import REPOSITORY

FILES = sorted((REPOSITORY / "dags").glob("*.py"))
FLOWS = [file.stem for file in FILES]
SECTIONS = ("**What.**", "**Reads.**", "**Writes.**", "**When it fails.**", "**To run it again.**")


def test_each_file_holds_the_one_dag_of_its_name(dags: dict[str, Any]) -> None:
    assert sorted(dags) == FLOWS


@pytest.mark.parametrize("flow", FLOWS)
def test_dag_has_owner_schedule_tags_and_one_run_at_a_time(dags: dict[str, Any], flow: str) -> None:
    dag = dags[flow]
    assert dag.owner == "tieout"
    assert dag.tags
    assert dag.max_active_runs == 1
    assert not dag.catchup
    assert type(dag.timetable).__name__ != "NullTimetable"


@pytest.mark.parametrize("flow", FLOWS)
def test_runbook_has_every_section(dags: dict[str, Any], flow: str) -> None:
    missing = [section for section in SECTIONS if section not in dags[flow].doc_md]
    assert missing == []


@pytest.mark.parametrize("flow", FLOWS)
def test_every_task_retries_and_ends(dags: dict[str, Any], flow: str) -> None:
    for task in dags[flow].tasks:
        assert task.retries >= 1, task.task_id
        assert task.execution_timeout is not None, task.task_id


@pytest.mark.parametrize("flow", FLOWS)
def test_as_of_has_a_form(dags: dict[str, Any], flow: str) -> None:
    form = dags[flow].params.get_param("as_of")
    assert form.schema["format"] == "date-time"
    assert form.description


@pytest.mark.parametrize("flow", FLOWS)
def test_mapped_tasks_are_named_by_their_partners(dags: dict[str, Any], flow: str) -> None:
    mapped = [task for task in dags[flow].tasks if task.is_mapped]
    assert [
        task.task_id for task in mapped if not task.partial_kwargs.get("map_index_template")
    ] == []


@pytest.mark.parametrize("file", FILES, ids=FLOWS)
def test_nothing_is_imported_from_a_slice_at_parse_time(file: Any) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    modules = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
    ours = [module for module in modules if module and module.startswith("tieout")]
    assert ours == ["tieout.kernel.flow"]


def assets(condition: Any) -> set[str]:
    """The names in an asset or in a condition on assets."""
    if parts := getattr(condition, "objects", None):
        return set().union(*(assets(part) for part in parts))
    return {condition.name} if hasattr(condition, "name") else set()


def test_assets_that_flows_wait_for_are_announced_by_some_flow(dags: dict[str, Any]) -> None:
    announced = {
        outlet.name for dag in dags.values() for task in dag.tasks for outlet in task.outlets
    }
    awaited = set().union(
        *(assets(getattr(dag.timetable, "asset_condition", None)) for dag in dags.values())
    )
    assert awaited
    assert awaited <= announced
