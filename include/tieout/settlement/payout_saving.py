"""What a reconciliation of payouts found, as rows of the database."""

from collections.abc import Iterable
from datetime import date, datetime

import pyarrow as pa
from sqlalchemy import Connection

from tieout.kernel.database import copy_in, execute
from tieout.kernel.staging import stage
from tieout.settlement.payouts import BUCKETS, PayoutMatching, PayoutProof


def save_payouts(
    connection: Connection, found: PayoutMatching, business_date: date, as_of: datetime
) -> None:
    """Write matches, what is set aside and the proof of a business date.

    The database refuses a payout or bank line matched twice, and a proof that does not add up.
    """
    moment = pa.scalar(as_of, pa.timestamp("us", tz="UTC"))
    matches = _dated(found.matches, business_date)
    matches = matches.append_column("matched_at", pa.repeat(moment, matches.num_rows))
    copy_in(connection, "payout_match", matches)
    copy_in(connection, "payout_proof", _proof(found.proof, business_date))
    stage(connection, "not_ours_line", found.not_ours)
    execute(connection, "payouts/save_not_ours", business_date=business_date)
    stage(connection, "returned_payout", found.returned)
    execute(connection, "payouts/save_returns", business_date=business_date)


def save_findings(
    connection: Connection, findings: Iterable[pa.Table], business_date: date
) -> None:
    """Write findings; the currency of each is that of its payout, else of its bank line."""
    stage(connection, "new_payout_finding", pa.concat_tables(findings))
    execute(connection, "payouts/save_findings", business_date=business_date)


def save_sums(connection: Connection, tied: pa.Table, business_date: date) -> None:
    """Mark the payouts whose lines come to their amount."""
    stage(connection, "tied_payout", tied)
    execute(connection, "payouts/save_sums", business_date=business_date)


def _dated(rows: pa.Table, business_date: date) -> pa.Table:
    return rows.append_column("business_date", pa.repeat(pa.scalar(business_date), rows.num_rows))


def _proof(proof: Iterable[PayoutProof], business_date: date) -> pa.Table:
    return pa.Table.from_pylist([_proof_row(row, business_date) for row in proof])


def _proof_row(row: PayoutProof, business_date: date) -> dict[str, object]:
    cells: dict[str, object] = {
        "business_date": business_date,
        "side": row.side,
        "partner_id": row.partner_id,
        "account": row.account,
        "currency": row.currency,
    }
    for bucket in BUCKETS:
        count, minor = row.buckets.get(bucket, (0, 0))
        cells |= {f"{bucket}_count": count, f"{bucket}_minor": minor}
    return cells
