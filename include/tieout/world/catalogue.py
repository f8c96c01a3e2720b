"""What the storefront sells: goods of vendors, a service of its own, bundles; at two prices."""

from functools import lru_cache

from tieout.world.chance import chance
from tieout.world.scenario import Scenario

GOODS = ("Lamp", "Chair", "Kettle", "Rug", "Clock", "Shelf", "Mirror", "Blanket", "Vase", "Desk")
SERVICE, SERVICE_MINOR = "NET-LINE", 1900
MOST_BUNDLES = 10


def sku_name(number: int) -> str:
    """The SKU of that number, from 0."""
    return f"SKU-{number + 1:05d}"


def vendor_name(number: int) -> str:
    """The id of the vendor of that number, from 0."""
    return f"v{number + 1:03d}"


def description(sku: int) -> str:
    """What the SKU of that number is."""
    return f"{GOODS[sku % len(GOODS)]} no. {sku + 1}"


def price_of(sku: int) -> int:
    """What the SKU of that number costs alone, in minor units."""
    return 500 + (sku * 7919) % 19_500


def bundle_name(number: int) -> str:
    """The SKU of the bundle of that number, from 0."""
    return f"SET-{number + 1:03d}"


def bundles(scenario: Scenario) -> int:
    """How many bundles there are: each is of two goods and the service."""
    return min(MOST_BUNDLES, scenario.skus // 2)


def parts_of(bundle: int) -> list[tuple[str, int, int]]:
    """The parts of a bundle: SKU, how many, and what one costs alone."""
    first, second = 2 * bundle, 2 * bundle + 1
    return [
        (sku_name(first), 1, price_of(first)),
        (sku_name(second), 2, price_of(second)),
        (SERVICE, 1, SERVICE_MINOR),
    ]


def price_of_bundle(bundle: int) -> int:
    """What a bundle costs: a tenth less than its parts."""
    return sum(quantity * price for _, quantity, price in parts_of(bundle)) * 9 // 10


def shipping_price(price: int) -> int:
    """What a super-store pays for something of that price."""
    return price * 4 // 5


@lru_cache(maxsize=8)
def super_stores(scenario: Scenario) -> frozenset[int]:
    """The numbers of the customers who sell on."""
    return frozenset(
        number
        for number in range(1, scenario.orders_per_day + 1)
        if chance(scenario.seed, "super-store", number).random() < scenario.shares.super_store
    )
