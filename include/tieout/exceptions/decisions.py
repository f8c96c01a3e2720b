"""What people decide about cases: seen, later, settled, written off, or no problem at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from tieout.kernel.audit import audit
from tieout.kernel.database import execute, fetch
from tieout.kernel.errors import TieoutError

EVENTS = {
    "ack": "acknowledged",
    "snooze": "snoozed",
    "resolve": "resolved",
    "write-off": "written_off",
    "false-alarm": "false_alarm",
}
"""What a person may decide, and the event of the machine `exception_case` that it is."""


class CaseError(TieoutError):
    """A case with which this cannot be done."""

    slug = "exception-case"


@dataclass(frozen=True)
class Verdict:
    """What is decided (a key of EVENTS), by whom, why and when; `until` ends a snooze (UTC)."""

    action: str
    actor: str
    reason: str
    at: datetime
    until: datetime | None = None


def live_cases(
    connection: Connection,
    *,
    status: str | None = None,
    code: str | None = None,
    partner_id: str | None = None,
    limit: int = 100,
    offset: int = 0,
) -> list[dict[str, Any]]:
    """Cases that are not closed, the most urgent first, without the first `offset` of them."""
    return fetch(
        connection,
        "exceptions/decide/list",
        status=status,
        code=code,
        partner_id=partner_id,
        limit=limit,
        offset=offset,
    )


def decide(connection: Connection, case_ids: Sequence[int], verdict: Verdict) -> None:
    """Carry out a decision on all of these cases, or on none.

    A case that a person closed comes back only when its problem does: with another `since`.
    Raises CaseError when a case does not exist or its state does not allow it, or when a snooze
    does not end in the future.
    """
    ids = sorted(set(case_ids))
    if verdict.action == "snooze" and (verdict.until is None or verdict.until <= verdict.at):
        raise CaseError("A snooze ends in the future.", remedy="Give a later time with --until.")
    cases = fetch(connection, "exceptions/decide/lock", ids=ids, event=EVENTS[verdict.action])
    if missing := sorted(set(ids) - {case["exception_case_id"] for case in cases}):
        raise CaseError(f"There is no case {missing[0]}.", remedy="See `tieout exceptions list`.")
    for case in cases:
        _refuse_unless_allowed(case, verdict)
    execute(
        connection,
        "exceptions/decide/decide",
        ids=ids,
        to_state=cases[0]["to_state"],
        reason=verdict.reason,
        actor=verdict.actor,
        at=verdict.at,
        snoozed_until=verdict.until if verdict.action == "snooze" else None,
    )
    for case in cases:
        audit(
            connection,
            actor=verdict.actor,
            action=f"exception.{verdict.action}",
            subject=f"exception_case:{case['exception_case_id']}",
            reason=verdict.reason,
            occurred_at=verdict.at,
            facts={name: case[name] for name in ("code", "subject", "status", "amount_minor")},
        )


def _refuse_unless_allowed(case: dict[str, Any], verdict: Verdict) -> None:
    if case["to_state"] is None:
        raise CaseError(
            f"Case {case['exception_case_id']} is {case['status']}: there is no {verdict.action}.",
            remedy="Pending cases open by themselves, suppressed ones when their parent ends; "
            "closed ones stay closed.",
        )
