"""Each folder of cases/ is a small world of tables before and after intake."""

from pathlib import Path

import pytest
from sqlalchemy import text

from tests.sql import harness
from tieout.kernel.database import transaction

CARD = "4111%1111%1111%1111"


@pytest.mark.parametrize("case", harness.cases(Path(__file__).parent / "cases"))
def test_case(case_url: str, case: harness.Case) -> None:
    harness.check(case_url, case)
    with transaction(case_url, actor="test") as connection:
        kept = text(
            "SELECT count(*) FROM quarantine AS q JOIN order_entry AS e USING (entry_row_id)"
            " WHERE q.rule = 'card-number'"
            " AND (q.raw LIKE :card OR coalesce(q.value, '') LIKE :card OR e::text LIKE :card)"
        )
        assert connection.execute(kept, {"card": f"%{CARD}%"}).scalar_one() == 0
