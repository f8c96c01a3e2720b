"""Raise exceptions

**What.** Runs every exception rule (one query per code under `include/sql/exceptions`). A row that
offends for the first time becomes a case, a case whose row is gone is resolved, a case behind
another case is suppressed while that one lives. Then plans and sends the digest to staff.

**Reads.** All tables of the business. **Writes.** `exception_case`, `effect` (the digest mail),
`run_summary`.

**When it fails.** *raise_cases* fails only with the database; an instant before that of the last
run does nothing, and the log says so. *send_digest*: the mail server cannot be reached; clear the
task when it is back.

**To run it again.** Clear any task at any time: the same instant gives the same cases and no
second mail.
"""

from airflow.sdk import Asset, task

from tieout.kernel.flow import AS_OF, flow_dag

AFTER_EACH_FLOW = (
    Asset("orders")
    | Asset("vendor_orders")
    | Asset("vendor_answers")
    | Asset("settlements")
    | Asset("reconciliation")
    | Asset("payout_reconciliation")
)


@flow_dag(__doc__, schedule=AFTER_EACH_FLOW, tags=["exceptions", "hourly"])
def raise_exceptions():
    @task(multiple_outputs=False)
    def raise_cases(as_of: str) -> dict:
        from tieout.exceptions.tasks import raise_exceptions

        return raise_exceptions(as_of=as_of)

    @task(multiple_outputs=False)
    def send_digest(as_of: str) -> dict:
        from tieout.exceptions.tasks import send_digest

        return send_digest(as_of=as_of)

    raise_cases(AS_OF) >> send_digest(AS_OF)


raise_exceptions()
