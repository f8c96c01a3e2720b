"""Reconcile payouts

**What.** Compares each payout with the sum of its settlement lines, and matches payouts with bank
lines: by reference and amount, several payouts in one credit, one payout in several credits, then
by payer and amount where just one pair fits. Proves per account and currency that opening + new =
matched + returned + not ours + exceptions + open. Nothing is guessed: what fits several is named.

**Reads.** `payout_report`, `settlement_line`, `bank_line`, `gateway_account` (payer words, days
until late), `payout_route` (which bank gets which currency).

**Writes.** `payout`, `payout_match`, `payout_finding`, `payout_proof` of its business date;
announces the asset `payout_reconciliation`.

**When it fails.** When the proof does not add up: nothing is written then; call a developer with
the log. *prove_journal* fails when the journal's transit accounts are not what the proof left open.

**To run it again.** Clear it: a run replaces what it wrote for its own business date. A date before
one that is already reconciled is refused.
"""

from airflow.sdk import Asset, task

from tieout.kernel.flow import AS_OF, flow_dag

PAYOUT_RECONCILIATION = Asset("payout_reconciliation")


@flow_dag(__doc__, schedule="15 3 * * *", tags=["settlement", "nightly"])
def reconcile_payouts():
    @task(outlets=[PAYOUT_RECONCILIATION], multiple_outputs=False)
    def reconcile(as_of: str, *, outlet_events) -> dict:
        from tieout.settlement.payout_tasks import reconcile_payouts

        outlet_events[PAYOUT_RECONCILIATION].extra = {"as_of": as_of}
        return reconcile_payouts(as_of=as_of)

    @task
    def prove_journal(as_of: str) -> None:
        from tieout.settlement.journal_tasks import prove_journal

        prove_journal(flow="payouts", as_of=as_of)

    reconcile(AS_OF) >> prove_journal(AS_OF)


reconcile_payouts()
