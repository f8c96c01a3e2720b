"""The vendors: they act on nothing but the purchase orders that they received over SFTP."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from tieout.world.catalogue import vendor_name
from tieout.world.chance import chance, letters_and_digits, one_of
from tieout.world.ledger import Ledger, Planted, Truth, instant
from tieout.world.post import Post
from tieout.world.scenario import CARRIER, LATE_BY, WORKDAYS, Scenario
from tieout.world.tongues import Tongue, tongue_of

ORDERS, ANSWERS, SHIPMENTS = "orders", "acknowledgements", "shipments"
RECEIPTS, CONFIRMATIONS = "receipts", "confirmations"
"""Where vendors that speak EDI are told what became of their files, and where they tell of ours."""
WORK_STARTS, WORK_ENDS, TRUCK = time(9), time(17), time(11)
READ_AFTER = timedelta(minutes=10)
"""So long after an order came a vendor's system says that it has taken it in."""
Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Job:
    """One vendor order as its vendor read it, and what the vendor will do with it."""

    number: str
    rows: Rows
    fault: str | None
    answered_at: datetime
    ships_at: datetime

    @property
    def tracking_no(self) -> str:
        """The carrier's number of the one parcel in which it goes."""
        return f"FS{letters_and_digits(chance(0, 'parcel', self.number), 3)}"


@dataclass(frozen=True)
class Desk:
    """A vendor at work: its folder `home`, from account to name, and what it speaks."""

    vendor_id: str
    home: str
    tongue: Tongue

    def path(self, folder: str, kind: str, number: str) -> str:
        """Where a file of its goes."""
        name = f"{kind}-{self.vendor_id}-{number}.{self.tongue.suffix}"
        return f"{self.home}/{folder}/{name}"


def account_of(scenario: Scenario, vendor: int) -> str:
    """The SFTP account that holds the folder of the vendor of that number, from 0."""
    return f"hub{vendor % scenario.sftp_accounts + 1}"


class Vendors:
    """All vendors: read orders, answer, ship."""

    def __init__(
        self, scenario: Scenario, root: Path, ledger: Ledger, truth: Truth, post: Post
    ) -> None:
        self.scenario, self.root, self.ledger = scenario, root, ledger
        self.truth, self.post = truth, post

    def advance(self) -> None:
        """Read the purchase orders that have come since, and plan what follows from each."""
        read = set(self.ledger.rows("SELECT vendor_id, name FROM purchase_order"))
        for vendor in range(self.scenario.vendors):
            vendor_id = vendor_name(vendor)
            home = f"{account_of(self.scenario, vendor)}/{vendor_id}"
            for file in sorted((self.root / home / ORDERS).glob("po-*.[ce]??")):
                if (vendor_id, file.name) not in read:
                    self._take(Desk(vendor_id, home, tongue_of(self.scenario, vendor)), file)

    def _take(self, desk: Desk, file: Path) -> None:
        order = desk.tongue.read_order(file.read_bytes())
        control, received = order.header[1], instant(order.header[4])
        if not self._is_lost(desk, file.name, received):
            jobs = list(self._jobs(desk, order.rows, received))
            self._receipt(desk, control, jobs, received + READ_AFTER)
            taken = [job for job in jobs if job.fault != "receipt_rejection"]
            self._answer(desk, control, taken)
            self._ship(desk, control, taken)
        self.ledger.note("INSERT INTO purchase_order VALUES (?, ?)", [(desk.vendor_id, file.name)])
        self.ledger.keep()

    def _is_lost(self, desk: Desk, name: str, received: datetime) -> bool:
        """Whether a file is never looked at, where somebody would miss a word on it."""
        rng = chance(self.scenario.seed, "receipt", desk.vendor_id, name)
        if desk.tongue.receipt is None or rng.random() >= self.scenario.faults.receipt_missing:
            return False
        subject, day = f"file:{name}", received.date().isoformat()
        self.truth.record([Planted("receipt_missing", "VENDOR_FILE_UNACKNOWLEDGED", subject, day)])
        return True

    def _jobs(self, desk: Desk, rows: Rows, received: datetime) -> Iterator[Job]:
        by_number: dict[str, Rows] = defaultdict(list)
        for row in rows:
            by_number[row["vendor_order_no"]].append(row)
        faults = self.scenario.faults
        rates = {
            "vendor_rejection": faults.vendor_rejection,
            "late_shipment": faults.late_shipment,
        }
        if desk.tongue.receipt is not None:
            rates["receipt_rejection"] = faults.receipt_rejection
        for number, lines in by_number.items():
            fault = one_of(chance(self.scenario.seed, "vendor order", number), rates)
            ships_on = WORKDAYS.add(received.date(), 1)
            if fault == "late_shipment":
                ships_on = late_day(lines[0]["ship_by"], ships_on)
            ships_at = datetime.combine(ships_on, TRUCK, UTC)
            yield Job(number, lines, fault, answering_time(received), ships_at)

    def _receipt(self, desk: Desk, control: str, jobs: list[Job], due: datetime) -> None:
        """What the vendor's system says of the file; what it rejects nobody there ever sees."""
        if desk.tongue.receipt is None:
            return
        numbers = [job.number for job in jobs]
        rejected = [job.number for job in jobs if job.fault == "receipt_rejection"]
        body = desk.tongue.receipt(control, desk.vendor_id, due, numbers, rejected)
        day = due.date().isoformat()
        planted = [
            Planted("receipt_rejection", "VENDOR_FILE_REJECTED", number, day) for number in rejected
        ]
        self.post.hand_in(desk.path(CONFIRMATIONS, "conf", control), body, due, planted=planted)

    def _answer(self, desk: Desk, control: str, jobs: list[Job]) -> None:
        if not jobs:
            return
        due = jobs[0].answered_at
        rows = [_answer_row(job, row) for job in jobs for row in job.rows]
        body = desk.tongue.answers(control, desk.vendor_id, due, rows)
        day = due.date().isoformat()
        rejected = [
            Planted("vendor_rejection", "VENDOR_REJECTED", job.number, day)
            for job in jobs
            if job.fault == "vendor_rejection"
        ]
        self.post.hand_in(desk.path(ANSWERS, "ack", control), body, due, planted=rejected)

    def _ship(self, desk: Desk, control: str, jobs: list[Job]) -> None:
        by_truck: dict[datetime, list[Job]] = defaultdict(list)
        for job in jobs:
            if job.fault != "vendor_rejection":
                by_truck[job.ships_at].append(job)
        for number, (leaves, load) in enumerate(sorted(by_truck.items()), 1):
            part = f"{control}{number:02d}"
            rows = [_shipment_row(job, row) for job in load for row in job.rows]
            body = desk.tongue.shipments(part, desk.vendor_id, leaves, rows)
            self.post.hand_in(desk.path(SHIPMENTS, "ship", part), body, leaves)
            self._hand_to_carrier(load)
        self.truth.record([_late(job) for job in jobs if job.fault == "late_shipment"])

    def _hand_to_carrier(self, load: list[Job]) -> None:
        self.ledger.note(
            "INSERT OR IGNORE INTO parcel VALUES (?, ?, ?, ?, ?)",
            [
                (job.tracking_no, CARRIER, job.number, job.rows[0]["order_ref"], f"{job.ships_at}")
                for job in load
            ],
        )
        self.ledger.note(
            "INSERT OR IGNORE INTO scan VALUES (?, ?, ?, ?, 0)",
            [scan for job in load for scan in journey(job.tracking_no, job.ships_at)],
        )


