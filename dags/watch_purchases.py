"""Watch purchases

**What.** Watches every purchase that was captured before it was paid, until it is confirmed as
delivered, refunded, or in a person's hands. It takes what the payment attempts say; where nothing
is known, it asks the gateway: after 2 and 10 minutes, 1, 6 and 24 hours, then daily for 7 days.
One positive proof makes a purchase paid. It is not paid only by three proofs: a search finds
nothing, the list of unsettled transactions does not have it, nor has a batch that was closed later.
A paid purchase whose site died is made an order; a customer who was not charged gets one mail with
a link; money that turns up after a purchase expired goes back. It also closes a storefront whose
payments break down, and opens it again.

**Reads.** `purchase`, `payment_attempt`, `order_entry`, the gateways.

**Writes.** `purchase`, `purchase_evidence`, `store_control`, orders, mails, refunds, `run_summary`;
announces the asset `orders` when it completes any.

**When it fails.** The database is out, or a gateway's connection is missing: mend that; the next
run comes by itself and nothing is lost. A gateway that does not answer is no failure: its purchases
wait, and PURCHASE_UNKNOWN tells of them. While a purchase is open and no run has ended for 20
minutes, PURCHASES_UNWATCHED tells of that.

**To run it again.** Clear any task at any time: states are folded from what is known, and mails and
refunds are made once.
"""

from airflow.sdk import Asset, task

from tieout.kernel.flow import AS_OF, flow_dag

ORDERS = Asset("orders")


@flow_dag(__doc__, schedule="*/5 * * * *", tags=["purchases", "every 5 minutes"])
def watch_purchases():
    @task(multiple_outputs=False)
    def ask_gateways(as_of: str) -> dict:
        from tieout.purchase.tasks import ask_gateways

        return ask_gateways(as_of=as_of)

    @task(outlets=[ORDERS], multiple_outputs=False)
    def complete_orders(as_of: str, *, outlet_events) -> dict:
        from airflow.sdk.exceptions import AirflowSkipException

        from tieout.intake.tasks import normalise_orders, validate_entries
        from tieout.purchase.tasks import are_orders_waiting

        if not are_orders_waiting():
            raise AirflowSkipException("no paid purchase waits for its order")
        validate_entries(as_of=as_of)
        outlet_events[ORDERS].extra = {"as_of": as_of}
        return normalise_orders(as_of=as_of)

    @task(trigger_rule="none_failed", multiple_outputs=False)
    def correct_purchases(as_of: str) -> dict:
        from tieout.purchase.tasks import correct_purchases

        return correct_purchases(as_of=as_of)

    @task(trigger_rule="all_done")
    def switch_stores(as_of: str) -> int:
        from tieout.purchase.tasks import switch_stores

        return switch_stores(as_of=as_of)

    asked = ask_gateways(AS_OF)
    asked >> complete_orders(AS_OF) >> correct_purchases(AS_OF)
    asked >> switch_stores(AS_OF)


watch_purchases()
