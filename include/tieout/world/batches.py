"""What a gateway settles in a batch and pays out, before it is written in its layout."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tieout.kernel.money import exponent, round_half_even


@dataclass(frozen=True)
class Charge:
    """One settled charge, in minor units of its currency; `order_ref` is ours, or empty.

    Of another `kind` (a chargeback, say) it has references of its own, and `original_ref` is the
    charge that it is about; what is taken from us is below zero.

    `our_ref` is that of the attempt, where we charged it ourselves.

    It is paid out in `settlement_currency`, of which one unit of `currency` brings `rate`; the fee
    is taken in that.
    """

    gateway_ref: str
    line_ref: str
    order_ref: str
    method: str
    currency: str
    gross_minor: int
    fee_minor: int
    captured_at: datetime
    settlement_currency: str
    rate: Decimal = Decimal(1)
    kind: str = "charge"
    original_ref: str = ""
    our_ref: str = ""

    @property
    def settled_gross_minor(self) -> int:
        """Its amount in the settlement currency."""
        places = exponent(self.settlement_currency) - exponent(self.currency)
        return round_half_even((self.gross_minor * self.rate).scaleb(places))

    @property
    def net_minor(self) -> int:
        """What is paid out for it, in the settlement currency."""
        return self.settled_gross_minor - self.fee_minor

    @property
    def label(self) -> str:
        """Our reference, or the gateway's where it has none of ours."""
        return self.order_ref or self.gateway_ref


@dataclass(frozen=True)
class Batch:
    """The charges that a gateway pays out together on a day.

    `tells_paid` says whether its file tells what the customers paid, in their currency.
    """

    account: str
    number: int
    day: date
    charges: tuple[Charge, ...]
    tells_paid: bool = True

    @property
    def net_by_currency(self) -> dict[str, int]:
        """The payouts: the sum of net amounts per currency."""
        sums: dict[str, int] = {}
        for charge in self.charges:
            currency = charge.settlement_currency
            sums[currency] = sums.get(currency, 0) + charge.net_minor
        return sums


@dataclass(frozen=True)
class Payout:
    """A payout announced on a business day, as a rule at the bank on the next one.

    `ref` is the gateway's reference, `amount_minor` what it sends.
    """

    gateway: str
    ref: str
    day: date
    currency: str
    amount_minor: int
