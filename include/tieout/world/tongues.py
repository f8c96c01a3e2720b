"""What the world's vendors speak: their own delimited files, X12, or EDIFACT."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from tieout.world import edi, edifact
from tieout.world.scenario import Scenario
from tieout.world.tables import Tagged, read_tagged, write_tagged

ANSWER_COLUMNS = (
    *("vendor_order_no", "order_line_no", "sku", "code", "quantity_accepted", "quantity_rejected"),
    *("quantity_backordered", "reason", "expected_on"),
)
SHIPMENT_COLUMNS = (
    *("vendor_order_no", "order_line_no", "sku", "quantity", "carrier", "tracking_no"),
    "shipped_at",
)
Rows = Sequence[Sequence[object]]
Writer = Callable[[str, str, datetime, Rows], bytes]
Receipt = Callable[[str, str, datetime, Sequence[str], Collection[str]], bytes]


@dataclass(frozen=True)
class Tongue:
    """How vendors read orders and write what follows; writers take number, sender, instant, rows.

    `receipt` is None where nobody says that a file was taken in.
    """

    suffix: str
    read_order: Callable[[bytes], Tagged]
    answers: Writer
    shipments: Writer
    receipt: Receipt | None = None


def _csv_answers(control: str, sender: str, at: datetime, rows: Rows) -> bytes:
    return write_tagged("tieout-vendor-ack-1", control, sender, at, ANSWER_COLUMNS, rows)


def _csv_shipments(control: str, sender: str, at: datetime, rows: Rows) -> bytes:
    return write_tagged("tieout-shipment-1", control, sender, at, SHIPMENT_COLUMNS, rows)


CSV = Tongue("csv", read_tagged, _csv_answers, _csv_shipments)
X12 = Tongue("edi", edi.read_order, edi.write_answers, edi.write_shipments, edi.write_receipt)
EDIFACT = Tongue(
    *("edi", edifact.read_order, edifact.write_answers, edifact.write_shipments),
    edifact.write_receipt,
)


def tongue_of(scenario: Scenario, vendor: int) -> Tongue:
    """What the vendor of that number, from 0, speaks: X12 the first, EDIFACT the next."""
    if vendor < scenario.x12_vendors:
        return X12
    return EDIFACT if vendor < scenario.x12_vendors + scenario.edifact_vendors else CSV
