"""What comes after a charge, or beside it: chargebacks, refunds, reserves and adjustments."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

from tieout.world.batches import Charge
from tieout.world.chance import chance, letters_and_digits, pick
from tieout.world.ledger import Planted
from tieout.world.scenario import Scenario

Told = tuple[tuple[Charge, ...], tuple[Planted, ...]]


def of_payment(scenario: Scenario, charge: Charge, fault: str | None, day: date) -> Told:
    """What the next batch has of a charge that this one settles, and what is planted in it.

    A fault is `chargeback`, `chargeback_partly_won`: half of it is given back at once, or
    `refund_unknown`: a part refunded without a refund of ours. Without one, the charge may be
    charged back and won back at once.
    """
    rng = chance(scenario.seed, "aftermath", charge.gateway_ref)
    if fault == "chargeback":
        told = Planted(fault, "CHARGEBACK", charge.order_ref, day.isoformat())
        return (_after(charge, "chargeback", letters_and_digits(rng, 4)),), (told,)
    if fault == "chargeback_partly_won":
        return _partly_won(charge, letters_and_digits(rng, 4), letters_and_digits(rng, 4), day)
    if fault == "refund_unknown":
        part = max(1, charge.gross_minor // 3)
        back = _after(charge, "refund", letters_and_digits(rng, 4), part)
        return (back,), (Planted(fault, "SETTLED_NO_ORDER", charge.order_ref, day.isoformat()),)
    if rng.random() < scenario.shares.chargeback_won:
        ref = letters_and_digits(rng, 4)
        lost = _after(charge, "chargeback", ref)
        won = replace(lost, kind="chargeback_reversal", gross_minor=-lost.gross_minor)
        return (lost, replace(won, line_ref=letters_and_digits(rng, 4))), ()
    return (), ()


def _partly_won(charge: Charge, ref: str, line_ref: str, day: date) -> Told:
    """A chargeback, and half of it given back: neither takes the other's place."""
    lost = _after(charge, "chargeback", ref)
    won = replace(
        lost, kind="chargeback_reversal", line_ref=line_ref, gross_minor=charge.gross_minor // 2
    )
    kind = "chargeback_partly_won"
    return (lost, won), (
        Planted(kind, "CHARGEBACK", charge.order_ref, day.isoformat()),
        Planted(kind, "REVERSAL_UNKNOWN", ref, day.isoformat()),
    )


def of_batch(scenario: Scenario, gateway: str, day: date) -> Told:
    """What a batch with new charges has beside them: a reserve, an adjustment without a name."""
    rng = chance(scenario.seed, "adjustment", gateway, day)
    held = held_reserves(scenario, gateway, day)
    if rng.random() >= scenario.faults.adjustment_unexplained:
        return held, ()
    currency = pick(rng, _unconverted(scenario))
    moved = _own("adjustment", letters_and_digits(rng, 4), day, currency, rng.randint(100, 900))
    told = Planted(
        "adjustment_unexplained", "ADJUSTMENT_UNEXPLAINED", moved.gateway_ref, day.isoformat()
    )
    return (*held, moved), (told,)


def held_reserves(scenario: Scenario, gateway: str, day: date) -> tuple[Charge, ...]:
    """What a gateway holds back of a batch; at most one reserve."""
    rng = chance(scenario.seed, "reserve", gateway, day)
    if rng.random() >= scenario.shares.reserve:
        return ()
    currency = pick(rng, _unconverted(scenario))
    return (_own("reserve", letters_and_digits(rng, 4), day, currency, -rng.randint(500, 3_000)),)


def released(held: Charge) -> Charge:
    """The line that releases a reserve."""
    return replace(held, gross_minor=-held.gross_minor, line_ref=f"{held.line_ref}R")


def _after(charge: Charge, kind: str, ref: str, amount: int | None = None) -> Charge:
    """A line that takes back a charge, or `amount` of it, under a reference of its own."""
    return replace(
        charge,
        kind=kind,
        gateway_ref=ref,
        line_ref=ref,
        original_ref=charge.gateway_ref,
        gross_minor=-(charge.gross_minor if amount is None else amount),
        fee_minor=0,
    )


def _own(kind: str, ref: str, day: date, currency: str, gross_minor: int) -> Charge:
    """A line of the gateway's own, without a charge behind it."""
    return Charge(
        gateway_ref=ref,
        line_ref=ref,
        order_ref="",
        method="",
        currency=currency,
        gross_minor=gross_minor,
        fee_minor=0,
        captured_at=datetime.combine(day, time(4), UTC),
        settlement_currency=currency,
        kind=kind,
    )


def _unconverted(scenario: Scenario) -> list[str]:
    return [each for each in scenario.currencies if each not in scenario.converted]
