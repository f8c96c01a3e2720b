"""Named points at every commit and I/O edge, at which the fault tests kill the process.

Outside those tests nothing is registered and a point costs one look-up.
"""

from collections.abc import Callable

POINTS = (
    "archive.written",
    "inbox.listed",
    "inbox.fetched",
    "inbox.archived",
    "inbox.registered",
    "inbox.loaded",
    "inbox.committed",
    "outbox.claimed",
    "outbox.written",
    "outbox.sent",
    "outbox.part_written",
    "outbox.renamed",
    "outbox.uploaded",
    "outbox.confirmed",
    "outbox.given_back",
    "entry.written",
    "entry.committed",
    "entry.spool_opened",
    "entry.spool_written",
    "entry.spool_flushed",
    "entry.spooled",
    "entry.receipted",
    "entry.spool_renamed",
    "entry.spool_marked",
    "stock.decided",
    "stock.committed",
    "stock.told",
    "payments.asked_for",
    "payments.claimed",
    "payments.sent",
    "payments.answered",
    "payments.asked",
    "payments.errors_planned",
    "payments.saved",
    "payments.vault_received",
    "payments.vault_stored",
    "payments.written",
    "payments.let_go",
    "payments.due_planned",
    "payments.decided",
    "payments.stopped",
    "payments.vault_replaced",
    "payments.vault_moved",
    "payments.vault_aged",
    "payments.vault_forgotten",
    "purchase.folded",
    "purchase.claimed",
    "purchase.batch_kept",
    "purchase.settled_noted",
    "purchase.unsettled_read",
    "purchase.unsettled_noted",
    "purchase.searched",
    "purchase.searches_noted",
    "purchase.failure_noted",
    "purchase.given_back",
    "purchase.proved_listed",
    "purchase.recorded",
    "purchase.told",
    "purchase.refunds_listed",
    "store.canary_asked",
    "store.canaries_noted",
    "store.judged",
    "store.switched",
    "certificate.counted",
    "certificate.committed",
)
"""All points that there are, in the order of a run."""

_registry: dict[str, Callable[[], None]] = {}


def point(name: str) -> None:
    """Do what a test has registered for the point of that name: by default nothing."""
    if action := _registry.get(name):
        action()


def at(name: str, action: Callable[[], None]) -> None:
    """Let `action` (which raises or kills) run at a point, until `clear`."""
    if name not in POINTS:
        raise ValueError(f"there is no crash point {name!r}")
    _registry[name] = action


def clear() -> None:
    """Forget all actions."""
    _registry.clear()
