"""A shop of its own for each test."""

from collections.abc import Iterator

import pytest

from tests.sql.stock.shop import Shop, open_shop
from tieout.kernel import crash


@pytest.fixture
def shop(case_url: str) -> Iterator[Shop]:
    yield open_shop(case_url)
    crash.clear()
