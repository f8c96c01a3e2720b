"""What people decide about payouts: parted from bank lines, and tied to them.

As with payments and lines, every function is one decision in the caller's transaction, with its row
in the audit log, and waits for a reconciliation of payouts that runs. A decision belongs to the
first business date of which payouts are not reconciled yet.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection

from tieout.kernel.audit import Decision
from tieout.kernel.database import execute, fetch, lock
from tieout.kernel.settings import settings
from tieout.settlement.deciding import (
    Outcome,
    SettlementDecisionError,
    carry_out,
    note,
    propose,
    take_back,
)
from tieout.settlement.periods import refuse_closed

_SQL = "payouts/decide"


def unmatch_payout(connection: Connection, match_no: int, decision: Decision) -> None:
    """Undo a match of payouts whole; no run ties them together again, but a person may.

    Raises SettlementDecisionError when no such match stands, PeriodClosed when its date is closed.
    """
    lock(connection, "payouts")
    edges = fetch(connection, f"{_SQL}/match_edges", match_no=match_no)
    if not edges:
        raise SettlementDecisionError(
            f"There is no payout match {match_no} that stands.",
            remedy="`tieout explain` of its payout or bank line names the match that holds it.",
        )
    refuse_closed(connection, edges[0]["business_date"], f"payout match {match_no}")
    day = _day(connection, decision)
    execute(
        connection, f"{_SQL}/ban_pairs", match_no=match_no, actor=decision.actor, at=decision.at
    )
    execute(
        connection,
        f"{_SQL}/undo_match",
        match_no=match_no,
        day=day,
        at=decision.at,
        actor=decision.actor,
        reason=decision.reason,
    )
    take_back(connection, decision, day, payout_match_no=match_no)
    facts = {"business_date": edges[0]["business_date"], "undone_on": day, "edges": edges}
    note(connection, "unmatch-payout", f"payout_match:{match_no}", decision, facts)


def match_payout(
    connection: Connection,
    payout_ids: Sequence[int],
    bank_line_ids: Sequence[int],
    decision: Decision,
    *,
    write_off_variance: bool = False,
) -> Outcome:
    """Tie one payout to one or more bank lines, or one bank line to several payouts.

    Sums that differ (a bank's charge) need `write_off_variance`; a variance above the gateway's
    limit makes a proposal only, and the match once another person approves.
    Raises SettlementDecisionError when something is unknown, not reconciled yet, held already or
    returned, of another gateway or currency, or when the sums differ.
    """
    lock(connection, "payouts")
    items = _open_items(connection, payout_ids, bank_line_ids)
    variance = _variance(items)
    if not variance:
        return Outcome(match_no=_tie(connection, items, decision))
    if not write_off_variance:
        raise SettlementDecisionError(
            f"The bank lines come to {variance} minor units more than the payouts.",
            remedy="Match what adds up, or say that the variance is written off, and why.",
        )
    payouts, lines = _ids(items)
    write_off_id, waits = propose(
        connection, items, variance, decision, match_payouts=payouts, match_bank_lines=lines
    )
    if waits:
        return Outcome(write_off_id=write_off_id, waits=True)
    return _match_and_write_off(connection, write_off_id, items, decision, by_another=False)


def match_approved(connection: Connection, found: dict[str, Any], decision: Decision) -> Outcome:
    """Make the match whose variance another person proposed to write off, and write that off.

    `found` is the proposal. Raises SettlementDecisionError when something of it is held by now.
    """
    lock(connection, "payouts")
    items = _open_items(connection, found["payout_ids"], found["bank_line_ids"])
    if _variance(items) != found["amount_minor"]:
        raise SettlementDecisionError(
            f"Write-off {found['write_off_id']} was of another amount: a payout has changed since.",
            remedy="Reject it, and match the payout anew.",
        )
    return _match_and_write_off(connection, found["write_off_id"], items, decision, by_another=True)


def _match_and_write_off(
    connection: Connection,
    write_off_id: int,
    items: list[dict[str, Any]],
    decision: Decision,
    *,
    by_another: bool,
) -> Outcome:
    match_no = _tie(connection, items, decision)
    day = _day(connection, decision)
    carry_out(
        connection, write_off_id, decision, day, by_another=by_another, payout_match_no=match_no
    )
    return Outcome(match_no, write_off_id)


def _day(connection: Connection, decision: Decision) -> date:
    (found,) = fetch(connection, f"{_SQL}/decision_date", at=decision.at, zone=settings().zone)
    day: date = found["day"]
    return day


def _open_items(
    connection: Connection, payout_ids: Sequence[int], bank_line_ids: Sequence[int]
) -> list[dict[str, Any]]:
    """The payouts, then the bank lines, all of them open."""
    items = fetch(
        connection,
        f"{_SQL}/items",
        payout_ids=list(payout_ids),
        bank_line_ids=list(bank_line_ids),
    )
    asked = [("payout", number) for number in payout_ids]
    asked += [("bank line", number) for number in bank_line_ids]
    known = {(item["side"], item["id"]) for item in items}
    for side, number in asked:
        if (side, number) not in known:
            raise SettlementDecisionError(
                f"There is no {side} {number}.",
                remedy="See `tieout explain` of the payout's reference.",
            )
    for item in items:
        _refuse_held(item)
    return items


def _refuse_held(item: dict[str, Any]) -> None:
    name = f"{item['side'].capitalize()} {item['id']}"
    if not item["is_seen"]:
        raise SettlementDecisionError(
            f"{name} is not reconciled yet.",
            remedy="Wait for the next reconciliation: it may match by itself.",
        )
    if item["match_no"] is not None:
        raise SettlementDecisionError(
            f"{name} is in payout match {item['match_no']}.", remedy="Undo that match first."
        )
    if item["is_returned"]:
        raise SettlementDecisionError(
            f"{name} and its reversal cancelled each other out.",
            remedy="It never reached the bank: look for the payout that took its place.",
        )


def _variance(items: list[dict[str, Any]]) -> int:
    """Bank lines less payouts, in minor units. Raises when the items cannot be one match."""
    payouts, lines = _ids(items)
    if not payouts or not lines or min(len(payouts), len(lines)) > 1:
        raise SettlementDecisionError(
            f"{len(payouts)} payouts and {len(lines)} bank lines are no match.",
            remedy="Give one payout with its bank lines, or one bank line with its payouts.",
        )
    for fact in ("gateway", "currency"):
        values = {item[fact] for item in items if item[fact] is not None}
        if len(values) > 1:
            raise SettlementDecisionError(
                f"They are not of one {fact}: {', '.join(sorted(values))}.",
                remedy=f"Only payouts and bank lines of one {fact} can be matched.",
            )
    return sum(
        item["amount_minor"] if item["side"] == "bank line" else -item["amount_minor"]
        for item in items
    )


def _ids(items: list[dict[str, Any]]) -> tuple[list[int], list[int]]:
    return (
        [item["id"] for item in items if item["side"] == "payout"],
        [item["id"] for item in items if item["side"] == "bank line"],
    )


def _tie(connection: Connection, items: list[dict[str, Any]], decision: Decision) -> int:
    payouts, lines = _ids(items)
    day = _day(connection, decision)
    both = {"payout_ids": payouts, "bank_line_ids": lines}
    execute(connection, f"{_SQL}/lift_bans", **both)
    execute(connection, f"{_SQL}/take_back_lines", bank_line_ids=lines, day=day)
    execute(connection, f"{_SQL}/insert_match", **both, day=day, at=decision.at)
    match_no = min(lines)
    note(
        connection,
        "match-payout",
        f"payout_match:{match_no}",
        decision,
        {"business_date": day, "items": items},
    )
    return match_no
