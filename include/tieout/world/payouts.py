"""Payouts: what a gateway sends to the bank for a batch, and what becomes of it on the way."""

from dataclasses import replace
from datetime import date
from typing import Literal

from tieout.world import adyen, stripe
from tieout.world.batches import Batch, Payout
from tieout.world.chance import chance, one_of
from tieout.world.ledger import Planted
from tieout.world.scenario import WORKDAYS, Scenario, previous_business_day

SUBSTITUTES = ("GBP", "USD", "EUR", "JPY")
"""Currencies in which a charge may settle by mistake; the bank has accounts in all of them."""

REFERENCES = {"adyen": adyen.payout_ref, "stripe": stripe.payout_ref}
CODES = {"payout_missing": "PAYOUT_NOT_AT_BANK", "payout_short": "PAYOUT_AMOUNT_DIFFERS"}
_MAY_BE_MISSING = (1, 3)  # Tuesdays and Thursdays, so that there is a statement on either side
Way = Literal["plain", "missing", "short", "in_two", "unreferenced", "waiting"]


def payouts_of(scenario: Scenario, gateway: str, batch: Batch) -> list[Payout]:
    """The payouts of a batch; a gateway may pay a minor unit more than the batch has.

    Stripe keeps a debt until later batches cover it; Adyen collects it.
    """
    return [
        Payout(
            gateway,
            REFERENCES[gateway](batch, currency),
            batch.day,
            currency,
            net + _error(scenario, gateway, batch.day, currency),
        )
        for currency, net in batch.net_by_currency.items()
        if net > 0 or (net and gateway == "adyen")
    ]


def planted_sums(scenario: Scenario, payouts: list[Payout]) -> list[Planted]:
    """The payouts that are not the sum of their batch."""
    return [
        Planted("payout_sum_off", "PAYOUT_SUM_DIFFERS", payout.ref, payout.day.isoformat())
        for payout in payouts
        if _error(scenario, payout.gateway, payout.day, payout.currency)
    ]


def planted_at_bank(scenario: Scenario, payouts: list[Payout]) -> list[Planted]:
    """The payouts that the bank does not get, or not whole."""
    ways = {payout.ref: f"payout_{way_of(scenario, payout)}" for payout in payouts}
    return [
        Planted(ways[payout.ref], CODES[ways[payout.ref]], payout.ref, payout.day.isoformat())
        for payout in payouts
        if ways[payout.ref] in CODES
    ]


def way_of(scenario: Scenario, payout: Payout) -> Way:
    """How a payout comes to the bank. One whose statement is missing is not tampered with."""
    if waits(scenario, payout):
        return "waiting"
    rng = chance(scenario.seed, "payout", payout.ref)
    faults, shares = scenario.faults, scenario.shares
    fault = one_of(rng, {"missing": faults.payout_missing, "short": faults.payout_short})
    other = one_of(
        rng, {"in_two": shares.payout_in_two, "unreferenced": shares.payout_unreferenced}
    )
    before = replace(payout, day=previous_business_day(payout.day))
    if waits(scenario, before):
        return "plain"
    if fault == "missing":
        return "missing"
    unseen = is_missing(scenario, payout.currency, WORKDAYS.add(payout.day, 1))
    if fault == "short" and not unseen and payout.amount_minor > 1:
        return "short"
    if other == "in_two" and payout.amount_minor > 1:
        return "in_two"
    return "unreferenced" if other == "unreferenced" else "plain"


def waits(scenario: Scenario, payout: Payout) -> bool:
    """Whether a payout is paid a business day late, in one sum with the next one; never twice."""
    rng = chance(scenario.seed, "together", payout.gateway, payout.currency, payout.day)
    if payout.day <= scenario.first_day or rng.random() >= scenario.shares.payouts_together:
        return False
    return not waits(scenario, replace(payout, day=previous_business_day(payout.day)))


def currencies_of(scenario: Scenario) -> list[str]:
    """The currencies in which the storefront has a bank account."""
    return sorted({*scenario.currencies, *SUBSTITUTES})


def account_of(currency: str) -> str:
    """The storefront's bank account in a currency."""
    return f"NW{currency}0001"


def is_missing(scenario: Scenario, currency: str, day: date) -> bool:
    """Whether the bank never sends its statement of a business day.

    Never the first, never two in a row, and never one whose gap would not show in time: a gap shows
    by the statements around it.
    """
    rng = chance(scenario.seed, "statement", currency, day)
    return (
        day > scenario.first_day
        and day.weekday() in _MAY_BE_MISSING
        and WORKDAYS.add(day, 2) <= scenario.last_due_day
        and rng.random() < scenario.faults.bank_statement_missing
    )


def _error(scenario: Scenario, gateway: str, day: date, currency: str) -> int:
    """By how much a gateway pays too much; Adyen's batches always add up."""
    rng = chance(scenario.seed, "payout sum", gateway, day, currency)
    return int(gateway == "stripe" and rng.random() < scenario.faults.payout_sum_off)
