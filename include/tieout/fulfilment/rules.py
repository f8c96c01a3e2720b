"""Decisions of fulfilment, pure: what answers, shipments and scans amount to.

The database does the same set at a time (include/sql/fulfilment); tests hold the two together.
"""

from collections.abc import Collection, Sequence

from tieout.fulfilment.model import Answer, Chunk, Line, OrderState, ParcelState, Scan

LARGEST_CHUNK = 400
FEWEST_CHUNKS = 4
DAYS_LIVELY = 3
"""For so long after a vendor's last order ended, or its last file came, each run asks it."""
HOURS_BETWEEN_ROUNDS = 24
"""How long the folders of a vendor from whom nothing is expected stay unseen at most."""
TRACKING_NO_SHAPE = r"^[A-Za-z0-9][A-Za-z0-9-]{5,39}$"
DAYS_SHIPPED_BEFORE_SCAN = 240
DAYS_SHIPPED_AFTER_SCAN = 60
PARCEL_ENDS = frozenset({ParcelState.DELIVERED, ParcelState.RETURNED, ParcelState.LOST})
_RANK = {state: rank for rank, state in enumerate(ParcelState)}


def latest_answer(answers: Collection[Answer]) -> Answer | None:
    """The word that counts: the latest by its time, then by file and place in the file."""
    return max(answers, key=lambda a: (a.answered_at, a.file, a.place), default=None)


def answered_state(lines: Collection[Line]) -> OrderState | None:
    """The state of a vendor order by its vendor's answers; None while no line is answered."""
    if all(line.accepted + line.rejected + line.backordered == 0 for line in lines):
        return None
    if all(line.rejected == line.quantity for line in lines):
        return OrderState.REJECTED
    if all(line.accepted == line.quantity for line in lines):
        return OrderState.ACCEPTED
    if not any(line.accepted for line in lines) and any(line.backordered for line in lines):
        return OrderState.BACKORDERED
    return OrderState.PARTIAL


def is_shipped(lines: Collection[Line]) -> bool:
    """Whether all that the vendor accepted has left, and nothing more is to come."""
    settled = all(line.accepted + line.rejected == line.quantity for line in lines)
    left = all(line.shipped == line.accepted for line in lines)
    return settled and left and any(line.accepted for line in lines)


def parcel_state(scans: Collection[Scan]) -> ParcelState:
    """The latest scan that ends a parcel, else its latest scan; a mere announcement counts last."""
    decisive = max(
        scans,
        key=lambda scan: (
            scan.state in PARCEL_ENDS,
            scan.state is not ParcelState.PRE_TRANSIT,
            scan.occurred_at,
            _RANK[scan.state],
        ),
        default=None,
    )
    return decisive.state if decisive else ParcelState.PRE_TRANSIT


def chunks(vendors: Sequence[tuple[str, str]]) -> list[Chunk]:
    """Split (id, name) pairs into even runs: at least FEWEST_CHUNKS, none above LARGEST_CHUNK."""
    if not vendors:
        return []
    count = max(FEWEST_CHUNKS, -(-len(vendors) // LARGEST_CHUNK))
    size = -(-len(vendors) // count)
    return [_chunk(vendors[start : start + size]) for start in range(0, len(vendors), size)]


def _chunk(vendors: Sequence[tuple[str, str]]) -> Chunk:
    ids = [vendor_id for vendor_id, _ in vendors]
    label = vendors[0][1] if len(ids) == 1 else f"{ids[0]} … {ids[-1]} ({len(ids)} vendors)"
    return Chunk(label=label, vendor_ids=ids)
