"""`make demo`: some business days of a scenario through the real flows, then planted against found.

    python -m tieout.world.demo [--scenario PATH]

Killed, it goes on where it was; run again after the end, it runs the last instant again and shows
that this adds no row.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tieout.kernel.errors import TieoutError
from tieout.kernel.schema import migrate
from tieout.kernel.settings import Settings, settings
from tieout.world.counts import table_counts
from tieout.world.flows import (
    DAY_FLOWS,
    FIRST_QUIET_FLOWS,
    NIGHT_FLOWS,
    QUIET_FLOWS,
    FlowRun,
    Flows,
    migrate_airflow,
    output_to,
    timed,
)
from tieout.world.partners import register
from tieout.world.places import database_of, database_server, enter, run_name, world_folder
from tieout.world.scenario import BUNDLED, WORKDAYS, Scenario, load_scenario
from tieout.world.scoring import Score, cases_of, score, score_table
from tieout.world.servers import outside
from tieout.world.storefront import DatabaseTill
from tieout.world.world import SPOOL, TILL, World, accounts

NOON, EVENING = clock(12, 30), clock(20)


@dataclass(frozen=True)
class Moment:
    """An instant at which the flows run, and which of them."""

    as_of: datetime
    flows: tuple[str, ...]


def moments_of(scenario: Scenario) -> list[Moment]:
    """Noon and evening of each day with orders, then evenings until everything has come due."""
    order_days = set(scenario.order_days)
    moments: list[Moment] = []
    for offset in range((scenario.last_due_day - scenario.first_day).days + 1):
        day = scenario.first_day + timedelta(days=offset)
        if day in order_days and WORKDAYS.is_business(day):
            moments.append(_moment(day, NOON, DAY_FLOWS))
        if day in order_days:
            moments.append(_moment(day, EVENING, NIGHT_FLOWS))
        elif WORKDAYS.is_business(day):
            is_first = moments[-1].flows == NIGHT_FLOWS
            moments.append(_moment(day, EVENING, FIRST_QUIET_FLOWS if is_first else QUIET_FLOWS))
    return [*moments[:-1], Moment(moments[-1].as_of, NIGHT_FLOWS)]


def _moment(day: date, at: clock, flows: tuple[str, ...]) -> Moment:
    return Moment(datetime.combine(day, at, UTC), flows)


class Demo:
    """One scenario played to its end in a folder, a database and this process."""

    def __init__(
        self, scenario: Scenario, place: Settings, folder: Path, log: Path, screen: Console
    ) -> None:
        self.scenario, self.folder, self.screen = scenario, folder, screen
        self.settings = place
        self.runs: list[FlowRun] = []
        self.log = log
        self.progress = folder / "played-until.txt"

    def play(self) -> Score:
        """Play what is left to play; returns what was found of what was planted."""
        url = self.settings.database_url
        self._say("Databases and the outside world")
        migrate(url)
        migrate_airflow()
        with (
            outside(accounts(self.scenario), self.folder, self.settings) as payments,
            ExitStack() as stack,
        ):
            till = DatabaseTill(url, self.folder / TILL)
            world = World(self.scenario, self.folder, till, payments)
            stack.callback(world.close)
            register(url, self.scenario, self.folder / SPOOL)
            self._say("Airflow")
            flows = Flows(self.settings.repository / "dags", self.log)
            self._play(flows, world)
            return score(world.truth.planted, cases_of(url))

    def _play(self, flows: Flows, world: World) -> None:
        moments = moments_of(self.scenario)
        done = self.progress.read_text(encoding="utf-8") if self.progress.exists() else ""
        left = [moment for moment in moments if moment.as_of.isoformat() > done] or moments[-1:]
        with _bar(self.screen) as bar:
            steps = bar.add_task("", total=sum(len(moment.flows) for moment in left))
            for moment in left:
                world.advance(moment.as_of)
                for flow in moment.flows:
                    bar.update(steps, description=f"{moment.as_of:%a %d %b %H:%M}  {flow}")
                    self.runs.append(timed(flows, flow, moment.as_of))
                    bar.advance(steps)
                self.progress.write_text(moment.as_of.isoformat(), encoding="utf-8")

    def _say(self, text: str) -> None:
        self.screen.print(f"[dim]{text}[/dim]")


def _bar(screen: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<48}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TimeElapsedColumn(),
        console=screen,
    )


def _summary(
    demo: Demo, result: Score, seconds: float, before: dict[str, int]
) -> dict[str, object]:
    after = table_counts(demo.settings.database_url)
    added = {name: after[name] - before.get(name, 0) for name in after}
    by_flow: dict[str, float] = {}
    for run in demo.runs:
        by_flow[run.flow] = round(by_flow.get(run.flow, 0) + run.seconds, 1)
    return {
        "scenario": demo.scenario.model_dump(mode="json"),
        **result.as_dict(),
        "seconds": round(seconds, 1),
        "seconds_by_flow": by_flow,
        "flow_runs": len(demo.runs),
        "task_instances": sum(run.tasks for run in demo.runs),
        "rows": after,
        "rows_added": {name: count for name, count in added.items() if count},
    }


def _report(demo: Demo, result: Score, summary: dict[str, object], file: Path) -> None:
    screen = demo.screen
    screen.print(score_table(result))
    for code, count in result.false_alarms.items():
        screen.print(f"[red]false alarms: {count} of {code}[/red]")
    verdict = "All found, none false." if result.is_perfect else "Not all was as planted."
    screen.print(f"[bold]{verdict}[/bold] {summary['seconds']} s, rows added: {_added(summary)}")
    rows = table_counts(demo.settings.database_url)
    screen.print(
        f"Orders   {rows['sales_order']}, with {rows['notice']} mails about them,"
        f" {rows['order_account']} accounts, and {rows['service']} services to activate"
    )
    screen.print(f"Planted  {demo.folder / 'truth.jsonl'}")
    screen.print(f"Summary  {file}")
    screen.print(f"Log      {demo.log}")
    screen.print(f"Database {demo.settings.external_database_url.rpartition('/')[2]}")
    screen.print(
        "Cases    .venv/bin/tieout status shows those of the database tieout; then `make up`"
    )


def _added(summary: dict[str, object]) -> int:
    added = summary["rows_added"]
    assert isinstance(added, dict)
    return sum(added.values())


def demonstrate(scenario: Scenario, log: Path, screen: Console) -> bool:
    """Play a scenario, print and keep the score; returns whether all was found and none false."""
    begun = time.monotonic()
    place, run = settings(), run_name(scenario)
    url = database_of(place, run)
    place = enter(place, url)
    demo = Demo(scenario, place, world_folder(place, run), log, screen)
    migrate(url)
    before = table_counts(url)
    result = demo.play()
    summary = _summary(demo, result, time.monotonic() - begun, before)
    file = place.var / "demo" / "summary.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(summary, indent=2), encoding="utf-8")
    _report(demo, result, summary, file)
    return result.is_perfect


def main(arguments: Sequence[str]) -> int:
    """Play the scenario of the command line; 0 if all was found and none false, else 1."""
    parser = argparse.ArgumentParser(prog="make demo", description="Play a scenario to its end.")
    parser.add_argument("--scenario", type=Path, default=BUNDLED, help="a YAML file")
    chosen = parser.parse_args(arguments)
    place = settings()
    log = place.var / "log" / "demo.log"
    with output_to(log) as terminal, database_server(place):
        screen = Console(file=terminal)
        try:
            return 0 if demonstrate(load_scenario(chosen.scenario), log, screen) else 1
        except TieoutError as error:
            screen.print(f"[red]{error}[/red]\nLog: {log}", highlight=False)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
