"""The live world's storefront: renewals come by HTTP, each is charged once, the large ones wait."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.sql.books import rows
from tests.sql.storefront_api.server import Api
from tieout.kernel.audit import Decision
from tieout.kernel.database import transaction
from tieout.kernel.settings import settings
from tieout.storefront_api.known import make_key
from tieout.world.http_till import HttpTill
from tieout.world.orders import STOREFRONT, orders_of
from tieout.world.partners import register
from tieout.world.payment_gateway import PaymentGateway
from tieout.world.scenario import Scenario, Shares
from tieout.world.servers import outside
from tieout.world.world import SPOOL, World, accounts

SCENARIO = Scenario(
    days=1,
    orders_per_day=8,
    vendors=1,
    skus=4,
    sftp_accounts=1,
    shares=Shares(kept_cards=1, above_band=0.4, super_store=0, spool=0),
)
CHARGED = "SELECT count(*), sum(captured_minor) FROM charge WHERE status = 'captured'"


@pytest.fixture
def payments(case_url: str, tmp_path: Path) -> Iterator[PaymentGateway]:
    with outside(accounts(SCENARIO), tmp_path, settings()) as gateway:
        register(case_url, SCENARIO, tmp_path / SPOOL)
        yield gateway


@pytest.fixture
def till(payments: PaymentGateway, case_url: str, tmp_path: Path) -> Iterator[HttpTill]:
    api = Api(case_url, tmp_path)
    decision = Decision("world", "a test", datetime(2026, 3, 1, tzinfo=UTC))
    with transaction(case_url, actor="test") as connection:
        key = make_key(connection, STOREFRONT, decision)
    api.start()
    try:
        with closing(HttpTill(api.base, key)) as till:
            yield till
    finally:
        api.stop()


def test_renewals_come_by_http_and_are_charged_once(
    payments: PaymentGateway, till: HttpTill, case_url: str, tmp_path: Path
) -> None:
    evening = datetime(2026, 3, 2, 20, tzinfo=UTC)
    with closing(World(SCENARIO, tmp_path, till, payments)) as world:
        world.advance(evening)
    charged = payments.books.rows(CHARGED)
    renewals = orders_of(SCENARIO, SCENARIO.first_day)
    for order in renewals:
        till.renew(order)
    assert payments.books.rows(CHARGED) == charged
    large = {order.order_ref for order in renewals if order.total_minor > 10_000}
    assert 0 < len(large) < len(renewals) == 8
    held = rows(case_url, "SELECT order_ref FROM tender WHERE status = 'HELD'")
    assert {ref for (ref,) in held} == large
    paid = rows(case_url, "SELECT count(*), sum(captured_minor) FROM tender WHERE status = 'DONE'")
    assert [tuple(row.values()) for row in charged] == paid
    assert paid[0][0] == len(renewals) - len(large)
    watched = "SELECT count(*) FROM purchase WHERE status = 'CAPTURED'"
    assert rows(case_url, watched) == [(len(renewals),)]


def test_what_the_gateway_captured_settles_on_the_next_business_day(
    payments: PaymentGateway, till: HttpTill, tmp_path: Path
) -> None:
    evening = datetime(2026, 3, 2, 20, tzinfo=UTC)
    with closing(World(SCENARIO, tmp_path, till, payments)) as world:
        world.advance(evening)
        world.advance(evening + timedelta(days=1))
    (file,) = (tmp_path / "sftp/stripe/settlement").glob("payout_reconciliation*.csv")
    told = file.read_text(encoding="utf-8")
    captured = payments.books.rows("SELECT our_ref FROM charge WHERE status = 'captured'")
    assert captured
    assert all(told.count(row["our_ref"]) == 1 for row in captured)
    assert told.count("\n") == len(captured) + 1
