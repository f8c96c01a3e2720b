"""A gateway's terms, and connectors to its addresses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from tieout.kernel.database import fetch, single
from tieout.kernel.errors import SettingsError
from tieout.kernel.settings import connection as reach
from tieout.payments.connectors import connect
from tieout.payments.gateway import Gateway
from tieout.payments.model import Connector
from tieout.payments.rules import Quirk


@dataclass(frozen=True)
class Terms:
    """A gateway's terms, as payment_gateway has them."""

    gateway: str
    connector: str
    connection_id: str
    alternate_connection_id: str | None
    tries: int
    back_off: timedelta
    ask_after: Sequence[timedelta]
    retry_after: timedelta
    give_up_after: timedelta
    cards_at_most: int
    cards_within: timedelta


def terms_of(connection: Connection, gateway: str) -> Terms:
    """The terms of a gateway. Raises SettingsError when there is none of that name."""
    rows = fetch(connection, "payments/gateway", gateway=gateway)
    if not rows:
        raise SettingsError(
            f"There is no payment gateway {gateway!r}.",
            remedy="Add it to payment_gateway (docs/operators/payments.md says how).",
        )
    return Terms(**rows[0])


def connected(conn_url: str, gateway: str, as_of: datetime) -> tuple[Terms, list[Connector]]:
    """A gateway's terms, and connectors to its usual and its alternate address."""
    with single(conn_url) as connection:
        terms = terms_of(connection, gateway)
        rows = fetch(connection, "payments/quirks", connector=terms.connector, as_of=as_of)
    quirks = [Quirk(**row) for row in rows]
    names = filter(None, [terms.connection_id, terms.alternate_connection_id])
    ways = [connect(terms.connector, Gateway(reach(name), quirks, as_of)) for name in names]
    return terms, ways
