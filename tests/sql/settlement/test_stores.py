"""The same pass files give the same rows in DuckDB and in PostgreSQL."""

import pytest

from tests.unit.settlement.mixed import mixed_references, mixed_tables
from tests.unit.settlement.tables import AS_OF
from tieout.kernel.database import transaction
from tieout.settlement.engine import OUTPUTS, Reconciliation, reconcile
from tieout.settlement.model import MatchSettings
from tieout.settlement.postgres_store import PostgresStore
from tieout.settlement.stores import Store


def _run(seed: int, store: Store | None = None) -> Reconciliation:
    tables, references = mixed_tables(seed), mixed_references()
    return reconcile(*tables, MatchSettings(AS_OF), store=store, references=references)


def _same(one: Reconciliation, other: Reconciliation) -> None:
    for output in OUTPUTS:
        assert getattr(one, output).equals(getattr(other, output)), output
    assert one.proof == other.proof


@pytest.mark.parametrize("seed", range(3))
def test_postgresql_gives_the_same_rows(empty_database_url: str, seed: int) -> None:
    expected = _run(seed)
    assert len(expected.proof.by_pass) >= 8
    assert all(getattr(expected, output).num_rows for output in OUTPUTS)
    with transaction(empty_database_url, actor="test") as connection:
        _same(expected, _run(seed, PostgresStore(connection)))
