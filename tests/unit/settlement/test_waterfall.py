"""The waterfall in pandas that the benchmarks measure against does what the engine does."""

from collections import Counter
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks.settlement.data import tables
from benchmarks.settlement.waterfall import waterfall
from tieout.settlement.engine import reconcile
from tieout.settlement.model import MatchSettings

AS_OF = datetime(2026, 11, 10)  # noqa: DTZ001 (the engine takes it as UTC)


@pytest.mark.parametrize("per_order", [1, 2, 8])
def test_it_finds_the_pairs_and_codes_of_the_engine(tmp_path: Path, per_order: int) -> None:
    files = tmp_path / "payments.parquet", tmp_path / "lines.parquet"
    for table, file in zip(tables(20_000, per_order=per_order), files, strict=True):
        pq.write_table(table, file)
    pairs, codes = waterfall(*files, AS_OF)
    found = reconcile(*files, MatchSettings(AS_OF))
    ids = ("payment_id", "line_id")
    expected = zip(*(found.matches[name].to_pylist() for name in ids), strict=True)
    assert set(pairs[list(ids)].itertuples(index=False, name=None)) == set(expected)
    assert len(pairs) == found.matches.num_rows > 19_000
    assert codes == Counter(found.exceptions["code"].to_pylist())
