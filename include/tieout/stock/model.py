"""The words of stock: what one run of the allocation decided."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """Parts of order lines by what they got in one run; a part with several fates counts in each.

    `decided` changed their state: of those `allocated` got own stock (`filled` of them had waited),
    `routed` go to a vendor, `preordered` wait for stock. `waiting` were looked at and wait on, as
    pre-orders; `pending` wait for the other lines of an order that wants everything at once.
    """

    decided: int
    allocated: int
    routed: int
    preordered: int
    filled: int
    pending: int
    waiting: int


@dataclass(frozen=True)
class Cancelled:
    """Pieces of an order line: those cancelled now, and those that are gone or ordered already."""

    cancelled: int
    gone: int
