"""A vendor that speaks X12: ordered by 850, answers by 855 and 856, is answered by 997."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from tests.sql.exchange.test_outbox import OUTBOX_POINTS
from tests.sql.fulfilment.test_tasks import LATER, Killed, Trade, trade  # noqa: F401 (a fixture)
from tests.unit.formats.edi import x12
from tieout.cli.main import main
from tieout.exceptions.tasks import raise_exceptions
from tieout.exchange.partners import FeedSpec, PartnerSpec, load_partners
from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.kernel import crash
from tieout.kernel.database import transaction

FEEDS = {
    "PURCHASE_ORDER": "x12-850-1",
    "ACKNOWLEDGEMENT": "x12-855-1",
    "SHIPMENT": "x12-856-1",
    "FUNCTIONAL_ACK": "x12-997-1",
}
ANSWERS = [
    ["BAK*00*AD*R1-acme*20260302", "PO1*1*2*EA*5*PE*BP*S-acme", "ACK*IA*2", "PO1*3*2", "ACK*IA*2"],
    ["BAK*00*RD*R2-acme*20260302", "PO1*1*2*EA*5*PE*BP*S-acme", "ACK*IR*0", "CTT*1"],
]
SHIPPED = [
    *("BSN*00*S-1*20260302*0700", "HL*1**S", "TD5*B*2*ups", "DTM*011*20260302*0700"),
    *("HL*2*1*O", "PRF*R1-acme", "HL*3*2*P", "MAN*CP*1Z9999W99999999999"),
    *("HL*4*3*I", "LIN*1*BP*S-acme", "SN1*1*2*EA", "HL*5*3*I", "LIN*3*BP*S-acme", "SN1*3*2*EA"),
]


@pytest.fixture
def edi(trade: Trade) -> Trade:  # noqa: F811 (the fixture)
    feeds = {
        doc: FeedSpec(format_id=format_id, directory=str(trade.root / "acme" / doc))
        for doc, format_id in FEEDS.items()
    }
    (trade.root / "acme" / "FUNCTIONAL_ACK").mkdir()
    spec = PartnerSpec(partner_id="acme", kind="VENDOR", name="Acme", feeds=feeds)
    with transaction(trade.url, actor="test") as connection:
        load_partners(connection, [spec])
    trade.send()
    return trade


def hand_in(edi: Trade, doc_type: str, text: str, name: str = "in.edi") -> None:
    (edi.root / "acme" / doc_type / name).write_text(text)


def told(path: Path) -> list[tuple[object, ...]]:
    rows = read(path.read_bytes(), format_spec("x12-997-1"), name=path.name).rows.to_pylist()
    return [(row["transaction_set"], row["set_control_no"], row["status"]) for row in rows]


def test_it_is_ordered_by_an_850(edi: Trade) -> None:
    [path] = edi.files("acme", "PURCHASE_ORDER")
    assert path.name == "po-acme-000001.edi"
    order = read(path.read_bytes(), format_spec("x12-850-1"), name=path.name)
    columns = ["vendor_order_no", "order_line_no", "sku", "quantity", "unit_cost_minor", "currency"]
    assert [tuple(row.values()) for row in order.rows.select(columns).to_pylist()] == [
        ("R1-acme", 1, "S-acme", 2, 500, "EUR"),
        ("R1-acme", 3, "S-acme", 2, 500, "EUR"),
        ("R2-acme", 1, "S-acme", 2, 500, "EUR"),
    ]


def test_a_person_can_look_at_an_order_before_it_goes(
    edi: Trade, capsys: pytest.CaptureFixture[str]
) -> None:
    before = edi.everything()
    assert main(["preview", "R1"]) == 0
    told = capsys.readouterr()
    assert "*BP*S-acme~" in told.out
    assert "L,R1-bolt,1,R1,2,S-bolt" in told.out
    assert "acme: x12-850-1, delivered, 2 lines" in told.err
    assert main(["preview", "R2-acme"]) == 0
    assert capsys.readouterr().out.count("ISA*") == 1
    assert main(["preview", "R9"]) == 2
    assert edi.everything() == before


def test_its_855_and_856_make_the_states(edi: Trade, capsys: pytest.CaptureFixture[str]) -> None:
    hand_in(edi, "ACKNOWLEDGEMENT", x12("855", *ANSWERS, control=1))
    hand_in(edi, "SHIPMENT", x12("856", SHIPPED, control=2))
    edi.take_in()
    states = edi.rows("SELECT vendor_order_no, status FROM vendor_order WHERE vendor_id = 'acme'")
    assert sorted(states) == [("R1-acme", "SHIPPED"), ("R2-acme", "REJECTED")]
    assert main(["explain", "R2-acme"]) == 0
    assert "| PO1*1*2*EA*5*PE*BP*S-acme~ACK*IR*0" in capsys.readouterr().out
    assert edi.rows("SELECT tracking_no FROM parcel") == [("1Z9999W99999999999",)]


def test_an_answer_to_a_whole_order_is_one_to_each_line(edi: Trade) -> None:
    whole = [["BAK*00*AK*R1-acme*20260302"], ["BAK*00*RJ*R2-acme*20260302"]]
    hand_in(edi, "ACKNOWLEDGEMENT", x12("855", *whole))
    edi.take_in()
    query = "SELECT vendor_order_no, line_no, accepted, rejected FROM vendor_answer ORDER BY 1, 2"
    assert edi.rows(query) == [("R1-acme", 1, 2, 0), ("R1-acme", 3, 2, 0), ("R2-acme", 1, 0, 2)]
    states = edi.rows("SELECT vendor_order_no, status FROM vendor_order WHERE vendor_id = 'acme'")
    assert sorted(states) == [("R1-acme", "ACCEPTED"), ("R2-acme", "REJECTED")]
    assert edi.rows("SELECT count(*) FROM quarantine") == [(0,)]


def test_each_of_its_files_is_answered_once(edi: Trade) -> None:
    hand_in(edi, "ACKNOWLEDGEMENT", x12("855", *ANSWERS, control=1))
    hand_in(edi, "SHIPMENT", x12("856", SHIPPED, control=2))
    edi.take_in()
    first, second = edi.files("acme", "FUNCTIONAL_ACK")
    assert [first.name, second.name] == ["fa-acme-000002.edi", "fa-acme-000003.edi"]
    assert told(first) == [("855", "0001", "accepted"), ("855", "0002", "accepted")]
    assert told(second) == [("856", "0001", "accepted")]
    before = edi.everything()
    edi.take_in()
    edi.take_in(LATER + timedelta(hours=1))
    assert edi.files("acme", "FUNCTIONAL_ACK") == [first, second]
    assert edi.everything()["effect"] == before["effect"]


def without_numbers(path: Path) -> list[str]:
    """The segments of an answer but for its envelope."""
    return [each for each in path.read_text().split("~") if each.startswith("AK")]


@pytest.mark.parametrize("name", ["in.edi", "again.edi"], ids=["same name", "other name"])
def test_a_file_that_comes_again_is_answered_again_in_the_same_words(edi: Trade, name: str) -> None:
    hand_in(edi, "ACKNOWLEDGEMENT", x12("855", *ANSWERS, control=1))
    edi.take_in()
    hand_in(edi, "ACKNOWLEDGEMENT", x12("855", *ANSWERS, control=1), name)
    os.utime(edi.root / "acme" / "ACKNOWLEDGEMENT" / name, (2_000_000_000, 2_000_000_000))
    edi.take_in(LATER + timedelta(hours=1))
    edi.take_in(LATER + timedelta(hours=2))
    first, second = edi.files("acme", "FUNCTIONAL_ACK")
    assert first.name < second.name
    assert without_numbers(first) == without_numbers(second)
    assert edi.rows("SELECT count(*) FROM vendor_answer") == [(3,)]


def test_a_refused_file_that_comes_again_is_answered_again(edi: Trade) -> None:
    wrong = x12("855", *ANSWERS).replace("CTT*1", "CTT*4")
    hand_in(edi, "ACKNOWLEDGEMENT", wrong)
    edi.take_in()
    hand_in(edi, "ACKNOWLEDGEMENT", wrong)
    os.utime(edi.root / "acme" / "ACKNOWLEDGEMENT" / "in.edi", (2_000_000_000, 2_000_000_000))
    edi.take_in(LATER + timedelta(hours=1))
    answers = [without_numbers(path) for path in edi.files("acme", "FUNCTIONAL_ACK")]
    assert len(answers) == 2
    assert answers[0] == answers[1]


def test_an_answer_that_cannot_be_written_is_a_case_and_stops_no_other(edi: Trade) -> None:
    feed = "UPDATE partner_feed SET format_id = '{}' WHERE doc_type = 'FUNCTIONAL_ACK'"
    edi.run(feed.format("edifact-contrl-1"))
    hand_in(edi, "ACKNOWLEDGEMENT", x12("855", *ANSWERS))
    edi.take_in()
    assert edi.files("acme", "FUNCTIONAL_ACK") == []
    cases = "SELECT subject, status FROM exception_case WHERE code = 'FILE_NOT_ANSWERED'"
    for hours in (0, 1):
        raise_exceptions(as_of=LATER + timedelta(hours=hours))
    assert edi.rows(cases) == [("file:in.edi", "OPEN")]
    edi.run(feed.format("x12-997-1"))
    edi.take_in(LATER + timedelta(hours=2))
    assert len(edi.files("acme", "FUNCTIONAL_ACK")) == 1
    raise_exceptions(as_of=LATER + timedelta(hours=2))
    assert edi.rows(cases) == [("file:in.edi", "AUTO_RESOLVED")]


def test_what_the_answers_format_cannot_say_stops_no_other_answer(edi: Trade) -> None:
    odd = x12("855", *ANSWERS, element="+").replace("GS+XX+", "GS+*|^\x1d\x1c+")
    hand_in(edi, "ACKNOWLEDGEMENT", odd, "a.edi")
    hand_in(edi, "SHIPMENT", x12("856", SHIPPED, control=2))
    edi.take_in()
    [path] = edi.files("acme", "FUNCTIONAL_ACK")
    assert (path.name, told(path)) == ("fa-acme-000002.edi", [("856", "0001", "accepted")])
    [(problem,)] = edi.rows("SELECT unanswered FROM source_file WHERE unanswered IS NOT NULL")
    assert "every character that could separate" in str(problem)


def test_a_bad_line_is_accepted_with_errors_and_says_where(edi: Trade) -> None:
    short = [segment.replace("ACK*IA*2", "ACK*IA*1") for segment in ANSWERS[0]]
    hand_in(edi, "ACKNOWLEDGEMENT", x12("855", short, ANSWERS[0], ANSWERS[1]))
    edi.take_in()
    [path] = edi.files("acme", "FUNCTIONAL_ACK")
    assert told(path)[0] == ("855", "0001", "accepted_with_errors")
    assert b"AK3*PO1*3**8~AK5*E~" in path.read_bytes()
    assert b"AK9*E*3*3*3~" in path.read_bytes()


def test_a_file_that_does_not_tie_is_rejected(edi: Trade) -> None:
    hand_in(edi, "ACKNOWLEDGEMENT", x12("855", *ANSWERS).replace("CTT*1", "CTT*4"))
    edi.take_in()
    assert edi.rows("SELECT status FROM source_file") == [("REFUSED",)]
    [path] = edi.files("acme", "FUNCTIONAL_ACK")
    assert [status for _, _, status in told(path)] == ["rejected", "rejected"]
    assert b"AK9*R*2*2*0~" in path.read_bytes()


def test_a_segment_that_no_file_had_before_is_told_as_drift(edi: Trade) -> None:
    drift = "SELECT subject FROM exception_case WHERE code = 'FORMAT_DRIFT'"
    hand_in(edi, "ACKNOWLEDGEMENT", x12("855", [*ANSWERS[0], "CTT*2"], control=1))
    edi.take_in()
    raise_exceptions(as_of=LATER)
    assert edi.rows(drift) == []
    changed = [ANSWERS[1][0], "MSG*see our new terms", *ANSWERS[1][1:]]
    hand_in(edi, "ACKNOWLEDGEMENT", x12("855", changed, control=2), "b.edi")
    later = LATER + timedelta(hours=1)
    edi.take_in(later)
    raise_exceptions(as_of=later)
    assert edi.rows(drift) == [("ACKNOWLEDGEMENT:new:msg",)]


def test_what_cannot_be_told_apart_gets_no_answer(edi: Trade) -> None:
    hand_in(edi, "ACKNOWLEDGEMENT", x12("855", *ANSWERS)[:-30])
    edi.take_in()
    assert edi.files("acme", "FUNCTIONAL_ACK") == []
    assert edi.rows("SELECT unanswered FROM source_file") == [("no-envelope",)]


def test_a_line_about_an_unknown_order_loads_when_a_person_corrects_it(edi: Trade) -> None:
    wrong = [segment.replace("R2-acme", "R9-acme") for segment in ANSWERS[1]]
    hand_in(edi, "ACKNOWLEDGEMENT", x12("855", ANSWERS[0], wrong))
    edi.take_in()
    [(rule, raw)] = edi.rows("SELECT rule, raw FROM quarantine")
    assert (rule, raw) == ("unknown-order", "PO1*1*2*EA*5*PE*BP*S-acme~ACK*IR*0")
    hand_in(
        edi,
        "ACKNOWLEDGEMENT",
        x12("855", [*ANSWERS[1][:1], "PO1*7*2*EA", "ACK*IR*0"], control=8),
        "b.edi",
    )
    edi.take_in(LATER + timedelta(hours=1))
    [raw] = edi.rows("SELECT raw FROM quarantine WHERE rule = 'unknown-line'")
    assert raw == ("PO1*7*2*EA~ACK*IR*0",)
    edi.run(
        "UPDATE quarantine SET status = 'CORRECTED', status_reason = 'the vendor said so',"
        " corrected = 'PO1*1*2*EA~ACK*IR*0' WHERE rule = 'unknown-line'"
    )
    edi.take_in(LATER + timedelta(hours=2))
    states = edi.rows("SELECT vendor_order_no, status FROM vendor_order WHERE vendor_id = 'acme'")
    assert ("R2-acme", "REJECTED") in states


@pytest.mark.parametrize("point", OUTBOX_POINTS)
def test_a_killed_answer_goes_once(edi: Trade, point: str) -> None:
    hand_in(edi, "ACKNOWLEDGEMENT", x12("855", *ANSWERS))

    def kill() -> None:
        crash.clear()
        raise Killed

    crash.at(point, kill)
    with pytest.raises(Killed):
        edi.take_in()
    edi.take_in()
    [path] = edi.files("acme", "FUNCTIONAL_ACK")
    assert path.name == "fa-acme-000002.edi"
