"""Adyen's settlement detail report, with its payout: a batch adds up to zero."""

from tieout.kernel.money import format_minor
from tieout.world.batches import Batch, Charge
from tieout.world.tables import comma_separated

TYPES = {
    "charge": "Settled",
    "refund": "Refunded",
    "chargeback": "Chargeback",
    "chargeback_reversal": "ChargebackReversed",
    "reserve": "DepositCorrection",
    "adjustment": "ManualCorrected",
}
COMPANY = "NorthwindGoods"
CLOCK = "%Y-%m-%d %H:%M:%S"
COLUMNS = (
    *("Company Account", "Merchant Account", "Psp Reference", "Merchant Reference"),
    *("Payment Method", "Creation Date", "TimeZone", "Type", "Modification Reference"),
    *("Gross Currency", "Gross Debit (GC)", "Gross Credit (GC)", "Exchange Rate"),
    *("Net Currency", "Net Debit (NC)", "Net Credit (NC)", "Commission (NC)", "Markup (NC)"),
    *("Scheme Fees (NC)", "Interchange (NC)", "Payment Method Variant"),
    *("Modification Merchant Reference", "Batch Number", "Reserved4", "Reserved5", "Reserved6"),
    *("Reserved7", "Reserved8", "Reserved9", "Reserved10"),
)


def settlement_file(batch: Batch) -> tuple[str, bytes]:
    """Name and bytes of a batch's report."""
    name = f"settlement_detail_report_batch_{batch.number}.csv"
    rows = [_charge(batch, charge) for charge in batch.charges]
    rows += [_payout(batch, currency, net) for currency, net in batch.net_by_currency.items()]
    return name, comma_separated([COLUMNS, *([row.get(n, "") for n in COLUMNS] for row in rows)])


def payout_ref(batch: Batch, currency: str) -> str:
    """The text that Adyen puts on the bank statement."""
    return f"TX{batch.number:06d}{currency}XT batch {batch.number}, {batch.account}"


def _charge(batch: Batch, charge: Charge) -> dict[str, str]:
    """A settled charge; a third of its fee is the scheme's, the rest is Adyen's markup."""
    scheme = charge.fee_minor // 3
    side = "Credit" if charge.gross_minor >= 0 else "Debit"
    net_side = "Credit" if charge.net_minor >= 0 else "Debit"
    return _common(batch, charge.settlement_currency) | {
        "Psp Reference": charge.original_ref or charge.gateway_ref,
        "Merchant Reference": charge.order_ref,
        "Payment Method": charge.method,
        "Creation Date": charge.captured_at.strftime(CLOCK),
        "Type": TYPES[charge.kind],
        "Modification Reference": charge.gateway_ref if charge.original_ref else charge.line_ref,
        "Gross Currency": charge.currency,
        f"Gross {side} (GC)": format_minor(abs(charge.gross_minor), charge.currency),
        "Exchange Rate": f"{charge.rate:f}",
        f"Net {net_side} (NC)": format_minor(abs(charge.net_minor), charge.settlement_currency),
        "Markup (NC)": format_minor(charge.fee_minor - scheme, charge.settlement_currency),
        "Scheme Fees (NC)": format_minor(scheme, charge.settlement_currency),
        "Payment Method Variant": f"{charge.method}credit",
    }


def _payout(batch: Batch, currency: str, net_minor: int) -> dict[str, str]:
    return _common(batch, currency) | {
        "Creation Date": f"{batch.day} 04:00:00",
        "Type": "MerchantPayout",
        "Modification Reference": payout_ref(batch, currency),
        "Net Debit (NC)": format_minor(net_minor, currency),
    }


def _common(batch: Batch, currency: str) -> dict[str, str]:
    return {
        "Company Account": COMPANY,
        "Merchant Account": batch.account,
        "TimeZone": "UTC",
        "Net Currency": currency,
        "Batch Number": str(batch.number),
    }
