"""Allocate stock

**What.** Takes in what warehouses received, dispatched and counted, and what vendors have. Then it
decides what becomes of every paid piece: own stock, in the order in which orders were paid; a
pre-order, where there is none; or its vendor, for articles that we do not keep, and for those that
may be sent by the vendor while its feed is fresh. Whoever waits is told so, and again when the
pieces have come: one mail each. An order that wants everything at once gets all of its own
articles or none, and its vendors wait for them.

**Reads.** Files of the feeds STOCK_MOVEMENT (one row per line of a warehouse's document) and
INVENTORY (one row per article of a vendor), `sales_order` in state VERIFIED, `order_line`,
`payment`, `stock_item` (the articles that we keep).

**Writes.** `stock_movement` (the ledger), `line_part` (the pieces of a line by what becomes of
them), `vendor_stock`, `vendor_draw`, `stock_notice`, `quarantine`, `run_summary`; announces the
asset `allocations`, for which vendors' orders wait.

**When it fails.** *take_in_movements*, *take_in_vendor_stock*: the log names the partner that
cannot be reached; the allocation goes on with what is known, and the exception PARTNER_UNREACHABLE
tells of it. A row that cannot be (an unknown article, more dispatched than allocated) is in
`quarantine`. *allocate* fails only with the database. *tell_customers*: the mail server cannot be
reached; clear the task when it can.

**To run it again.** Clear any task at any time: movements are keyed by document, line and kind, a
decided piece is not decided again, and nobody is told twice.
"""

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import Asset, task

from tieout.kernel.flow import AS_OF, flow_dag

ORDERS = Asset("orders")
ALLOCATIONS = Asset("allocations")


@flow_dag(__doc__, schedule=[ORDERS], tags=["orders", "stock", "hourly"])
def allocate_stock():
    @task(multiple_outputs=False)
    def take_in_movements(as_of: str) -> dict:
        from tieout.stock.tasks import take_in_movements

        return take_in_movements(as_of=as_of)

    @task(multiple_outputs=False)
    def take_in_vendor_stock(as_of: str) -> dict:
        from tieout.stock.tasks import take_in_vendor_stock

        return take_in_vendor_stock(as_of=as_of)

    @task(outlets=[ALLOCATIONS], trigger_rule="all_done", multiple_outputs=False)
    def allocate(as_of: str, *, outlet_events) -> dict:
        from tieout.stock.tasks import allocate

        outlet_events[ALLOCATIONS].extra = {"as_of": as_of}
        return allocate(as_of=as_of)

    @task(multiple_outputs=False)
    def tell_customers(as_of: str) -> dict:
        from tieout.stock.tasks import tell_customers

        return tell_customers(as_of=as_of)

    feeds = [take_in_movements(AS_OF), take_in_vendor_stock(AS_OF)]
    feeds >> allocate(AS_OF) >> tell_customers(AS_OF)
    feeds >> EmptyOperator(task_id="every_feed_well")


allocate_stock()
