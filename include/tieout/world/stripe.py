"""Stripe's itemized payout reconciliation, with columns in changing order."""

from collections.abc import Sequence
from datetime import timedelta

from tieout.kernel.money import format_minor
from tieout.world.batches import Batch, Charge, Payout
from tieout.world.chance import chance
from tieout.world.scenario import WORKDAYS
from tieout.world.tables import comma_separated

CATEGORIES = {
    "charge": "charge",
    "refund": "refund",
    "chargeback": "dispute",
    "chargeback_reversal": "dispute_reversal",
    "reserve": "risk_reserved_funds",
    "adjustment": "other_adjustment",
}
CLOCK = "%Y-%m-%d %H:%M:%S"
COLUMNS = (
    *("balance_transaction_id", "source_id", "charge_id", "payment_intent_id", "created"),
    *("available_on", "automatic_payout_id", "automatic_payout_effective_at", "currency", "gross"),
    *("fee", "net", "reporting_category", "description", "customer_facing_amount"),
    *("customer_facing_currency", "payment_method_type", "card_brand", "gateway_account"),
    *("payment_metadata[order_id]", "payment_metadata[our_ref]"),
)

PAID = ("customer_facing_amount", "customer_facing_currency")
"""What the customer paid; a merchant may leave it out of the report."""

PAYOUT_COLUMNS = (
    *("payout_id", "effective_at_utc", "currency", "gross", "fee", "net", "reporting_category"),
    *("payout_expected_arrival_date", "payout_status", "payout_type"),
)


def settlement_file(batch: Batch) -> tuple[str, bytes]:
    """Name and bytes of a day's report; the order of columns differs by day."""
    columns = [name for name in COLUMNS if batch.tells_paid or name not in PAID]
    chance(0, "columns", batch.account, batch.day).shuffle(columns)
    rows = [_charge(batch, charge) for charge in batch.charges]
    body = comma_separated([columns, *([row[name] for name in columns] for row in rows)])
    return f"payout_reconciliation.itemized_{batch.day:%Y%m%d}.csv", body


def payout_ref(batch: Batch, currency: str) -> str:
    """Stripe's id of the payout of a batch."""
    return f"po_{batch.number:05d}{currency.lower()}"


def payout_file(batch: Batch, payouts: Sequence[Payout]) -> tuple[str, bytes]:
    """Name and bytes of a day's report of payouts."""
    rows = [_payout(batch, payout) for payout in payouts]
    cells = [[row[name] for name in PAYOUT_COLUMNS] for row in rows]
    body = comma_separated([PAYOUT_COLUMNS, *cells])
    return f"payouts.itemized_{batch.day:%Y%m%d}.csv", body


def _payout(batch: Batch, payout: Payout) -> dict[str, str]:
    amount = format_minor(payout.amount_minor, payout.currency)
    return {
        "payout_id": payout.ref,
        "effective_at_utc": f"{batch.day} 05:00:00",
        "currency": payout.currency.lower(),
        "gross": amount,
        "fee": format_minor(0, payout.currency),
        "net": amount,
        "reporting_category": "payout",
        "payout_expected_arrival_date": f"{WORKDAYS.add(batch.day, 1)} 00:00:00",
        "payout_status": "in_transit",
        "payout_type": "bank_account",
    }


def _charge(batch: Batch, charge: Charge) -> dict[str, str]:
    lower = charge.gateway_ref.lower().removeprefix("ch_")
    day = f"{batch.day} 00:00:00"
    return {
        "balance_transaction_id": f"txn_{charge.line_ref.lower()}",
        "source_id": charge.gateway_ref,
        "charge_id": charge.original_ref or charge.gateway_ref,
        "payment_intent_id": f"pi_{lower}",
        "created": charge.captured_at.strftime(CLOCK),
        "available_on": day,
        "automatic_payout_id": payout_ref(batch, charge.settlement_currency),
        "automatic_payout_effective_at": f"{batch.day + timedelta(days=1)} 00:00:00",
        "currency": charge.settlement_currency.lower(),
        "gross": format_minor(charge.settled_gross_minor, charge.settlement_currency),
        "fee": format_minor(charge.fee_minor, charge.settlement_currency),
        "net": format_minor(charge.net_minor, charge.settlement_currency),
        "reporting_category": CATEGORIES[charge.kind],
        "description": "",
        "customer_facing_amount": format_minor(charge.gross_minor, charge.currency),
        "customer_facing_currency": charge.currency.lower(),
        "payment_method_type": "card",
        "card_brand": charge.method,
        "gateway_account": batch.account,
        "payment_metadata[order_id]": "" if charge.our_ref else charge.order_ref,
        "payment_metadata[our_ref]": charge.our_ref,
    }
