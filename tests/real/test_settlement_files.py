"""Settlement files that nobody here wrote: each parses to what a person confirmed, or is refused.

The files are in the folder that TIEOUT_SHARED_DATA names, else in ../shared/data beside the
repository; without them the tests are skipped, and say so.
"""

import os
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from tieout.formats.identify import FormatUnknown, identify
from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.formats.results import FileRefused, ParsedFile
from tieout.formats.writing import write
from tieout.kernel.money import format_minor

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("TIEOUT_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
EXPECTED = yaml.safe_load(Path(__file__).with_name("settlement_files.yaml").read_text())
PARSED = sorted(name for name, words in EXPECTED.items() if "rows" in words)

pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(), reason=f"NOT TESTED: there are no genuine files at {SHARED}"
)


def parsed_file(name: str) -> ParsedFile:
    path = SHARED / name
    return read(path, format_spec(EXPECTED[name]["format"]), name=path.name)


def net_by_currency(parsed: ParsedFile, kind: str | None = None) -> dict[str, str]:
    sums: dict[str, int] = defaultdict(int)
    for row in parsed.rows.to_pylist():
        if kind in (None, row["kind"]):
            sums[row["settlement_currency"]] += row["settlement_net_minor"]
    return {currency: format_minor(minor, currency) for currency, minor in sums.items()}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_its_format_is_told_from_its_bytes(name):
    assert identify((SHARED / name).read_bytes()).format_id == EXPECTED[name]["format"]


@pytest.mark.parametrize("name", PARSED)
def test_its_rows_and_sums_are_those_confirmed(name):
    words, parsed = EXPECTED[name], parsed_file(name)
    assert (len(parsed.rows), parsed.rejected) == (words["rows"], [])
    assert net_by_currency(parsed) == words["net"]
    if "payout" in words:
        assert net_by_currency(parsed, "payout") == words["payout"]
    failed = {check.name for check in parsed.checks if not check.ok}
    assert failed == ({"batch_closed"} if words.get("open") else set())


@pytest.mark.parametrize("name", PARSED)
def test_gross_less_fee_is_net_in_each_row(name):
    for row in parsed_file(name).rows.to_pylist():
        assert row["gross_minor"] - row["fee_minor"] == row["net_minor"]


@pytest.mark.parametrize("name", PARSED)
def test_it_can_be_written_and_read_again(name):
    spec, first = format_spec(EXPECTED[name]["format"]), parsed_file(name).rows
    second = read(write(first, spec), spec, name="again.csv").rows
    for column in set(first.column_names) - {"extra", "line_no"}:
        assert second.column(column) == first.column(column), column


@pytest.mark.parametrize("name", sorted(set(EXPECTED) - set(PARSED)))
def test_it_is_refused_for_the_confirmed_reason(name):
    with pytest.raises(FileRefused) as caught:
        parsed_file(name)
    assert caught.value.reason == EXPECTED[name]["refused"]
    assert caught.value.found.startswith(EXPECTED[name]["found"])


def test_each_line_can_be_found_in_the_file():
    name = "02_gateways/oca_adyen/settlement_detail_report_batch_380.csv"
    lines = (SHARED / name).read_text().splitlines()
    for row in parsed_file(name).rows.to_pylist():
        assert row["line_ref"] in lines[row["line_no"] - 1]


def test_no_other_partners_file_is_taken_for_a_settlement_file():
    wrong = []
    others = [path for path in SHARED.rglob("*") if path.is_file()]
    for path in others:
        if str(path.relative_to(SHARED)) in EXPECTED:
            continue
        try:
            wrong.append((path.name, identify(path.read_bytes(), path.name).format_id))
        except FormatUnknown:
            continue
    assert len(others) > 100
    assert wrong == []


@pytest.mark.parametrize("format_id", sorted({words["format"] for words in EXPECTED.values()}))
def test_another_partners_file_is_refused_and_never_misread(format_id):
    spec = format_spec(format_id)
    for path in (SHARED / "02_gateways").rglob("*"):
        name = str(path.relative_to(SHARED))
        if path.is_file() and EXPECTED.get(name, {}).get("format") != format_id:
            with pytest.raises(FileRefused):
                read(path, spec, name=path.name)
