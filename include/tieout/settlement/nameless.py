"""Lines that name nothing, and the payouts by which alone they can be matched.

Such a line is the sum of payments that only a search can tell (passes/09_subset_of_payout.sql), and
it is searched for in payouts whose amount is the sum of their lines. The engine is given the part
of each payout that its nameless lines make up: their net amounts, and what the payout falls short.
"""

from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from tieout.kernel.database import fetch_arrow
from tieout.settlement.model import MATCHED_KINDS

_PAYOUT = ["gateway", "payout_ref", "currency"]
_SORT = ["gateway", "kind", "currency", "booked_at"]
_NET = pa.schema({"payout_ref": pa.string(), "net_minor": pa.int64()})


def in_payouts(
    connection: Connection, lines: pa.Table, as_of: datetime
) -> tuple[pa.Table, pa.Table | None]:
    """The lines with payout_ref and net_minor, and the payouts as the engine takes them.

    Only nameless lines get a payout_ref. Where none of them is in a payout that anything told of by
    `as_of`, the lines are as they were, and there are no payouts.
    """
    nameless = lines.filter(_is_nameless(lines))
    if not nameless.num_rows:
        return lines, None
    line_ids = [int(line_id) for line_id in nameless["line_id"].to_pylist()]
    parts = fetch_arrow(connection, "settlement/nameless/payouts", line_ids=line_ids, as_of=as_of)
    if not parts.num_rows:
        return lines, None
    sought = nameless.join(parts, "line_id", join_type="inner")
    others = lines.filter(pc.invert(pc.is_in(lines["line_id"], value_set=_values(sought))))
    together = [sought.drop_columns(["short_minor"]), _without_payout(others)]
    return pa.concat_tables(together, promote_options="default"), _payouts(sought)


def sorts(lines: pa.Table) -> pa.Table:
    """Gateway, kind, currency and instant of the lines that `in_payouts` gave a payout, each once.

    The payments of such a line are of that gateway, kind and currency, and near that instant.
    """
    if "payout_ref" not in lines.column_names:
        return lines.select(_SORT).slice(0, 0)
    sought = lines.filter(pc.is_valid(lines["payout_ref"]))
    return sought.select(_SORT).group_by(_SORT).aggregate([])


def _is_nameless(lines: pa.Table) -> pa.ChunkedArray:
    named = pc.or_(pc.is_valid(lines["gateway_ref"]), pc.is_valid(lines["order_ref"]))
    asked = pc.is_in(lines["kind"], value_set=pa.array(MATCHED_KINDS))
    return pc.and_(pc.and_not(asked, named), pc.not_equal(lines["gross_minor"], 0))


def _values(lines: pa.Table) -> pa.Array:
    return lines["line_id"].combine_chunks()


def _without_payout(lines: pa.Table) -> pa.Table:
    size = lines.num_rows
    cells = pa.table({"payout_ref": pa.nulls(size, pa.string()), "net_minor": pa.repeat(0, size)})
    for field in _NET:
        lines = lines.append_column(field, cells[field.name])
    return lines


def _payouts(sought: pa.Table) -> pa.Table:
    """One row per payout: the net amounts of its lines here, and what all its lines fall short."""
    sums = sought.group_by(_PAYOUT).aggregate([("net_minor", "sum"), ("short_minor", "min")])
    net = pc.add(sums["net_minor_sum"], sums["short_minor_min"])
    return sums.select(_PAYOUT).append_column("net_minor", net)
