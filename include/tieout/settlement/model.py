"""The words of settlement: settings of a gateway, kinds that are matched."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

MATCHED_KINDS = ("charge", "refund")
"""Kinds of lines that need a payment."""

LINKED_KINDS = (
    *("chargeback", "chargeback_reversal", "refund_reversal"),
    *("reserve", "adjustment", "fee", "transfer"),
)
"""Kinds of lines that need no payment, but point to one or to each other; others are counted."""


@dataclass(frozen=True)
class GatewaySettings:
    """How one gateway (or gateway account) is matched.

    `window_days`: how far apart, in whole UTC days and inclusive, a payment and a line may lie that
    only our own reference ties together. `tolerance_minor`: by how many minor units, inclusive,
    their amounts may differ. `overdue_days`: how old a payment without a line may be at `as_of`;
    a payment with its own `due_at` ignores it. `fx_band_bps`: by how many basis points, inclusive,
    a line in another currency may be off the reference rate. `reserve_days`: after how many days a
    reserve that states no date of its own should be released.
    """

    window_days: int = 5
    tolerance_minor: int = 5
    overdue_days: int = 5
    fx_band_bps: int = 100
    reserve_days: int = 180

    def __post_init__(self) -> None:
        numbers = (self.window_days, self.tolerance_minor, self.overdue_days, self.fx_band_bps)
        if min(*numbers, self.reserve_days) < 0:
            raise ValueError(f"Settings of a gateway are never negative: {self}")


@dataclass(frozen=True)
class MatchSettings:
    """The settings of one run. `as_of` is the moment of which lateness is judged.

    A naive `as_of` is taken as UTC. `by_gateway` overrides `default` for the gateways it names.
    """

    as_of: datetime
    default: GatewaySettings = GatewaySettings()
    by_gateway: Mapping[str, GatewaySettings] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, gateway: str) -> GatewaySettings:
        """The settings that hold for `gateway`."""
        return self.by_gateway.get(gateway, self.default)

    @property
    def as_of_us(self) -> int:
        """`as_of` in microseconds since 1970-01-01 UTC."""
        moment = self.as_of if self.as_of.tzinfo else self.as_of.replace(tzinfo=UTC)
        since = moment - datetime(1970, 1, 1, tzinfo=UTC)
        return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
