"""The storefront's orders: what customers bought, and how they paid; a pure function."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from random import Random
from typing import Literal
from uuid import UUID

from tieout.world.catalogue import (
    SERVICE,
    SERVICE_MINOR,
    bundle_name,
    bundles,
    description,
    price_of,
    price_of_bundle,
    shipping_price,
    sku_name,
    super_stores,
    vendor_name,
)
from tieout.world.chance import chance, letters_and_digits, one_of, pick
from tieout.world.scenario import WORKDAYS, GatewayKind, Scenario

STOREFRONT = "shop"
BRAND = "Northwind Goods"
OPENS, SELLING_SECONDS = time(8), 10 * 3600 - 600
FIRST_NAMES = ("Ana", "Bruno", "Chidi", "Dagny", "Emre", "Fatou", "Goran", "Hana", "Iris", "Jonas")
LAST_NAMES = ("Almeida", "Berg", "Costa", "Diallo", "Ekström", "Fischer", "Gomez", "Haddad", "Ito")
CITIES = (
    ("Porto Alegre", "RS", "BR"),
    ("Lisboa", "LX", "PT"),
    ("Zürich", "ZH", "CH"),
    ("Austin", "TX", "US"),
    ("Osaka", "27", "JP"),
)
ROADS = ("Market Street", "Mill Lane", "Harbour Road", "Station Road")
BUNDLE_LINE = 90
METHODS = ("visa", "mc", "amex")
RENEWED_AT: GatewayKind = "stripe"
FEW, MANY = (1, 2), (20, 40)
BAND_MINOR = 5 * SERVICE_MINOR
"""Up to this a kept card is charged without a second person: above FEW, below MANY."""
Way = Literal["table", "spool", "both"]


@dataclass(frozen=True)
class Line:
    """One line as the storefront captured it; `sku` may be one that nobody sells, or a bundle's."""

    line_no: int
    sku: str
    description: str
    vendor_id: str | None
    quantity: int
    unit_price_minor: int
    freight_minor: int

    @property
    def total_minor(self) -> int:
        """Quantity times price, and freight."""
        return self.quantity * self.unit_price_minor + self.freight_minor


@dataclass(frozen=True)
class Payment:
    """One tender of an order at a gateway; `payment_ref` is ours, `gateway_ref` the gateway's."""

    payment_ref: str
    seq: int
    method: str
    gateway: GatewayKind
    gateway_ref: str
    currency: str
    amount_minor: int
    captured_at: datetime
    state: Literal["CAPTURED", "DECLINED", "PENDING"]


@dataclass(frozen=True)
class Order:
    """An order as captured, and by which way it reaches us. `fault` is what was planted on it."""

    entry_id: UUID
    order_ref: str
    customer_no: int
    captured_at: datetime
    promised_on: date
    currency: str
    lines: tuple[Line, ...]
    payments: tuple[Payment, ...]
    way: Way
    fault: Literal["unknown_sku", "duplicate_entry", "payment_unanswered"] | None = None
    is_renewal: bool = False

    @property
    def is_paid(self) -> bool:
        """Whether any payment was captured."""
        return any(payment.state == "CAPTURED" for payment in self.payments)

    @property
    def total_minor(self) -> int:
        """The sum of the lines."""
        return sum(line.total_minor for line in self.lines)


@lru_cache(maxsize=32)
def orders_of(scenario: Scenario, day: date) -> tuple[Order, ...]:
    """The orders of a day by time of capture, the doubled ones among them."""
    if day not in scenario.order_days:
        return ()
    orders = [order for n in range(scenario.orders_per_day) for order in _entries(scenario, day, n)]
    return tuple(sorted(orders, key=lambda order: (order.captured_at, order.order_ref)))


def _entries(scenario: Scenario, day: date, number: int) -> Iterator[Order]:
    """The number-th order of a day, and its double where the customer clicked twice."""
    order = _order(scenario, day, number)
    if _renews(scenario, order):
        yield _renewal(scenario, order)
        return
    rng = chance(scenario.seed, "order fault", order.order_ref)
    faults = scenario.faults
    rates = {"unknown_sku": faults.unknown_sku, "duplicate_entry": faults.duplicate_entry}
    match one_of(rng, rates):
        case "unknown_sku":
            yield _with_unknown_sku(order, rng)
        case "duplicate_entry":
            yield order
            if order.is_paid:
                yield _clicked_twice(scenario, order, rng)
        case _:
            yield order


