"""What vendors' systems say of our purchase orders: 997 of X12 and CONTRL of EDIFACT."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from tests.sql.fulfilment.test_tasks import AS_OF, LATER, Trade, trade  # noqa: F401 (a fixture)
from tests.unit.formats.edi import edifact, x12
from tieout.cli.main import main
from tieout.exceptions.tasks import raise_exceptions
from tieout.exchange.partners import FeedSpec, PartnerSpec, load_partners
from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.fulfilment import tasks
from tieout.kernel.database import transaction

CASES = "SELECT code, subject, status FROM exception_case WHERE code LIKE 'VENDOR%' ORDER BY 1, 2"
STATES = "SELECT vendor_order_no, status FROM vendor_order WHERE vendor_id = 'acme' ORDER BY 1"
Receipt = Callable[..., str]


def receipt_x12(*verdicts: str, group: str = "A", answers: int = 1, control: int = 7) -> str:
    """A 997: one AK2 per word, `R` and `E` with a segment in error."""
    body = [f"AK1*PO*{answers}"]
    for number, word in enumerate(verdicts, 1):
        wrong = [] if word == "A" else ["AK3*PO1*4**8", "AK4*7**7*S-acme"]
        body += [f"AK2*850*{number:04d}", *wrong, f"AK5*{word}{'' if word == 'A' else '*5'}"]
    body += [f"AK9*{group}*{len(verdicts)}*{len(verdicts)}*{verdicts.count('A')}"]
    return x12("997", body, control=control)


def receipt_edifact(*verdicts: str, group: str = "A", answers: int = 1, control: int = 7) -> str:
    """A CONTRL: one UCM per word, `R` with a segment in error; UCI with action 4 or 7."""
    action = {"A": "7", "R": "4"}
    body = [f"UCI+{answers}+TIEOUT:ZZ+acme:ZZ+{action[group]}"]
    for number, word in enumerate(verdicts, 1):
        wrong = "+12+LIN" if word == "R" else ""
        body += [f"UCM+{number}+ORDERS:D:01B:UN+{action[word]}{wrong}"]
    return edifact("CONTRL", body, control=control)


@dataclass(frozen=True)
class Dialect:
    """One of the two standards: formats by kind of document, how a receipt is made."""

    order: str
    receipt_format: str
    receipt: Receipt
    segment: str
    reason: str


X12 = Dialect(
    *("x12-850-1", "x12-997-1", receipt_x12),
    *("PO1", "segment has data elements in error"),
)
EDIFACT = Dialect(
    *("edifact-orders-1", "edifact-contrl-1", receipt_edifact),
    *("LIN", "invalid value"),
)


@dataclass
class Dialogue:
    """The trade with acme as a vendor that receipts what it gets within four business hours."""

    trade: Trade
    dialect: Dialect

    def said(
        self, *verdicts: str, name: str = "r.edi", at: datetime = LATER, **how: object
    ) -> None:
        text = self.dialect.receipt(*verdicts, **how)
        (self.trade.root / "acme" / "RECEIPT" / name).write_text(text)
        self.trade.take_in(at)

    def cases(self, as_of: datetime) -> list[tuple[object, ...]]:
        raise_exceptions(as_of=as_of)
        return self.trade.rows(CASES)

    @property
    def states(self) -> list[tuple[object, ...]]:
        return self.trade.rows(STATES)


@pytest.fixture(params=[X12, EDIFACT], ids=["x12", "edifact"])
def told(request: pytest.FixtureRequest, trade: Trade) -> Dialogue:  # noqa: F811 (the fixture)
    dialogue = Dialogue(trade, request.param)
    promise(dialogue, 4)
    trade.send()
    return dialogue


def promise(dialogue: Dialogue, hours: int | None) -> None:
    root = dialogue.trade.root / "acme"
    (root / "RECEIPT").mkdir(exist_ok=True)
    receipt = {"directory": str(root / "RECEIPT"), "promised_within_hours": hours}
    feeds = {
        "PURCHASE_ORDER": FeedSpec(
            format_id=dialogue.dialect.order, directory=str(root / "PURCHASE_ORDER")
        ),
        "RECEIPT": FeedSpec(format_id=dialogue.dialect.receipt_format, **receipt),
        "ACKNOWLEDGEMENT": FeedSpec(
            format_id="tieout-vendor-ack-1", directory=str(root / "ACKNOWLEDGEMENT")
        ),
    }
    spec = PartnerSpec(partner_id="acme", kind="VENDOR", name="Acme", feeds=feeds)
    with transaction(dialogue.trade.url, actor="test") as connection:
        load_partners(connection, [spec])


def test_the_number_of_an_order_in_its_file_is_that_of_its_message(told: Dialogue) -> None:
    [path] = told.trade.files("acme", "PURCHASE_ORDER")
    spec = format_spec(told.dialect.order)
    found = read(path.read_bytes(), spec, name=path.name).rows.to_pylist()
    in_file = list(dict.fromkeys(row["vendor_order_no"] for row in found))
    query = "SELECT vendor_order_no FROM vendor_order WHERE vendor_id = 'acme' ORDER BY message_no"
    assert [(number,) for number in in_file] == told.trade.rows(query)
    query = "SELECT message_no FROM vendor_order WHERE vendor_id = 'acme' ORDER BY 1"
    assert told.trade.rows(query) == [(1,), (2,)]


def test_what_the_system_accepts_is_receipted(told: Dialogue) -> None:
    told.said("A", "A")
    assert told.states == [("R1-acme", "RECEIPTED"), ("R2-acme", "RECEIPTED")]
    query = "SELECT verdict, message_no FROM vendor_receipt ORDER BY 2"
    assert told.trade.rows(query) == [("accepted", 1), ("accepted", 2)]
    assert told.cases(LATER + timedelta(hours=1)) == []


def test_what_it_rejects_is_a_case_that_names_order_segment_and_reason(
    told: Dialogue, capsys: pytest.CaptureFixture[str]
) -> None:
    told.said("A", "R")
    assert told.states == [("R1-acme", "RECEIPTED"), ("R2-acme", "DELIVERED")]
    assert told.cases(LATER) == [("VENDOR_FILE_REJECTED", "R2-acme", "OPEN")]
    [(evidence,)] = told.trade.rows("SELECT evidence FROM exception_case WHERE code LIKE 'VENDOR%'")
    assert evidence["segment"] == told.dialect.segment
    assert evidence["reason"] == told.dialect.reason
    assert (evidence["verdict"], evidence["message_no"]) == ("rejected", 2)
    assert main(["explain", "R2-acme"]) == 0
    assert f"rejected, {told.dialect.segment}" in " ".join(capsys.readouterr().out.split())


def test_a_later_word_counts_more(told: Dialogue) -> None:
    told.said("R", "R")
    assert told.cases(LATER) == [
        ("VENDOR_FILE_REJECTED", "R1-acme", "OPEN"),
        ("VENDOR_FILE_REJECTED", "R2-acme", "OPEN"),
    ]
    later = LATER + timedelta(hours=1)
    told.said("A", name="s.edi", at=later, control=8)
    assert told.states[0] == ("R1-acme", "RECEIPTED")
    assert told.cases(later) == [
        ("VENDOR_FILE_REJECTED", "R1-acme", "AUTO_RESOLVED"),
        ("VENDOR_FILE_REJECTED", "R2-acme", "OPEN"),
    ]


def test_an_answer_to_the_order_ends_the_case_of_its_receipt(told: Dialogue) -> None:
    told.said("A", "R")
    assert len(told.cases(LATER)) == 1
    row = {"vendor_order_no": "R2-acme", "order_line_no": 1, "sku": "S-acme", "code": "A"}
    row |= {"quantity_accepted": 2, "quantity_rejected": 0, "quantity_backordered": 0}
    told.trade.hand_in("acme", "ACKNOWLEDGEMENT", [row])
    told.trade.take_in(LATER + timedelta(hours=1))
    assert told.cases(LATER + timedelta(hours=1)) == [
        ("VENDOR_FILE_REJECTED", "R2-acme", "AUTO_RESOLVED")
    ]
    assert told.states == [("R1-acme", "RECEIPTED"), ("R2-acme", "ACCEPTED")]


@pytest.mark.parametrize("verdicts", [(), ("A", "A")], ids=["alone", "with its messages"])
def test_a_rejected_whole_takes_its_messages_along(
    told: Dialogue, verdicts: tuple[str, ...]
) -> None:
    told.said(*verdicts, group="R")
    assert [status for _, status in told.states] == ["DELIVERED", "DELIVERED"]
    assert [subject for _, subject, _ in told.cases(LATER)] == ["R1-acme", "R2-acme"]


def test_silence_is_a_case_of_the_file_after_the_promised_hours(told: Dialogue) -> None:
    sent = AS_OF + timedelta(hours=4)
    assert told.cases(sent - timedelta(minutes=1)) == []
    [path] = told.trade.files("acme", "PURCHASE_ORDER")
    case = ("VENDOR_FILE_UNACKNOWLEDGED", f"file:{path.name}")
    assert told.cases(sent) == [(*case, "OPEN")]
    told.said("A", "A", at=sent + timedelta(hours=1))
    assert told.cases(sent + timedelta(hours=1)) == [(*case, "AUTO_RESOLVED")]


def test_what_is_behind_a_file_that_nobody_read_waits_behind_its_case(told: Dialogue) -> None:
    found = told.cases(AS_OF + timedelta(days=2))
    acme = [each for each in found if each[1] != "R1-bolt" and each[1] != "R3-bolt"]
    assert sorted((code, status) for code, _, status in acme) == [
        *[("VENDOR_ACK_MISSING", "SUPPRESSED")] * 2,
        ("VENDOR_FILE_UNACKNOWLEDGED", "OPEN"),
    ]


def test_silence_is_no_case_where_no_receipt_is_promised(told: Dialogue) -> None:
    promise(told, None)
    assert told.cases(AS_OF + timedelta(hours=20)) == []


def test_a_receipt_of_what_was_never_sent_is_set_aside(told: Dialogue) -> None:
    told.said("A", answers=99)
    told.said("A", "A", "A", name="s.edi", control=8)
    query = "SELECT rule, field, value::integer FROM quarantine ORDER BY 1"
    assert told.trade.rows(query) == [
        ("unknown-file", "control_no", 99),
        ("unknown-message", "set_control_no", 3),
    ]
    assert [status for _, status in told.states] == ["RECEIPTED", "RECEIPTED"]


def test_a_receipt_that_comes_before_we_know_of_the_delivery_counts_then(
    told: Dialogue,
) -> None:
    told.trade.run("ALTER TABLE vendor_order DISABLE TRIGGER USER")
    told.trade.run("UPDATE vendor_order SET status = 'WRITTEN' WHERE vendor_id = 'acme'")
    told.trade.run("ALTER TABLE vendor_order ENABLE TRIGGER USER")
    told.said("A", "R")
    assert [status for _, status in told.states] == ["WRITTEN", "WRITTEN"]
    tasks.send_vendor_orders(chunk={"label": "", "vendor_ids": ["acme"]}, as_of=LATER)
    assert [status for _, status in told.states] == ["RECEIPTED", "DELIVERED"]


def test_a_receipt_is_not_receipted(told: Dialogue) -> None:
    told.said("A", "A")
    assert told.trade.rows("SELECT count(*) FROM effect WHERE effect_key LIKE 'FUNC%'") == [(0,)]


def test_errors_that_a_system_lets_pass_are_told(trade: Trade) -> None:  # noqa: F811
    dialogue = Dialogue(trade, X12)
    promise(dialogue, 4)
    trade.send()
    dialogue.said("A", "E", group="E")
    assert [status for _, status in dialogue.states] == ["RECEIPTED", "RECEIPTED"]
    assert dialogue.cases(LATER) == [("VENDOR_FILE_REJECTED", "R2-acme", "OPEN")]
