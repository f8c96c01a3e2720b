"""What came to the payment gateway, what it does wrong on purpose, and what goes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Fault(StrEnum):
    """What the gateway can do wrong."""

    TOO_BUSY = "too_busy"
    REFUSED = "refused"
    TLS_FAILURE = "tls_failure"
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    ACTS_LATE = "acts_late"
    SLOW = "slow"
    GARBLED = "garbled"
    WRONG_AMOUNT = "wrong_amount"
    NOT_FOUND = "not_found"
    SOFT_DECLINE = "soft_decline"
    HARD_DECLINE = "hard_decline"
    DUPLICATE_WINDOW = "duplicate_window"
    PENDING = "pending"
    KEY_EXPIRED = "key_expired"


@dataclass(frozen=True)
class Call:
    """One request; `operation` is charge, capture, refund, void, find, store or forget."""

    operation: str
    our_ref: str
    name: str
    fields: Mapping[str, Any]
    key: str = ""
    is_let_in: bool = True


@dataclass(frozen=True)
class Reply:
    """What goes back."""

    status: int
    body: bytes