def _order(scenario: Scenario, day: date, number: int) -> Order:
    order_ref = f"{scenario.prefix}{(day - scenario.first_day).days:03d}-{number + 1:05d}"
    rng = chance(scenario.seed, "order", order_ref)
    captured_at = datetime.combine(day, OPENS, UTC) + timedelta(
        seconds=rng.randrange(SELLING_SECONDS)
    )
    currency = pick(rng, scenario.currencies)
    lines = _priced(scenario, number + 1, (*_lines(scenario, rng), *_bundle(scenario, order_ref)))
    total = sum(line.total_minor for line in lines)
    return Order(
        entry_id=_entry_id(rng),
        order_ref=order_ref,
        customer_no=number + 1,
        captured_at=captured_at,
        promised_on=WORKDAYS.add(day, scenario.promise_days),
        currency=currency,
        lines=lines,
        payments=_payments(scenario, order_ref, currency, total, captured_at),
        way=_way(scenario, rng),
    )


def _entry_id(rng: Random) -> UUID:
    """A version-4 UUID whose runs of digits are too short to look like a card number."""
    text = list(f"{rng.getrandbits(128):032x}")
    for place, letters in ((8, "abcdef"), (12, "4"), (16, "ab"), (20, "abcdef"), (26, "abcdef")):
        text[place] = pick(rng, letters)
    return UUID("".join(text))


def _way(scenario: Scenario, rng: Random) -> Way:
    if rng.random() >= scenario.shares.spool:
        return "table"
    return "both" if rng.random() < scenario.shares.spool_copies else "spool"


def _lines(scenario: Scenario, rng: Random) -> tuple[Line, ...]:
    """One to three lines of one vendor, or of two to five vendors."""
    sellers = min(scenario.vendors, scenario.skus)
    several = rng.random() < scenario.shares.multi_vendor and sellers > 1
    vendors = rng.sample(range(sellers), min(sellers, rng.randint(2, 5)) if several else 1)
    numbers = [vendor for vendor in vendors for _ in range(1 if several else rng.randint(1, 3))]
    return tuple(
        _line(line_no, sku_of_vendor(scenario, vendor, rng), scenario, rng)
        for line_no, vendor in enumerate(numbers, 1)
    )


