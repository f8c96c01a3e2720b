"""What the DAGs of payouts call: payout files and bank statements in, and their reconciliation."""

import logging
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection

from tieout.kernel.database import execute, fetch, fetch_arrow, lock, transaction
from tieout.kernel.money import to_minor
from tieout.kernel.runs import Counts, forget, record
from tieout.kernel.settings import settings
from tieout.kernel.staging import stage
from tieout.kernel.time import local_day, parse_instant
from tieout.settlement.payout_saving import save_findings, save_payouts, save_sums
from tieout.settlement.payouts import PayoutMatching, match_payouts, sum_payouts, with_decisions
from tieout.settlement.periods import refuse_closed
from tieout.settlement.tasks import DateReconciled

_RECONCILE = {"flow": "reconcile_payouts", "task": "reconcile"}
_FORGOTTEN = ("match", "finding", "proof", "lines", "returns")
_NEWS = (
    *("news", "tell_payouts", "note_changes", "meet_payouts"),
    *("meet_bank_lines", "note_batches", "reopen_sums"),
)
_EMPTY_STATEMENT = pa.schema(
    [("source_file_id", pa.int64())]
    + [(name, pa.string()) for name in ("bank", "account", "currency", "statement_no")]
    + [(name, pa.int64()) for name in ("opening_minor", "closing_minor")]
)
_log = logging.getLogger(__name__)


def take_in_payouts(*, as_of: datetime | str) -> dict[str, int]:
    """Take in the gateways' new payout files; returns the counts of their rows."""
    return _take_in("PAYOUT", "take_in_payouts", _load_reports, as_of)


def take_in_bank_statements(*, as_of: datetime | str) -> dict[str, int]:
    """Take in the banks' new statements; returns the counts of their lines.

    A line that an earlier statement had already is a duplicate. Pending lines are not kept.
    """
    return _take_in("BANK_STATEMENT", "take_in_bank_statements", _load_statements, as_of)


def _take_in(
    doc_type: str, task: str, load: Callable[[Connection], None], as_of: datetime | str
) -> dict[str, int]:
    from tieout.exchange import inbox

    url = settings().database_url
    with transaction(url, actor=f"take_in_payouts/{task}") as connection:
        partners = fetch(connection, "payouts/partners", doc_type=doc_type)
    counts: Counts = inbox.receive(
        url,
        flow="take_in_payouts",
        task=task,
        doc_type=doc_type,
        partner_ids=[row["partner_id"] for row in partners],
        as_of=parse_instant(as_of),
        load=load,
    )
    _log.info("%s", counts.log_line())
    return counts.as_dict()


def _load_reports(connection: Connection) -> None:
    execute(connection, "payouts/load_reports")


def _load_statements(connection: Connection) -> None:
    for statement in ("number_bank_lines", "known_bank_lines", "load_bank_statements"):
        execute(connection, f"payouts/{statement}")
    stage(connection, "empty_statement", _empty_statements(connection))
    for statement in ("load_empty_statements", "load_bank_lines"):
        execute(connection, f"payouts/{statement}")


def _empty_statements(connection: Connection) -> pa.Table:
    stated = fetch(connection, "payouts/stated_statements")
    return pa.Table.from_pylist([_empty_statement(**row) for row in stated], _EMPTY_STATEMENT)


def _empty_statement(*, opening: str, closing: str, **facts: Any) -> dict[str, Any]:
    """A statement without lines; its balances come as "12.34 EUR"."""
    amount, currency = opening.split()
    balances = {
        "opening_minor": to_minor(amount, currency),
        "closing_minor": to_minor(closing.removesuffix(currency).strip(), currency),
    }
    return facts | balances | {"currency": currency}


def reconcile_payouts(
    *, as_of: datetime | str, business_date: date | None = None
) -> dict[str, Any]:
    """Compare payouts with their lines and with the bank as of an instant, and prove both sides.

    `business_date` is by default the day of the instant in the business's zone. A run replaces what
    an earlier run of the same date wrote. Returns the date and the counts of both sides.
    Raises DateReconciled when a later instant is reconciled already, PeriodClosed when the date's
    books are closed, RunDoesNotAddUp when anything is unexplained; nothing is written then.
    """
    instant = parse_instant(as_of)
    day = business_date or local_day(instant, settings().zone)
    with transaction(settings().database_url, actor="/".join(_RECONCILE.values())) as connection:
        lock(connection, "payouts")
        _refuse_past(connection, day, instant)
        refuse_closed(connection, day, "the reconciliation of payouts")
        _forget(connection, day, instant)
        for statement in _NEWS:
            execute(connection, f"payouts/{statement}", business_date=day, as_of=instant)
        found = _reconcile(connection, day, instant)
        execute(connection, "payouts/register_run", business_date=day, as_of=instant)
        counts = {side: _counts(found, side) for side in ("payouts", "bank_lines")}
        for side, count in counts.items():
            record(connection, **_RECONCILE, part=side, as_of=instant, counts=count)
    for side, count in counts.items():
        _log.info("%s of %s: %s", side, day, count.log_line())
    sides = {side: count.as_dict() for side, count in counts.items()}
    return {"business_date": day.isoformat(), **sides}


def _refuse_past(connection: Connection, day: date, as_of: datetime) -> None:
    later = fetch(connection, "payouts/later_run", business_date=day, as_of=as_of)
    if later:
        raise DateReconciled(
            f"The payouts of {day} as of {as_of:%Y-%m-%d %H:%M} UTC cannot be reconciled:"
            f" {later[0]['business_date']} was, as of {later[0]['as_of']:%Y-%m-%d %H:%M} UTC.",
            remedy="Reconcile the newest date again: it takes in whatever came late.",
        )


def _forget(connection: Connection, day: date, as_of: datetime) -> None:
    for what in _FORGOTTEN:
        execute(connection, f"payouts/forget_{what}", business_date=day)
    forget(connection, **_RECONCILE, as_of=as_of)


def _reconcile(connection: Connection, day: date, as_of: datetime) -> PayoutMatching:
    tied, differing = sum_payouts(
        fetch_arrow(connection, "payouts/payouts_to_sum"),
        fetch_arrow(connection, "payouts/lines_to_sum", as_of=as_of),
    )
    save_sums(connection, tied, day)
    found = match_payouts(
        fetch_arrow(connection, "payouts/open_payouts", business_date=day, as_of=as_of),
        fetch_arrow(connection, "payouts/open_bank_lines", business_date=day),
        fetch_arrow(connection, "payouts/payers"),
        fetch_arrow(connection, "payouts/parted"),
    )
    entries = [
        tuple(row.values())
        for query in ("decided_proof", "corrected_proof")
        for row in fetch(connection, f"payouts/{query}", business_date=day)
    ]
    found = with_decisions(found, entries)
    save_payouts(connection, found, day, as_of)
    save_findings(connection, [differing, found.findings], day)
    return found


def _counts(found: PayoutMatching, side: str) -> Counts:
    """The rows of one side: what is settled is applied, exceptions and open ones are deferred."""
    return Counts(
        read=found.count(side, "opening", "new", "reopened", "changed"),
        applied=found.count(side, "matched", "returned", "not_ours"),
        deferred=found.count(side, "exception", "open"),
    )
