"""Files and canonical rows to read and write, made here; and strategies that make more of them."""

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import strategies as st

from tieout.formats.canonical import KINDS
from tieout.formats.registry import format_spec
from tieout.formats.writing import write

ADYEN = format_spec("adyen-settlement-detail-1")
STRIPE = format_spec("stripe-payout-reconciliation-1")
ACK = format_spec("tieout-vendor-ack-1")
PURCHASE = format_spec("tieout-purchase-order-1")
SHIPMENT = format_spec("tieout-shipment-1")
TRACKING = format_spec("tieout-tracking-1")
SPOOL = format_spec("tieout-order-spool-1")

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FACTS = {
    "control_no": "000123",
    "vendor_id": "V0042",
    "carrier_id": "ACME",
    "created_at": NOON,
    "as_of": NOON,
}
ACK_ROW = {
    "vendor_order_no": "VO-1",
    "order_line_no": 1,
    "sku": "SKU-1",
    "code": "A",
    "quantity_accepted": 2,
    "quantity_rejected": 0,
    "quantity_backordered": 0,
}


def ack_file(rows: int = 30) -> bytes:
    """A vendor's answer of so many lines."""
    return write([ACK_ROW | {"order_line_no": n + 1} for n in range(rows)], ACK, facts=FACTS)


def charge(number: int, **words: object) -> dict[str, object]:
    """A charge of 10.00 USD less 0.30 fee."""
    return {
        "kind": "charge",
        "gateway_ref": f"PSP{number:05d}",
        "order_ref": f"ORDER-{number}",
        "gross_minor": 1000,
        "fee_minor": 30,
        "net_minor": 970,
        "currency": "USD",
        "booked_at": NOON,
        "line_ref": f"MOD{number:05d}",
        "batch_no": "7",
        "account": "SHOP",
    } | words


def settlement_rows(charges: int = 30) -> list[dict[str, object]]:
    """A batch that adds up: charges, and the payout of their net."""
    total = 970 * charges
    payout = {
        **charge(0, kind="payout", order_ref=None, gross_minor=-total, fee_minor=0),
        "net_minor": -total,
        "gateway_ref": None,
        "line_ref": "TX1 batch 7",
        "payout_ref": "TX1 batch 7",
    }
    return [*(charge(number) for number in range(1, charges + 1)), payout]


def adyen_file(charges: int = 30) -> bytes:
    """A settlement detail report of one batch that adds up."""
    return write(settlement_rows(charges), ADYEN)


def stripe_file(charges: int = 30) -> bytes:
    """A payout reconciliation report."""
    rows = [charge(number, gateway_ref=f"ch_{number}") for number in range(1, charges + 1)]
    return write(rows, STRIPE)


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]),
    min_size=1,
    max_size=12,
) | st.sampled_from(['say "hi"', "a, b", "line\nbreak", "Zoë", "=1+1"])
MAYBE = st.none() | TEXT
MINOR = st.integers(-(10**12), 10**12)
COUNT = st.integers(0, 10**6)
MOMENT = st.integers(946_684_800, 4_070_908_800).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)
DAY = st.none() | st.dates(date(2000, 1, 1), date(2099, 1, 1))
CURRENCY = st.sampled_from(["USD", "EUR", "JPY", "KWD"])


@st.composite
def settlement_lines(draw: st.DrawFn, gateway: str) -> dict[str, object]:
    """A canonical settlement line that obeys the family's rules, in one currency or in two."""
    kind = draw(st.sampled_from([kind for kind in KINDS if _sayable(kind, gateway)]))
    own = kind in {"refund", "refund_reversal", "chargeback", "chargeback_reversal"}
    settled_in, paid_in = draw(CURRENCY), draw(CURRENCY)
    fee, settled = draw(MINOR), draw(MINOR)
    same = paid_in == settled_in
    gross = settled + fee if same else draw(st.integers(1, 10**12))
    if not same and gateway == "stripe":
        gross = gross * ((settled + fee > 0) - (settled + fee < 0))
    reference = draw(TEXT)
    line_ref = reference if own and gateway == "adyen" else draw(TEXT)
    payout_ref = draw(TEXT)
    if gateway == "adyen":
        payout_ref = line_ref if kind == "payout" else None
    return {
        "kind": kind,
        "gateway_ref": reference,
        "order_ref": draw(MAYBE),
        "original_ref": draw(MAYBE) if own else None,
        "gross_minor": gross,
        "fee_minor": fee if same else 0,
        "net_minor": gross - fee if same else gross,
        "currency": paid_in,
        "settlement_currency": settled_in,
        "settlement_net_minor": settled,
        "settlement_fee_minor": fee,
        "exchange_rate": Decimal("1.25") if gateway == "adyen" else None,
        "booked_at": draw(MOMENT),
        "line_ref": line_ref,
        "batch_no": draw(TEXT) if gateway == "adyen" else payout_ref,
        "payout_ref": payout_ref,
        "account": draw(TEXT) if gateway == "adyen" else None,
        "method": draw(MAYBE),
    }


def _sayable(kind: str, gateway: str) -> bool:
    """Closing rows are left out: with them a batch of Adyen must add up."""
    spec = ADYEN if gateway == "adyen" else STRIPE
    words = set(next(field for field in spec.fields if field.name == "kind").map.values())
    return kind in words - ({"payout", "transfer"} if gateway == "adyen" else set())


def vendor_rows(format_id: str) -> st.SearchStrategy[dict[str, object]]:
    """Canonical rows of one of Tieout's own formats, built from what its fields say."""
    values: dict[str, st.SearchStrategy[object]] = {}
    for field in format_spec(format_id).fields:
        kinds = {"integer": COUNT.map(lambda n: n + 1), "money": COUNT, "currency": CURRENCY}
        kinds |= {"date": DAY, "timestamp": MOMENT, "json": st.just('[{"seq":1,"amount_minor":5}]')}
        some = TEXT if field.required else MAYBE
        words = st.sampled_from(sorted(field.map.values())) if field.map else some
        values[field.name] = words if field.type == "text" else kinds[field.type]
    return st.fixed_dictionaries(values)
