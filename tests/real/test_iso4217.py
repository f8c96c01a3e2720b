"""The decimals of every currency are those of ISO 4217's own table."""

import csv

import pytest

from tests.real.genuine import SHARED
from tieout.kernel.money import exponent

TABLE = SHARED / "07_reference" / "iso4217" / "codes-all.csv"

pytestmark = pytest.mark.skipif(
    not TABLE.is_file(), reason=f"NOT TESTED: there is no table of currencies at {TABLE}"
)


def test_the_decimals_of_every_active_currency():
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if not row["WithdrawalDate"]]
    stated = {row["AlphabeticCode"]: row["MinorUnit"] for row in rows if row["MinorUnit"].isdigit()}
    assert len(stated) > 150
    assert {code: str(exponent(code)) for code in stated} == stated
