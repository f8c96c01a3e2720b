"""What gateways charge, and the central bank with its reference rates of the euro."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from tieout.kernel.money import exponent, round_half_even
from tieout.settlement.rate_cards import Rate, RateCard
from tieout.world.chance import chance
from tieout.world.ledger import Ledger
from tieout.world.post import Post
from tieout.world.scenario import WORKDAYS, GatewayKind, Scenario, previous_business_day
from tieout.world.tables import comma_separated

CENTRAL_BANK, FX_RATES, PUBLISHED = "centralbank", "rates", time(15)
EUROS: Mapping[str, Decimal] = {
    "USD": Decimal("1.0842"),
    "GBP": Decimal("0.8563"),
    "JPY": Decimal("161.35"),
}
"""What a euro is worth, a little more or less each day."""

MARK_UP, TOO_MUCH = Decimal("0.998"), Decimal("0.96")
"""What is left of the reference rate, as agreed and where it is off."""

FEES: Mapping[GatewayKind, Mapping[str, tuple[Decimal, int]]] = {
    "adyen": {
        "visa": (Decimal("1.1"), 11),
        "mc": (Decimal("1.25"), 11),
        "amex": (Decimal("2.95"), 0),
    },
    "stripe": {"card": (Decimal("1.4"), 25)},
}
"""Per cent and hundredths of a unit of the settlement currency, by the file's method."""


def method_in_file(gateway: GatewayKind, method: str) -> str:
    """How a gateway's file names a method."""
    return "card" if gateway == "stripe" else method


def fee(gateway: GatewayKind, method: str, gross_minor: int, currency: str) -> int:
    """What a gateway charges for an amount in the settlement currency, in minor units."""
    percent, hundredths = FEES[gateway][method_in_file(gateway, method)]
    return round_half_even(gross_minor * percent / 100 + _fixed(hundredths, currency))


def _fixed(hundredths: int, currency: str) -> int:
    return hundredths * int(10 ** exponent(currency)) // 100


def rate_card(scenario: Scenario, gateway: GatewayKind) -> RateCard:
    """The gateway's fees as agreed with the storefront: by method, and where cents do not do."""
    others = [
        currency
        for currency in scenario.currencies
        if exponent(currency) != 2 and currency not in scenario.converted
    ]
    return RateCard(
        rates=tuple(
            Rate(method=method, currency=currency, percent=percent, fixed_minor=Decimal(fixed))
            for method, (percent, hundredths) in FEES[gateway].items()
            for currency, fixed in [
                (None, hundredths),
                *((other, _fixed(hundredths, other)) for other in others),
            ]
        )
    )


def reference(scenario: Scenario, currency: str, day: date) -> Decimal:
    """How much of a currency a euro is worth on a day: the reference of the last business day."""
    while not WORKDAYS.is_business(day):
        day = previous_business_day(day)
    rng = chance(scenario.seed, "reference", currency, day)
    return (EUROS[currency] * (10_000 + rng.randint(-60, 60)) / 10_000).quantize(Decimal("0.0001"))


def to_euros(scenario: Scenario, currency: str, day: date) -> Decimal:
    """What one unit of a currency brings in euros at a gateway, as agreed."""
    return (MARK_UP / reference(scenario, currency, day)).quantize(Decimal("1e-9"))


class CentralBank:
    """Publishes the references of each business day in the afternoon."""

    def __init__(self, scenario: Scenario, ledger: Ledger, post: Post) -> None:
        self.scenario, self.ledger, self.post = scenario, ledger, post

    def advance(self, until: datetime) -> None:
        """Publish the references of all business days that have come."""
        start = datetime.combine(self.scenario.first_day, time(0), UTC)
        since = self.ledger.until(CENTRAL_BANK, start)
        for offset in range((until.date() - since.date()).days + 1):
            moment = datetime.combine(since.date() + timedelta(days=offset), PUBLISHED, UTC)
            if since < moment <= until and WORKDAYS.is_business(moment.date()):
                self._publish(moment)
        self.ledger.mark(CENTRAL_BANK, max(since, until))

    def _publish(self, moment: datetime) -> None:
        day = moment.date()
        rows = [
            (f"{day}", "EUR", currency, f"{reference(self.scenario, currency, day)}")
            for currency in EUROS
        ]
        body = comma_separated([("date", "base", "quote", "rate"), *rows])
        path = f"{CENTRAL_BANK}/{FX_RATES}/fx-rates-{day:%Y%m%d}.csv"
        self.post.hand_in(path, body, moment, may_cut=False)
