"""Every genuine file parses to what a person confirmed, or is refused for the confirmed reason.

Without the files the tests are skipped, and say so.
"""

import pytest

from tests.real.genuine import (
    SHARED,
    by_currency,
    expectations,
    files,
    outcome,
    reason,
    summed,
)
from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.formats.results import FileRefused, ParsedFile
from tieout.formats.writing import write

EXPECTED = expectations()
READ = sorted(name for name, words in EXPECTED.items() if "rows" in words)
REFUSED = sorted(name for name, words in EXPECTED.items() if "refused" in words)
SETTLEMENT = [
    name for name in READ if format_spec(EXPECTED[name]["format"]).family == "settlement_line"
]
WRITTEN = [name for name in SETTLEMENT if format_spec(EXPECTED[name]["format"]).can_write]

pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(), reason=f"NOT TESTED: there are no genuine files at {SHARED}"
)


def test_each_file_is_expected_and_none_is_left_out():
    assert files() == sorted(EXPECTED)
    assert len(files()) > 100


def test_each_expectation_says_what_it_must():
    for name, words in EXPECTED.items():
        wanted = {"format", "rows"} if "rows" in words else {"refused", "why"}
        assert wanted <= set(words), name


@pytest.mark.parametrize("name", READ)
def test_its_format_rows_and_sums_are_those_confirmed(name):
    words, found = EXPECTED[name], outcome(name)
    assert [reason(each) for each in found if not isinstance(each, ParsedFile)] == []
    assert {each.format_id for each in found} == {words["format"]}
    assert len(found) == words.get("members", 1)
    assert sum(each.counts.applied for each in found) == words["rows"]
    assert sum(each.counts.rejected for each in found) == words.get("rejected", 0)
    assert sum(each.counts.skipped for each in found) == words.get("skipped", 0)
    for each in found:
        failed = sorted(check.name for check in each.checks if not check.ok)
        assert failed == sorted(words.get("failed", []))
    sums = {key: words[key] for key in ("net", "payout", "amount", "sums") if key in words}
    assert summed(found[0], words) == sums


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_for_the_confirmed_reason(name):
    words, found = EXPECTED[name], outcome(name)
    assert {reason(each) for each in found} == {words["refused"]}
    assert len(found) == words.get("members", 1)
    if "found" in words:
        assert all(each.found.startswith(words["found"]) for each in found)
    assert all(each.message and each.remedy for each in found)


@pytest.mark.parametrize("name", SETTLEMENT)
def test_gross_less_fee_is_net_in_each_row(name):
    for parsed in outcome(name):
        for row in parsed.rows.to_pylist():
            assert row["gross_minor"] - row["fee_minor"] == row["net_minor"]


@pytest.mark.parametrize("name", WRITTEN)
def test_it_can_be_written_and_read_again(name):
    (parsed,) = outcome(name)
    spec = format_spec(parsed.format_id)
    second = read(write(parsed.rows, spec), spec, name="again.csv").rows
    for column in set(parsed.rows.column_names) - {"extra", "line_no"}:
        assert second.column(column) == parsed.rows.column(column), column


def test_the_large_batch_of_adyen_ties():
    (parsed,) = outcome("02_gateways/oca_adyen/settlement_detail_report_batch_380.csv")
    money = ("settlement_net_minor", "settlement_currency")
    assert len(parsed.rows) == 228
    assert by_currency(parsed, *money) == {"USD": "0.00"}
    assert by_currency(parsed, *money, kind="payout") == {"USD": "-55308.07"}


def test_each_line_can_be_found_in_the_file():
    name = "02_gateways/oca_adyen/settlement_detail_report_batch_380.csv"
    lines = (SHARED / name).read_text().splitlines()
    (parsed,) = outcome(name)
    for row in parsed.rows.to_pylist():
        assert row["line_ref"] in lines[row["line_no"] - 1]


@pytest.mark.parametrize(
    "format_id", ["adyen-settlement-detail-1", "stripe-payout-reconciliation-1"]
)
def test_another_partners_file_is_refused_and_never_misread(format_id):
    spec = format_spec(format_id)
    for name in files():
        is_gateways = name.startswith("02_gateways/")
        if is_gateways and EXPECTED.get(name, {}).get("format") != format_id:
            with pytest.raises(FileRefused):
                read(SHARED / name, spec, name=name)
