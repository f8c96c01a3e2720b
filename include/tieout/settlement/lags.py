"""Learned grace: how long gateways take to settle, out of what was matched before."""

from datetime import date

from sqlalchemy import Connection

from tieout.kernel.database import execute


def count_lags(connection: Connection, business_date: date) -> None:
    """Count the lags of what a business date matched; replaces what an earlier run of it wrote.

    Later dates learn from the counts: see settlement_lag in the database.
    """
    for statement in ("forget", "count"):
        execute(connection, f"settlement/lags/{statement}", business_date=business_date)
