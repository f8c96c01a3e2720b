"""Approve charges

**What.** Puts every charge of a kept card that is above its customer's band before a second person:
under *Required Actions* in Airflow, with amount, order, card and what is usual. Approved charges go
out with the next *charge_kept_cards*; rejected ones never do.

**Reads.** `payment_approval` (one row per charge that waits), `tender`.

**Writes.** `payment_approval`, `tender`.

**When it fails.** *decide* fails when the one who decides is the one who asked for the charge:
another person has to. *ask* fails when nobody has answered within 12 hours. Both are asked again by
the next run.

**To run it again.** Clear it, or wait for the next run: a charge that is decided is left out.
"""

from datetime import timedelta

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import task, task_group

from tieout.kernel.flow import AS_OF, flow_dag

APPROVE, REJECT = "Approve", "Reject"


@flow_dag(__doc__, schedule="*/5 * * * *", tags=["payments", "people"])
def approve_charges():
    @task
    def list_approvals(as_of: str) -> list:
        from tieout.payments.tasks import list_approvals

        return list_approvals(as_of=as_of)

    @task(map_index_template="{{ task.op_kwargs['payment_ref'] }}")
    def decide(payment_ref: str, answer: dict, as_of: str) -> bool:
        from tieout.payments.tasks import decide_approval

        return decide_approval(
            payment_ref=payment_ref,
            approved=answer["chosen_options"] == [APPROVE],
            decided_by=answer["responded_by_user"]["name"],
            as_of=as_of,
        )

    @task_group
    def second_person(payment_ref: str, subject: str) -> None:
        ask = HITLOperator(
            task_id="ask",
            subject=subject,
            options=[APPROVE, REJECT],
            response_timeout=timedelta(hours=12),
        )
        decide(payment_ref, ask.output, AS_OF)

    second_person.expand_kwargs(list_approvals(AS_OF))


approve_charges()
