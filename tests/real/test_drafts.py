"""A format drafted from a genuine table reads it whole.

Left out are what is no table with one line of column names: EDI, bank messages, tagged records, a
file whose rows do not fit their names, and what is large.
"""

import pytest

from tests.real.genuine import SHARED, files
from tieout.formats.draft import draft
from tieout.formats.reading import read

NO_TABLES = (
    "04_edi/",
    "03_bank/bai2",
    "03_bank/mt940",
    "06_dirty/edi",
    "06_dirty/frictionless/invalid",
)
LARGEST = 1_000_000
TABLES = [
    name
    for name in files()
    if name.endswith((".csv", ".txt", ".tsv"))
    and not name.startswith(NO_TABLES)
    and (SHARED / name).stat().st_size < LARGEST
]

pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(), reason=f"NOT TESTED: there are no genuine files at {SHARED}"
)


def test_there_are_many():
    assert len(TABLES) > 100


@pytest.mark.parametrize("name", TABLES)
def test_a_draft_loads_and_reads_its_file(name):
    path = SHARED / name
    made = draft(path, path.name)
    counts = read(path, made.spec, name=path.name).counts
    assert counts.rejected == 0
    assert counts.applied + counts.skipped == counts.read
