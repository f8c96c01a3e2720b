"""What is expected of the tables, as data.

A critical expectation holds whatever partners do, and stops the flows that its suite guards while
it does not. A warning counts what does happen in the world and has an exception of its own; an info
only tells how things are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["critical", "warning", "info"]


@dataclass(frozen=True)
class Expectation:
    """One expectation: its name in reports, the class in Great Expectations, and its arguments."""

    name: str
    severity: Severity
    kind: str
    arguments: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Suite:
    """Expectations of one table or view, and the flows that a failed critical one stops."""

    name: str
    table: str
    guards: tuple[str, ...]
    expectations: tuple[Expectation, ...]


def _filled(column: str) -> Expectation:
    return Expectation(
        f"{column} is filled", "critical", "ExpectColumnValuesToNotBeNull", {"column": column}
    )


def _between(
    name: str, severity: Severity, column: str, lowest: int | None, highest: int | None
) -> Expectation:
    arguments = {"column": column, "min_value": lowest, "max_value": highest}
    return Expectation(name, severity, "ExpectColumnValuesToBeBetween", arguments)


def _unique(name: str, severity: Severity, column: str) -> Expectation:
    return Expectation(name, severity, "ExpectColumnValuesToBeUnique", {"column": column})


def _currency() -> Expectation:
    arguments = {"column": "currency", "regex": "^[A-Z]{3}$"}
    return Expectation(
        "currency is three letters", "critical", "ExpectColumnValuesToMatchRegex", arguments
    )


ORDER_ENTRY = Suite(
    name="order_entry",
    table="quality_order_entry",
    guards=("send_vendor_orders",),
    expectations=(
        *(_filled(column) for column in ("entry_id", "line_no", "order_ref", "customer_ref")),
        *(_filled(column) for column in ("storefront", "captured_at")),
        _currency(),
        _between("a line sells at least one piece", "critical", "quantity", 1, None),
        _between("lines add up", "critical", "line_difference_minor", 0, 0),
        Expectation(
            "no card number in the text",
            "critical",
            "ExpectColumnValuesToBeInSet",
            {"column": "holds_card_number", "value_set": [False]},
        ),
    ),
)

ORDERS = Suite(
    name="orders",
    table="quality_order",
    guards=("send_vendor_orders",),
    expectations=(
        _unique("an order stands there once", "critical", "order_ref"),
        _currency(),
        Expectation(
            "an order's total is the sum of its lines",
            "critical",
            "ExpectColumnPairValuesToBeEqual",
            {"column_A": "total_minor", "column_B": "lines_minor"},
        ),
        _between("what goes to vendors is paid", "critical", "unpaid_minor", 0, 0),
        _between("payments equal the lines", "warning", "difference_minor", -1, 1),
        _between("an order has lines", "warning", "lines", 1, None),
        _between("an order has a payment", "warning", "payments", 1, None),
        _between("an order has one tender", "info", "payments", None, 1),
        _between("an order has one vendor", "info", "vendors", None, 1),
    ),
)

SETTLEMENT_LINE = Suite(
    name="settlement_line",
    table="quality_settlement_line",
    guards=("reconcile_settlements",),
    expectations=(
        *(_filled(column) for column in ("gateway", "kind", "booked_at")),
        _currency(),
        _between("net is gross less fee", "critical", "line_difference_minor", 0, 0),
        Expectation(
            "what was sold or given back has a reference",
            "warning",
            "ExpectColumnValuesToNotBeNull",
            {"column": "reference"},
        ),
        _unique("a charge is settled once", "warning", "charge"),
    ),
)

PARCEL = Suite(
    name="parcel",
    table="parcel",
    guards=(),
    expectations=(
        Expectation(
            "a parcel is delivered after it was shipped",
            "warning",
            "ExpectColumnPairValuesAToBeGreaterThanB",
            {
                "column_A": "delivered_at",
                "column_B": "shipped_at",
                "or_equal": True,
                "ignore_row_if": "either_value_is_missing",
            },
        ),
    ),
)

SUITES = (ORDER_ENTRY, ORDERS, SETTLEMENT_LINE, PARCEL)
