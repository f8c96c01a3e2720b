"""A shop whose gateways answer on this machine by their own wire protocols."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sql.payments.shop import ANSWER_S, NOW, Shop
from tieout.kernel import crash
from tieout.kernel.settings import settings
from tieout.world.payment_gateway import payment_gateway


@pytest.fixture
def shop(case_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with payment_gateway(tmp_path / "gateway", NOW) as world:
        file = tmp_path / "connections.json"
        ways = {
            "pay_usual": world.connection(0, answer_s=ANSWER_S),
            "pay_other": world.connection(1, answer_s=ANSWER_S),
        }
        file.write_text(json.dumps(ways), encoding="utf-8")
        monkeypatch.setenv("TIEOUT_CONNECTIONS", str(file))
        settings.cache_clear()
        shop = Shop(case_url, world)
        shop.do(
            "INSERT INTO partner (partner_id, kind, name, calendar_id) VALUES"
            " ('shop', 'STOREFRONT', 'Shop', 'weekdays'), ('anet', 'GATEWAY', 'A', 'weekdays'),"
            " ('stripe', 'GATEWAY', 'S', 'weekdays')"
        )
        shop.do(
            "INSERT INTO payment_gateway"
            " (gateway, connector, connection_id, alternate_connection_id) VALUES"
            " ('anet', 'authorize_net', 'pay_usual', 'pay_other'),"
            " ('stripe', 'stripe', 'pay_usual', 'pay_other')"
        )
        shop.do("INSERT INTO payment_band VALUES ('shop', 'USD', 5000, 3)")
        yield shop
    crash.clear()


@pytest.fixture(params=["anet", "stripe"])
def gateway(request: pytest.FixtureRequest) -> str:
    return str(request.param)
