"""What a storefront sends and gets: the JSON of one order entry, and the answers.

Only the shape is judged here. Whether an entry adds up, and whether we know what it names, is for
intake, so that a doubt never costs a sale.
"""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

_NO_NUL = r"^[^\x00]*$"
MOST_LINES = 500

Text = Annotated[str, StringConstraints(max_length=1000, pattern=_NO_NUL)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_NO_NUL)]
Minor = Annotated[int, Field(ge=0, lt=10**15, description="Minor units, such as cents")]


def _in_utc(instant: datetime) -> datetime:
    if instant.year < 1970:
        raise ValueError("lies before 1970")
    return instant.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Customer(_Strict):
    """Who orders; `ref` is the storefront's own word for them."""

    ref: Name
    name: Text | None = None
    email: Text | None = None
    phone: Text | None = None


class Address(_Strict):
    """Where it goes."""

    name: Text | None = None
    street: Text | None = None
    city: Text | None = None
    region: Text | None = None
    postcode: Text | None = None
    country: Text | None = None


class Line(_Strict):
    """One line of the order: a product, service or bundle of ours."""

    line_no: Count
    sku: Name
    description: Text | None = None
    quantity: Count
    unit_price_minor: Minor
    freight_minor: Minor = 0
    line_total_minor: Minor


class Tender(_Strict):
    """How it is paid, never by a card number. PENDING: it is still to be charged."""

    seq: Count
    payment_ref: Name
    method: Name
    gateway: Name | None = None
    account: Name | None = None
    gateway_ref: Name | None = None
    amount_minor: Minor
    captured_at: Instant
    state: Literal["CAPTURED", "DECLINED", "PENDING"]


class EntryIn(_Strict):
    """One order entry, captured the moment the customer orders, before any payment.

    `entry_id` is the storefront's UUID of it: the same entry may be sent again and again.
    """

    entry_id: UUID
    order_ref: Name
    captured_at: Instant
    customer: Customer
    ship_to: Address = Address()
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    order_total_minor: Minor
    promised_on: date | None = None
    brand: Text | None = Field(default=None, description="The reseller's brand it was sold under")
    referral: Text | None = Field(default=None, description="Who sent the customer")
    ship_complete: bool = Field(default=False, description="Send everything at once, or wait")
    lines: Annotated[list[Line], Field(min_length=1, max_length=MOST_LINES)]
    tenders: Annotated[list[Tender], Field(max_length=50)] = []

    @model_validator(mode="after")
    def _numbered_once(self) -> Self:
        if len({line.line_no for line in self.lines}) < len(self.lines):
            raise ValueError("two lines have the same line_no")
        if len({tender.seq for tender in self.tenders}) < len(self.tenders):
            raise ValueError("two tenders have the same seq")
        return self

    def rows(self, storefront: str) -> list[dict[str, Any]]:
        """The entry as rows of order_entry, one per line, of JSON values."""
        said = self.model_dump(mode="json", exclude={"customer", "ship_to", "lines", "tenders"})
        customer, ship_to = self.customer.model_dump(), self.ship_to.model_dump()
        head = {
            **said,
            "storefront": storefront,
            **{f"customer_{name}": value for name, value in customer.items()},
            **{f"ship_{name}": value for name, value in ship_to.items()},
            "payments": [tender.model_dump(mode="json") for tender in self.tenders],
        }
        return [{**head, **line.model_dump()} for line in self.lines]


class EntryTaken(_Strict):
    """The entry is kept and becomes an order: the same answer however often it is sent."""

    entry_id: UUID
    order_ref: str
    state: Literal["CAPTURED"] = "CAPTURED"


class Problem(_Strict):
    """What is wrong, in words for the storefront's developers; `field` where one is to blame."""

    error: str
    message: str
    field: str | None = None


class Problems(_Strict):
    """All that is wrong with a body."""

    error: Literal["bad-entry"] = "bad-entry"
    problems: list[Problem]


class Store(_Strict):
    """Whether the store may sell now, and since when; `reason` is for staff, not for customers."""

    state: Literal["OPEN", "DRAINING", "CLOSED"]
    since: AwareDatetime | None
    reason: str | None


class Health(_Strict):
    """Whether entries go to the database (`up`) or to the spool, and how many wait there."""

    database: Literal["up", "down"]
    spooled: int
