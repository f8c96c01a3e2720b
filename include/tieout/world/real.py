"""`make real`: the orders of Olist through the same flows, with figures for each stage.

    python -m tieout.world.real [--all] [--from 2017-11-23 --to 2017-11-25]

By days: each day ends with a run of all flows, the day after the last settles it, and a last run
sixty days later hears of all parcels. With --all the whole history is one interval.
"""

import argparse
import json
import os
import resource
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tieout.exchange.partners import PartnerSpec, load_partners, load_products
from tieout.kernel.database import fetch, transaction
from tieout.kernel.errors import TieoutError
from tieout.kernel.schema import migrate
from tieout.kernel.settings import REPOSITORY, settings
from tieout.world.flows import Flows, migrate_airflow, output_to, timed
from tieout.world.olist import (
    BEGINNING,
    END,
    STOREFRONT,
    OlistWorld,
    next_midnight,
)
from tieout.world.partners import carrier, gateway, vendor
from tieout.world.places import database_server, enter, own_database
from tieout.world.servers import outside

BEFORE_ANSWERS = ("take_in_orders", "allocate_stock", "send_vendor_orders")
AFTER_ANSWERS = (
    *("take_in_vendor_answers", "take_in_settlements", "reconcile_settlements"),
    *("raise_exceptions", "check_quality"),
)
REFERENCE = {
    "orders": 99_441,
    "lines": 112_650,
    "payments": 103_886,
    "without_lines": 775,
    "without_payment": 1,
    "paid_otherwise": 303,
    "split_tender": 2_961,
    "multi_vendor": 1_278,
}
MIB = 1024


@dataclass(frozen=True)
class Interval:
    """The orders to run, and the instants at which the flows run."""

    name: str
    since: datetime
    until: datetime
    instants: tuple[datetime, ...]


