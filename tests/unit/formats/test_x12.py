"""X12: separators, envelopes, loops, trees, answers that must add up, and what is written."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.formats.edi import parsed, rows, x12
from tieout.formats.identify import identify
from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.formats.results import CannotWrite, FileRefused
from tieout.formats.writing import write

LINE = ["BAK*00*AC*PO-1*20270304", "PO1*1*10*EA*9.75*PE*BP*MUG", "ACK*IA*10*EA", "CTT*1"]
ORDER = {
    "vendor_order_no": "PO-1",
    "revision": 2,
    "order_ref": "W-1",
    "order_line_no": 1,
    "sku": "MUG",
    "quantity": 3,
    "unit_cost_minor": 975,
    "currency": "EUR",
    "ship_to_name": "Ann",
}
FACTS = {
    "control_no": "17",
    "vendor_id": "KILN",
    "created_at": datetime(2027, 3, 2, 9, 30, tzinfo=UTC),
}


def answered(*segments):
    """The shares of the first line of an 855 with these segments after its header."""
    row = rows(x12("855", ["BAK*00*AC*PO-1*20270304", *segments]), "x12-855-1")[0]
    shares = [row[f"quantity_{share}"] for share in ("accepted", "rejected", "backordered")]
    return row["code"], *shares


def refusal(text, format_id="x12-855-1"):
    with pytest.raises(FileRefused) as caught:
        parsed(text, format_id)
    return caught.value


@pytest.mark.parametrize("element", ["*", "|", "^", "\x1d"])
@pytest.mark.parametrize("end", ["~", "\n", "\r\n", "\r", "~\r\n    ", "\x1c", "}"])
def test_separators_are_those_that_the_interchange_shows(element, end):
    text = x12("855", LINE, element=element, end=end)
    assert identify(text.encode()).format_id == "x12-855-1"
    assert [row["quantity_accepted"] for row in rows(text, "x12-855-1")] == [10]


def test_an_isa_that_is_not_padded_is_read():
    text = x12("855", LINE).replace(" ", "")
    assert len(rows(text, "x12-855-1")) == 1


def test_each_interchange_of_a_file_has_its_own_separators():
    text = x12("855", LINE) + x12("855", LINE, LINE, element="|", end="\n", control=8)
    found = parsed(text, "x12-855-1")
    assert len(found.rows) == 3
    assert found.facts["control_no"] == "000000007"
    assert json.loads(found.rows["extra"].to_pylist()[2])["ISA13"] == "000000008"


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("SE*6*", "SE*5*", "set count"),
        ("SE*6*0001", "SE*6*0002", "set number"),
        ("GE*1*", "GE*2*", "group count"),
        ("GE*1*7", "GE*1*8", "group number"),
        ("IEA*1*", "IEA*2*", "interchange count"),
        ("IEA*1*000000007", "IEA*1*000000008", "interchange number"),
        ("CTT*1", "CTT*2", "line items"),
        ("CTT*1", "CTT*1*11", "hash total"),
    ],
)
def test_a_total_that_does_not_tie_refuses_the_file(old, new, name):
    refused = refusal(x12("855", LINE).replace(old, new))
    assert refused.reason == "control-total"
    assert refused.expected.startswith(name)


@pytest.mark.parametrize("lost", range(1, 10))
def test_a_file_that_ends_early_is_refused_wherever_it_ends(lost):
    segments = x12("855", LINE).split("~")[:-1]
    assert refusal("~".join(segments[:-lost]) + "~").reason in {"truncated", "empty"}


@pytest.mark.parametrize("tag", ["GS", "ST", "SE", "GE"])
def test_a_missing_segment_of_the_envelopes_refuses_the_file(tag):
    segments = [each for each in x12("855", LINE).split("~") if not each.startswith(f"{tag}*")]
    assert refusal("~".join(segments)).reason in {"structure", "truncated"}


def test_what_stands_after_the_interchange_refuses_the_file():
    assert refusal(x12("855", LINE) + "PO1*2").reason == "structure"


def test_sets_of_another_kind_are_refused_and_never_lost():
    other = x12("824", ["BGN*11*3"])
    assert identify(other.encode()).format_id == "x12-other-1"
    refused = refusal(other, "x12-other-1")
    assert (refused.reason, refused.found) == ("unsupported", "824 (application advice)")
    mixed = x12("855", LINE) + other
    assert refusal(mixed).reason == "unsupported"


def test_acknowledgements_beside_the_answers_are_passed_over():
    text = x12("855", LINE) + x12("997", ["AK1*PO*1", "AK9*A*1*1*1"], control=8)
    assert len(rows(text, "x12-855-1")) == 1


@pytest.mark.parametrize(
    ("segments", "shares"),
    [
        (["PO1*1*90*EA", "ACK*IA*88*EA", "ACK*IB*1*EA", "ACK*IR*1*EA"], ("P", 88, 1, 1)),
        (["PO1*1*5*EA", "ACK*IR*0*EA"], ("R", 0, 5, 0)),
        (["PO1*1*5*EA", "ACK*IB"], ("B", 0, 0, 5)),
        (["PO1*1*5*EA", "ACK*BP*3*EA"], ("P", 3, 0, 2)),
        (["PO1*1*5*EA", "ACK*IQ*3*EA"], ("P", 3, 2, 0)),
        (["PO1*1*5*EA"], ("A", 5, 0, 0)),
        ([], ("A", 0, 0, 0)),
    ],
)
def test_an_answer_is_shared_out(segments, shares):
    assert answered(*segments) == shares


def test_a_rejected_order_rejects_lines_that_have_no_answer_of_their_own():
    text = x12("855", ["BAK*00*RD*PO-1*20270304", "PO1*1*5*EA"])
    assert [row["quantity_rejected"] for row in rows(text, "x12-855-1")] == [5]


@pytest.mark.parametrize("ack", ["ACK*IA*4*EA", "ACK*IA*11*EA", "ACK*QQ*10*EA", "ACK*IA*ten*EA"])
def test_an_answer_that_does_not_hold_is_a_bad_row(ack):
    text = x12("855", LINE, [line.replace("ACK*IA*10*EA", ack) for line in LINE])
    found = parsed(text, "x12-855-1")
    assert (found.counts.applied, found.counts.rejected) == (1, 1)
    assert found.rejected[0].rule in {"quantities-add-up", "answer"}
    assert ack in found.rejected[0].raw


TREE = [
    "BSN*00*S-1*20270306*1510",
    "HL*1**S",
    "REF*CN*PRO-1",
    "DTM*011*20270306*1510",
    "HL*2*1*O",
    "PRF*PO-1",
    "HL*3*2*P",
    "MAN*CP*TRACK-1",
    "HL*4*3*I",
    "LIN*1*BP*MUG",
    "SN1*1*4*EA",
    "HL*5*2*I",
    "LIN*2*BP*JUG",
    "SN1*2*1*EA",
]


def test_an_item_carries_what_the_levels_around_it_say():
    first, second = rows(x12("856", [*TREE, "CTT*5"]), "x12-856-1")
    assert (first["vendor_order_no"], first["tracking_no"]) == ("PO-1", "TRACK-1")
    assert (second["vendor_order_no"], second["tracking_no"]) == ("PO-1", "PRO-1")
    assert first["shipped_at"] == datetime(2027, 3, 6, 15, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "hour"),
    [("*ET", 20), ("*ES", 20), ("*ED", 19), ("*UT", 15), ("*05", 10), ("*20", 20), ("*LT", 15)],
)
def test_a_time_is_in_the_zone_of_its_code(code, hour):
    tree = [line.replace("*20270306*1510", f"*20270306*1510{code}") for line in TREE]
    assert rows(x12("856", tree), "x12-856-1")[0]["shipped_at"] == datetime(
        2027, 3, 6, hour, 10, tzinfo=UTC
    )


def test_a_time_may_have_hundredths_of_a_second():
    tree = [line.replace("*20270306*1510", "*20270306*15100599*PT") for line in TREE]
    shipped_at = rows(x12("856", tree), "x12-856-1")[0]["shipped_at"]
    assert shipped_at == datetime(2027, 3, 6, 23, 10, 5, tzinfo=UTC)


@pytest.mark.parametrize(("dated", "day"), [("*20270309", 9), ("", None)])
def test_the_day_of_the_order_is_not_that_of_its_answer(dated, day):
    wanted = day and datetime(2027, 3, day, tzinfo=UTC)
    answer = f"BAK*00*AC*PO-1*20270301****SO-9{dated}"
    row = rows(x12("855", [answer, "PO1*1*1*EA", "CTT*1"]), "x12-855-1")[0]
    assert (row["acknowledged_at"], row["vendor_ref"]) == (wanted, "SO-9")
    change = f"BCA*00*AC*PO-1**1*20270301**C-1*SO-9{dated}"
    row = rows(x12("865", [change, "POC*1*CA*1*1*EA", "CTT*1"]), "x12-865-1")[0]
    assert (row["acknowledged_at"], row["vendor_ref"]) == (wanted, "SO-9")


@pytest.mark.parametrize(
    ("qualifier", "column"),
    [
        ("33", "quantity_available"),
        ("RJ", "quantity_available"),
        ("17", "quantity_on_hand"),
        ("26", "quantity_on_hand"),
        ("BQ", "quantity_backordered"),
    ],
)
def test_a_stock_is_told_by_its_qualifier(qualifier, column):
    text = x12("846", ["BIA*00*MB*1*20270301", "LIN*1*VP*V1", f"QTY*{qualifier}*7*EA", "CTT*1"])
    assert rows(text, "x12-846-1")[0][column] == 7


@pytest.mark.parametrize("qualifier", ["37", "QA", "QB", "63"])
def test_what_is_in_work_or_approved_is_no_stock(qualifier):
    text = x12("846", ["BIA*00*MB*1*20270301", "LIN*1*VP*V1", f"QTY*{qualifier}*7*EA", "CTT*1"])
    row = rows(text, "x12-846-1")[0]
    quantities = [row[f"quantity_{kind}"] for kind in ("on_hand", "available", "backordered")]
    assert quantities == [None, None, None]


def test_levels_without_parents_are_nested_by_their_kind():
    flat = [line.replace("HL*4*3", "HL*4*").replace("HL*3*2", "HL*3*") for line in TREE]
    flat = [line.replace("HL*2*1", "HL*2*") for line in flat]
    assert rows(x12("856", flat), "x12-856-1")[0]["tracking_no"] == "TRACK-1"


def test_a_parent_that_is_not_there_makes_a_bad_row():
    found = parsed(x12("856", [line.replace("HL*5*2", "HL*5*9") for line in TREE]), "x12-856-1")
    assert [(problem.rule, problem.line) for problem in found.rejected] == [("hierarchy", 15)]


def test_an_order_without_items_is_a_bad_row_and_not_lost():
    found = parsed(x12("856", [*TREE, "HL*6*1*O", "PRF*PO-2"]), "x12-856-1")
    assert (found.counts.read, found.counts.rejected) == (3, 1)


def test_what_has_no_column_is_kept():
    text = x12(
        "850", ["BEG*00*SA*PO-1**20270304", "FOB*CC", "PO1*1*2*EA", "MSG*a", "MSG*b", "ZZZ*9"]
    )
    extra = json.loads(rows(text, "x12-850-1")[0]["extra"])
    assert {
        "FOB01": "CC",
        "PO1/MSG01": "a",
        "PO1/MSG01#2": "b",
        "PO1/ZZZ01": "9",
    }.items() <= extra.items()


def test_an_order_is_read_as_it_was_written():
    body = write([ORDER], format_spec("x12-850-1"), facts=FACTS)
    found = read(body, format_spec("x12-850-1"), name="po.edi")
    assert {name: found.rows.to_pylist()[0][name] for name in ORDER} == ORDER
    assert found.facts["control_no"] == "000000017"


def test_each_order_is_a_set_of_its_own():
    orders = [ORDER, ORDER | {"order_line_no": 2}, ORDER | {"vendor_order_no": "PO-2"}]
    body = write(orders, format_spec("x12-850-1"), facts=FACTS).decode()
    assert body.count("ST*850") == 2
    assert body.count("CTT*2") == body.count("CTT*1~") == 1


texts = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=9)


@given(texts, texts)
def test_no_character_of_a_text_is_taken_for_a_separator(name, sku):
    body = write(
        [ORDER | {"ship_to_name": name, "sku": sku}], format_spec("x12-850-1"), facts=FACTS
    )
    row = read(body, format_spec("x12-850-1"), name="po.edi").rows.to_pylist()[0]
    assert (row["ship_to_name"], row["sku"]) == (name, sku)


@pytest.mark.parametrize(
    "facts", [{}, FACTS | {"control_no": "A1"}, FACTS | {"vendor_id": "x" * 16}]
)
def test_an_envelope_that_cannot_be_written_is_refused(facts):
    with pytest.raises(CannotWrite):
        write([ORDER], format_spec("x12-850-1"), facts=facts)


def test_a_file_with_more_columns_than_any_message_has_is_refused():
    segments = [f"REF*{number:04d}*x" for number in range(5_100)]
    assert refusal(x12("850", ["BEG*00*SA*P", *segments]), "x12-850-1").reason == "too-large"


def test_many_sets_are_not_too_large():
    found = parsed(x12("855", *[LINE] * 3_000), "x12-855-1")
    assert found.counts.applied == 3_000


def test_a_segment_of_too_many_elements_is_refused():
    text = x12("850", ["BEG*00*SA*P" + "*1" * 3_000])
    assert refusal(text, "x12-850-1").reason == "structure"


def test_repetitions_beyond_counting_share_a_column():
    text = x12("850", ["BEG*00*SA*P", "PO1*1*2", *["MSG*x"] * 3_000])
    extra = json.loads(rows(text, "x12-850-1")[0]["extra"])
    assert extra["PO1/MSG01#50"].count("x") == 2_951


@given(st.data())
def test_a_damaged_file_is_read_or_refused_and_loses_no_row(data):
    text = x12("856", [*TREE, "CTT*5"]).encode()
    at = data.draw(st.integers(0, len(text) - 1))
    size = data.draw(st.integers(0, 8))
    damaged = text[:at] + data.draw(st.binary(max_size=6)) + text[at + size :]
    try:
        found = read(damaged, format_spec("x12-856-1"), name="damaged.edi")
    except FileRefused:
        return
    assert found.counts.read == found.counts.applied + found.counts.rejected
    assert len(found.rows) == found.counts.applied


def test_a_file_says_which_paths_it_has_each_once() -> None:
    body = ["BAK*00*AD*R1*20260302", "PO1*1*2*EA*5*PE*BP*S", "ACK*IA*2", "MSG*a", "MSG*b"]
    found = parsed(x12("855", body), "x12-855-1")
    assert {"bak03", "po101", "po1.bp", "answer.accepted"} <= set(found.known_paths)
    assert [path for path in found.unknown_paths if "/" in path] == ["po1/msg"]
    assert found.columns == ()
