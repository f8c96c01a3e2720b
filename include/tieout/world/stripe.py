"""Stripe's itemized payout reconciliation, with columns in changing order."""

from datetime import timedelta

from tieout.kernel.money import format_minor
from tieout.world.batches import Batch, Charge
from tieout.world.chance import chance
from tieout.world.tables import comma_separated

CLOCK = "%Y-%m-%d %H:%M:%S"
COLUMNS = (
    *("balance_transaction_id", "source_id", "charge_id", "payment_intent_id", "created"),
    *("available_on", "automatic_payout_id", "automatic_payout_effective_at", "currency", "gross"),
    *("fee", "net", "reporting_category", "description", "customer_facing_amount"),
    *("customer_facing_currency", "payment_method_type", "card_brand", "gateway_account"),
    "payment_metadata[order_id]",
)


def settlement_file(batch: Batch) -> tuple[str, bytes]:
    """Name and bytes of a day's report; the order of columns differs by day."""
    columns = list(COLUMNS)
    chance(0, "columns", batch.account, batch.day).shuffle(columns)
    rows = [_charge(batch, charge) for charge in batch.charges]
    body = comma_separated([columns, *([row[name] for name in columns] for row in rows)])
    return f"payout_reconciliation.itemized_{batch.day:%Y%m%d}.csv", body


def _charge(batch: Batch, charge: Charge) -> dict[str, str]:
    lower = charge.gateway_ref.lower()
    day = f"{batch.day} 00:00:00"
    return {
        "balance_transaction_id": f"txn_{charge.line_ref.lower()}",
        "source_id": charge.gateway_ref,
        "charge_id": charge.gateway_ref,
        "payment_intent_id": f"pi_{lower}",
        "created": charge.captured_at.strftime(CLOCK),
        "available_on": day,
        "automatic_payout_id": f"po_{batch.number:05d}{charge.currency.lower()}",
        "automatic_payout_effective_at": f"{batch.day + timedelta(days=1)} 00:00:00",
        "currency": charge.currency.lower(),
        "gross": format_minor(charge.gross_minor, charge.currency),
        "fee": format_minor(charge.fee_minor, charge.currency),
        "net": format_minor(charge.net_minor, charge.currency),
        "reporting_category": "charge",
        "description": "",
        "customer_facing_amount": format_minor(charge.gross_minor, charge.currency),
        "customer_facing_currency": charge.currency.lower(),
        "payment_method_type": "card",
        "card_brand": charge.method,
        "gateway_account": batch.account,
        "payment_metadata[order_id]": charge.order_ref,
    }