def answering_time(received: datetime) -> datetime:
    """An hour after an order came, or at nine on the next business day."""
    soon = received + timedelta(hours=1)
    if WORKDAYS.is_business(received.date()) and WORK_STARTS <= soon.time() < WORK_ENDS:
        return soon
    today_is_ahead = WORKDAYS.is_business(received.date()) and received.time() < WORK_STARTS
    day = received.date() if today_is_ahead else WORKDAYS.add(received.date(), 1)
    return datetime.combine(day, WORK_STARTS, UTC)


def late_day(ship_by: str, earliest: date) -> date:
    """A day that is late beyond doubt: three business days after the promise."""
    promised = date.fromisoformat(ship_by) if ship_by else earliest
    return WORKDAYS.add(max(promised, earliest), LATE_BY)


def journey(tracking_no: str, ships_at: datetime) -> list[tuple[str, str, str, str]]:
    """The scans of a parcel, from the label to the door, over two business days."""
    rng = chance(0, "journey", tracking_no)
    on_the_way, at_the_door = WORKDAYS.add(ships_at.date(), 1), WORKDAYS.add(ships_at.date(), 2)
    morning = datetime.combine(at_the_door, time(7), UTC) + timedelta(minutes=rng.randrange(60))
    scans = (
        ("pre_transit", ships_at, "Vendor"),
        ("in_transit", ships_at + timedelta(minutes=rng.randint(60, 300)), "Depot"),
        ("in_transit", datetime.combine(on_the_way, time(5), UTC), "Hub"),
        ("out_for_delivery", morning, "Depot"),
        ("delivered", morning + timedelta(minutes=rng.randint(60, 500)), "Door"),
    )
    return [
        (tracking_no, status, f"{moment:%Y-%m-%dT%H:%M:%SZ}", place)
        for status, moment, place in scans
    ]


def _answer_row(job: Job, row: dict[str, str]) -> list[object]:
    is_rejected = job.fault == "vendor_rejection"
    quantity = row["quantity"]
    return [
        job.number,
        row["order_line_no"],
        row["sku"],
        "R" if is_rejected else "A",
        0 if is_rejected else quantity,
        quantity if is_rejected else 0,
        0,
        "Out of stock" if is_rejected else "",
        "" if is_rejected else row["ship_by"],
    ]


def _shipment_row(job: Job, row: dict[str, str]) -> list[object]:
    return [
        job.number,
        row["order_line_no"],
        row["sku"],
        row["quantity"],
        CARRIER,
        job.tracking_no,
        job.ships_at,
    ]


def _late(job: Job) -> Planted:
    note = f"promised {job.rows[0]['ship_by']}, ships {job.ships_at.date()}"
    day = job.ships_at.date().isoformat()
    return Planted("late_shipment", "SHIPMENT_LATE", job.number, day, note)
