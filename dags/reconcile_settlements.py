"""Reconcile settlements

**What.** Matches open settlement lines with open payments, pass by pass in the order of their files
under `include/sql/settlement/passes`; classifies what is left; proves per gateway and currency that
opening + new = matched + exceptions + open. Starts when the day's files are in, or at 02:00.

**Reads.** `settlement_open_payment`, `settlement_open_line` and the lines of new files
(`settlement_file`), `gateway_account` (window, tolerance, days until overdue), what people decided
since (`settlement_hold`), payouts that lines without references are part of (`payout_report`).

**Writes.** `settlement_match`, `settlement_finding`, `settlement_proof` of its business date;
announces the asset `reconciliation`.

**When it fails.** *quality_gate*: a critical expectation on `settlement_line` failed last night;
see the data-quality report. *reconcile* fails when the proof does not add up: nothing is written
then; call a developer with the log. A date whose books are closed is refused: mark the task as
successful, since the next date takes in what came late.

*prove_journal* fails when the journal's clearing accounts are not what the proof left open: rows
that were reconciled have changed. Export nothing until it is known by whom.

**To run it again.** Clear any task: a run replaces what it wrote for its own business date. A date
before one that is already reconciled is refused.
"""

from airflow.sdk import Asset, AssetOrTimeSchedule, CronTriggerTimetable, task

from tieout.kernel.flow import AS_OF, flow_dag

SETTLEMENT_DAY = Asset("settlement_day")
RECONCILIATION = Asset("reconciliation")
FILES_OR_NIGHT = AssetOrTimeSchedule(
    timetable=CronTriggerTimetable("0 2 * * *", timezone="UTC"), assets=[SETTLEMENT_DAY]
)


@flow_dag(__doc__, schedule=FILES_OR_NIGHT, tags=["settlement", "nightly"])
def reconcile_settlements():
    @task
    def quality_gate(as_of: str) -> None:
        from tieout.quality.tasks import require_quality

        require_quality(flow="reconcile_settlements", as_of=as_of)

    @task(outlets=[RECONCILIATION], multiple_outputs=False)
    def reconcile(as_of: str, *, outlet_events) -> dict:
        from tieout.settlement.tasks import reconcile

        outlet_events[RECONCILIATION].extra = {"as_of": as_of}
        return reconcile(as_of=as_of)

    @task
    def prove_journal(as_of: str) -> None:
        from tieout.settlement.journal_tasks import prove_journal

        prove_journal(flow="settlement", as_of=as_of)

    quality_gate(AS_OF) >> reconcile(AS_OF) >> prove_journal(AS_OF)


reconcile_settlements()
