"""The world in simulated time: the same however often it is advanced, killed or made again."""

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tieout.world.ledger import Planted, Truth
from tieout.world.orders import Order, orders_of
from tieout.world.scenario import Faults, Scenario, ScenarioError, Shares
from tieout.world.tables import read_tagged, write_tagged
from tieout.world.vendors import account_of
from tieout.world.world import World

SCENARIO = Scenario(
    days=1,
    orders_per_day=40,
    vendors=3,
    skus=9,
    sftp_accounts=2,
    shares=Shares(spool=0.2),
    faults=Faults(
        vendor_rejection=0.2,
        late_shipment=0.2,
        bad_tracking_row=0.2,
        truncated_file=0.3,
        duplicate_entry=0.1,
        unknown_sku=0.1,
        settlement_missing=0.1,
    ),
)
START = datetime(2026, 3, 2, tzinfo=UTC)
NEVER_CUT = ("/orders/", "/payouts/", "/banks/", "/centralbank/")
PO_COLUMNS = (
    *("vendor_order_no", "revision", "order_ref", "order_line_no", "sku", "quantity", "ship_by"),
)


class ListTill:
    """Remembers what was captured."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.renewed: list[str] = []
        self.approved_until = START

    def capture(self, orders: Sequence[Order]) -> None:
        self.orders += orders

    def renew(self, order: Order) -> None:
        self.renewed.append(order.order_ref)

    def approve(self, until: datetime) -> None:
        self.approved_until = until


def purchase_orders(scenario: Scenario) -> dict[str, bytes]:
    """One purchase order per vendor as the product would send it at noon, by its path."""
    files = {}
    for vendor in range(scenario.vendors):
        name = f"v{vendor + 1:03d}"
        rows = [
            [
                f"{o.order_ref}-{name}",
                1,
                o.order_ref,
                ln.line_no,
                ln.sku,
                ln.quantity,
                o.promised_on,
            ]
            for o in orders_of(scenario, scenario.first_day)
            for ln in o.lines
            if ln.vendor_id == name and o.captured_at < START + timedelta(hours=12)
        ]
        noon = START + timedelta(hours=12)
        body = write_tagged("tieout-purchase-order-1", "000001", name, noon, PO_COLUMNS, rows)
        head, rest = body.split(b"\n", 1)
        path = f"{account_of(scenario, vendor)}/{name}/orders/po-{name}-000001.csv"
        files[path] = head + b",2026-03-02T12:00:00Z\n" + rest
    return files


def play(folder: Path, steps: Sequence[float], scenario: Scenario = SCENARIO) -> ListTill:
    """Advance a world, made anew for each step (in hours), with orders for its vendors at noon."""
    till = ListTill()
    for hours in steps:
        with closing(World(scenario, folder, till)) as world:
            world.advance(START + timedelta(hours=hours))
        if hours >= 12:
            for path, body in purchase_orders(scenario).items():
                (folder / "sftp" / path).write_bytes(body)
    return till


def files_of(folder: Path) -> dict[str, bytes]:
    found = [*folder.glob("sftp/**/*"), *folder.glob("spool/*")]
    return {str(file.relative_to(folder)): file.read_bytes() for file in found if file.is_file()}


def truth_of(folder: Path) -> set[Planted]:
    return set(Truth(folder / "truth.jsonl").planted)


def test_world_is_the_same_in_whatever_steps_it_goes(tmp_path: Path) -> None:
    often = [*range(1, 24 * 14, 5), 24 * 14]
    slow, quick = play(tmp_path / "slow", [12, 24 * 14]), play(tmp_path / "quick", often)
    assert files_of(tmp_path / "slow") == files_of(tmp_path / "quick")
    assert truth_of(tmp_path / "slow") == truth_of(tmp_path / "quick")
    assert slow.orders == quick.orders
    assert {fault.kind for fault in truth_of(tmp_path / "slow")} >= {
        *("vendor_rejection", "late_shipment", "bad_tracking_row", "truncated_file"),
        *("duplicate_entry", "unknown_sku", "settlement_missing"),
    }


def test_each_renewal_is_charged_once(tmp_path: Path) -> None:
    shares = SCENARIO.shares.model_copy(update={"kept_cards": 0.5})
    scenario = SCENARIO.model_copy(update={"shares": shares})
    till = play(tmp_path, [12, 18, 24, 24 * 14], scenario)
    renewals = [order.order_ref for order in till.orders if order.is_renewal]
    assert renewals == till.renewed
    assert 0 < len(renewals) == len(set(renewals))
    assert till.approved_until == START + timedelta(days=14)


def test_advancing_again_adds_nothing(tmp_path: Path) -> None:
    till = play(tmp_path, [12, 24 * 14])
    before = files_of(tmp_path), (tmp_path / "truth.jsonl").read_text()
    again = play(tmp_path, [12, 24 * 14])
    assert (files_of(tmp_path), (tmp_path / "truth.jsonl").read_text()) == before
    assert again.orders == []
    assert len(till.orders) == len({order.entry_id for order in till.orders})


class WorldKilledError(Exception):
    """The world is killed here."""


def test_world_killed_half_way_ends_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(tmp_path / "whole", [12, 24 * 14])
    play(tmp_path / "killed", [12])
    with monkeypatch.context() as patch:
        sent = []

        def die_at_third(path: Path, body: bytes, moment: datetime) -> None:
            sent.append(path)
            if len(sent) == 3:
                raise WorldKilledError

        patch.setattr("tieout.world.post.drop", die_at_third)
        with pytest.raises(WorldKilledError):
            play(tmp_path / "killed", [24 * 14])
    play(tmp_path / "killed", [24 * 14])
    assert files_of(tmp_path / "killed") == files_of(tmp_path / "whole")
    assert truth_of(tmp_path / "killed") == truth_of(tmp_path / "whole")


def test_vendors_answer_and_ship_what_they_read_and_no_more(tmp_path: Path) -> None:
    calm = SCENARIO.model_copy(update={"faults": Faults()})
    play(tmp_path, [12, 24 * 14], calm)
    asked = Counter(
        row["vendor_order_no"] for body in purchase_orders(calm).values() for row in rows_of(body)
    )
    for kind in ("acknowledgements", "shipments"):
        bodies = [file.read_bytes() for file in tmp_path.glob(f"sftp/*/*/{kind}/*.csv")]
        said = Counter(row["vendor_order_no"] for body in bodies for row in rows_of(body))
        assert said == asked
    last = {
        row["tracking_no"]: row["status"]
        for file in sorted(tmp_path.glob("sftp/fastship/tracking/*.csv"))
        for row in rows_of(file.read_bytes())
    }
    assert set(last.values()) == {"delivered"}
    assert len(last) == len(asked)


def rows_of(body: bytes) -> list[dict[str, str]]:
    return read_tagged(body).rows


def test_rejected_orders_are_not_shipped(tmp_path: Path) -> None:
    refusing = SCENARIO.model_copy(update={"faults": Faults(vendor_rejection=1)})
    play(tmp_path, [12, 24 * 14], refusing)
    assert list(tmp_path.glob("sftp/*/*/shipments/*.csv")) == []
    answers = [file.read_bytes() for file in tmp_path.glob("sftp/*/*/acknowledgements/*.csv")]
    assert {row["code"] for body in answers for row in rows_of(body)} == {"R"}


def test_cut_file_is_sent_again_whole_or_never(tmp_path: Path) -> None:
    cutting = SCENARIO.model_copy(update={"faults": Faults(truncated_file=1)})
    silent = cutting.model_copy(update={"resend_after_days": None})
    for name, scenario in (("again", cutting), ("never", silent)):
        play(tmp_path / name, [12, 24 * 14], scenario)
    whole = SCENARIO.model_copy(update={"faults": Faults()})
    play(tmp_path / "whole", [12, 24 * 14], whole)
    assert files_of(tmp_path / "again") == files_of(tmp_path / "whole")
    cut, kept = files_of(tmp_path / "never"), files_of(tmp_path / "whole")
    partner_files = [
        name
        for name in cut
        if name.endswith(".csv") and not any(part in name for part in NEVER_CUT)
    ]
    assert all(len(cut[name]) < len(kept[name]) for name in partner_files)
    assert {f"file:{Path(name).name}" for name in partner_files} == {
        fault.subject for fault in truth_of(tmp_path / "never")
    }


def test_faults_in_a_file_that_never_comes_whole_are_not_planted(tmp_path: Path) -> None:
    faults = Faults(truncated_file=1, amount_off_by_a_cent=1, settlement_missing=1)
    silent = SCENARIO.model_copy(update={"faults": faults, "resend_after_days": None})
    play(tmp_path, [12, 24 * 14], silent)
    kinds = {fault.kind for fault in truth_of(tmp_path)}
    assert kinds == {"truncated_file", "settlement_missing"}


def test_folder_of_another_scenario_is_refused(tmp_path: Path) -> None:
    World(SCENARIO, tmp_path, ListTill()).close()
    other = SCENARIO.model_copy(update={"seed": 99})
    with pytest.raises(ScenarioError, match="Another scenario"):
        World(other, tmp_path, ListTill())


def test_truth_forgets_a_line_that_was_cut_by_a_kill(tmp_path: Path) -> None:
    file = tmp_path / "truth.jsonl"
    fault = Planted("unknown_sku", "ROW_REJECTED", "entry:x:1", "2026-03-02")
    Truth(file).record([fault])
    file.write_text(file.read_text() + json.dumps({"kind": "x"})[:5])
    truth = Truth(file)
    truth.record([fault])
    assert Truth(file).planted == [fault]