@dataclass
class Stages:
    """How long each stage took, over all instants, and how many rows it had."""

    seconds: dict[str, float] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    def add(self, stage: str, seconds: float, rows: int = 0) -> None:
        """Add one run of a stage."""
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds
        self.rows[stage] = self.rows.get(stage, 0) + rows

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a block as a stage."""
        begun = time.monotonic()
        yield
        self.add(name, time.monotonic() - begun)

    def as_dict(self) -> dict[str, dict[str, float]]:
        """Seconds, rows and rows per second of each stage."""
        return {
            name: {
                "seconds": round(seconds, 1),
                "rows": self.rows.get(name, 0),
                "rows_per_second": round(self.rows.get(name, 0) / seconds) if seconds else 0,
            }
            for name, seconds in self.seconds.items()
        }


def whole_history() -> Interval:
    """All orders of 2016 to 2018 at one instant."""
    return Interval("olist-all", BEGINNING, END, (END,))


def days(first: date, last: date) -> Interval:
    """Some days, each at its end; then the day after, and sixty days later."""
    ends = [next_midnight(first + timedelta(days=n)) for n in range((last - first).days + 1)]
    after = (ends[-1] + timedelta(days=3), ends[-1] + timedelta(days=60))
    since = ends[0] - timedelta(days=1)
    return Interval(f"olist-{first}-{last}", since, ends[-1], (*ends, *after))


def shared_data() -> Path:
    """The folder of data that nobody here wrote: TIEOUT_SHARED_DATA, or ../shared/data."""
    return Path(os.environ.get("TIEOUT_SHARED_DATA") or REPOSITORY.parent / "shared" / "data")


def partners_of(world: OlistWorld) -> list[PartnerSpec]:
    """The storefront, the carrier, the gateways, and every seller as a vendor."""
    storefront = PartnerSpec(partner_id=STOREFRONT, kind="STOREFRONT", name="Olist")
    gateways = [gateway("adyen", STOREFRONT), gateway("stripe", STOREFRONT)]
    vendors = [vendor(each, f"Seller {each[:6]}", account) for each, account in world.vendors()]
    return [storefront, carrier(), *gateways, *vendors]


def run(interval: Interval, log: Path, screen: Console) -> dict[str, Any]:
    """Run an interval in a fresh database; returns the figures."""
    place = settings()
    url = own_database(place, interval.name, fresh=True)
    folder = place.var / "world" / interval.name
    shutil.rmtree(folder, ignore_errors=True)
    place = enter(place, url)
    stages, source = Stages(), shared_data() / "01_orders" / "olist"
    migrate(url)
    migrate_airflow()
    with stages.stage("world: read the files"):
        world = OlistWorld(source, folder, interval.since, interval.until)
    accounts = sorted({account for account, _ in world.directories()})
    with outside(accounts, folder, place):
        with stages.stage("partners and products"), transaction(url, "world/register") as session:
            load_partners(session, partners_of(world))
            load_products(session, world.products())
        with stages.stage("airflow: parse the DAGs"):
            flows = Flows(place.repository / "dags", log)
        _play(interval, world, flows, url, stages, screen)
    return _figures(interval, world, url, stages)


def _play(
    interval: Interval,
    world: OlistWorld,
    flows: Flows,
    url: str,
    stages: Stages,
    screen: Console,
) -> None:
    since = interval.since
    for instant in interval.instants:
        screen.print(f"[dim]as of {instant:%Y-%m-%d %H:%M}[/dim]")
        begun = time.monotonic()
        captured = world.capture(url, since, min(instant, interval.until))
        stages.add("world: capture orders", time.monotonic() - begun, captured)
        since = min(instant, interval.until)
        _run_flows(BEFORE_ANSWERS, flows, instant, stages, screen)
        with stages.stage("world: answers, scans, settlements"):
            world.answer(instant)
        _run_flows(AFTER_ANSWERS, flows, instant, stages, screen)
    with transaction(url, actor="world/figures") as session:
        for row in fetch(session, "world/rows_by_flow"):
            stages.add(row["flow"], 0.0, row["rows"])


def _run_flows(
    names: Sequence[str], flows: Flows, instant: datetime, stages: Stages, screen: Console
) -> None:
    for name in names:
        done = timed(flows, name, instant)
        stages.add(name, done.seconds)
        screen.print(f"  {name:<26}{done.seconds:7.1f} s  {done.tasks} tasks")


def _figures(interval: Interval, world: OlistWorld, url: str, stages: Stages) -> dict[str, Any]:
    with transaction(url, actor="world/figures") as session:
        found = fetch(session, "world/found_faults")[0]
    in_files = world.natural_faults()
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / MIB
    return {
        "interval": interval.name,
        "seconds": round(sum(stages.seconds.values()), 1),
        "stages": stages.as_dict(),
        "peak_memory_mib": {"this process": round(own), "largest child": round(children)},
        "in_files": in_files,
        "reference": REFERENCE if interval.name == "olist-all" else {},
        "found": {name: int(count) for name, count in found.items()},
        "agrees": all(int(found[name]) == count for name, count in in_files.items()),
    }


def tables(figures: dict[str, Any]) -> list[Table]:
    """The figures for the terminal: stages, and natural faults."""
    stages = Table("stage", title=f"{figures['interval']}: {figures['seconds']} s")
    for heading in ("seconds", "rows", "rows/s"):
        stages.add_column(heading, justify="right")
    for name, one in figures["stages"].items():
        stages.add_row(name, *(f"{one[key]:,}" for key in ("seconds", "rows", "rows_per_second")))
    faults = Table("natural faults", title="The orders as they are")
    for heading in ("in the files", "reference", "found"):
        faults.add_column(heading, justify="right")
    for name, count in figures["in_files"].items():
        reference = figures["reference"].get(name, "")
        faults.add_row(
            name, f"{count:,}", f"{reference:,}" if reference else "", f"{figures['found'][name]:,}"
        )
    return [stages, faults]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it as 2017-11-23") from error


def main(arguments: Sequence[str]) -> int:
    """Run what the command line asks for; 0 if what was found agrees with the files, else 1."""
    parser = argparse.ArgumentParser(prog="make real", description="Run the orders of Olist.")
    parser.add_argument("--all", action="store_true", help="the whole history in one interval")
    parser.add_argument("--from", dest="first", type=_day, default=date(2017, 11, 23))
    parser.add_argument("--to", dest="last", type=_day, default=date(2017, 11, 25))
    chosen = parser.parse_args(arguments)
    if chosen.last < chosen.first:
        parser.error("--to is before --from")
    interval = whole_history() if chosen.all else days(chosen.first, chosen.last)
    place = settings()
    log = place.var / "log" / "real.log"
    with output_to(log) as terminal, database_server(place):
        screen = Console(file=terminal)
        try:
            figures = run(interval, log, screen)
        except TieoutError as error:
            screen.print(f"[red]{error}[/red]\nLog: {log}", highlight=False)
            return 2
        file = place.var / "real" / "summary.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(figures, indent=2), encoding="utf-8")
        screen.print(*tables(figures), sep="\n")
        screen.print(
            f"Peak memory {figures['peak_memory_mib']} MiB\nSummary  {file}\nLog      {log}"
        )
        return 0 if figures["agrees"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
