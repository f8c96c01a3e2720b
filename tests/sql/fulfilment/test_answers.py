"""Acknowledgements and shipments: what they do to lines and orders, and what is refused."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from tests.sql.fulfilment.staging import (
    AS_OF,
    Row,
    duplicates,
    partners,
    rejected,
    stage,
    state,
    vendor_order,
)
from tieout.fulfilment import answers, shipments
from tieout.fulfilment.model import Answer, Line
from tieout.fulfilment.rules import answered_state, is_shipped, latest_answer
from tieout.kernel.database import transaction

HOUR = timedelta(hours=1)
numbers = count(1)


@pytest.fixture(scope="module")
def url(database_url: str) -> str:
    partners(database_url)
    return database_url


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    with transaction(url, actor="test") as connection:
        yield connection


@pytest.fixture
def number(connection: Connection) -> Callable[..., str]:
    def new(*quantities: int) -> str:
        name = f"R{next(numbers)}-acme"
        vendor_order(connection, name, list(quantities))
        return name

    return new


def acknowledge(connection: Connection, rows: list[Row], at: datetime = AS_OF) -> int:
    file_id = stage(connection, "ACKNOWLEDGEMENT", rows, at)
    answers.load(connection, vendor_ids=["acme"], as_of=AS_OF)
    return file_id


def ship(connection: Connection, rows: list[Row]) -> int:
    file_id = stage(connection, "SHIPMENT", rows)
    shipments.load(connection, vendor_ids=["acme"], as_of=AS_OF)
    return file_id


def answer(number: str, accepted: int = 0, rejected: int = 0, back: int = 0, line: int = 1) -> Row:
    return {
        "vendor_order_no": number,
        "order_line_no": line,
        "quantity_accepted": accepted,
        "quantity_rejected": rejected,
        "quantity_backordered": back,
        "reason": "none left" if rejected else None,
    }


def shipment(number: str, quantity: int, tracking_no: str = "TRK-000001", line: int = 1) -> Row:
    return {
        "vendor_order_no": number,
        "order_line_no": line,
        "quantity": quantity,
        "tracking_no": tracking_no,
        "shipped_at": AS_OF,
    }


def test_an_answer_sets_lines_and_order(connection, number) -> None:
    order = number(2, 1)
    acknowledge(connection, [answer(order, accepted=2), answer(order, rejected=1, line=2)])
    assert rejected(connection) == []
    assert state(connection, order) == ("PARTIAL", [(2, 2, 0, 0, 0), (1, 0, 1, 0, 0)])
    reason = text("SELECT status_reason FROM vendor_order WHERE vendor_order_no = :number")
    assert connection.execute(reason, {"number": order}).scalar_one() == "none left"


def test_an_older_answer_that_comes_later_changes_nothing(connection, number) -> None:
    order = number(2)
    acknowledge(connection, [answer(order, accepted=2)], AS_OF)
    acknowledge(connection, [answer(order, rejected=2)], AS_OF - HOUR)
    assert state(connection, order) == ("ACCEPTED", [(2, 2, 0, 0, 0)])
    acknowledge(connection, [answer(order, rejected=2)], AS_OF + HOUR)
    assert state(connection, order) == ("REJECTED", [(2, 0, 2, 0, 0)])


def test_a_bad_answer_steps_aside_and_the_others_load(connection, number) -> None:
    order = number(2, 1)
    acknowledge(
        connection,
        [
            answer("R0-acme", accepted=1),
            answer(order, accepted=1, line=9),
            {**answer(order, accepted=1), "sku": "OTHER"},
            answer(order, accepted=2, rejected=1),
            answer(order),
            {**answer(order, accepted=1, rejected=1), "code": "A"},
            {**answer(order, accepted=2), "partner_id": "bolt"},
            answer(order, accepted=1, line=2),
        ],
    )
    rules = ["unknown-order", "unknown-line", "other-sku", "quantity", "quantity", "code"]
    assert rejected(connection) == [*zip(range(3, 9), rules, strict=True), (9, "unknown-order")]
    assert state(connection, order) == ("PARTIAL", [(2, 0, 0, 0, 0), (1, 1, 0, 0, 0)])


def test_less_cannot_be_accepted_than_has_been_shipped(connection, number) -> None:
    order = number(2)
    acknowledge(connection, [answer(order, accepted=2)])
    ship(connection, [shipment(order, 1)])
    acknowledge(connection, [answer(order, rejected=2)], AS_OF + HOUR)
    assert rejected(connection) == [(3, "shipped-already")]
    acknowledge(connection, [answer(order, rejected=2)], AS_OF - HOUR)
    assert rejected(connection) == []
    assert state(connection, order) == ("ACCEPTED", [(2, 2, 0, 0, 1)])


def test_an_order_is_shipped_when_all_that_was_accepted_has_left(connection, number) -> None:
    order = number(2, 1)
    acknowledge(connection, [answer(order, accepted=2), answer(order, rejected=1, line=2)])
    ship(connection, [shipment(order, 1)])
    assert state(connection, order)[0] == "PARTIAL"
    ship(connection, [shipment(order, 1, "TRK-000002")])
    assert state(connection, order) == ("SHIPPED", [(2, 2, 0, 0, 2), (1, 0, 1, 0, 0)])


def test_an_early_shipment_waits_for_its_acknowledgement(connection, number) -> None:
    order = number(2)
    file_id = ship(connection, [shipment(order, 2)])
    held = text(
        "SELECT vendor_order_line_id IS NULL, parcel_id IS NULL FROM shipment_line"
        " WHERE source_file_id = :file_id"
    )
    assert rejected(connection) == []
    assert connection.execute(held, {"file_id": file_id}).all() == [(True, False)]
    assert state(connection, order) == ("DELIVERED", [(2, 0, 0, 0, 0)])
    acknowledge(connection, [answer(order, accepted=2)])
    assert connection.execute(held, {"file_id": file_id}).all() == [(False, False)]
    assert state(connection, order) == ("SHIPPED", [(2, 2, 0, 0, 2)])


def test_a_bad_shipment_steps_aside(connection, number) -> None:
    order = number(2)
    acknowledge(connection, [answer(order, accepted=1, rejected=1)])
    ship(
        connection,
        [
            shipment("R0-acme", 1),
            shipment(order, 1, line=9),
            {**shipment(order, 1), "sku": "OTHER"},
            {**shipment(order, 1), "carrier": "pigeon"},
            shipment(order, 1, "lost it"),
            shipment(order, 2, "TRK-000002"),
            shipment(order, 1, "TRK-000003"),
            shipment(order, 1, "TRK-000004"),
        ],
    )
    rules = ["unknown-order", "unknown-line", "other-sku", "unknown-carrier", "tracking-number"]
    assert rejected(connection) == [
        *zip(range(3, 8), rules, strict=True),
        (8, "over-shipment"),
        (10, "over-shipment"),
    ]
    assert state(connection, order) == ("SHIPPED", [(2, 1, 1, 0, 1)])


def test_a_repeated_shipment_counts_once(connection, number) -> None:
    order = number(3)
    acknowledge(connection, [answer(order, accepted=3)])
    row = shipment(order, 1, "TRK-REP-1")
    ship(connection, [row, row])
    assert (rejected(connection), duplicates(connection)) == ([], [4])
    ship(connection, [row, shipment(order, 1, "TRK-REP-2")])
    assert (rejected(connection), duplicates(connection)) == ([], [3])
    assert state(connection, order) == ("ACCEPTED", [(3, 3, 0, 0, 2)])


def test_answers_wait_until_the_file_is_known_to_have_arrived(connection, number) -> None:
    order = number(1)
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    status = text("UPDATE vendor_order SET status = :status WHERE vendor_order_no = :number")
    connection.execute(status, {"status": "WRITTEN", "number": order})
    connection.execute(text("SET LOCAL session_replication_role = origin"))
    acknowledge(connection, [answer(order, accepted=1)])
    assert state(connection, order) == ("WRITTEN", [(1, 1, 0, 0, 0)])
    connection.execute(status, {"status": "DELIVERED", "number": order})
    answers.fold_early(connection, vendor_ids=["acme"], as_of=AS_OF)
    assert state(connection, order)[0] == "ACCEPTED"


words = st.tuples(
    st.integers(0, 4), st.integers(0, 2), st.integers(0, 2), st.integers(0, 2), st.integers(1, 2)
).filter(lambda word: 1 <= sum(word[1:4]) <= 2)
steps = st.lists(st.one_of(words, st.integers(1, 2)), min_size=1, max_size=7)


@given(steps=steps)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_database_decides_as_the_rules_do(url: str, steps) -> None:
    """Answers and shipments (of line 1) in any order: the rules on what was taken hold."""
    with transaction(url, actor="test") as connection:
        order = f"H{next(numbers)}-acme"
        vendor_order(connection, order, [2, 2])
        taken: dict[int, list[Answer]] = {1: [], 2: []}
        for step_no, step in enumerate(steps):
            if isinstance(step, int):
                ship(connection, [shipment(order, step, f"TRK-{next(numbers):08d}")])
                continue
            hours, *quantities, line = step
            at = AS_OF + hours * HOUR
            acknowledge(connection, [answer(order, *quantities, line)], at)
            if not rejected(connection):
                taken[line].append(Answer(at, step_no, 3, *quantities))
        status, rows = state(connection, order)
    lines = [Line(*row) for row in rows]
    for line, words_taken in zip(lines, taken.values(), strict=True):
        latest = latest_answer(words_taken) or Answer(AS_OF, 0, 0, 0, 0, 0)
        assert (line.accepted, line.rejected, line.backordered) == (
            latest.accepted,
            latest.rejected,
            latest.backordered,
        )
        assert line.shipped <= line.accepted
    if is_shipped(lines):
        assert status == "SHIPPED"
    elif status != "SHIPPED":
        assert status == (answered_state(lines) or "DELIVERED")


@given(
    words=st.lists(words, min_size=1, max_size=5, unique_by=lambda w: (w[0], w[4])), data=st.data()
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_answers_in_another_order_or_twice_change_nothing(url: str, words, data) -> None:
    with transaction(url, actor="test") as connection:
        ends = []
        for said in (words, data.draw(st.permutations(words + words))):
            order = f"P{next(numbers)}-acme"
            vendor_order(connection, order, [2, 2])
            for hours, *quantities, line in said:
                at = AS_OF + hours * HOUR
                acknowledge(connection, [answer(order, *quantities, line)], at)
            ends.append(state(connection, order))
    assert ends[0] == ends[1]
