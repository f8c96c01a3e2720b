"""The outside world for `make up`: live, by the real clock, until it is told to end.

    python -m tieout.world.serve

Its storefront captures orders by the storefront API (TIEOUT_STOREFRONT_API), and has no spool but
that one's. Its day one is the business day before its first start, so that there is business to see
from the first run, on weekends too; after a pause it catches up.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tieout.kernel.audit import Decision
from tieout.kernel.database import transaction
from tieout.kernel.errors import TieoutError
from tieout.kernel.settings import settings
from tieout.storefront_api.known import make_key
from tieout.world.http_till import HttpTill
from tieout.world.orders import STOREFRONT
from tieout.world.partners import register
from tieout.world.places import LIVE, claim_main_database, world_folder
from tieout.world.scenario import LIVE_SCENARIO, WORKDAYS, Scenario, load_scenario
from tieout.world.servers import outside
from tieout.world.sftp import WorldNotStarted
from tieout.world.world import World, accounts

PAUSE_S, LOOK_S = 30.0, 1.0
API_VARIABLE = "TIEOUT_STOREFRONT_API"


def live_scenario(folder: Path, today: date) -> Scenario:
    """The live scenario, beginning on the day kept in its folder, else a business day ago."""
    file = folder / "first-day.txt"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_business_day_before(today).isoformat(), encoding="utf-8")
    first_day = date.fromisoformat(file.read_text(encoding="utf-8"))
    return load_scenario(LIVE_SCENARIO).model_copy(update={"first_day": first_day})


def api_address() -> str:
    """Where the storefront API listens. Raises WorldNotStarted when nobody has said so."""
    if address := os.environ.get(API_VARIABLE):
        return address
    raise WorldNotStarted(
        f"{API_VARIABLE} is not set.", remedy="Say where the storefront API listens, or `make up`."
    )


def own_key(url: str, folder: Path, now: datetime) -> str:
    """The world's key for the storefront API, made at the first call and kept in its folder."""
    file = folder / "storefront.key"
    if not file.exists():
        decision = Decision("world", "the storefront of the outside world", now)
        with transaction(url, actor="world/serve") as connection:
            key = make_key(connection, STOREFRONT, decision)
        file.touch(mode=0o600)
        file.write_text(key, encoding="utf-8")
    return file.read_text(encoding="utf-8")


def _business_day_before(today: date) -> date:
    week = [today - timedelta(days=back) for back in range(1, 8)]
    return next(day for day in week if WORKDAYS.is_business(day))


def serve(wait: Callable[[float], bool], clock: Callable[[], datetime]) -> None:
    """Run servers and world; `wait` pauses for some seconds and says whether to end.

    `clock` is asked for the time before each step. Orders begin once the storefront API answers.
    Raises WorldNotStarted.
    """
    place = settings()
    claim_main_database(place, LIVE)
    folder = world_folder(place, LIVE)
    scenario = live_scenario(folder, clock().date())
    with outside(accounts(scenario), folder, place) as payments:
        register(place.database_url, scenario, place.spool)
        with (
            closing(HttpTill(api_address(), own_key(place.database_url, folder, clock()))) as till,
            closing(World(scenario, folder, till, payments)) as world,
        ):
            while not till.is_open():
                if wait(LOOK_S):
                    return
            print(f"The outside world lives in {folder}", flush=True)
            while True:
                world.advance(clock())
                if wait(PAUSE_S):
                    return


def main() -> int:
    """Serve until INT or TERM."""
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    try:
        serve(ending.wait, lambda: datetime.now(UTC))
    except TieoutError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