def sku_of_vendor(scenario: Scenario, vendor: int, rng: Random) -> int:
    """The number of one of the SKUs of the vendor with that number, both from 0."""
    vendors = scenario.vendors
    return vendor + vendors * rng.randrange((scenario.skus - vendor + vendors - 1) // vendors)


def _bundle(scenario: Scenario, order_ref: str) -> Iterator[Line]:
    """A bundle under one price, in some orders."""
    rng = chance(scenario.seed, "bundle", order_ref)
    if bundles(scenario) and rng.random() < scenario.shares.bundle:
        number = rng.randrange(bundles(scenario))
        yield Line(
            line_no=BUNDLE_LINE,
            sku=bundle_name(number),
            description="A set",
            vendor_id=None,
            quantity=rng.randint(1, 2),
            unit_price_minor=price_of_bundle(number),
            freight_minor=rng.randrange(0, 1500, 50),
        )


def _priced(scenario: Scenario, customer_no: int, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The lines as the customer pays them: a super-store by the shipping price list."""
    if customer_no not in super_stores(scenario):
        return lines
    return tuple(
        replace(line, unit_price_minor=shipping_price(line.unit_price_minor)) for line in lines
    )


def _line(line_no: int, sku: int, scenario: Scenario, rng: Random) -> Line:
    return Line(
        line_no=line_no,
        sku=sku_name(sku),
        description=description(sku),
        vendor_id=vendor_name(sku % scenario.vendors),
        quantity=rng.randint(1, 3),
        unit_price_minor=price_of(sku),
        freight_minor=rng.randrange(0, 1500, 50),
    )


def _payments(
    scenario: Scenario, order_ref: str, currency: str, total: int, captured_at: datetime
) -> tuple[Payment, ...]:
    """The tenders: usually one; or two; or a declined one first; or only declined ones."""
    rng = chance(scenario.seed, "payments", order_ref)
    shares = scenario.shares
    kind = one_of(
        rng,
        {
            "split_tender": shares.split_tender,
            "declined": shares.declined,
            "abandoned": shares.abandoned,
        },
    )
    parts: list[tuple[int, Literal["CAPTURED", "DECLINED"]]] = [(total, "CAPTURED")]
    if kind == "split_tender":
        first = rng.randint(1, total - 1)
        parts = [(first, "CAPTURED"), (total - first, "CAPTURED")]
    elif kind == "declined":
        parts = [(total, "DECLINED"), (total, "CAPTURED")]
    elif kind == "abandoned":
        parts = [(total, "DECLINED")]
    return tuple(
        Payment(
            payment_ref=f"{order_ref}-P{seq}",
            seq=seq,
            method=pick(rng, METHODS),
            gateway=pick(rng, scenario.gateways),
            gateway_ref=letters_and_digits(rng, 4),
            currency=currency,
            amount_minor=amount,
            captured_at=captured_at,
            state=state,
        )
        for seq, (amount, state) in enumerate(parts, 1)
    )


def _with_unknown_sku(order: Order, rng: Random) -> Order:
    wrong = pick(rng, order.lines)
    lines = tuple(
        replace(line, sku=f"GONE-{rng.randrange(1000):03d}") if line is wrong else line
        for line in order.lines
    )
    return replace(order, lines=lines, fault="unknown_sku")


def _clicked_twice(scenario: Scenario, order: Order, rng: Random) -> Order:
    order_ref = f"{order.order_ref}D"
    captured_at = order.captured_at + timedelta(seconds=rng.randint(20, 480))
    shares = scenario.shares.model_copy(update={"abandoned": 0})
    paid = scenario.model_copy(update={"shares": shares})
    return replace(
        order,
        entry_id=_entry_id(rng),
        order_ref=order_ref,
        captured_at=captured_at,
        payments=_payments(paid, order_ref, order.currency, order.total_minor, captured_at),
        fault="duplicate_entry",
    )


def _renews(scenario: Scenario, order: Order) -> bool:
    """Whether an order is a renewal instead; what is converted settles by other references."""
    rng = chance(scenario.seed, "kept card", order.order_ref)
    return (
        rng.random() < scenario.shares.kept_cards
        and RENEWED_AT in scenario.gateways
        and order.currency not in scenario.converted
        and order.customer_no not in super_stores(scenario)
    )


def _renewal(scenario: Scenario, order: Order) -> Order:
    """An order for the service, still to be charged to the card that its customer registered."""
    payment_ref = f"{order.order_ref}-P1"
    rng = chance(scenario.seed, "renewal", order.order_ref)
    line = Line(
        line_no=1,
        sku=SERVICE,
        description="Line to the network",
        vendor_id=None,
        quantity=rng.randint(*(MANY if is_above_band(scenario, payment_ref) else FEW)),
        unit_price_minor=SERVICE_MINOR,
        freight_minor=0,
    )
    payment = Payment(
        payment_ref=payment_ref,
        seq=1,
        method="visa",
        gateway=RENEWED_AT,
        gateway_ref="",
        currency=order.currency,
        amount_minor=line.total_minor,
        captured_at=order.captured_at,
        state="PENDING",
    )
    return replace(
        order,
        lines=(line,),
        payments=(payment,),
        way="table",
        fault="payment_unanswered" if is_unanswered(scenario, payment_ref) else None,
        is_renewal=True,
    )


def is_above_band(scenario: Scenario, payment_ref: str) -> bool:
    """Whether a renewal is one of many at once, for which a second person is asked."""
    return chance(scenario.seed, "above band", payment_ref).random() < scenario.shares.above_band


def is_unanswered(scenario: Scenario, payment_ref: str) -> bool:
    """Whether the gateway gives no answer to the charge of a renewal."""
    rng = chance(scenario.seed, "unanswered", payment_ref)
    return rng.random() < scenario.faults.payment_unanswered and not is_above_band(
        scenario, payment_ref
    )


def customer_ref(number: int) -> str:
    """The storefront's word for the customer of that number, from 1."""
    return f"C{number:05d}"


def entry_rows(order: Order) -> list[dict[str, object]]:
    """The rows of an order as `order_entry` has them, one per line, the payments on each."""
    rng = chance(0, "customer", order.customer_no)
    name = f"{pick(rng, FIRST_NAMES)} {pick(rng, LAST_NAMES)}"
    city, region, country = pick(rng, CITIES)
    head: dict[str, object] = {
        "entry_id": str(order.entry_id),
        "storefront": STOREFRONT,
        "captured_at": order.captured_at,
        "order_ref": order.order_ref,
        "customer_ref": customer_ref(order.customer_no),
        "customer_name": name,
        "customer_email": f"customer{order.customer_no}@example.org",
        "customer_phone": f"+1 555 01{rng.randrange(100):02d}",
        "ship_name": name,
        "ship_street": f"{rng.randint(1, 200)} {pick(rng, ROADS)}",
        "ship_city": city,
        "ship_region": region,
        "ship_postcode": f"{rng.randint(10000, 99999)}",
        "ship_country": country,
        "currency": order.currency,
        "order_total_minor": order.total_minor,
        "promised_on": order.promised_on,
        "payments": [_tender(payment) for payment in order.payments],
        "brand": BRAND,
        "referral": None,
    }
    return [head | _line_cells(line) for line in order.lines]


def _line_cells(line: Line) -> dict[str, object]:
    return {
        "line_no": line.line_no,
        "sku": line.sku,
        "description": line.description,
        "quantity": line.quantity,
        "unit_price_minor": line.unit_price_minor,
        "freight_minor": line.freight_minor,
        "line_total_minor": line.total_minor,
    }


def _tender(payment: Payment) -> dict[str, object]:
    return {
        "seq": payment.seq,
        "payment_ref": payment.payment_ref,
        "method": payment.method,
        "gateway": payment.gateway,
        "account": f"{STOREFRONT}-{payment.gateway}",
        "gateway_ref": payment.gateway_ref or None,
        "amount_minor": payment.amount_minor,
        "captured_at": payment.captured_at.isoformat(),
        "state": payment.state,
    }
