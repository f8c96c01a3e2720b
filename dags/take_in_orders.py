"""Take in orders

**What.** Takes the rows that storefronts captured in `order_entry`, and the rows of their spool
files, into customers, addresses, orders, lines and payments. Rows that cannot be right step aside
into `quarantine` with the reason and the remedy; the rest of their order waits for them, all other
orders go on. Quarantined rows are judged again at each run, so a corrected row, or a row whose SKU
has been added to `product` since, loads by itself. A bundle becomes a line for each of its parts;
services wait for activation. Of a paid order the customer is told by mail, and the accounts of its
services are opened at the accounts server.

**Reads.** `order_entry` (one row per order line), spool files (one JSON object per line),
`product`, `product_part`, `list_price`, `super_store`, `notice_nature`.

**Writes.** `customer`, `address`, `sales_order`, `order_line`, `service`, `payment`, `quarantine`,
`effect`, `order_account`, `notice`, `run_summary`; announces the asset `orders`.

**When it fails.** *take_in_spool*: the storefront's files cannot be reached; check its connection,
then clear the task. What is in the table goes on meanwhile, so that the run itself is well: the
exception PARTNER_UNREACHABLE tells of it. *open_accounts*, *send_notices*: the accounts server or
the mail server is not reached. The orders stand; what waits goes out with the next run, or clear
the task once the server is back. The other tasks fail only with the database.

**To run it again.** Clear any task at any time: rows are keyed, the end state is the same. To work
on a past instant, trigger with the parameter `as_of`.
"""

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import Asset, task

from tieout.kernel.flow import AS_OF, flow_dag

ORDERS = Asset("orders")


@flow_dag(__doc__, schedule="0 * * * *", tags=["orders", "hourly"])
def take_in_orders():
    @task(multiple_outputs=False)
    def take_in_spool(as_of: str) -> dict:
        from tieout.intake.tasks import take_in_spool

        return take_in_spool(as_of=as_of)

    @task(trigger_rule="all_done", multiple_outputs=False)
    def validate_entries(as_of: str) -> dict:
        from tieout.intake.tasks import validate_entries

        return validate_entries(as_of=as_of)

    @task(outlets=[ORDERS], multiple_outputs=False)
    def normalise_orders(as_of: str, *, outlet_events) -> dict:
        from tieout.intake.tasks import normalise_orders

        outlet_events[ORDERS].extra = {"as_of": as_of}
        return normalise_orders(as_of=as_of)

    spool = take_in_spool(AS_OF)

    @task(multiple_outputs=False)
    def open_accounts(as_of: str) -> dict:
        from tieout.intake.tasks import open_accounts

        return open_accounts(as_of=as_of)

    @task(trigger_rule="all_done", multiple_outputs=False)
    def send_notices(as_of: str) -> dict:
        from tieout.intake.tasks import send_notices

        return send_notices(as_of=as_of)

    orders = normalise_orders(AS_OF)
    accounts = open_accounts(AS_OF)
    spool >> validate_entries(AS_OF) >> orders >> accounts >> send_notices(AS_OF)
    spool >> EmptyOperator(task_id="spool_well")
    accounts >> EmptyOperator(task_id="accounts_well")


take_in_orders()
