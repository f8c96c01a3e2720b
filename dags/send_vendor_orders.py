"""Send vendor orders

**What.** Splits by vendor what of each verified order is routed to vendors, writes one
purchase-order file per vendor, and puts it on the vendor's SFTP server: as NAME.part, then checked,
then renamed. One vendor failing stops no other. Vendors are worked in chunks; a mapped task carries
the names of its chunk.

**Reads.** `sales_order` in state VERIFIED (one row per order), `order_line`, `line_part` in state
VENDOR_ROUTED (one row per part of a line), `partner_feed`.

**Writes.** `vendor_order`, `vendor_order_line`, `effect` (one row per file), `run_summary`; the
file is in the archive under its hash; announces the asset `vendor_orders`.

**When it fails.** *quality_gate*: a critical expectation on order entry or orders failed last
night; open the data-quality report, mend the rows, clear `check_quality`, then this task. *send*:
the part of that name is red, its log says what the server said, and so does the exception
PARTNER_UNREACHABLE; all others' orders are sent and ready. Wrong host key: ask the vendor before
you change the connection. Out of reach: clear the task when the server is back. Refused: a later
run tries again by itself, after half an hour, then an hour and so on, up to four. A file that may
have left is looked for on the server by size and hash before it is sent again.

**To run it again.** Clear any task at any time: no file goes twice.
"""

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import Asset, task

from tieout.kernel.flow import AS_OF, flow_dag

ALLOCATIONS = Asset("allocations")
VENDOR_ORDERS = Asset("vendor_orders")


@flow_dag(__doc__, schedule=[ALLOCATIONS], tags=["vendors", "hourly"])
def send_vendor_orders():
    @task
    def quality_gate(as_of: str) -> None:
        from tieout.quality.tasks import require_quality

        require_quality(flow="send_vendor_orders", as_of=as_of)

    @task
    def plan(as_of: str) -> list[dict]:
        from tieout.fulfilment.tasks import plan_vendor_orders

        return plan_vendor_orders(as_of=as_of)

    @task(map_index_template="{{ task.op_kwargs['chunk']['label'] }}", multiple_outputs=False)
    def send(chunk: dict, as_of: str) -> dict:
        from tieout.fulfilment.tasks import send_vendor_orders

        return send_vendor_orders(chunk=chunk, as_of=as_of)

    @task(outlets=[VENDOR_ORDERS], trigger_rule="all_done", multiple_outputs=False)
    def mark_ready(as_of: str, *, outlet_events) -> dict:
        from tieout.fulfilment.tasks import mark_ready

        outlet_events[VENDOR_ORDERS].extra = {"as_of": as_of}
        return mark_ready(as_of=as_of)

    chunks = plan(AS_OF)
    quality_gate(AS_OF) >> chunks
    sent = send.partial(as_of=AS_OF).expand(chunk=chunks)
    sent >> [mark_ready(AS_OF), EmptyOperator(task_id="every_vendor_well")]


send_vendor_orders()
