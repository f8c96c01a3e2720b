"""Rules of fulfilment: each state by an example, and properties that hold for any input."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.fulfilment.model import Answer, Line, OrderState, ParcelState, Scan
from tieout.fulfilment.rules import (
    LARGEST_CHUNK,
    PARCEL_ENDS,
    TRACKING_NO_SHAPE,
    answered_state,
    chunks,
    is_shipped,
    latest_answer,
    parcel_state,
)

START = datetime(2026, 3, 2, tzinfo=UTC)
instants = st.integers(0, 5).map(lambda hours: START + timedelta(hours=hours))
answers = st.builds(
    Answer,
    answered_at=instants,
    file=st.integers(1, 3),
    place=st.integers(1, 3),
    accepted=st.integers(0, 2),
    rejected=st.integers(0, 2),
    backordered=st.integers(0, 2),
)
scans = st.builds(Scan, state=st.sampled_from(ParcelState), occurred_at=instants)


@pytest.mark.parametrize(
    ("lines", "state", "shipped"),
    [
        ([Line(2)], None, False),
        ([Line(2, accepted=2)], OrderState.ACCEPTED, False),
        ([Line(2, accepted=2, shipped=2)], OrderState.ACCEPTED, True),
        ([Line(2, rejected=2)], OrderState.REJECTED, False),
        ([Line(2, backordered=2)], OrderState.BACKORDERED, False),
        ([Line(2, accepted=1, rejected=1, shipped=1)], OrderState.PARTIAL, True),
        ([Line(2, accepted=1, backordered=1, shipped=1)], OrderState.PARTIAL, False),
        ([Line(2, accepted=2, shipped=2), Line(1)], OrderState.PARTIAL, False),
        ([Line(2, accepted=2), Line(1, rejected=1)], OrderState.PARTIAL, False),
        ([Line(2, backordered=2), Line(1, rejected=1)], OrderState.BACKORDERED, False),
        ([Line(2, rejected=2), Line(1)], OrderState.PARTIAL, False),
        ([Line(2, rejected=1)], OrderState.PARTIAL, False),
    ],
)
def test_a_vendor_order_is_what_its_lines_amount_to(lines, state, shipped) -> None:
    assert (answered_state(lines), is_shipped(lines)) == (state, shipped)
    assert (answered_state(lines[::-1]), is_shipped(lines[::-1])) == (state, shipped)


@given(st.lists(answers), st.randoms())
def test_the_latest_word_counts_in_whatever_order_it_comes(said, random) -> None:
    said = list({(a.answered_at, a.file, a.place): a for a in said}.values())
    again = said + said
    random.shuffle(again)
    latest = latest_answer(said)
    assert latest_answer(again) == latest
    assert latest is None or all(a.answered_at <= latest.answered_at for a in said)


@given(st.lists(scans), st.randoms())
def test_repeated_and_mixed_scans_leave_the_parcel_as_it_is(seen, random) -> None:
    again = seen + seen
    random.shuffle(again)
    assert parcel_state(again) == parcel_state(seen)


@given(st.lists(scans), scans)
def test_an_ended_parcel_stays_ended(seen, late) -> None:
    if parcel_state(seen) in PARCEL_ENDS:
        assert parcel_state([*seen, late]) in PARCEL_ENDS


def test_a_late_scan_never_regresses() -> None:
    out = Scan(ParcelState.OUT_FOR_DELIVERY, START + timedelta(hours=2))
    moving = Scan(ParcelState.IN_TRANSIT, START + timedelta(hours=1))
    announced = Scan(ParcelState.PRE_TRANSIT, START + timedelta(hours=3))
    assert parcel_state([]) is ParcelState.PRE_TRANSIT
    assert parcel_state([out, moving]) is ParcelState.OUT_FOR_DELIVERY
    assert parcel_state([out, announced]) is ParcelState.OUT_FOR_DELIVERY
    found = Scan(ParcelState.DELIVERED, START + timedelta(days=1))
    lost = Scan(ParcelState.LOST, START)
    assert parcel_state([found, lost, out]) is ParcelState.DELIVERED


@pytest.mark.parametrize(
    ("vendors", "tasks"), [(0, 0), (1, 1), (3, 3), (40, 4), (400, 4), (3095, 8)]
)
def test_vendors_are_worked_in_few_even_chunks(vendors: int, tasks: int) -> None:
    found = chunks([(f"v{n:04d}", f"Vendor {n}") for n in range(vendors)])
    ids = [vendor for chunk in found for vendor in chunk["vendor_ids"]]
    assert ids == [f"v{n:04d}" for n in range(vendors)]
    assert len(found) == tasks
    assert all(len(chunk["vendor_ids"]) <= LARGEST_CHUNK for chunk in found)
    assert len({chunk["label"] for chunk in found}) == tasks


def test_a_chunk_of_one_vendor_carries_its_name() -> None:
    assert chunks([("v1", "Acme")]) == [{"label": "Acme", "vendor_ids": ["v1"]}]


@pytest.mark.parametrize("number", ["1Z999AA10123456784", "TRK-000123", "RR123456789CN"])
def test_tracking_numbers_are_known_by_their_shape(number: str) -> None:
    assert re.search(TRACKING_NO_SHAPE, number)


@pytest.mark.parametrize("number", ["", "12345", "-123456", "12 345678", "???????1", "1" * 41])
def test_other_text_is_no_tracking_number(number: str) -> None:
    assert not re.search(TRACKING_NO_SHAPE, number)
