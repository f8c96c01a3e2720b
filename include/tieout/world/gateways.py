"""The gateways: settle on the next business day, a batch a day, in files of their own.

They know the storefront's payments and nothing of what became of the orders.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from tieout.kernel.money import exponent
from tieout.world import adyen, stripe
from tieout.world.aftermath import held_reserves, of_batch, of_payment, released
from tieout.world.batches import Batch, Charge
from tieout.world.chance import chance, letters_and_digits, one_of, pick
from tieout.world.ledger import Ledger, Planted
from tieout.world.orders import METHODS, STOREFRONT, Payment, orders_of
from tieout.world.payouts import SUBSTITUTES, payouts_of, planted_at_bank, planted_sums
from tieout.world.post import Post
from tieout.world.rates import TOO_MUCH, fee, method_in_file, to_euros
from tieout.world.scenario import WORKDAYS, GatewayKind, Scenario, previous_business_day

PUBLISHED, FIRST_MONDAY = time(6), date(2020, 1, 6)
SETTLEMENT, PAYOUTS = "settlement", "payouts"
WRONG_FEE_MINOR = 37
CODES = {
    "settlement_missing": "SETTLEMENT_OVERDUE",
    "settlement_duplicated": "DUPLICATE_SETTLEMENT",
    "wrong_currency": "CURRENCY_MISMATCH",
}
WRITERS: dict[GatewayKind, Callable[[Batch], tuple[str, bytes]]] = {
    "adyen": adyen.settlement_file,
    "stripe": stripe.settlement_file,
}


@dataclass(frozen=True)
class Settled:
    """What a gateway makes of one payment: lines in the next batch, and in the one after it.

    `planted_later` is what is planted in the latter.
    """

    now: tuple[Charge, ...]
    later: tuple[Charge, ...]
    planted: tuple[Planted, ...]
    planted_later: tuple[Planted, ...] = ()


Takings = Callable[[GatewayKind, date], Settled]
"""What a gateway settles on a business day of what it was asked to charge, and what is planted."""
NOTHING = Settled((), (), ())


class Gateways:
    """All gateways of a scenario; each settles under an account of its own."""

    def __init__(self, scenario: Scenario, ledger: Ledger, post: Post, takings: Takings) -> None:
        self.scenario, self.ledger, self.post = scenario, ledger, post
        self.takings = takings

    def advance(self, until: datetime) -> None:
        """Publish the batches of all business days that have come."""
        start = datetime.combine(self.scenario.first_day, time(0), UTC)
        since = self.ledger.until("gateways", start)
        for offset in range((until.date() - since.date()).days + 1):
            moment = datetime.combine(since.date() + timedelta(days=offset), PUBLISHED, UTC)
            if since < moment <= until and WORKDAYS.is_business(moment.date()):
                for gateway in self.scenario.gateways:
                    self._publish(gateway, moment)
        self.ledger.mark("gateways", max(since, until))

    def _publish(self, gateway: GatewayKind, moment: datetime) -> None:
        taken = self.takings(gateway, moment.date())
        batch, planted = batch_of(self.scenario, gateway, moment.date(), taken)
        payouts = payouts_of(self.scenario, gateway, batch)
        told = planted_at_bank(self.scenario, payouts)
        if batch.charges:
            name, body = WRITERS[gateway](batch)
            in_file = [fault for fault in planted if fault.kind != "settlement_missing"]
            self.post.hand_in(
                f"{gateway}/{SETTLEMENT}/{name}",
                body,
                moment,
                planted=in_file + (told if gateway == "adyen" else []),
                marker=gateway == "stripe",
            )
        if payouts and gateway == "stripe":
            name, body = stripe.payout_file(batch, payouts)
            self.post.hand_in(
                f"{gateway}/{PAYOUTS}/{name}",
                body,
                moment,
                planted=told + planted_sums(self.scenario, payouts),
                may_cut=False,
            )
        self.post.truth.record([fault for fault in planted if fault.kind == "settlement_missing"])


@lru_cache(maxsize=8)
def batch_of(
    scenario: Scenario, gateway: GatewayKind, day: date, taken: Settled = NOTHING
) -> tuple[Batch, tuple[Planted, ...]]:
    """The batch that a gateway publishes on a business day, and what was planted in it.

    `taken` is what it settles beside the storefront's payments.
    """
    before = previous_business_day(day)
    today, earlier = (
        [settle(scenario, payment, each) for payment in captured(scenario, gateway, each)]
        for each in (day, before)
    )
    charges = [charge for settled in today for charge in settled.now]
    charges += [charge for settled in earlier for charge in settled.later]
    strangers = _strangers(scenario, gateway, day, charges)
    planted = [fault for settled in today for fault in settled.planted]
    planted += [fault for settled in earlier for fault in settled.planted_later]
    planted += [
        Planted("settlement_without_order", "SETTLED_NO_ORDER", charge.label, day.isoformat())
        for charge in strangers
    ]
    others, faults = of_batch(scenario, gateway, day) if _has_charges(today) else ((), ())
    planted += faults
    if _has_charges(earlier):
        others += tuple(map(released, held_reserves(scenario, gateway, before)))
    number = batch_number(day)
    account = f"{STOREFRONT}-{gateway}"
    lines = (*charges, *taken.now, *strangers, *others)
    tells_paid = gateway not in scenario.settled_only
    return Batch(account, number, day, lines, tells_paid), (*planted, *taken.planted)


def batch_number(day: date) -> int:
    """The number of the batch of a business day, the same at every gateway."""
    return (day - FIRST_MONDAY).days // 7 * 5 + day.weekday() + 1


def _has_charges(settled: list[Settled]) -> bool:
    return any(each.now for each in settled)


def captured(scenario: Scenario, gateway: str, day: date) -> list[tuple[Payment, bool]]:
    """The payments that settle on a business day, each with whether its order is sound.

    They are those captured from the business day before it until the day itself.
    """
    first = previous_business_day(day)
    return [
        (payment, order.fault != "unknown_sku")
        for offset in range((day - first).days)
        for order in orders_of(scenario, first + timedelta(days=offset))
        for payment in order.payments
        if payment.gateway == gateway and payment.state == "CAPTURED"
    ]


def settle(scenario: Scenario, paid: tuple[Payment, bool], day: date) -> Settled:
    """What becomes of one payment. Nothing is planted on one whose order is quarantined."""
    payment, is_sound = paid
    rng = chance(scenario.seed, "settlement", payment.payment_ref)
    charge = charge_of(
        scenario,
        payment.gateway,
        gateway_ref=payment.gateway_ref,
        line_ref=letters_and_digits(rng, 4),
        order_ref=payment.payment_ref,
        method=payment.method,
        currency=payment.currency,
        gross_minor=payment.amount_minor,
        captured_at=payment.captured_at,
    )
    faults = scenario.faults
    only_settled = charge.currency != charge.settlement_currency and (
        payment.gateway in scenario.settled_only
    )
    rates = {
        "settlement_missing": faults.settlement_missing,
        "settlement_duplicated": 0 if only_settled else faults.settlement_duplicated,
        "amount_off_by_a_cent": 0 if only_settled else faults.amount_off_by_a_cent,
        "wrong_currency": faults.wrong_currency,
        "chargeback": faults.chargeback,
        "chargeback_partly_won": faults.chargeback_partly_won if charge.gross_minor > 1 else 0,
        "refund_unknown": faults.refund_unknown,
        "fee_wrong": faults.fee_wrong,
        "fx_off_band": faults.fx_off_band if _is_worth_converting(charge) else 0,
    }
    kind = one_of(rng, rates) if is_sound else None
    if kind in {None, "chargeback", "chargeback_partly_won", "refund_unknown"}:
        after, planted_after = of_payment(scenario, charge, kind, day)
        return Settled((charge,), after, (), planted_after)
    if kind in {"fee_wrong", "fx_off_band"}:
        return _overcharged(payment.gateway, charge, kind, day, only_settled)
    code = CODES.get(kind, "")
    now: tuple[Charge, ...] = (charge,)
    later: tuple[Charge, ...] = ()
    if kind == "settlement_missing":
        now = ()
    elif kind == "settlement_duplicated":
        again = replace(charge, line_ref=letters_and_digits(rng, 4))
        at_once = scenario.resend_after_days is None or rng.random() < 0.5
        now, later = ((charge, again), ()) if at_once else ((charge,), (again,))
    elif kind == "amount_off_by_a_cent":
        step = 1 if charge.gross_minor < 2 else pick(rng, (-1, 1))
        now = (replace(charge, gross_minor=charge.gross_minor + step),)
        code = "AMOUNT_OVER" if step > 0 else "AMOUNT_UNDER"
    else:
        other = other_currency(payment.currency, rng.random())
        now = (replace(charge, currency=other, settlement_currency=other, rate=Decimal(1)),)
    planted = Planted(kind, code, payment.payment_ref, day.isoformat())
    return Settled(now, later, (planted,))


def other_currency(currency: str, luck: float) -> str:
    """Another currency, of as many decimals where there is one."""
    others = [other for other in SUBSTITUTES if other != currency]
    alike = [other for other in others if exponent(other) == exponent(currency)] or others
    return alike[int(luck * len(alike))]


def charge_of(scenario: Scenario, gateway: GatewayKind, **facts: Any) -> Charge:
    """A charge as it settles: in its own currency, or converted to euros."""
    charge = Charge(**facts, fee_minor=0, settlement_currency=facts["currency"])
    if charge.currency in scenario.converted:
        rate = to_euros(scenario, charge.currency, charge.captured_at.date())
        charge = replace(charge, settlement_currency="EUR", rate=rate)
    return _with_fee(gateway, charge)


def _with_fee(gateway: GatewayKind, charge: Charge) -> Charge:
    gross, currency = charge.settled_gross_minor, charge.settlement_currency
    return replace(charge, fee_minor=fee(gateway, charge.method, gross, currency))


def _is_worth_converting(charge: Charge) -> bool:
    """Whether a rate that is off shows in more than rounding."""
    return charge.currency != charge.settlement_currency and charge.settled_gross_minor >= 100


def _overcharged(
    gateway: GatewayKind, charge: Charge, kind: str, day: date, only_settled: bool
) -> Settled:
    """A charge with a fee or a rate that was not agreed; both show by day.

    Where only the settled amount is told, such a rate leaves nothing that could be the payment.
    """
    booked, into = charge.captured_at.date(), charge.settlement_currency
    if kind == "fee_wrong":
        wrong = replace(charge, fee_minor=charge.fee_minor + WRONG_FEE_MINOR)
        method = method_in_file(gateway, charge.method)
        code, subject = "FEE_VARIANCE", f"{gateway}:{method}:{booked}:{into}"
    else:
        rate = (charge.rate * TOO_MUCH).quantize(charge.rate)
        wrong = _with_fee(gateway, replace(charge, rate=rate))
        code, subject = "FX_OUT_OF_BAND", f"{gateway}:{charge.currency}-{into}:{booked}"
        if only_settled:
            code, subject = "CURRENCY_MISMATCH", charge.order_ref
    return Settled((wrong,), (), (Planted(kind, code, subject, day.isoformat()),))


def _strangers(
    scenario: Scenario, gateway: GatewayKind, day: date, charges: list[Charge]
) -> list[Charge]:
    """Charges of which the storefront knows nothing; half of them carry no reference of ours."""
    rng = chance(scenario.seed, "strangers", gateway, day)
    hits = sum(rng.random() < scenario.faults.settlement_without_order for _ in charges)
    return [_stranger(scenario, gateway, day, number) for number in range(hits)]


def _stranger(scenario: Scenario, gateway: GatewayKind, day: date, number: int) -> Charge:
    rng = chance(scenario.seed, "stranger", gateway, day, number)
    currency, gross = pick(rng, scenario.currencies), rng.randint(500, 50_000)
    morning = datetime.combine(previous_business_day(day), time(9), UTC)
    is_referenced = rng.random() < 0.5
    return charge_of(
        scenario,
        gateway,
        gateway_ref=letters_and_digits(rng, 4),
        line_ref=letters_and_digits(rng, 4),
        order_ref=f"X{letters_and_digits(rng, 3)}" if is_referenced else "",
        method=pick(rng, METHODS),
        currency=currency,
        gross_minor=gross,
        captured_at=morning + timedelta(seconds=rng.randrange(30_000)),
    )
