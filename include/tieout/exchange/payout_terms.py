"""How a gateway pays out: to which banks, when at the latest, and how a bank line shows it."""

from collections.abc import Mapping

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from tieout.kernel.database import execute, fetch
from tieout.kernel.errors import SettingsError
from tieout.kernel.staging import stage

_TEXT, _NUMBER = pa.string(), pa.int64()
_TERMS = pa.schema(
    {"gateway": _TEXT, "payer_patterns": _TEXT, "business_days": _NUMBER, "window_days": _NUMBER}
    | {"consecutive_batches": pa.bool_()}
)
_ROUTES = pa.schema({"gateway": _TEXT, "currency": _TEXT, "bank": _TEXT})


class PayoutTerms(BaseModel):
    """What we know of a gateway's payouts.

    `banks`: the partner (a BANK) that gets each currency. `payer_patterns`: words by which its bank
    lines show the gateway. `business_days`: how many business days of the bank a payout may take
    after the day for which it is announced. `window_days`: how far apart, in days, payout and bank
    line may lie that only payer and amount tie together. `consecutive_batches`: the gateway
    promises batch numbers without holes, so that one is missed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    banks: Mapping[str, str] = Field(default_factory=dict)
    payer_patterns: tuple[str, ...] = ()
    business_days: int = Field(default=2, ge=0)
    window_days: int = Field(default=7, ge=0)
    consecutive_batches: bool = False


def save_terms(connection: Connection, terms: Mapping[str, PayoutTerms]) -> None:
    """Write the terms of gateways, by their names; what was known of these is replaced.

    Raises SettingsError for a bank that is no partner.
    """
    rows = [_terms_row(gateway, each) for gateway, each in terms.items()]
    routes = [
        {"gateway": gateway, "currency": currency, "bank": bank}
        for gateway, each in terms.items()
        for currency, bank in each.banks.items()
    ]
    stage(connection, "new_payout_terms", pa.Table.from_pylist(rows, _TERMS))
    stage(connection, "new_payout_route", pa.Table.from_pylist(routes, _ROUTES))
    if unknown := fetch(connection, "exchange/unknown_banks"):
        raise SettingsError(
            f"{unknown[0]['gateway']} pays to {unknown[0]['bank']!r}, which is no bank of ours.",
            remedy="Add a partner of kind BANK with that partner_id, or correct the name.",
            bank=unknown[0]["bank"],
        )
    execute(connection, "exchange/save_payout_terms")
    execute(connection, "exchange/remove_payout_routes")
    execute(connection, "exchange/save_payout_routes")


def _terms_row(gateway: str, terms: PayoutTerms) -> dict[str, object]:
    facts = terms.model_dump(exclude={"banks"})
    return facts | {"gateway": gateway, "payer_patterns": "\n".join(terms.payer_patterns)}
