"""The same pass files give the same rows in DuckDB and in PostgreSQL."""

import pytest

from tests.unit.settlement.mixed import mixed_tables
from tests.unit.settlement.tables import AS_OF
from tieout.kernel.database import transaction
from tieout.settlement.engine import Reconciliation, reconcile
from tieout.settlement.model import MatchSettings
from tieout.settlement.postgres_store import PostgresStore
from tieout.settlement.stores import Store


def _run(seed: int, store: Store | None = None) -> Reconciliation:
    return reconcile(*mixed_tables(seed), MatchSettings(AS_OF), store=store)


def _same(one: Reconciliation, other: Reconciliation) -> None:
    assert one.matches.equals(other.matches)
    assert one.exceptions.equals(other.exceptions)
    assert one.open.equals(other.open)
    assert one.proof == other.proof


@pytest.mark.parametrize("seed", range(3))
def test_postgresql_gives_the_same_rows(empty_database_url: str, seed: int) -> None:
    expected = _run(seed)
    assert len(expected.proof.by_pass) >= 6
    with transaction(empty_database_url, actor="test") as connection:
        _same(expected, _run(seed, PostgresStore(connection)))
