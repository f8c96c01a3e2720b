"""Nothing acknowledged is lost: the database killed, silent and back, the API killed too."""

import os
import signal
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil
import pytest
from sqlalchemy import text

from tests.sql.intake.entries import set_up
from tests.sql.storefront_api.server import Api, body, until
from tieout.intake import tasks
from tieout.kernel.audit import Decision
from tieout.kernel.database import engine, transaction
from tieout.kernel.postgres import EmbeddedPostgres
from tieout.kernel.schema import migrate
from tieout.kernel.settings import settings
from tieout.storefront_api import known
from tieout.world.mailbox import mailbox
from tieout.world.partners import write_connections

AS_OF = datetime(2026, 3, 2, 6, tzinfo=UTC)


class Shop:
    """A database server of its own, and an API over it."""

    def __init__(self, postgres: EmbeddedPostgres, api: Api, url: str) -> None:
        self.postgres, self.api, self.url = postgres, api, url

    def kill_database(self) -> None:
        postmaster = self.postgres.process()
        assert postmaster is not None
        family = [postmaster, *postmaster.children()]
        postmaster.kill()
        psutil.wait_procs(family, timeout=60)

    def freeze_database(self, *, thaw: bool = False) -> None:
        postmaster = self.postgres.process()
        assert postmaster is not None
        for process in (postmaster, *postmaster.children()):
            os.kill(process.pid, signal.SIGCONT if thaw else signal.SIGSTOP)

    def start_database(self) -> None:
        assert self.postgres.start().url("tieout") == self.url

    def wait_until(self, state: str) -> None:
        until(lambda: self.api.health() == {"database": state, "spooled": 0}, f"it is {state}")
        until(lambda: not list(self.api.folder.glob("spool/*.open")), "the spool is sealed")

    def take_in(self) -> None:
        engine(self.url).dispose()
        tasks.take_in_spool(as_of=AS_OF)
        tasks.validate_entries(as_of=AS_OF)
        tasks.normalise_orders(as_of=AS_OF)

    def values(self, query: str) -> list[object]:
        with transaction(self.url, actor="test") as connection:
            return list(connection.execute(text(query)).scalars())

    def orders(self) -> list[object]:
        query = "SELECT order_ref FROM sales_order WHERE status = 'VERIFIED' ORDER BY order_ref"
        return self.values(query)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    root = Path(tempfile.mkdtemp(prefix="tieout-outage-"))
    root.chmod(0o755)
    postgres = EmbeddedPostgres(root)
    url = postgres.url("tieout")
    migrate(url)
    set_up(url, tmp_path / "spool")
    monkeypatch.setenv("TIEOUT_DATABASE_URL", url)
    monkeypatch.setenv("TIEOUT_VAR", str(tmp_path / "var"))
    settings.cache_clear()
    api = Api(url, tmp_path)
    with transaction(url, actor="test") as connection:
        api.key = known.make_key(connection, "shop", Decision("ann", "test", AS_OF))
    api.start()
    yield Shop(postgres, api, url)
    api.stop()
    engine(url).dispose()
    postgres.destroy()
    settings.cache_clear()


def test_an_outage_is_not_told_to_customers_and_every_entry_is_one_order(shop: Shop) -> None:
    before = shop.api.post(body(1))
    shop.kill_database()
    during = shop.api.post(body(2))
    assert (during.status_code, during.json()["state"]) == (before.status_code, "CAPTURED")
    assert shop.api.health() == {"database": "down", "spooled": 1}
    assert shop.api.post(body(2)).content == during.content
    assert shop.api.post(body(2, brand="green")).status_code == 409
    shop.api.post(body(3))
    shop.api.kill()
    shop.api.start()
    assert shop.api.post(body(2, brand="green")).status_code == 409, "it reads open spools"
    assert shop.api.post(body(2)).content == during.content
    assert shop.api.post(body(4)).status_code == 201, "keys are known without the database"
    shop.api.post(body(1))
    shop.start_database()
    shop.wait_until("up")
    assert shop.api.post(body(2, brand="green")).status_code == 409, "receipts went to the database"
    assert shop.api.post(body(5)).status_code == 201
    shop.take_in()
    assert shop.orders() == ["R-1", "R-2", "R-3", "R-4", "R-5"]
    assert shop.values("SELECT rule FROM quarantine") == []
    duplicates = "SELECT sum(duplicate) FROM run_summary WHERE task = 'take_in_spool'"
    assert shop.values(duplicates) == [2], "entry 1 was in the table and in the spool"


def test_a_database_that_is_silent_is_left_alone_and_found_again(shop: Shop) -> None:
    shop.api.post(body(1))
    shop.freeze_database()
    try:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda number: shop.api.post(body(number)), range(2, 18)))
    finally:
        shop.freeze_database(thaw=True)
    assert {answer.status_code for answer in answers} == {201}
    shop.wait_until("up")
    shop.take_in()
    assert sorted(shop.orders()) == sorted(f"R-{number}" for number in range(1, 18))
    assert shop.values("SELECT rule FROM quarantine") == []


def test_an_api_killed_amid_spooling_loses_nothing_that_it_acknowledged(shop: Shop) -> None:
    shop.kill_database()
    acknowledged: list[str] = []

    def send(numbers: range) -> None:
        for number in numbers:
            try:
                answer = shop.api.post(body(number))
            except httpx.TransportError:
                return
            if answer.status_code == 201:
                acknowledged.append(answer.json()["order_ref"])

    with ThreadPoolExecutor(4) as pool:
        senders = [pool.submit(send, range(start, start + 10_000)) for start in (1, 20_001, 40_001)]
        until(lambda: len(acknowledged) > 30, "some entries are spooled")
        shop.api.kill()
        for sender in senders:
            sender.result()
    shop.start_database()
    shop.api.start()
    for number in (1, 20_001, 40_001):
        assert shop.api.post(body(number)).status_code == 201
    shop.wait_until("up")
    shop.take_in()
    assert set(acknowledged) <= set(shop.orders())
    assert len(set(shop.orders())) == len(shop.orders())


def test_staff_is_told_by_mail_that_the_database_is_out(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mailbox(tmp_path / "mail") as mail:
        write_connections(settings().connections_file, {"smtp": mail.connection()})
        shop.kill_database()
        assert shop.api.post(body(1)).status_code == 201
        until(lambda: list((tmp_path / "mail").glob("*.eml")), "a mail came")
    (message,) = [path.read_text() for path in (tmp_path / "mail").glob("*.eml")]
    assert "Subject: [Tieout] Order entry works without the database" in message
    shop.start_database()
