"""Money: whole minor units of a currency of ISO 4217, never a binary float.

The exponents are those of ISO 4217 table A.1 (SIX Financial Information, the standard's maintenance
agency): two decimals unless listed here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from tieout.kernel.errors import MoneyError

DEFAULT_EXPONENT = 2
MOST_DIGITS = 18  # what fits a BIGINT of minor units
EXPONENTS: dict[str, int] = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}


@dataclass(frozen=True, order=True)
class Money:
    """An amount of one currency in minor units (cents of USD, yen of JPY, fils of BHD)."""

    currency: str
    minor: int

    def __add__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.currency, self.minor + other.minor)

    def __sub__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.currency, self.minor - other.minor)

    def __neg__(self) -> "Money":
        return Money(self.currency, -self.minor)

    def __str__(self) -> str:
        return f"{format_minor(self.minor, self.currency, thousands=True)} {self.currency}"

    def _same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise MoneyError(
                f"{self.currency} and {other.currency} cannot be added.",
                remedy="Convert by a stated rate first.",
            )


def exponent(currency: str) -> int:
    """How many decimals the currency's minor unit has.

    Raises MoneyError when `currency` is not of the form of an ISO 4217 code.
    """
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha() and currency.isupper()):
        raise MoneyError(
            f"{currency!r} is not a currency code.",
            remedy="Use the three capital letters of ISO 4217, such as EUR.",
        )
    return EXPONENTS.get(currency, DEFAULT_EXPONENT)


def to_minor(amount: str | Decimal, currency: str) -> int:
    """Minor units of an amount in major units: `to_minor("19.99", "USD") == 1999`.

    Raises MoneyError when the text is no finite number or has more decimals than the currency.
    """
    try:
        value = Decimal(amount).scaleb(exponent(currency))
        minor = int(value) if value.adjusted() < MOST_DIGITS else None
    except (InvalidOperation, ValueError, OverflowError):
        minor = None
    if minor is None:
        raise MoneyError(
            f"{str(amount)!r} is not an amount.",
            remedy=f"Write at most {MOST_DIGITS} digits with a decimal point.",
        )
    if value != minor:
        raise MoneyError(
            f"{amount} has more decimals than {currency} allows ({exponent(currency)}).",
            remedy="Check the currency, or state a rounding rule for this field.",
        )
    return minor


def format_minor(minor: int, currency: str, *, thousands: bool = False) -> str:
    """The amount in major units as text, exactly: `format_minor(-5, "USD") == "-0.05"`."""
    places = exponent(currency)
    return f"{Decimal(minor).scaleb(-places):{',' if thousands else ''}.{places}f}"


def round_half_even(value: Decimal) -> int:
    """The nearest whole number of minor units; halves go to the even neighbour."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def allocate(minor: int, weights: Sequence[int]) -> list[int]:
    """Split an amount in proportion to `weights` (>= 0, not all 0), by largest remainder.

    The parts add up to the whole; equal remainders go to the earlier part.
    Raises MoneyError when the weights cannot carry a split.
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise MoneyError(
            f"Weights {list(weights)} cannot carry a split.",
            remedy="Give weights of at least 0 of which one is above 0.",
        )
    floors = [minor * weight // total for weight in weights]
    remainders = [minor * weight % total for weight in weights]
    order = sorted(range(len(weights)), key=lambda index: (-remainders[index], index))
    for index in order[: minor - sum(floors)]:
        floors[index] += 1
    return floors
