"""Gateways' files become settlement lines, once."""

import shutil
from pathlib import Path

import pytest

from tests.sql.books import at, rows
from tieout.exchange.partners import AccountSpec, FeedSpec, PartnerSpec, load_partners
from tieout.kernel.database import transaction
from tieout.settlement.tasks import gateway_chunks, take_in_settlements

GOLDEN = Path(__file__).parents[2] / "golden/formats/adyen-settlement-detail-1"
FILE = "settlement_detail_report_batch_41.csv"
LINES = "SELECT to_jsonb(l)::text FROM settlement_line AS l ORDER BY settlement_line_id"


@pytest.fixture
def inbox(case_url: str, tmp_path: Path) -> Path:
    """The folder of a gateway named adyen."""
    folder = tmp_path / "adyen"
    folder.mkdir()
    feed = FeedSpec(format_id="adyen-settlement-detail-1", directory=str(folder))
    adyen = PartnerSpec(
        partner_id="adyen",
        kind="GATEWAY",
        name="Adyen",
        feeds={"SETTLEMENT": feed},
        account=AccountSpec(account="main"),
    )
    with transaction(case_url, actor="test") as connection:
        load_partners(connection, [adyen])
    return folder


def test_every_line_of_a_file_is_there_once(case_url: str, inbox: Path) -> None:
    shutil.copy(GOLDEN / FILE, inbox)
    (chunk,) = gateway_chunks()
    assert chunk == {"label": "Adyen", "partner_ids": ["adyen"]}
    counts = take_in_settlements(chunk=chunk, as_of=at(3))
    lines = rows(case_url, LINES)
    assert counts["applied"] == len(lines) > 0
    keys = "SELECT count(DISTINCT (source_file_id, file_line)), min(file_line) FROM settlement_line"
    assert rows(case_url, keys) == [(len(lines), 2)]
    assert take_in_settlements(chunk=chunk, as_of=at(4))["read"] == 0
    assert rows(case_url, LINES) == lines


def test_a_file_cut_short_is_refused_whole_and_its_good_copy_loads(
    case_url: str, inbox: Path
) -> None:
    whole = (GOLDEN / FILE).read_bytes()
    (inbox / FILE).write_bytes(whole[: len(whole) * 2 // 3])
    (chunk,) = gateway_chunks()
    take_in_settlements(chunk=chunk, as_of=at(3))
    assert rows(case_url, LINES) == []
    (inbox / FILE).write_bytes(whole)
    take_in_settlements(chunk=chunk, as_of=at(4))
    assert rows(case_url, "SELECT status FROM source_file ORDER BY 1") == [
        ("LOADED",),
        ("REFUSED",),
    ]
    assert rows(case_url, LINES) != []
