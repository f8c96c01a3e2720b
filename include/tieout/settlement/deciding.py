"""What all decisions about settlement share: what they make, proposed write-offs, the audit log."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from tieout.kernel.audit import Decision, audit
from tieout.kernel.database import execute, fetch
from tieout.kernel.errors import TieoutError

_SQL = "settlement/decide"
_SUBJECTS = (
    *("payment_id", "settlement_line_id", "match_payments", "match_lines"),
    *("match_payouts", "match_bank_lines"),
)


class SettlementDecisionError(TieoutError):
    """A payment, line, payout, match or write-off with which this cannot be done."""

    slug = "settlement-decision"


@dataclass(frozen=True)
class Outcome:
    """What a decision made: a match, a write-off (both for a match with a variance), or a proposal.

    `waits` says that nothing but a proposal is made, which another person must approve.
    """

    match_no: int | None = None
    write_off_id: int | None = None
    waits: bool = False


def propose(
    connection: Connection,
    items: list[dict[str, Any]],
    amount_minor: int,
    decision: Decision,
    **subject: object,
) -> tuple[int, bool]:
    """Propose to write off what `subject` says: its columns of settlement_write_off.

    `items` are what it is about, of one gateway and currency. Returns the number of the write-off,
    and whether it is above the gateway's limit and so waits for another person.
    """
    (made,) = fetch(
        connection,
        f"{_SQL}/propose_write_off",
        **dict.fromkeys(_SUBJECTS) | subject,
        gateway=items[0]["gateway"],
        currency=items[0]["currency"],
        amount_minor=amount_minor,
        actor=decision.actor,
        reason=decision.reason,
        at=decision.at,
    )
    facts = {"amount_minor": amount_minor, "items": items, **made}
    write_off_id: int = made["write_off_id"]
    note(connection, "write-off", f"settlement_write_off:{write_off_id}", decision, facts)
    return write_off_id, made["needs_approval"]


def carry_out(
    connection: Connection,
    write_off_id: int,
    decision: Decision,
    day: date,
    *,
    by_another: bool,
    match_no: int | None = None,
    payout_match_no: int | None = None,
) -> None:
    """Give up what a write-off is about; for a variance, name the match that was made with it."""
    execute(
        connection,
        f"{_SQL}/carry_out_write_off",
        write_off_id=write_off_id,
        day=day,
        match_no=match_no,
        payout_match_no=payout_match_no,
        approved_by=decision.actor if by_another else None,
        at=decision.at,
        reason=decision.reason,
    )


def take_back(
    connection: Connection,
    decision: Decision,
    day: date,
    *,
    write_off_id: int | None = None,
    match_no: int | None = None,
    payout_match_no: int | None = None,
) -> None:
    """Reopen a write-off, or that of a match which is undone, if it has one."""
    execute(
        connection,
        f"{_SQL}/reopen_write_offs",
        write_off_id=write_off_id,
        match_no=match_no,
        payout_match_no=payout_match_no,
        day=day,
        at=decision.at,
        reason=decision.reason,
    )


def note(
    connection: Connection, action: str, subject: str, decision: Decision, facts: dict[str, Any]
) -> None:
    """Write a decision to the audit log; raises ReasonMissing without a name or a reason."""
    audit(
        connection,
        actor=decision.actor,
        action=f"settlement.{action}",
        subject=subject,
        reason=decision.reason,
        occurred_at=decision.at,
        facts=facts,
    )
