"""Exchange rates: reference rates into the database, and conversions compared with them."""

from datetime import date

import pyarrow as pa
from sqlalchemy import Connection

from tieout.kernel.database import execute
from tieout.kernel.money import EXPONENTS
from tieout.kernel.staging import stage

_DECIMALS = pa.schema({"currency": pa.string(), "decimals": pa.int64()})


def load_rates(connection: Connection) -> None:
    """Write the staged reference rates; a later one replaces that of the same day."""
    decimals = [{"currency": name, "decimals": number} for name, number in EXPONENTS.items()]
    stage(connection, "currency_decimals", pa.Table.from_pylist(decimals, _DECIMALS))
    execute(connection, "settlement/fx/refuse_rates")
    execute(connection, "settlement/fx/load_rates")


def compare_rates(connection: Connection, business_date: date) -> None:
    """Compare a business date's conversions with the references; replaces an earlier run's."""
    for statement in ("forget", "forget_late", "compare"):
        execute(connection, f"settlement/fx/{statement}", business_date=business_date)
