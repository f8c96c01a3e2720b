"""A shop whose gateways answer on this machine, a storefront with a switch, and a mail server."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sql.payments.conftest import shop as payments_shop
from tests.sql.payments.shop import Shop
from tests.sql.purchase.season import Season
from tieout.kernel.settings import settings
from tieout.world.mailbox import mailbox
from tieout.world.store_door import store_door

shop = payments_shop


@pytest.fixture
def season(shop: Shop, tmp_path: Path) -> Iterator[Season]:
    file = tmp_path / "connections.json"
    with mailbox(tmp_path / "mail") as mail, store_door(tmp_path / "store") as door:
        known = json.loads(file.read_text(encoding="utf-8"))
        known |= {"smtp": mail.connection(), "shop_store": door.connection()}
        file.write_text(json.dumps(known), encoding="utf-8")
        settings.cache_clear()
        yield Season(shop, door, tmp_path / "mail")
