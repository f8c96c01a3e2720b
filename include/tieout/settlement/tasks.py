"""What the DAGs of settlement call: files in, and the reconciliation of a business date."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from tieout.kernel.database import execute, fetch, fetch_arrow, lock, transaction
from tieout.kernel.errors import RunDoesNotAddUp, TieoutError
from tieout.kernel.runs import Counts, forget, record
from tieout.kernel.settings import settings
from tieout.kernel.statistics import analyse, refresh_statistics
from tieout.kernel.time import local_day, parse_instant
from tieout.settlement.engine import Reconciliation, References
from tieout.settlement.engine import reconcile as match
from tieout.settlement.fees import judge_fees
from tieout.settlement.fx import compare_rates, load_rates
from tieout.settlement.lags import count_lags
from tieout.settlement.linking import gather, save_links, waiting
from tieout.settlement.model import GatewaySettings, MatchSettings
from tieout.settlement.near_misses import near_miss_lines
from tieout.settlement.periods import refuse_closed
from tieout.settlement.proof import with_decisions
from tieout.settlement.saving import save

DOC_TYPE = "SETTLEMENT"
_TAKE_IN = "take_in_settlements"
_RECONCILE = {"flow": "reconcile_settlements", "task": "reconcile"}
_ARRIVED = ("opening", "new", "reopened")
_SETTLED = ("matched", "linked", "written_off", "not_matched_by_kind")
_LEFT = ("exceptions", "open")
_log = logging.getLogger(__name__)


class DateReconciled(TieoutError):  # noqa: N818 (it is what happened)
    """A reconciliation of an instant that a later one has already gone past."""

    slug = "date-reconciled"


def gateway_chunks() -> list[dict[str, Any]]:
    """One chunk per gateway whose files we fetch: its name as `label`, and `partner_ids`."""
    with transaction(settings().database_url, actor=f"{_TAKE_IN}/list_gateways") as connection:
        gateways = fetch(connection, "settlement/gateways")
    return [{"label": row["name"], "partner_ids": [row["partner_id"]]} for row in gateways]


def take_in_settlements(*, chunk: Mapping[str, Any], as_of: datetime | str) -> dict[str, int]:
    """Take in the new settlement files of a chunk's gateways; returns the counts of their rows."""
    return _take_in("take_in", DOC_TYPE, chunk["partner_ids"], as_of, _load_lines)


def take_in_rates(*, as_of: datetime | str) -> dict[str, int]:
    """Take in new files of reference rates; returns the counts of their rows."""
    with transaction(settings().database_url, actor=f"{_TAKE_IN}/take_in_rates") as connection:
        partners = fetch(connection, "settlement/fx/publishers")
    publishers = [row["partner_id"] for row in partners]
    return _take_in("take_in_rates", "FX_RATES", publishers, as_of, load_rates)


def _take_in(
    task: str,
    doc_type: str,
    partner_ids: Sequence[str],
    as_of: datetime | str,
    load: Callable[[Connection], None],
) -> dict[str, int]:
    from tieout.exchange import inbox

    counts: Counts = inbox.receive(
        settings().database_url,
        flow=_TAKE_IN,
        task=task,
        doc_type=doc_type,
        partner_ids=partner_ids,
        as_of=parse_instant(as_of),
        load=load,
    )
    _log.info("%s", counts.log_line())
    return counts.as_dict()


def _load_lines(connection: Connection) -> None:
    execute(connection, "settlement/load_lines")


def day_is_complete(*, as_of: datetime | str) -> bool:
    """Whether each gateway's file of the business day is in and not yet reconciled."""
    with transaction(settings().database_url, actor=f"{_TAKE_IN}/announce_day") as connection:
        (found,) = fetch(
            connection,
            "settlement/day_is_complete",
            as_of=parse_instant(as_of),
            zone=settings().zone,
        )
    return bool(found["complete"])


