"""The words of the purchase monitor: the switch of a storefront, and the sums of a certificate.

Amounts are minor units of their ISO 4217 currency.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from tieout.kernel.errors import TieoutError


class Store(StrEnum):
    """The states of a storefront's switch."""

    OPEN = "OPEN"
    DRAINING = "DRAINING"
    CLOSED = "CLOSED"


@dataclass(frozen=True)
class StoreTerms:
    """When a storefront is closed and opened; the defaults are those of the table store_control."""

    errors_at_least: int = 5
    share_at_least: float = 0.5
    customers_at_least: int = 2
    drain_at_most: timedelta = timedelta(minutes=10)
    canaries_at_least: int = 2
    backlog_at_most: int = 20


@dataclass(frozen=True)
class StoreFacts:
    """What is known of a storefront at an instant.

    `requests` counts requests to gateways within the window, `errors` those of them that broke down
    (never declines), `customers` the different customers whose requests those were. `under_way`
    counts purchases that have begun and have no outcome yet, `backlog` unknown ones, and `greens`
    the canaries that were green since the last one that was not.
    """

    state: Store
    since: datetime
    is_held: bool
    requests: int
    errors: int
    customers: int
    under_way: int
    backlog: int
    greens: int


@dataclass(frozen=True)
class Switch:
    """A change of the switch, and why."""

    to: Store
    reason: str


class Fate(StrEnum):
    """Where a paid sale stands in a certificate."""

    OPENING = "OPENING"
    PAID = "PAID"
    DELIVERED = "DELIVERED"
    REFUNDED = "REFUNDED"
    UNDER_WAY = "UNDER_WAY"
    LISTED = "LISTED"


@dataclass(frozen=True)
class CertifiedSum:
    """How many sales of a currency, and how much money, stand at a fate."""

    currency: str
    fate: Fate
    sales: int
    amount_minor: int


@dataclass(frozen=True)
class CertificateRow:
    """A certificate as the database has it; its bytes are in the archive under `hash`."""

    day: date
    as_of: datetime
    hash: str
    previous_hash: str | None
    size_bytes: int
    sales: int
    listed: int


class CertificateError(TieoutError):
    """Certificates that do not add up, or that are not what they were."""

    slug = "certificate"


class StoreError(TieoutError):
    """A storefront's switch that cannot be moved as was asked."""

    slug = "store"


class PurchaseError(TieoutError):
    """A purchase that cannot be decided as was asked."""

    slug = "purchase"
