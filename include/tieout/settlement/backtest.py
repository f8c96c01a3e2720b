"""Other rules, tried on past business dates: what they would have matched, and what not.

The dates are replayed from the database as it was known then: a payment or line is there from the
date that first reconciled it, and what people decided happens on its date where it still can. What
the rules leave open is carried from date to date. The database is read in one moment and never
written; the replay lives in an in-process DuckDB.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from tieout.kernel.database import fetch, fetch_arrow
from tieout.kernel.sqlfiles import sql_text
from tieout.settlement.engine import Reconciliation, References, reconcile
from tieout.settlement.model import GatewaySettings, MatchSettings
from tieout.settlement.nameless import in_payouts
from tieout.settlement.rules_folder import Rules, RulesRefused
from tieout.settlement.saving import findings

_TABLES = ("payments", "lines", "decided", "recorded_matches", "grace")
_CODES = (
    *("AMBIGUOUS_MATCH", "AMOUNT_OVER", "AMOUNT_UNDER", "CURRENCY_MISMATCH"),
    *("DUPLICATE_SETTLEMENT", "SETTLED_AFTER_WRITE_OFF", "SETTLED_NO_ORDER", "SETTLEMENT_OVERDUE"),
)
"""What can be found of charges and refunds; lines of other kinds are not replayed."""
_REPLAYED = pa.schema(
    {
        "day": pa.date32(),
        "code": pa.string(),
        "payment_id": pa.int64(),
        "line_id": pa.int64(),
        "currency": pa.string(),
        "amount_minor": pa.int64(),
    }
)


@dataclass(frozen=True)
class Backtest:
    """What would change, row by row, and the dates that were replayed.

    Columns: what, day, gateway, currency, amount_minor, payment_ref, line_id, instead, kept_by,
    before, after. `what` is gained, lost, flipped (the payment or the line goes to `instead`) or
    code (`before` and `after`). `kept_by` says who stands for a lost or flipped match: a person who
    made it, closed books, or only the run. Amounts are the payment's share, in minor units.
    """

    changes: pa.Table
    days: tuple[date, ...]

    @property
    def breaks_decisions(self) -> bool:
        """Whether a match is lost or flipped that a person made, or confirmed by closing books."""
        return any(by not in {None, "run"} for by in self.changes["kept_by"].unique().to_pylist())

    def sums(self) -> list[dict[str, Any]]:
        """Counts and amounts per date, gateway, currency and change."""
        keys = ["day", "what", "gateway", "currency", "kept_by", "before", "after"]
        amounts = [("amount_minor", "count"), ("amount_minor", "sum")]
        found = self.changes.group_by(keys).aggregate(amounts)
        order = [(key, "ascending") for key in keys]
        names = {"amount_minor_count": "count", "amount_minor_sum": "amount_minor"}
        renamed = found.rename_columns([names.get(name, name) for name in found.column_names])
        rows: list[dict[str, Any]] = renamed.sort_by(order).to_pylist()
        return rows


def backtest(connection: Connection, rules: Rules, first_day: date, last_day: date) -> Backtest:
    """Replay the reconciled business dates from `first_day` to `last_day` under other rules.

    Raises RulesRefused when no date of them is reconciled, or the rules cannot run.
    """
    days = fetch(connection, "backtest/runs", first_day=first_day, last_day=last_day)
    if not days:
        raise RulesRefused(
            f"No business date from {first_day} to {last_day} is reconciled.",
            remedy="Ask for dates that are; `tieout status` shows the newest.",
        )
    settings = rules.settings(_known(connection))
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        _load(con, connection, days, settings, first_day, last_day)
        before = date.min
        replayed = [_REPLAYED.empty_table()]
        for one in days:
            found = _replay(con, connection, rules, settings, one, before)
            replayed.append(_findings(found, one["day"]))
            before = one["day"]
        con.register("replayed_findings", pa.concat_tables(replayed))
        changes = con.sql(sql_text("backtest/steps/changes")).to_arrow_table()
    return Backtest(changes, tuple(one["day"] for one in days))


def _known(connection: Connection) -> dict[str, GatewaySettings]:
    accounts = fetch(connection, "settlement/gateway_accounts")
    return {row.pop("gateway"): GatewaySettings(**row) for row in accounts}


def _load(
    con: duckdb.DuckDBPyConnection,
    connection: Connection,
    days: Sequence[Mapping[str, Any]],
    settings: Mapping[str, GatewaySettings],
    first_day: date,
    last_day: date,
) -> None:
    """Put what the replay needs into DuckDB, and the state before the first date."""
    dates = {"first_day": first_day, "last_day": last_day}
    tables = {name: fetch_arrow(connection, f"backtest/{name}", **dates) for name in _TABLES}
    tables |= {
        "held_before": fetch_arrow(connection, "backtest/held_before", **dates),
        "undone": fetch_arrow(connection, "backtest/undone", last_day=last_day),
        "due_days": fetch_arrow(connection, "backtest/due_days"),
        "recorded_findings": fetch_arrow(
            connection, "backtest/recorded_findings", **dates, codes=list(_CODES)
        ),
        "closed_days": pa.table({"day": [one["day"] for one in days if one["is_closed"]]}),
        "days_allowed": pa.table(
            {
                "gateway": pa.array(settings, pa.string()),
                "days": pa.array([one.overdue_days for one in settings.values()], pa.int64()),
            }
        ),
    }
    for name, rows in tables.items():
        con.register(name, rows)
    con.execute(
        "CREATE TABLE state AS SELECT payment_id, line_id, held_by,"
        " CAST(NULL AS VARCHAR) AS origin, CAST(NULL AS DATE) AS day,"
        " CAST(NULL AS BIGINT) AS amount_minor FROM held_before"
    )


def _replay(
    con: duckdb.DuckDBPyConnection,
    connection: Connection,
    rules: Rules,
    settings: Mapping[str, GatewaySettings],
    run: Mapping[str, Any],
    before: date,
) -> Reconciliation:
    """One business date: what people decided, then what the passes match of what is open."""
    day: date = run["day"]
    as_of: datetime = run["as_of"]
    con.execute(
        "CREATE OR REPLACE TABLE this_day AS"
        " SELECT CAST(? AS DATE) AS day, CAST(? AS DATE) AS before",
        [day, before],
    )
    for step in ("free", "decide"):
        con.execute(sql_text(f"backtest/steps/{step}"))
    payments, lines = (
        con.sql(sql_text(f"backtest/steps/{side}_in")).to_arrow_table()
        for side in ("payments", "lines")
    )
    lines, payouts = in_payouts(connection, lines, as_of)
    rates = fetch_arrow(connection, "settlement/fx/recent_rates", business_date=day)
    try:
        found = reconcile(
            payments,
            lines,
            MatchSettings(as_of, by_gateway=settings),
            references=References(rates, payouts),
            passes=rules.passes,
        )
    except duckdb.Error as error:
        raise RulesRefused(
            f"The passes cannot run: {str(error).splitlines()[0]}",
            remedy="Correct the files of passes/; those of include/sql/settlement/passes show how.",
        ) from None
    con.register("found_matches", found.matches)
    con.execute(sql_text("backtest/steps/hold"))
    con.unregister("found_matches")
    return found


def _findings(found: Reconciliation, day: date) -> pa.Table:
    rows = findings(found.exceptions, day)
    kept = pa.table(
        {
            "day": rows["business_date"],
            "code": rows["code"],
            "payment_id": rows["payment_id"],
            "line_id": rows["settlement_line_id"],
            "currency": rows["currency"],
            "amount_minor": rows["amount_minor"],
        }
    ).cast(_REPLAYED)
    return kept.filter(pc.is_in(kept["code"], value_set=pa.array(_CODES)))
