"""The types and states that gateways document, as kinds; and what two like reports are told by."""

import pytest

from tests.golden import formats as golden
from tieout.formats.cells import cell_value
from tieout.formats.identify import FormatAmbiguous, identify
from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.formats.results import FileRefused

STRIPE_TYPES = ("stripe-balance-history-1", "stripe-balance-transactions-1")
STRIPE_CATEGORIES = ("stripe-payout-reconciliation-1", "stripe-balance-transactions-1")
ADYEN = (
    "adyen-settlement-detail-1",
    "adyen-settlement-detail-xlsx-1",
    "adyen-payments-accounting-1",
)


def kinds(format_ids: tuple[str, ...], word: str) -> set[object]:
    fields = [field for each in format_ids for field in format_spec(each).fields]
    return {cell_value(field, word, None) for field in fields if field.name == "kind"}


def sample(format_id: str) -> bytes:
    return next(path for path in golden.inputs() if path.parent.name == format_id).read_bytes()


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("payment_network_reserve_hold", "reserve"),
        ("payment_network_reserve_release", "reserve"),
        ("reserve_hold", "reserve"),
        ("reserved_funds", "reserve"),
        ("stripe_balance_payment_debit", "transfer"),
        ("stripe_balance_payment_debit_reversal", "transfer"),
        ("obligation_reversal_inbound", "transfer"),
        ("anticipation_repayment", "adjustment"),
        ("tax_fund", "adjustment"),
        ("tax_fee", "fee"),
        ("payout_cancel", "payout_reversal"),
        ("payment_failure_refund", "refund_reversal"),
    ],
)
def test_the_types_of_stripe(word, expected):
    assert kinds(STRIPE_TYPES, word) == {expected}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("anticipation_repayment", "adjustment"),
        ("balance_transfer", "transfer"),
        ("issuing_dispute_provisional_credit_reversal", "adjustment"),
        ("minimum_balance_hold", "reserve"),
        ("outbound_payment_reversal", "transfer"),
        ("platform_fee", "fee"),
        ("payment_method_passthrough_fee", "fee"),
        ("received_debit", "transfer"),
        ("risk_reserved_funds", "reserve"),
        ("stripe_fee_tax", "fee"),
        ("unreconciled_customer_funds", "adjustment"),
    ],
)
def test_the_reporting_categories_of_stripe(word, expected):
    assert kinds(STRIPE_CATEGORIES, word) == {expected}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("ach_bank_failure_debit_reversal_fee", "fee"),
        ("anomaly_debit", "adjustment"),
        ("application_fee_refund", "fee"),
        ("balance_transfer_outbound", "transfer"),
        ("billing_debit", "adjustment"),
        ("channel_promotion_credit", "adjustment"),
        ("channel_transfer_debit_reversal", "transfer"),
        ("chargeback_fee_refund", "fee"),
        ("chargeback_hold_release", "reserve"),
        ("chargeback_protection_debit", "adjustment"),
        ("dispute_withdrawal", "chargeback"),
        ("lending_capital_remittance", "adjustment"),
        ("merchant_to_merchant_credit", "transfer"),
        ("reserved_funds_withdrawal", "reserve"),
        ("risk_withdrawal", "reserve"),
        ("shipping_return_to_origin_adjustment", "fee"),
        ("vat_refund_credit", "adjustment"),
    ],
)
def test_the_types_of_shopify(word, expected):
    assert kinds(("shopify-payments-transactions-1",), word) == {expected}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("SettledExternallyWithInfo", "charge"),
        ("RefundedExternallyWithInfo", "refund"),
        ("ChargebackExternallyWithInfo", "chargeback"),
        ("ChargebackReversedExternallyWithInfo", "chargeback_reversal"),
    ],
)
def test_what_adyen_hears_from_other_acquirers(word, expected):
    assert kinds(ADYEN, word) == {expected}


@pytest.mark.parametrize("side", ["CR", "DR"])
def test_a_tax_that_paypal_withholds_is_an_adjustment(side):
    reports = ("paypal-settlement-1", "paypal-transaction-detail-1")
    assert kinds(reports, f"{side}|T2301") == {"adjustment"}


def test_what_paypal_only_shows_moves_no_money():
    text = sample("paypal-transaction-detail-1")
    assert b'"T0006"' in text
    spec = format_spec("paypal-transaction-detail-1")
    before = read(text, spec, name="report").counts
    after = read(text.replace(b'"T0006"', b'"T9800"', 1), spec, name="report").counts
    assert (after.applied, after.skipped) == (before.applied - 1, before.skipped + 1)


def test_a_report_of_paypal_with_states_is_never_read_as_one_of_settlements():
    detail = sample("paypal-transaction-detail-1").replace(b'"Payment Source"', b'"Another"')
    assert identify(detail).format_id == "paypal-transaction-detail-1"
    assert identify(sample("paypal-settlement-1")).format_id == "paypal-settlement-1"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Chargeback of -5.00", "chargeback"),
        ("Chargeback of 5.00", "chargeback_reversal"),
        ("Chargeback of 0.00", "fee"),
        ("Chargeback (ADJM) of -5.00", "chargeback"),
        ("Chargeback (RPDW) of 5.00", "chargeback_reversal"),
        ("Chargeback (ARBL) of -5.00", "fee"),
        ("Refund of -5.00", "refund"),
        ("Refund of 5.00", "refund_reversal"),
        ("Partial Refund of -5.00", "refund"),
    ],
)
def test_a_dispute_that_is_won_gives_money_back_at_checkout(words, expected):
    assert kinds(("checkout-settlement-breakdown-1",), words) == {expected}


def test_a_settlement_of_amazon_in_which_nothing_happened_has_no_rows():
    spec = format_spec("amazon-settlement-v2-1")
    header, summary = sample("amazon-settlement-v2-1").decode().splitlines(keepends=True)[:2]
    cells = summary.split("\t")
    total = header.split("\t").index("total-amount")
    cells[total] = "0.00"
    parsed = read((header + "\t".join(cells)).encode(), spec, name="report")
    assert (parsed.counts.read, [check.ok for check in parsed.checks]) == (0, [True])
    with pytest.raises(FileRefused, match="does not tie"):
        read((header + summary).encode(), spec, name="report")


def test_klarnas_transactions_without_their_totals_are_in_minor_units():
    table = sample("klarna-settlement-transactions-1")
    assert identify(table).format_id == "klarna-settlement-transactions-1"
    assert identify(sample("klarna-settlement-1")).format_id == "klarna-settlement-1"
    spec = format_spec("klarna-settlement-transactions-1")
    first = read(table, spec, name="table").rows.to_pylist()[0]
    assert (first["settlement_net_minor"], first["settlement_currency"]) == (50000, "SEK")


def test_days_of_square_that_may_be_months_are_for_a_person_to_tell():
    days_first = sample("square-transactions-day-first-1")
    assert identify(days_first).format_id == "square-transactions-day-first-1"
    assert identify(sample("square-transactions-1")).format_id == "square-transactions-1"
    header = days_first.splitlines(keepends=True)[0]
    assert identify(header).format_id == "square-transactions-1"
    with pytest.raises(FormatAmbiguous):
        identify(days_first.replace(b"13/05/2026", b"03/05/2026"))