def reconcile(*, as_of: datetime | str, business_date: date | None = None) -> dict[str, Any]:
    """Match what is open as of an instant, and prove that every payment and line is accounted for.

    `business_date` is by default the day of the instant in the business's zone. A run replaces what
    an earlier run of the same date wrote. Returns the date and the counts of both sides.
    Raises DateReconciled when a later instant is reconciled already, PeriodClosed when the date's
    books are closed, RunDoesNotAddUp when anything is unexplained or the opening is not what the
    date before left; nothing is written then.
    """
    instant = parse_instant(as_of)
    day = business_date or local_day(instant, settings().zone)
    with transaction(settings().database_url, actor="/".join(_RECONCILE.values())) as connection:
        lock(connection, "settlement")
        _refuse_past(connection, day, instant)
        refuse_closed(connection, day, "the reconciliation")
        _forget(connection, day, instant)
        execute(connection, "settlement/meet_payments", business_date=day, as_of=instant)
        execute(connection, "settlement/meet_lines", business_date=day, as_of=instant)
        refresh_statistics(connection)
        for table in ("payment", "settlement_line"):
            analyse(connection, table, "first_reconciled_on")
        found = _match(connection, day, instant)
        save(connection, found, day, instant)
        execute(connection, "settlement/payments_left", business_date=day, as_of=instant)
        save_links(connection, found, day)
        analyse(connection, "settlement_match")
        _refuse_gap(connection, day)
        judge_fees(connection, day)
        compare_rates(connection, day)
        count_lags(connection, day)
        execute(connection, "settlement/register_run", business_date=day, as_of=instant)
        counts = {side: _counts(found, side) for side in ("payments", "lines")}
        for side, count in counts.items():
            record(connection, **_RECONCILE, part=side, as_of=instant, counts=count)
    for side, count in counts.items():
        _log.info("%s of %s: %s", side, day, count.log_line())
    for line in near_miss_lines(found.near_miss_sums):
        _log.info("near misses of %s: %s", day, line)
    sides = {side: count.as_dict() for side, count in counts.items()}
    return {"business_date": day.isoformat(), **sides}


def _refuse_past(connection: Connection, day: date, as_of: datetime) -> None:
    later = fetch(connection, "settlement/later_run", business_date=day, as_of=as_of)
    if later:
        raise DateReconciled(
            f"{day} as of {as_of:%Y-%m-%d %H:%M} UTC cannot be reconciled:"
            f" {later[0]['business_date']} was, as of {later[0]['as_of']:%Y-%m-%d %H:%M} UTC.",
            remedy="Reconcile the newest date again: it takes in whatever came late.",
        )


def _forget(connection: Connection, day: date, as_of: datetime) -> None:
    for what in ("forget_match", "forget_finding", "forget_proof"):
        execute(connection, f"settlement/{what}", business_date=day)
    for what in ("link", "near_miss"):
        execute(connection, f"settlement/linking/forget_{what}", business_date=day)
    forget(connection, **_RECONCILE, as_of=as_of)


def _match(connection: Connection, day: date, as_of: datetime) -> Reconciliation:
    accounts = fetch(connection, "settlement/gateway_accounts")
    by_gateway = {row.pop("gateway"): GatewaySettings(**row) for row in accounts}
    given = gather(connection, day, as_of)
    rates = fetch_arrow(connection, "settlement/fx/recent_rates", business_date=day)
    found = match(
        given.payments,
        given.lines,
        MatchSettings(as_of, by_gateway=by_gateway),
        references=References(rates, given.payouts),
    )
    decided = fetch(connection, "settlement/decided_proof", business_date=day)
    entries = [tuple(row.values()) for row in decided]
    proof = with_decisions(found.proof, [*waiting(connection, day, as_of, found.proof), *entries])
    return replace(found, proof=proof)


def _refuse_gap(connection: Connection, day: date) -> None:
    for gap in fetch(connection, "settlement/opening_gap", business_date=day):
        raise RunDoesNotAddUp(
            f"{day} opens with {gap['opening_count']} {gap['side']} of {gap['gateway']} in"
            f" {gap['currency']} ({gap['opening_minor']} minor units), but the date before left"
            f" {gap['left_count']} ({gap['left_minor']}).",
            remedy="Nothing was written. Find out who changed payments, lines or accounts since.",
        )


def _counts(found: Reconciliation, side: str) -> Counts:
    """The rows of one side: settled ones are applied, exceptions and open ones are deferred."""
    rows = [row.buckets for row in found.proof.rows if row.side == side]

    def total(names: tuple[str, ...]) -> int:
        return sum(buckets[name].count for buckets in rows for name in names if name in buckets)

    return Counts(read=total(_ARRIVED), applied=total(_SETTLED), deferred=total(_LEFT))
