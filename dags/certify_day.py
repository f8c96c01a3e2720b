"""Certify the day

**What.** Writes the certificate of the business day before: opening + paid = delivered + refunded +
under way + listed, by currency. Listed are the sales that are neither ended nor simply under way:
each with its money and why. The certificate is JSON in the archive; it holds the hash of the one
before, so that none can be changed or taken out. `tieout certificate verify` walks the chain, and
the board shows it.

**Reads.** `purchase`, `sales_order`, `payment`, the fulfilment of orders, `exception_case`.

**Writes.** `certificate`, `certified_sum`, `certified_sale`, a file in the archive.

**When it fails.** The sums do not tie: nothing was written; report the log. A later day is
certified already: nothing is to be done, what happened stands in that one.

**To run it again.** Clear the task at any time: a day that is certified keeps its certificate.
"""

from airflow.sdk import task

from tieout.kernel.flow import AS_OF, flow_dag


@flow_dag(__doc__, schedule="30 3 * * *", tags=["purchases", "daily"])
def certify_day():
    @task
    def certify(as_of: str) -> str:
        from tieout.purchase.tasks import certify_day

        return certify_day(as_of=as_of)

    certify(AS_OF)


certify_day()
