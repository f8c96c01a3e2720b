"""Check data quality

**What.** Runs the Great Expectations suites on order entry, orders and settlement lines inside
PostgreSQL, keeps each result, and builds the Data Docs (`var/quality/docs`). While a critical
expectation fails, the flows that it guards stop at their *quality_gate*; warnings only show.

**Reads.** `order_entry`, `sales_order`, `payment`, `settlement_line` and the views on them.

**Writes.** `quality_result` (one row per expectation and instant), the Data Docs.

**When it fails.** *check* fails only when an expectation cannot be evaluated. One that does not
hold is told by the log and the report with rows and counts; if it is critical, the *quality_gate*s
of the flows that it guards fail. Mend the rows, then clear *check*: the gates open when it passes.

**To run it again.** Clear it: results of the same instant are replaced.
"""

from airflow.sdk import task

from tieout.kernel.flow import AS_OF, flow_dag


@flow_dag(__doc__, schedule="0 1 * * *", tags=["quality", "nightly"])
def check_quality():
    @task(multiple_outputs=False)
    def check(as_of: str) -> dict:
        from tieout.quality.tasks import check_quality

        return check_quality(as_of=as_of)

    check(AS_OF)


check_quality()
