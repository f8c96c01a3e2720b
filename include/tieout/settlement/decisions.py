"""What people decide about matching: parted, tied together, written off, approved, taken back.

Every function is one decision in the caller's transaction, with its row in the audit log, and waits
for a reconciliation that runs. A decision belongs to the first business date that is not reconciled
yet, so that no proof that stands changes, and the next reconciliation counts it.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection

from tieout.kernel.audit import Decision
from tieout.kernel.database import execute, fetch, lock
from tieout.kernel.settings import settings
from tieout.settlement import payout_decisions
from tieout.settlement.deciding import (
    Outcome,
    SettlementDecisionError,
    carry_out,
    note,
    propose,
    take_back,
)
from tieout.settlement.periods import refuse_closed

_SQL = "settlement/decide"


def unmatch(connection: Connection, match_no: int, decision: Decision) -> None:
    """Undo a match whole; no run ties its payments and lines together again, but a person may.

    Raises SettlementDecisionError when no such match stands, PeriodClosed when its date is closed.
    """
    lock(connection, "settlement")
    edges = fetch(connection, f"{_SQL}/match_edges", match_no=match_no)
    if not edges:
        raise SettlementDecisionError(
            f"There is no match {match_no} that stands.",
            remedy="`tieout explain` of its payment or line names the match that holds it.",
        )
    refuse_closed(connection, edges[0]["business_date"], f"match {match_no}")
    day = _day(connection, decision)
    execute(
        connection,
        f"{_SQL}/undo_match",
        match_no=match_no,
        day=day,
        at=decision.at,
        actor=decision.actor,
        reason=decision.reason,
    )
    execute(
        connection, f"{_SQL}/ban_pairs", match_no=match_no, actor=decision.actor, at=decision.at
    )
    take_back(connection, decision, day, match_no=match_no)
    facts = {"business_date": edges[0]["business_date"], "undone_on": day, "edges": edges}
    note(connection, "unmatch", f"settlement_match:{match_no}", decision, facts)


def match(
    connection: Connection,
    payment_refs: Sequence[str],
    line_ids: Sequence[int],
    decision: Decision,
    *,
    write_off_variance: bool = False,
) -> Outcome:
    """Tie one payment to one or more lines, or one line to several payments.

    `payment_refs` are our references. Sums that differ need `write_off_variance`; a variance above
    the gateway's limit makes a proposal only, and the match once another person approves.
    Raises SettlementDecisionError when something is unknown, not reconciled yet or settled already,
    of another gateway, currency or kind, or when the sums differ.
    """
    lock(connection, "settlement")
    items = _open_items(connection, payment_refs, line_ids)
    variance = _variance(items)
    if variance and not write_off_variance:
        raise SettlementDecisionError(
            f"The lines come to {variance} minor units more than the payments.",
            remedy="Match what adds up, or say that the variance is written off, and why.",
        )
    if not variance:
        return Outcome(match_no=_tie(connection, items, decision))
    payments, lines = _ids(items)
    return _propose(
        connection,
        items,
        variance,
        decision,
        match_payments=payments,
        match_lines=lines,
    )


def write_off(
    connection: Connection,
    decision: Decision,
    *,
    payment_ref: str | None = None,
    line_id: int | None = None,
) -> Outcome:
    """Give up one open payment, or one open line.

    Above the gateway's limit it is a proposal only, which another person must approve.
    Raises SettlementDecisionError when it is unknown, not reconciled yet, or settled already.
    """
    lock(connection, "settlement")
    items = _open_items(
        connection,
        [] if payment_ref is None else [payment_ref],
        [] if line_id is None else [line_id],
    )
    if len(items) != 1:
        raise SettlementDecisionError(
            "A write-off is of one payment or of one line.",
            remedy="Write them off one by one; a match that is off by a little has its variance.",
        )
    (item,) = items
    column = "payment_id" if item["side"] == "payment" else "settlement_line_id"
    return _propose(connection, items, item["signed_minor"], decision, **{column: item["id"]})


def approve(connection: Connection, write_off_id: int, decision: Decision) -> Outcome:
    """Carry out a proposed write-off, as another person than the one who proposed it.

    Raises SettlementDecisionError when it is the same person, when nothing waits, or when what was
    to be written off is settled by now.
    """
    lock(connection, "settlement")
    found = _proposal(connection, write_off_id)
    if decision.actor.strip().lower() == found["proposed_by"].strip().lower():
        raise SettlementDecisionError(
            f"{found['proposed_by']} proposed write-off {write_off_id} and cannot approve it.",
            remedy="Have another person approve it, or reject it.",
        )
    if found["payout_ids"]:
        outcome = payout_decisions.match_approved(connection, found, decision)
    else:
        items = _open_items(
            connection, found["payment_refs"], found["line_ids"], proposal=write_off_id
        )
        outcome = _carry_out(connection, write_off_id, items, decision, found["is_variance"], True)
    note(connection, "approve", f"settlement_write_off:{write_off_id}", decision, found)
    return outcome


def reject(connection: Connection, write_off_id: int, decision: Decision) -> None:
    """Say no to a proposed write-off; what it was about stays open.

    Raises SettlementDecisionError when nothing waits.
    """
    lock(connection, "settlement")
    found = _proposal(connection, write_off_id)
    execute(
        connection,
        f"{_SQL}/reject_write_off",
        write_off_id=write_off_id,
        at=decision.at,
        reason=decision.reason,
    )
    note(connection, "reject", f"settlement_write_off:{write_off_id}", decision, found)


def reopen(connection: Connection, write_off_id: int, decision: Decision) -> None:
    """Take a write-off back: its payment or line is open again from the next reconciliation on.

    Raises SettlementDecisionError when it is not written off, or is the variance of a match;
    PeriodClosed when its books are closed.
    """
    lock(connection, "settlement")
    found = _write_off(connection, write_off_id)
    if found["status"] != "WRITTEN_OFF" or found["is_variance"]:
        raise SettlementDecisionError(
            f"Write-off {write_off_id} is {found['status']}"
            + (" and the variance of a match." if found["is_variance"] else "."),
            remedy=_undo_instead(found),
        )
    refuse_closed(connection, found["business_date"], f"write-off {write_off_id}")
    day = _day(connection, decision)
    take_back(connection, decision, day, write_off_id=write_off_id)
    note(connection, "reopen", f"settlement_write_off:{write_off_id}", decision, found)


def waiting(connection: Connection) -> list[dict[str, Any]]:
    """The write-offs that wait for another person, the oldest first."""
    return fetch(connection, f"{_SQL}/write_off", write_off_id=None)


def _day(connection: Connection, decision: Decision) -> date:
    (found,) = fetch(connection, f"{_SQL}/decision_date", at=decision.at, zone=settings().zone)
    day: date = found["day"]
    return day


def _open_items(
    connection: Connection,
    payment_refs: Sequence[str],
    line_ids: Sequence[int],
    proposal: int | None = None,
) -> list[dict[str, Any]]:
    """The payments and lines, all of them open but for the proposal that is decided about."""
    items = fetch(
        connection, f"{_SQL}/items", payment_refs=list(payment_refs), line_ids=list(line_ids)
    )
    known = {item["ref"] for item in items if item["side"] == "payment"}
    missing = [f"payment {ref}" for ref in payment_refs if ref not in known]
    known = {item["id"] for item in items if item["side"] == "line"}
    missing += [f"line {line_id}" for line_id in line_ids if line_id not in known]
    if missing:
        raise SettlementDecisionError(
            f"There is no {missing[0]}.", remedy="See `tieout explain` of its order or reference."
        )
    for item in items:
        _refuse_held(item, proposal)
    return items


def _refuse_held(item: dict[str, Any], proposal: int | None) -> None:
    name = f"{item['side'].capitalize()} {item['ref']}"
    if not item["is_seen"]:
        raise SettlementDecisionError(
            f"{name} is not reconciled yet.",
            remedy="Wait for the next reconciliation: it may match by itself.",
        )
    if item["match_no"] is not None:
        raise SettlementDecisionError(
            f"{name} is in match {item['match_no']}.", remedy="Undo that match first."
        )
    if item["write_off_id"] not in (None, proposal):
        raise SettlementDecisionError(
            f"{name} is in write-off {item['write_off_id']}.",
            remedy="Reopen that write-off first, or reject it while it waits.",
        )


def _variance(items: list[dict[str, Any]]) -> int:
    """Lines less payments, in minor units. Raises when the items cannot be one match."""
    payments, lines = _ids(items)
    if not payments or not lines or min(len(payments), len(lines)) > 1:
        raise SettlementDecisionError(
            f"{len(payments)} payments and {len(lines)} lines are no match.",
            remedy="Give one payment with its lines, or one line with its payments.",
        )
    for fact in ("gateway", "currency", "kind"):
        if len(values := {item[fact] for item in items}) > 1:
            raise SettlementDecisionError(
                f"They are not of one {fact}: {', '.join(sorted(values))}.",
                remedy=f"Only payments and lines of one {fact} can be matched.",
            )
    return sum(
        item["amount_minor"] if item["side"] == "line" else -item["amount_minor"] for item in items
    )


def _ids(items: list[dict[str, Any]]) -> tuple[list[int], list[int]]:
    return (
        [item["id"] for item in items if item["side"] == "payment"],
        [item["id"] for item in items if item["side"] == "line"],
    )


def _tie(connection: Connection, items: list[dict[str, Any]], decision: Decision) -> int:
    payments, lines = _ids(items)
    (taken,) = fetch(connection, "settlement/take_match_numbers", size=1)
    match_no = int(taken["before"]) + 1
    both = {"payment_ids": payments, "line_ids": lines}
    execute(connection, f"{_SQL}/lift_bans", **both)
    day = _day(connection, decision)
    execute(connection, f"{_SQL}/insert_match", **both, match_no=match_no, day=day, at=decision.at)
    facts = {"business_date": day, "items": items}
    note(connection, "match", f"settlement_match:{match_no}", decision, facts)
    return match_no


def _propose(
    connection: Connection,
    items: list[dict[str, Any]],
    amount_minor: int,
    decision: Decision,
    **subject: object,
) -> Outcome:
    """Propose a write-off, and carry it out at once where the limit allows it."""
    write_off_id, waits = propose(connection, items, amount_minor, decision, **subject)
    if waits:
        return Outcome(write_off_id=write_off_id, waits=True)
    is_variance = "match_payments" in subject
    return _carry_out(connection, write_off_id, items, decision, is_variance, False)


def _carry_out(
    connection: Connection,
    write_off_id: int,
    items: list[dict[str, Any]],
    decision: Decision,
    is_variance: bool,
    by_another: bool,
) -> Outcome:
    match_no = _tie(connection, items, decision) if is_variance else None
    day = _day(connection, decision)
    carry_out(connection, write_off_id, decision, day, by_another=by_another, match_no=match_no)
    return Outcome(match_no, write_off_id)


def _write_off(connection: Connection, write_off_id: int) -> dict[str, Any]:
    found = fetch(connection, f"{_SQL}/write_off", write_off_id=write_off_id)
    if not found:
        raise SettlementDecisionError(
            f"There is no write-off {write_off_id}.", remedy="See `tieout settlement waiting`."
        )
    return found[0]


def _undo_instead(found: dict[str, Any]) -> str:
    if found["match_no"]:
        return f"Undo match {found['match_no']} in its place."
    if found["payout_match_no"]:
        return f"Undo payout match {found['payout_match_no']} in its place."
    return "Only what is written off can be reopened; reject what waits."


def _proposal(connection: Connection, write_off_id: int) -> dict[str, Any]:
    found = _write_off(connection, write_off_id)
    if found["status"] != "PROPOSED":
        raise SettlementDecisionError(
            f"Write-off {write_off_id} is {found['status']}: nobody is asked about it.",
            remedy="`tieout settlement waiting` lists those that wait.",
        )
    return found
