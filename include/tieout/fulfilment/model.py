"""The words of fulfilment: vendor orders' lines, what vendors and carriers say, the states."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypedDict


class OrderState(StrEnum):
    """The states of a vendor order that follow from its lines."""

    ACCEPTED = "ACCEPTED"
    PARTIAL = "PARTIAL"
    BACKORDERED = "BACKORDERED"
    REJECTED = "REJECTED"


class ParcelState(StrEnum):
    """The states of a parcel; of two scans of one instant the one further down counts."""

    PRE_TRANSIT = "PRE_TRANSIT"
    IN_TRANSIT = "IN_TRANSIT"
    EXCEPTION = "EXCEPTION"
    ATTEMPT_FAILED = "ATTEMPT_FAILED"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    PICKUP_READY = "PICKUP_READY"
    RETURNING = "RETURNING"
    LOST = "LOST"
    DELIVERED = "DELIVERED"
    RETURNED = "RETURNED"


@dataclass(frozen=True)
class Line:
    """A line of a vendor order, in pieces: what was ordered, the latest answer, what left."""

    quantity: int
    accepted: int = 0
    rejected: int = 0
    backordered: int = 0
    shipped: int = 0


@dataclass(frozen=True)
class Answer:
    """A vendor's word on one line, in pieces; `file` and `place` order words of one instant."""

    answered_at: datetime
    file: int
    place: int
    accepted: int
    rejected: int
    backordered: int


@dataclass(frozen=True)
class Scan:
    """A carrier's event of a parcel."""

    state: ParcelState
    occurred_at: datetime


class Chunk(TypedDict):
    """Vendors that one mapped task works on, and what the task is called."""

    label: str
    vendor_ids: list[str]
