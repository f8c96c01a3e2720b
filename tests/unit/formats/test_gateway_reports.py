"""What gateways' reports say, by their documentation: totals, kinds, units and signs."""

import json

import pytest

from tests.golden import formats as golden
from tieout.formats.cells import CellError, cell_value
from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.formats.results import FileRefused


def sample(format_id: str) -> str:
    path = next(path for path in golden.inputs() if path.parent.name == format_id)
    return path.read_text(encoding="utf-8")


def rows(format_id: str, text: str | None = None) -> list[dict[str, object]]:
    content = sample(format_id) if text is None else text
    return read(content.encode(), format_spec(format_id), name="report").rows.to_pylist()


def kind(format_id: str, word: str) -> object:
    (field,) = [field for field in format_spec(format_id).fields if field.name == "kind"]
    return cell_value(field, word, None)


@pytest.mark.parametrize(
    ("format_id", "old", "new", "check", "found"),
    [
        ("amazon-settlement-v2-1", "\t45.00\t", "\t45.01\t", "settlement_total", "93075"),
        ("amazon-settlement-v2-comma-1", "\t45,00\t", "\t44,00\t", "settlement_total", "92974"),
        ("amazon-settlement-v1-1", "\t60.00\t", "\t61.00\t", "settlement_total", "7335"),
        ("chariot-disbursement-1", ",75,0,75,", ",76,0,76,", "deposit_sum", "-1.00 (01abc USD)"),
    ],
)
def test_a_report_that_does_not_tie_is_refused_whole(format_id, old, new, check, found):
    text = sample(format_id)
    assert old in text
    with pytest.raises(FileRefused) as caught:
        rows(format_id, text.replace(old, new))
    assert caught.value.reason == "control-total"
    assert caught.value.expected.startswith(check)
    assert caught.value.found == found


def test_a_lost_row_of_amazon_is_noticed():
    lines = sample("amazon-settlement-v2-1").splitlines(keepends=True)
    with pytest.raises(FileRefused, match="does not tie"):
        rows("amazon-settlement-v2-1", "".join([*lines[:4], *lines[5:]]))


def test_what_amazon_has_not_said_before_is_an_adjustment_with_its_words():
    last = rows("amazon-settlement-v2-1")[-1]
    kept = json.loads(str(last["extra"]))
    assert (last["kind"], last["settlement_net_minor"]) == ("adjustment", -111)
    words = [kept[name] for name in ("transaction-type", "amount-type", "amount-description")]
    assert words == ["Brand New Thing", "Unheard Of", "Never Seen"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Order|ItemPrice|Principal", "charge"),
        ("Order|ItemFees|Commission", "fee"),
        ("Order|Promotion|Shipping", "charge"),
        ("Refund|ItemPrice|Tax", "refund"),
        ("Refund|ItemFees|RefundCommission", "fee"),
        ("Chargeback Refund|ItemPrice|Principal", "chargeback"),
        ("ServiceFee|other-transaction|Storage Fee", "fee"),
        ("other-transaction|other-transaction|Current Reserve Amount", "reserve"),
        ("Transfer|other-transaction|Previous Reserve Amount Balance", "reserve"),
        ("other-transaction|other-transaction|Failed Disbursement", "payout_reversal"),
        ("other-transaction|other-transaction|WAREHOUSE_LOST", "adjustment"),
    ],
)
def test_the_kinds_of_amazons_words(words, expected):
    assert kind("amazon-settlement-v2-1", words) == expected


@pytest.mark.parametrize("format_id", ["adyen-settlement-detail-1", "adyen-payments-accounting-1"])
def test_an_unknown_type_of_adyen_is_rejected(format_id):
    with pytest.raises(CellError):
        kind(format_id, "SomethingNew")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("settled", "charge"),
        ("BankInstructionReturned", "payout_reversal"),
        ("MatchedStatement", "transfer"),
        ("PaymentCost", "fee"),
        ("ReserveAdjustment", "reserve"),
        ("SettledReversed", "refund"),
    ],
)
def test_the_types_of_adyen(word, expected):
    assert kind("adyen-settlement-detail-1", word) == expected


def test_paypal_writes_hundredths_of_yen():
    yen = [row for row in rows("paypal-settlement-1") if row["currency"] == "JPY"]
    amounts = [(row["kind"], row["gross_minor"], row["fee_minor"]) for row in yen]
    assert amounts == [("charge", 4300, 195), ("adjustment", -4105, 0)]


def test_half_a_yen_is_no_amount():
    text = sample("paypal-transaction-detail-1").replace('"8800","USD"', '"8850","JPY"')
    parsed = read(
        text.replace("X0001", "T0006").replace('"305","USD"', '"300","JPY"').encode(),
        format_spec("paypal-transaction-detail-1"),
        name="report",
    )
    assert [(bad.field, bad.value) for bad in parsed.rejected] == [
        ("Gross Transaction Amount", "8850")
    ]


def test_dlocal_is_rounded_and_the_exact_amount_is_kept():
    first = rows("dlocal-settlement-1")[0]
    kept = json.loads(str(first["extra"]))
    assert (first["gross_minor"], first["currency"]) == (10000, "BRL")
    assert (first["settlement_net_minor"], first["settlement_currency"]) == (1922, "USD")
    assert (kept["GROSS_AMOUNT"], kept["NET_AMOUNT"]) == ("19.518075", "19.216953")
    assert first["settlement_fee_minor"] == 30


def test_a_dinar_has_three_decimals():
    last = rows("adyen-payments-accounting-1")[-1]
    assert (last["kind"], last["currency"], last["gross_minor"]) == ("chargeback", "KWD", -12500)
    assert (last["settlement_currency"], last["settlement_net_minor"]) == ("EUR", -4550)


def test_the_fee_of_chariot_may_have_either_sign():
    text = sample("chariot-disbursement-1")
    assert (
        rows("chariot-disbursement-1", text.replace(",50,1.5,48.5", ",50,-1.5,48.5"))[0][
            "fee_minor"
        ]
        == 150
    )


@pytest.mark.parametrize(
    ("format_id", "amounts"),
    [
        ("paypal-activity-1", [(125000, 2540), (-100000, 0)]),
        ("paypal-activity-es-1", [(104937, 178), (-1000, -30)]),
        ("paypal-activity-de-1", [(104100, 194), (-50000, 0)]),
        ("paypal-activity-fr-1", [(104100, 194), (-4100, -10)]),
    ],
)
def test_numbers_are_those_of_the_accounts_language(format_id, amounts):
    assert [(row["gross_minor"], row["fee_minor"]) for row in rows(format_id)] == amounts
