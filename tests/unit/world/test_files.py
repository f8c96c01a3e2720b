"""The world's files: read by the product's formats, which the world does not use to write them."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.formats.results import FileRefused, ParsedFile
from tieout.kernel.cards import mask_cards
from tieout.world import adyen, stripe
from tieout.world.carrier import COLUMNS, with_bad_rows
from tieout.world.gateways import batch_of, other_currency
from tieout.world.orders import orders_of
from tieout.world.post import cut_place
from tieout.world.scenario import WORKDAYS, Faults, GatewayKind, Scenario
from tieout.world.storefront import spool_file
from tieout.world.tables import read_tagged, write_tagged
from tieout.world.tongues import ANSWER_COLUMNS

SCENARIO = Scenario(orders_per_day=120, currencies=("USD", "JPY", "BHD"))
SETTLED_ON = WORKDAYS.add(SCENARIO.first_day, 1)
MOMENT = datetime(2026, 3, 3, 11, 30, tzinfo=UTC)
WRITERS = {"adyen": adyen.settlement_file, "stripe": stripe.settlement_file}
FORMATS = {"adyen": "adyen-settlement-detail-1", "stripe": "stripe-payout-reconciliation-1"}


def parsed(body: bytes, format_id: str, name: str = "file.csv") -> ParsedFile:
    return read(body, format_spec(format_id), name=name)


def settlement(gateway: GatewayKind, **rates: float) -> tuple[ParsedFile, int]:
    scenario = SCENARIO.model_copy(update={"faults": Faults(**rates)})
    batch, _ = batch_of(scenario, gateway, SETTLED_ON)
    name, body = WRITERS[gateway](batch)
    assert mask_cards(body.decode()) == body.decode()
    return parsed(body, FORMATS[gateway], name), len(batch.charges)


@pytest.mark.parametrize("gateway", ["adyen", "stripe"])
def test_settlement_file_says_what_was_captured(gateway: GatewayKind) -> None:
    file, _ = settlement(gateway)
    lines = [row for row in file.rows.to_pylist() if row["kind"] == "charge"]
    captured = {
        payment.payment_ref: (payment.gateway_ref, payment.amount_minor, payment.currency)
        for order in orders_of(SCENARIO, SCENARIO.first_day)
        for payment in order.payments
        if payment.gateway == gateway and payment.state == "CAPTURED"
    }
    said = {
        line["order_ref"]: (line["gateway_ref"], line["gross_minor"], line["currency"])
        for line in lines
    }
    assert said == captured
    assert len(lines) == len(captured)
    assert not file.rejected


@pytest.mark.parametrize("gateway", ["adyen", "stripe"])
@pytest.mark.parametrize(
    "fault",
    ["settlement_duplicated", "amount_off_by_a_cent", "wrong_currency", "settlement_without_order"],
)
def test_faulty_settlement_file_is_still_a_whole_file(gateway: GatewayKind, fault: str) -> None:
    file, charges = settlement(gateway, **{fault: 1.0})
    kinds = [row["kind"] for row in file.rows.to_pylist()]
    assert kinds.count("charge") == charges
    assert not file.rejected


def test_at_rate_one_each_payment_gets_one_of_the_settlement_faults() -> None:
    rates = dict.fromkeys(
        ["settlement_missing", "settlement_duplicated", "amount_off_by_a_cent", "wrong_currency"], 1
    )
    scenario = SCENARIO.model_copy(update={"faults": Faults.model_validate(rates)})
    _, planted = batch_of(scenario, "adyen", SETTLED_ON)
    subjects = [fault.subject for fault in planted]
    assert {fault.kind for fault in planted} == set(rates)
    assert len(subjects) == len(set(subjects))


@pytest.mark.parametrize("currency", ["USD", "JPY", "BHD", "GBP"])
def test_wrong_currency_is_another_one(currency: str) -> None:
    assert other_currency(currency, 0.99) != currency


def test_spool_file_is_read_whole() -> None:
    orders = orders_of(SCENARIO, SCENARIO.first_day)
    file = parsed(spool_file(orders), "tieout-order-spool-1", "spool-shop-20260302-1.jsonl")
    assert file.counts.applied == sum(len(order.lines) for order in orders)


def test_tagged_file_is_read_back() -> None:
    rows = [["N-1", 1, "SKU", "A", 2, 0, 0, "", "2026-03-05"]]
    body = write_tagged("tieout-vendor-ack-1", "000001", "v001", MOMENT, ANSWER_COLUMNS, rows)
    assert parsed(body, "tieout-vendor-ack-1").counts.applied == 1
    assert read_tagged(body).rows[0]["vendor_order_no"] == "N-1"
    with pytest.raises(ValueError, match="count"):
        read_tagged(body[: body.rindex(b"L,")] + b"T,1\n")


def scans(count: int) -> list[list[object]]:
    return [
        ["fastship", f"FSA{n:03d}", "in_transit", MOMENT - timedelta(hours=1), "Hub", f"N-{n}", "R"]
        for n in range(count)
    ]


@pytest.mark.parametrize("count", [1, 3, 24, 26, 400])
@pytest.mark.parametrize("rate", [0.5, 1.0])
def test_bad_tracking_rows_are_rejected_and_their_file_is_not(count: int, rate: float) -> None:
    scenario = SCENARIO.model_copy(update={"faults": Faults(bad_tracking_row=rate)})
    rows, bad = with_bad_rows(scans(count), scenario, "track.csv")
    body = write_tagged("tieout-tracking-1", "1", "fastship", MOMENT, COLUMNS, rows)
    file = parsed(body, "tieout-tracking-1")
    assert [problem.line for problem in file.rejected] == [line for line, _ in bad]
    assert bad or count == 1


@pytest.mark.parametrize("seed", range(40))
def test_cut_file_is_always_refused(seed: int) -> None:
    rng = random.Random(seed)
    gateway: GatewayKind = rng.choice(["adyen", "stripe"])
    small = SCENARIO.model_copy(update={"orders_per_day": rng.choice([2, 5, 120])})
    _, body = WRITERS[gateway](batch_of(small, gateway, SETTLED_ON)[0])
    tracking = write_tagged(
        "tieout-tracking-1", "1", "fastship", MOMENT, COLUMNS, scans(rng.choice([1, 2, 900]))
    )
    for whole, format_id in ((body, FORMATS[gateway]), (tracking, "tieout-tracking-1")):
        place = cut_place(whole, seed, "file")
        assert 0 < place < len(whole)
        with pytest.raises(FileRefused):
            parsed(whole[:place], format_id)
