"""A house for fault tests: a database, a world, and the DAGs' tasks called one by one.

Tasks come from the DAGs themselves, in their order, so that no task of any DAG is left out. Each
can be run plainly, or killed (SIGKILL, in a process of its own) at an edge of its work: before a
statement, before a commit, or at a named point of file traffic.
"""

import os
import signal
import sys
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Engine, event

from tieout.kernel import crash, database
from tieout.kernel import settings as kernel_settings
from tieout.world.partners import register
from tieout.world.scenario import Scenario
from tieout.world.servers import outside
from tieout.world.storefront import DatabaseTill
from tieout.world.world import SPOOL, TILL, World, accounts

Step = Callable[[], Any]
Runner = Callable[[str, Step], Any]


class House:
    """A world and the flows that serve it. `runner` decides how a step is run."""

    def __init__(self, dags: Mapping[str, Any], world: World) -> None:
        self.dags = dags
        self.world = world

    def run(self, flow: str, as_of: str, runner: Runner) -> None:
        """Run the tasks of a flow in their order; mapped tasks once for each part."""
        given: dict[str, Any] = {}
        for task in self.dags[flow].topological_sort():
            for label, step in _steps(task, given, as_of):
                given[task.task_id] = runner(f"{flow}.{label}", step)


def _steps(task: Any, given: Mapping[str, Any], as_of: str) -> Iterator[tuple[str, Step]]:
    if not hasattr(task, "python_callable") or task.get_closest_mapped_task_group():
        return
    function = task.python_callable
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    outlets = {"outlet_events": defaultdict(SimpleNamespace)} if task.outlets else {}
    values = {"as_of": as_of} if "as_of" in names else {}
    if not task.is_mapped:
        yield task.task_id, lambda: function(**values, **outlets)
        return
    (source,) = task.upstream_task_ids
    for chunk in given[source]:
        yield (
            f"{task.task_id}[{chunk['label']}]",
            lambda chunk=chunk: function(chunk=chunk, **values, **outlets),
        )


def once(label: str, step: Step) -> Any:
    """Run a step as the scheduler would."""
    from airflow.sdk.exceptions import AirflowSkipException

    try:
        return step()
    except AirflowSkipException:
        return None


def twice(label: str, step: Step) -> Any:
    """Run a step, and again as if an operator had cleared it."""
    once(label, step)
    return once(label, step)


class Killer:
    """Runs each step in processes that are killed ever later, until one gets to its end."""

    def __init__(self) -> None:
        self.kills: dict[str, int] = defaultdict(int)

    def __call__(self, label: str, step: Step) -> Any:
        """Kill the step at edge 1, 2, 4, 7, 11 ... of what is left of it; then run it plainly."""
        edge, stride = 1, 1
        while _killed_at(edge, label, step):
            self.kills[label] += 1
            edge, stride = edge + stride, stride + 1
        return once(label, step)


def _killed_at(edge: int, label: str, step: Step) -> bool:
    _let_go_of_connections()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        _die_at(edge, label, step)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0, f"{label} failed on its own, see above"
    return False


def _die_at(edge: int, label: str, step: Step) -> None:
    passed = 0

    def tick(*_: Any, **__: Any) -> None:
        nonlocal passed
        passed += 1
        if passed == edge:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        for point in crash.POINTS:
            crash.at(point, tick)
        event.listen(Engine, "before_cursor_execute", tick)
        event.listen(Engine, "commit", tick)
        once(label, step)
    except BaseException:  # noqa: BLE001 (the process ends here, whatever it was)
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _let_go_of_connections() -> None:
    """Close pooled connections, so that no two processes share a socket."""
    engine = database.engine
    for url in _urls:
        engine(url).dispose()


_urls: set[str] = set()


@contextmanager
def house(folder: Path, url: str, scenario: Scenario, dags: Mapping[str, Any]) -> Iterator[House]:
    """A house at a migrated, empty database; its servers and settings end with the block."""
    _urls.add(url)
    before = dict(os.environ)
    os.environ |= {
        "TIEOUT_DATABASE_URL": url,
        "TIEOUT_VAR": str(folder),
        "TIEOUT_ARCHIVE": str(folder / "archive"),
        "TIEOUT_CONNECTIONS": str(folder / "connections.json"),
    }
    kernel_settings.settings.cache_clear()
    try:
        with outside(accounts(scenario), folder, kernel_settings.settings()) as payments:
            world = World(scenario, folder, DatabaseTill(url, folder / TILL), payments)
            register(url, scenario, folder / SPOOL)
            try:
                yield House(dags, world)
            finally:
                world.close()
    finally:
        _urls.discard(url)
        os.environ.clear()
        os.environ.update(before)
        kernel_settings.settings.cache_clear()
