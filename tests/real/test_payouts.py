"""Genuine settlement, payout and bank files through the flow: payouts tie, or a case says so."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.real.genuine import SHARED
from tests.sql.books import at, rows
from tests.sql.conftest import case_url, own_folders
from tieout.exchange.partners import AccountSpec, FeedSpec, PartnerSpec, load_partners
from tieout.exchange.payout_terms import PayoutTerms
from tieout.kernel.database import transaction
from tieout.settlement.payout_tasks import (
    reconcile_payouts,
    take_in_bank_statements,
    take_in_payouts,
)
from tieout.settlement.tasks import gateway_chunks, take_in_settlements

__all__ = ["case_url", "own_folders"]

pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(), reason=f"NOT TESTED: there are no genuine files at {SHARED}"
)
SMASHPIG = "02_gateways/smashpig/CheckoutCom"
FINDINGS = """
    SELECT code, payout_ref, expected_minor, found_minor
      FROM current_payout_finding('infinity') WHERE code = 'PAYOUT_SUM_DIFFERS' ORDER BY 2
"""


def open_gateway(url: str, folder: Path, feeds: dict[str, tuple[str, str]], **terms: Any) -> None:
    """A gateway with copies of genuine files: by document type the format and the file."""
    specs = {}
    for doc_type, (format_id, file) in feeds.items():
        directory = folder / doc_type
        directory.mkdir()
        shutil.copy(SHARED / file, directory)
        specs[doc_type] = FeedSpec(format_id=format_id, directory=str(directory))
    account = AccountSpec(account="ours", payouts=PayoutTerms(**terms))
    gateway = PartnerSpec(
        partner_id="gateway", kind="GATEWAY", name="Gateway", feeds=specs, account=account
    )
    with transaction(url, actor="test") as connection:
        load_partners(connection, [gateway])


def through_the_flow() -> None:
    for chunk in gateway_chunks():
        take_in_settlements(chunk=chunk, as_of=at(3))
    take_in_payouts(as_of=at(3))
    reconcile_payouts(as_of=at(4))


def test_adyens_batch_ties_with_its_payout(case_url: str, tmp_path: Path) -> None:
    file = "02_gateways/oca_adyen/settlement_detail_report_batch_380.csv"
    open_gateway(case_url, tmp_path, {"SETTLEMENT": ("adyen-settlement-detail-1", file)})
    through_the_flow()
    payouts = "SELECT amount_minor, currency, sum_ties_on::text FROM payout"
    assert rows(case_url, payouts) == [(5530807, "USD", "2026-03-04")]
    assert rows(case_url, FINDINGS) == []


def test_checkouts_payout_is_a_cent_more_than_its_lines(case_url: str, tmp_path: Path) -> None:
    lines = "settlement-breakdown_ent_testcheckoutfixture_20260702_00000003k599_1.csv"
    payouts = "payouts_ent_testcheckoutfixture_20260701_20260702_1(1)-1.csv"
    feeds = {
        "SETTLEMENT": ("checkout-settlement-breakdown-1", f"{SMASHPIG}/{lines}"),
        "PAYOUT": ("checkout-payouts-1", f"{SMASHPIG}/{payouts}"),
    }
    open_gateway(case_url, tmp_path, feeds)
    through_the_flow()
    assert rows(case_url, FINDINGS) == [("PAYOUT_SUM_DIFFERS", "00000003K599", 7951, 7950)]


def test_shopifys_transactions_tie_with_its_payouts_but_for_a_cent_of_one(
    case_url: str, tmp_path: Path
) -> None:
    folder = "02_gateways/shopify_payouts"
    feeds = {
        "SETTLEMENT": (
            "shopify-payments-transactions-1",
            f"{folder}/shopify-payout-transactions-DEMO.csv",
        ),
        "PAYOUT": ("shopify-payouts-1", f"{folder}/shopify-payouts-DEMO.csv"),
    }
    open_gateway(case_url, tmp_path, feeds)
    through_the_flow()
    assert rows(case_url, FINDINGS) == [("PAYOUT_SUM_DIFFERS", "DEMO-BANK-REF-0810", 17747, 17746)]
    assert rows(case_url, "SELECT count(*), count(sum_ties_on) FROM payout") == [(3, 2)]


@pytest.mark.parametrize(
    ("format_id", "folder", "pattern"),
    [
        ("camt-053-1", "03_bank/genkgo_camt", "*.xml"),
        ("camt-053-1", "03_bank/oca_camt", "*053*"),
        ("mt940-1", "03_bank/mt940_wolph", "**/*.sta"),
        ("bai2-1", "03_bank/bai2_moov", "*"),
    ],
)
def test_genuine_statements_keep_every_line_once(
    case_url: str, tmp_path: Path, format_id: str, folder: str, pattern: str
) -> None:
    for number, file in enumerate(sorted((SHARED / folder).rglob(pattern))):
        if file.is_file():
            shutil.copy(file, tmp_path / f"{number}-{file.name}")
    feed = FeedSpec(format_id=format_id, directory=str(tmp_path))
    bank = PartnerSpec(partner_id="bank", kind="BANK", name="B", feeds={"BANK_STATEMENT": feed})
    with transaction(case_url, actor="test") as connection:
        load_partners(connection, [bank])
    counts = take_in_bank_statements(as_of=at(3))
    booked = "SELECT count(*), count(DISTINCT (account, currency, line_key)) FROM bank_line"
    kept, distinct = rows(case_url, booked)[0]
    assert 0 < kept == distinct <= counts["applied"]
    assert rows(case_url, "SELECT sum(lines - known_lines)::int FROM bank_statement") == [(kept,)]
    assert (
        rows(case_url, "SELECT 1 FROM bank_statement_break('infinity') WHERE reason = 'movements'")
        == []
    )
    again = take_in_bank_statements(as_of=at(4))
    assert again["read"] == 0
    assert reconcile_payouts(as_of=at(4))["bank_lines"]["read"] == kept
