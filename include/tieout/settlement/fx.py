"""Exchange rates: reference rates from files, and conversions compared with them."""

import logging
from datetime import date, datetime

import pyarrow as pa
from sqlalchemy import Connection

from tieout.kernel.database import execute, fetch, transaction
from tieout.kernel.money import EXPONENTS
from tieout.kernel.runs import Counts
from tieout.kernel.settings import settings
from tieout.kernel.staging import stage
from tieout.kernel.time import parse_instant

DOC_TYPE = "FX_RATES"
_FLOW, _TASK = "take_in_settlements", "take_in_rates"
_DECIMALS = pa.schema({"currency": pa.string(), "decimals": pa.int64()})
_log = logging.getLogger(__name__)


def take_in_rates(*, as_of: datetime | str) -> dict[str, int]:
    """Take in new files of reference rates; returns the counts of their rows."""
    from tieout.exchange import inbox

    url = settings().database_url
    with transaction(url, actor=f"{_FLOW}/{_TASK}") as connection:
        partners = fetch(connection, "payouts/partners", doc_type=DOC_TYPE)
    counts: Counts = inbox.receive(
        url,
        flow=_FLOW,
        task=_TASK,
        doc_type=DOC_TYPE,
        partner_ids=[row["partner_id"] for row in partners],
        as_of=parse_instant(as_of),
        load=load_rates,
    )
    _log.info("%s", counts.log_line())
    return counts.as_dict()


def load_rates(connection: Connection) -> None:
    """Write the staged reference rates; a later one replaces that of the same day."""
    decimals = pa.Table.from_pylist(
        [{"currency": name, "decimals": number} for name, number in EXPONENTS.items()], _DECIMALS
    )
    stage(connection, "currency_decimals", decimals)
    execute(connection, "settlement/fx/refuse_rates")
    execute(connection, "settlement/fx/load_rates")


def compare_rates(connection: Connection, business_date: date) -> None:
    """Compare a business date's conversions with the references; replaces an earlier run's."""
    for statement in ("forget", "compare"):
        execute(connection, f"settlement/fx/{statement}", business_date=business_date)
