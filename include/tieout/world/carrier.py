"""The carrier: reports the scans of the parcels that vendors handed over, twice a day."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from tieout.world.chance import chance, pick
from tieout.world.ledger import Ledger, Planted, stamp
from tieout.world.post import Post
from tieout.world.scenario import CARRIER, Scenario
from tieout.world.tables import FIRST_ROW_LINE, write_tagged

REPORTS = (time(11, 30), time(19, 30))
TRACKING = "tracking"
COLUMNS = (
    *(
        "carrier",
        "tracking_no",
        "status",
        "occurred_at",
        "location",
        "vendor_order_no",
        "order_ref",
    ),
)
GOOD_PER_BAD = 24
UNTOLD = """
SELECT s.tracking_no, s.status, s.occurred_at, s.location, p.vendor_order_no, p.order_ref
  FROM scan AS s JOIN parcel AS p USING (tracking_no)
 WHERE s.is_told = 0 AND s.occurred_at <= ? ORDER BY s.occurred_at, s.tracking_no
"""
Row = list[object]


class Carrier:
    """Writes one tracking file per report time, of all scans that no file has told yet."""

    def __init__(self, scenario: Scenario, ledger: Ledger, post: Post) -> None:
        self.scenario, self.ledger, self.post = scenario, ledger, post

    def advance(self, until: datetime) -> None:
        """Report what was scanned up to each report time that has passed."""
        start = datetime.combine(self.scenario.first_day, time(0), UTC)
        since = self.ledger.until("carrier", start)
        for moment in _report_times(since, until):
            self._report(moment)
        self.ledger.mark("carrier", max(since, until))

    def _report(self, moment: datetime) -> None:
        scans = self.ledger.rows(UNTOLD, stamp(moment))
        if not scans:
            return
        control = f"{moment:%Y%m%d%H}"
        name = f"track-{CARRIER}-{control}.csv"
        good: list[Row] = [[CARRIER, *scan] for scan in scans]
        rows, bad = with_bad_rows(good, self.scenario, name)
        body = write_tagged("tieout-tracking-1", control, CARRIER, moment, COLUMNS, rows)
        day = moment.date().isoformat()
        planted = [
            Planted(
                "bad_tracking_row", "TRACKING_LOAD_FAILED", f"file:{name}:{line}", day, f"{note}"
            )
            for line, note in bad
        ]
        self.post.hand_in(f"{CARRIER}/{TRACKING}/{name}", body, moment, planted=planted)
        self.ledger.note(
            "UPDATE scan SET is_told = 1 WHERE tracking_no = ? AND status = ? AND occurred_at = ?",
            [scan[:3] for scan in scans],
        )


def _report_times(since: datetime, until: datetime) -> Iterator[datetime]:
    for offset in range((until.date() - since.date()).days + 1):
        for clock in REPORTS:
            moment = datetime.combine(since.date() + timedelta(days=offset), clock, UTC)
            if since < moment <= until:
                yield moment


def with_bad_rows(
    good: list[Row], scenario: Scenario, name: str
) -> tuple[list[Row], list[tuple[int, str]]]:
    """Spoil some rows of a file; returns its rows, and the line and damage of each spoiled one.

    At most one row in 25 is spoiled, since a file with too many bad rows is refused; a small file
    is filled up with repeats of its good rows, as carriers do send them.
    """
    rng = chance(scenario.seed, "bad rows", name)
    hits = [n for n in range(len(good)) if rng.random() < scenario.faults.bad_tracking_row]
    most = max(1, len(good) // (GOOD_PER_BAD + 1))
    spoiled = {n: _spoiled(good[n], pick(rng, DAMAGES)) for n in sorted(hits, key=_mixed)[:most]}
    rows = [spoiled.get(n, (row, ""))[0] for n, row in enumerate(good)]
    sound = [row for n, row in enumerate(good) if n not in spoiled] or [_depot_note(good[0])]
    missing = GOOD_PER_BAD * len(spoiled) - len(sound) if spoiled else 0
    rows += [sound[n % len(sound)] for n in range(missing)]
    bad = [(FIRST_ROW_LINE + n, damage) for n, (_, damage) in sorted(spoiled.items())]
    return rows, bad


def _mixed(number: int) -> int:
    """An order in which neighbours are far apart, so that the spoiled rows are spread."""
    return number * 7919 % 104_729


DAMAGES = ("status", "time", "number", "width")


def _spoiled(row: Row, damage: str) -> tuple[Row, str]:
    carrier, tracking_no, status, occurred_at, *rest = row
    match damage:
        case "status":
            return [carrier, tracking_no, "DLVRD?", occurred_at, *rest], "unknown status"
        case "time":
            return [carrier, tracking_no, status, "2026-13-45T25:61:00Z", *rest], "no such time"
        case "number":
            return [carrier, "", status, occurred_at, *rest], "no tracking number"
        case _:
            return [carrier, tracking_no, status], "row too short"


def _depot_note(row: Row) -> Row:
    """A sound row about the same parcel, where every other row of its file is spoiled."""
    return [row[0], row[1], "in_transit", *row[3:]]
