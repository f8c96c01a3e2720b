"""The tasks of `charge_kept_cards`: what is due goes out, what has no answer is asked for.

Attempts are brought on one after another, each with commits of its own, so that a task may be
killed at any point and run again.
"""

import logging
from collections import Counter
from datetime import datetime

from tieout.kernel import crash
from tieout.kernel.database import fetch, transaction
from tieout.kernel.runs import Counts
from tieout.kernel.settings import settings
from tieout.kernel.time import parse_instant
from tieout.payments.model import AttemptState

FLOW, ERROR = "charge_kept_cards", "GATEWAY_ERROR"
_OPEN = {AttemptState.SENT, AttemptState.UNKNOWN, AttemptState.PENDING, AttemptState.NOT_SENT}
_LOG = logging.getLogger(__name__)


def age_cards(*, as_of: datetime | str) -> int:
    """Mark the kept cards whose last day is near or over; returns how many changed."""
    from tieout.payments.vault import age

    return age(settings().database_url, as_of=parse_instant(as_of), zone=settings().zone)


def list_approvals(*, as_of: datetime | str) -> list[dict[str, str]]:
    """The charges that wait for a second person: payment_ref, and a subject for the person."""
    from tieout.kernel.money import Money

    with transaction(settings().database_url, actor=FLOW) as connection:
        rows = fetch(connection, "payments/approvals_asked", as_of=parse_instant(as_of))
    return [
        {
            "payment_ref": row["payment_ref"],
            "subject": (
                f"Charge {Money(row['currency'], row['amount_minor'])} for order"
                f" {row['order_ref']} to the card ending {row['last_four']}?"
                f" Usual is at most {Money(row['currency'], row['usual_at_most_minor'])};"
                f" asked by {row['asked_by']}."
            ),
        }
        for row in rows
    ]


def decide_approval(
    *, payment_ref: str, approved: bool, decided_by: str, as_of: datetime | str
) -> bool:
    """Write down a second person's word on a charge; False where it was given already.

    Raises PaymentRefused when the one who decides is the one who asked.
    """
    from tieout.payments.linked import decide

    return decide(
        settings().database_url,
        payment_ref,
        approved=approved,
        decided_by=decided_by,
        reason=None,
        as_of=parse_instant(as_of),
    )


def charge_due(*, as_of: datetime | str) -> dict[str, int]:
    """Plan the first attempts of charges that are due, and bring on all attempts whose time came.

    Returns the counts of attempts: applied are those that have ended, deferred those that are sent
    again or asked for later. They are not kept in run_summary: each attempt has commits of its own,
    and its own events tell of it.
    """
    from tieout.payments.attempts import work

    instant, url = parse_instant(as_of), settings().database_url
    with transaction(url, actor=FLOW) as connection:
        fetch(connection, "payments/plan_due", as_of=instant)
    crash.point("payments.due_planned")
    states: dict[int, AttemptState] = {}
    while found := work(url, as_of=instant, actor=FLOW):
        again = found.keys() & states.keys()
        states |= found
        if again:
            break
    fates = Counter(state in _OPEN for state in states.values())
    counts = Counts(read=len(states), applied=fates[False], deferred=fates[True])
    _LOG.info("charge_due: %s", counts.log_line())
    return counts.as_dict()


def tell_staff(*, as_of: datetime | str) -> dict[str, int]:
    """Mail staff about charges that ended in an error for them: once per gateway, problem and day.

    Returns the counts of mails. Raises PartnersNotReached when the mail server is not reached.
    """
    from tieout.exchange.notices import Notice, plan_notices, send_notices

    instant, url, actor = parse_instant(as_of), settings().database_url, f"{FLOW}/tell_staff"
    with transaction(url, actor) as connection:
        rows = fetch(connection, "payments/errors_to_tell", as_of=instant)
        notices = [
            Notice(
                ERROR,
                f"{row['gateway']}/{row['problem']}/{row['day']}",
                {name: str(value) for name, value in row.items()},
            )
            for row in rows
        ]
        plan_notices(connection, notices, instant)
    crash.point("payments.errors_planned")
    counts = send_notices(url, [ERROR], as_of=instant, actor=actor)
    _LOG.info("tell_staff: %s", counts.log_line())
    return counts.as_dict()
