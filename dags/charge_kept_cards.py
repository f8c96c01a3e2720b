"""Charge kept cards

**What.** Sends the charges of registered cards that are due, and brings on every payment attempt
whose time has come: what is proved not to have left goes out again under the same reference, what
may have been acted on is asked for at the gateway first. Charges above the customer's band wait for
*approve_charges*. Kept cards whose last day is near or over are marked. Staff gets a mail, once per
gateway, problem and day, when charges end in an error for a person: key or request refused, given
up unsent, another amount taken, taken twice.

**Reads.** `tender` (one row per amount to be charged), `payment_attempt` (one row per request to a
gateway), `card_registration`, `payment_gateway`, `gateway_quirk`.

**Writes.** `payment_attempt`, `payment_event`, `tender`, `card_registration`,
`payment`, mails to staff.

**When it fails.** A gateway's connection is missing or has lost something that it needs: the log
names it. Gateways that cannot be reached, or do not answer, fail nothing: their attempts wait, and
the exceptions PAYMENT_UNKNOWN and PAYMENT_NOT_SENT tell of them. *tell_staff* fails when the mail
server is not reached; the next run sends what it could not.

**To run it again.** Clear any task at any time: an attempt goes out again only when it is proved
that it took nothing, or while the gateway knows its reference.
"""

from airflow.sdk import task

from tieout.kernel.flow import AS_OF, flow_dag


@flow_dag(__doc__, schedule="*/5 * * * *", tags=["payments"])
def charge_kept_cards():
    @task(multiple_outputs=False)
    def charge_due(as_of: str) -> dict:
        from tieout.payments.tasks import charge_due

        return charge_due(as_of=as_of)

    @task
    def age_cards(as_of: str) -> int:
        from tieout.payments.tasks import age_cards

        return age_cards(as_of=as_of)

    @task(trigger_rule="all_done", multiple_outputs=False)
    def tell_staff(as_of: str) -> dict:
        from tieout.payments.tasks import tell_staff

        return tell_staff(as_of=as_of)

    age_cards(AS_OF) >> charge_due(AS_OF) >> tell_staff(AS_OF)


charge_kept_cards()
