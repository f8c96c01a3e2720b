"""The decisions of the purchase monitor: when a storefront closes and opens, what sums must tie."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from tieout.purchase.model import CertifiedSum, Fate, Store, StoreFacts, StoreTerms, Switch


def judge(facts: StoreFacts, terms: StoreTerms, as_of: datetime) -> Switch | None:
    """What the switch of a storefront should do now; None when it stays as it is.

    A person's word wins: a switch that is held stays, but for the end of its draining. It closes
    when at least so many requests, and at least such a share of them, broke down for at least so
    many customers; one angry customer, or a broken card, closes nothing. It drains until nothing
    that has begun is without an outcome, at most for a time. It opens after enough green canaries
    in a row, when few purchases are unknown.
    """
    if facts.is_held and facts.state is not Store.DRAINING:
        return None
    if facts.state is Store.OPEN:
        return _close(facts, terms)
    if facts.state is Store.DRAINING:
        if facts.under_way == 0:
            return Switch(Store.CLOSED, "all that had begun has an outcome")
        if as_of - facts.since >= terms.drain_at_most:
            return Switch(Store.CLOSED, f"{facts.under_way} purchases are left without an outcome")
        return None
    if facts.greens >= terms.canaries_at_least and facts.backlog <= terms.backlog_at_most:
        return Switch(Store.OPEN, f"{facts.greens} canaries are green, {facts.backlog} unknown")
    return None


def _close(facts: StoreFacts, terms: StoreTerms) -> Switch | None:
    closes = (
        facts.errors >= terms.errors_at_least
        and facts.errors >= terms.share_at_least * facts.requests
        and facts.customers >= terms.customers_at_least
    )
    if not closes:
        return None
    share = f"{facts.errors} of {facts.requests} requests broke down"
    return Switch(Store.DRAINING, f"{share}, for {facts.customers} customers")


def imbalances(sums: Sequence[CertifiedSum]) -> dict[str, tuple[int, int]]:
    """By currency what does not tie, in sales and minor units; empty when all does.

    opening + paid = delivered + refunded + under way + listed.
    """
    left: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for each in sums:
        sign = 1 if each.fate in {Fate.OPENING, Fate.PAID} else -1
        left[each.currency][0] += sign * each.sales
        left[each.currency][1] += sign * each.amount_minor
    return {currency: (sales, minor) for currency, (sales, minor) in left.items() if sales or minor}


def closing(sums: Sequence[CertifiedSum]) -> dict[str, tuple[int, int]]:
    """By currency what a certificate leaves to the next, in sales and minor units."""
    return _totals(sums, {Fate.UNDER_WAY, Fate.LISTED})


def opening(sums: Sequence[CertifiedSum]) -> dict[str, tuple[int, int]]:
    """By currency what a certificate took over from the one before."""
    return _totals(sums, {Fate.OPENING})


def _totals(sums: Sequence[CertifiedSum], fates: set[Fate]) -> dict[str, tuple[int, int]]:
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for each in sums:
        if each.fate in fates:
            found[each.currency][0] += each.sales
            found[each.currency][1] += each.amount_minor
    return {currency: (sales, minor) for currency, (sales, minor) in found.items() if sales}
