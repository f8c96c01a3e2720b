"""A carrier that speaks JSON: what it says of a parcel arrives, however it is written."""

import json

from tests.sql.fulfilment.test_tasks import Trade, trade  # noqa: F401 (a fixture)
from tieout.exchange.partners import FeedSpec, PartnerSpec, load_partners
from tieout.kernel.database import transaction

SCANS = [("pre_transit", "08"), ("in_transit", "09"), ("delivered", "10"), ("teleported", "11")]
TRACKER = {
    "object": "Tracker",
    "tracking_code": "1Z0000000100000008",
    "carrier": "UPS",
    "tracking_details": [
        {"object": "TrackingDetail", "status": status, "datetime": f"2026-03-02T{hour}:00:00Z"}
        for status, hour in SCANS
    ],
}


def test_all_events_of_a_file_of_one_line_are_taken(trade: Trade) -> None:  # noqa: F811
    folder = trade.root / "UPS"
    folder.mkdir()
    feed = FeedSpec(format_id="easypost-tracker-1", directory=str(folder), file_glob="*.json")
    spec = PartnerSpec(partner_id="UPS", kind="CARRIER", name="UPS", feeds={"TRACKING": feed})
    with transaction(trade.url, actor="test") as connection:
        load_partners(connection, [spec])
    (folder / "tracker.json").write_text(json.dumps(TRACKER))
    trade.take_in()
    events = trade.rows(
        "SELECT status, file_line FROM tracking_event WHERE carrier = 'UPS' ORDER BY occurred_at"
    )
    assert events == [("PRE_TRANSIT", 1), ("IN_TRANSIT", 2), ("DELIVERED", 3)]
    problems = trade.rows("SELECT line_no, field, value, raw FROM quarantine")
    assert [problem[:3] for problem in problems] == [(4, "status", "teleported|")]
    assert json.loads(str(problems[0][3]))["status"] == "teleported"
