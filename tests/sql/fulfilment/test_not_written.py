"""A file that its format cannot say: it fails alone, is an exception, and goes once put right."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.sql.fulfilment.test_tasks import AS_OF, Trade, trade  # noqa: F401 (a fixture)
from tieout.exceptions.tasks import raise_exceptions
from tieout.fulfilment import tasks
from tieout.kernel.database import transaction
from tieout.stock import tasks as stock

CASES = "SELECT subject, status FROM exception_case WHERE code = 'VENDOR_ORDER_NOT_SENT' ORDER BY 1"
NUMBERS = "SELECT partner_id, last_number FROM control_number ORDER BY 1"


@pytest.fixture
def unsayable(trade: Trade) -> Trade:  # noqa: F811 (the fixture)
    """Orders of acme in X12, one with a SKU that contains every character that separates."""
    separators = "*|^\x1d\x1c"
    with transaction(trade.url, actor="test") as connection:
        connection.execute(
            text("UPDATE partner_feed SET format_id = 'x12-850-1' WHERE partner_id = 'acme'")
        )
        connection.execute(
            text("UPDATE order_line SET description = :texts WHERE order_line_id = 4"),
            {"texts": separators},
        )
    return trade


def test_others_in_its_chunk_go_and_it_is_a_case_with_the_reason(unsayable: Trade) -> None:
    stock.allocate(as_of=AS_OF)
    chunks = tasks.plan_vendor_orders(as_of=AS_OF)
    whole = {"label": "all", "vendor_ids": [one for each in chunks for one in each["vendor_ids"]]}
    assert tasks.send_vendor_orders(chunk=whole, as_of=AS_OF) == {
        "written": 2,
        "delivered": 2,
        "waiting": 2,
    }
    assert unsayable.files("acme", "PURCHASE_ORDER") == []
    assert len(unsayable.files("bolt", "PURCHASE_ORDER")) == 1
    raise_exceptions(as_of=AS_OF)
    raise_exceptions(as_of=AS_OF + timedelta(minutes=15))
    assert unsayable.rows(CASES) == [("R1-acme", "OPEN"), ("R2-acme", "OPEN")]
    query = (
        "SELECT DISTINCT evidence ->> 'not_written' FROM exception_case WHERE code LIKE 'VENDOR%'"
    )
    [(reason,)] = unsayable.rows(query)
    assert "every character that could separate" in str(reason)


def test_it_goes_under_the_next_number_once_it_is_put_right(unsayable: Trade) -> None:
    unsayable.send()
    unsayable.send()
    assert unsayable.rows(NUMBERS) == [("acme", 0), ("bolt", 1)]
    raise_exceptions(as_of=AS_OF)
    unsayable.run("UPDATE order_line SET description = 'Screw' WHERE order_line_id = 4")
    unsayable.send()
    [path] = unsayable.files("acme", "PURCHASE_ORDER")
    assert path.name == "po-acme-000001.edi"
    assert unsayable.rows("SELECT DISTINCT not_written FROM vendor_order") == [(None,)]
    raise_exceptions(as_of=AS_OF + timedelta(hours=1))
    assert [status for _, status in unsayable.rows(CASES)] == ["AUTO_RESOLVED"] * 2
