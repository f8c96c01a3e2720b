"""Fees: rate cards into the database, and what each line's fee should have been."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
from sqlalchemy import Connection

from tieout.kernel.database import execute, fetch
from tieout.kernel.errors import SettingsError
from tieout.kernel.staging import stage
from tieout.settlement.rate_cards import CardRow, RateCard, card_rows

_TEXT, _NUMBER = pa.string(), pa.int64()
_TERMS = pa.schema(
    {"gateway": _TEXT, "rounding": _TEXT, "tolerance_minor": _NUMBER}
    | dict.fromkeys(["tolerance_percent", "country_column"], _TEXT)
)
_ROWS = pa.schema(
    dict.fromkeys(
        ["gateway", "kind", "method", "place", "countries", "currency", "amounts_in"], _TEXT
    )
    | {"volume_from_minor": _NUMBER}
    | dict.fromkeys(["fixed_minor", "percent", "minimum_minor", "maximum_minor"], _TEXT)
    | {"valid_from": pa.date32(), "valid_to": pa.date32(), "rank": _NUMBER}
    | dict.fromkeys(["stated_at", "fingerprint"], _TEXT)
)


@dataclass(frozen=True)
class Loaded:
    """What loading rate cards changed: rows that are new, and rows that no longer hold."""

    added: int
    withdrawn: int


def load_rate_cards(
    connection: Connection, cards: Mapping[str, RateCard], as_of: datetime
) -> Loaded:
    """Write the rate cards of gateways, by their names; loading the same again changes nothing.

    A row that a card no longer has is withdrawn and kept, since it explains what it judged.
    Raises SettingsError for a gateway that is none of ours.
    """
    terms = [_terms(gateway, card) for gateway, card in cards.items()]
    rows = [_row(gateway, row) for gateway, card in cards.items() for row in card_rows(card)]
    stage(connection, "new_rate_card_terms", pa.Table.from_pylist(terms, _TERMS))
    stage(connection, "new_rate_card", pa.Table.from_pylist(rows, _ROWS))
    for unknown in fetch(connection, "settlement/fees/unknown_gateways"):
        raise SettingsError(
            f"There is a rate card of {unknown['gateway']!r}, which is no gateway of ours.",
            remedy="Name the file after the partner_id of a gateway, or load the partner first.",
            gateway=unknown["gateway"],
        )
    execute(connection, "settlement/fees/save_terms")
    withdrawn = execute(connection, "settlement/fees/withdraw", as_of=as_of)
    return Loaded(execute(connection, "settlement/fees/save_card", as_of=as_of), withdrawn)


def judge_fees(connection: Connection, business_date: date) -> None:
    """Judge the fees of what a business date matched; replaces what an earlier run of it wrote."""
    for statement in ("forget", "expect", "attribute"):
        execute(connection, f"settlement/fees/{statement}", business_date=business_date)


def _terms(gateway: str, card: RateCard) -> dict[str, object]:
    return {
        "gateway": gateway,
        "rounding": card.rounding,
        "tolerance_minor": card.tolerance_minor,
        "tolerance_percent": str(card.tolerance_percent),
        "country_column": card.country_column,
    }


def _row(gateway: str, row: CardRow) -> dict[str, object]:
    rate, price = row.rate, row.price
    facts: dict[str, object] = {
        "kind": rate.kind,
        "method": rate.method.lower() if rate.method else None,
        "place": rate.country or rate.region,
        "countries": ",".join(sorted(row.countries)) if row.countries is not None else None,
        "currency": rate.currency,
        "amounts_in": row.amounts_in,
        "volume_from_minor": row.volume_from_minor,
        "fixed_minor": _number(price.fixed_minor),
        "percent": _number(price.percent),
        "minimum_minor": _number(price.minimum_minor),
        "maximum_minor": _number(price.maximum_minor),
        "valid_from": rate.valid_from,
        "valid_to": rate.valid_to,
    }
    return facts | {
        "gateway": gateway,
        "rank": row.rank,
        "stated_at": f"{gateway}{row.place}",
        "fingerprint": json.dumps(facts, default=str),
    }


def _number(value: Decimal | None) -> str | None:
    """A decimal in one spelling, so that 1.40 and 1.4 are alike."""
    return None if value is None else f"{value.normalize():f}"
