"""What reading gives, what steps aside, and what is refused whole."""

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.formats.samples import (
    ACK,
    ADYEN,
    SPOOL,
    STRIPE,
    TRACKING,
    ack_file,
    adyen_file,
    stripe_file,
)
from tieout.formats.reading import read
from tieout.formats.results import FileRefused, ParsedFile


def changed(data: bytes, line: int, old: str, new: str) -> bytes:
    """The file with a word of one physical line changed."""
    lines = data.decode().split("\n")
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    return "\n".join(lines).encode()


def refusal(data: bytes, spec, name: str = "file.csv") -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        read(data, spec, name=name)
    assert caught.value.place.file == name
    assert caught.value.expected
    assert caught.value.found
    assert caught.value.remedy
    return caught.value


def values(parsed: ParsedFile) -> list[dict[str, object]]:
    return parsed.rows.drop(["extra", "line_no"]).to_pylist()


def test_rows_know_their_line_and_number():
    rows = read(ack_file(3), ACK, name="ACK_V0042_000123.csv").rows
    assert rows.column("line_no").to_pylist() == [3, 4, 5]
    assert rows.column("record_no").to_pylist() == [1, 2, 3]


def test_the_name_gives_facts():
    assert read(ack_file(), ACK, name="in/ACK_V0042_000123.csv").facts["vendor"] == "V0042"
    assert "vendor" not in read(ack_file(), ACK, name="else.csv").facts


def test_order_and_case_of_columns_do_not_matter():
    lines = [line.split(",") for line in adyen_file(3).decode().splitlines()]
    turned = "\n".join(",".join(reversed(line)) for line in lines)
    shouted = turned.split("\n", 1)[0].upper() + "\n" + turned.split("\n", 1)[1] + "\n"
    assert values(read(shouted.encode(), ADYEN, name="x")) == values(
        read(adyen_file(3), ADYEN, name="x")
    )


@pytest.mark.parametrize(
    "dress",
    [
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.decode().encode("utf-16"),
        lambda data: data.decode().encode("utf-16-be"),
        gzip.compress,
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.replace(b"\n", b"\r"),
        lambda data: data.replace(b"\n", b"\n\n"),
        lambda data: b"\n" + data + b"\n\n",
        lambda data: data.replace(b"charge", b"CHARGE").replace(b"Settled", b"sEttLed"),
        lambda data: data.replace(b",USD,", b", usd ,"),
    ],
    ids=[
        "bom",
        "utf-16",
        "utf-16 without mark",
        "gzip",
        "crlf",
        "cr",
        "blank lines",
        "blank edges",
        "case of words",
        "spaces",
    ],
)
@pytest.mark.parametrize(
    "make", [(adyen_file, ADYEN), (stripe_file, STRIPE)], ids=["adyen", "stripe"]
)
@pytest.mark.parametrize("charges", [3, 600])
def test_the_dress_of_a_file_does_not_matter(dress, make, charges):
    data, spec = make[0](charges), make[1]
    assert values(read(dress(data), spec, name="x")) == values(read(data, spec, name="x"))


def test_a_cell_with_line_breaks_keeps_the_lines_of_the_others():
    data = changed(ack_file(3), 3, ",,", ',"out\nof ""stock""\r\nnow",')
    parsed = read(data, ACK, name="x")
    assert parsed.rows.column("reason")[0].as_py() == 'out\nof "stock"\r\nnow'
    assert parsed.rows.column("line_no").to_pylist() == [3, 6, 7]


def test_a_bad_row_steps_aside_with_all_that_is_known_of_it():
    parsed = read(changed(ack_file(40), 9, ",A,2,", ",A,two,"), ACK, name="x.csv")
    (problem,) = parsed.rejected
    assert (problem.line, problem.field, problem.value) == (9, "quantity_accepted", "two")
    assert (problem.rule, bool(problem.reason), bool(problem.remedy)) == ("integer", True, True)
    assert problem.raw == "L,VO-1,7,SKU-1,A,two,0,0,,"
    assert (parsed.counts.read, parsed.counts.applied, parsed.counts.rejected) == (40, 39, 1)
    assert 9 not in parsed.rows.column("line_no").to_pylist()


def test_the_raw_text_is_found_whatever_ends_the_lines():
    data = changed(ack_file(40), 9, ",A,2,", ",A,two,").replace(b"\n", b"\r")
    (problem,) = read(data, ACK, name="x").rejected
    assert (problem.line, problem.raw) == (9, "L,VO-1,7,SKU-1,A,two,0,0,,")


@pytest.mark.parametrize("bad_line", [5, 799])
def test_a_long_file_is_read_as_a_short_one(bad_line):
    rows = [
        f"L,ACME,1Z{n:05d},delivered,2026-02-{n % 28 + 1:02d}T10:00:00Z,Door" for n in range(2000)
    ]
    rows[bad_line] = rows[bad_line].replace("2026-02", "2026-13")
    head = (
        "H,tieout-tracking-1,1,ACME,2026-03-01T12:00:00Z\n"
        "C,carrier,tracking_no,status,occurred_at,location\n"
    )
    whole = read(f"{head}{chr(10).join(rows)}\nT,2000\n".encode(), TRACKING, name="x")
    few = read(f"{head}{chr(10).join(rows[900:1000])}\nT,100\n".encode(), TRACKING, name="x")
    part = whole.rows.slice(899, 100).drop(["line_no", "record_no"])
    assert part.to_pylist() == few.rows.drop(["line_no", "record_no"]).to_pylist()
    assert [(problem.line, problem.value) for problem in whole.rejected] == [
        (bad_line + 3, rows[bad_line].split(",")[4])
    ]


def test_a_row_is_rejected_once_for_all_its_faults():
    data = changed(changed(ack_file(40), 9, ",A,2,", ",A,two,"), 9, "SKU-1,A", ",X")
    (problem,) = read(data, ACK, name="x").rejected
    assert "Also wrong" in problem.reason


def test_card_numbers_are_masked_wherever_a_bad_row_is_shown():
    data = changed(ack_file(40), 9, ",A,2,", ",A,4111 1111 1111 1111,")
    (problem,) = read(data, ACK, name="x").rejected
    assert problem.value == "***************1111"
    assert problem.raw == "L,VO-1,7,SKU-1,A,***************1111,0,0,,"


def test_card_numbers_are_masked_in_what_is_said_of_a_row():
    data = changed(ack_file(40), 9, "L,", "4111 1111 1111 1111,")
    (problem,) = read(data, ACK, name="x").rejected
    assert problem.reason == "'***************1111' is no type of record here."


def test_card_numbers_are_masked_in_refusals():
    found = refusal(b"4111111111111111,a\nb,c\n", ACK)
    assert "4111111111111111" not in f"{found} {found.expected} {found.found} {found.fields}"
    assert "************1111" in found.found


@pytest.mark.parametrize(("bad", "refused"), [(2, False), (3, True)])
def test_above_five_per_cent_of_bad_rows_nothing_is_read(bad, refused):
    data = ack_file(40)
    for line in range(3, 3 + bad):
        data = changed(data, line, ",A,2,", ",A,two,")
    if refused:
        error = refusal(data, ACK)
        assert error.reason == "bad-rows"
        assert error.found == "3 of 40"
    else:
        assert read(data, ACK, name="x").counts.rejected == bad


@pytest.mark.parametrize(
    ("data", "spec", "reason"),
    [
        (b"", ACK, "empty"),
        (b"  \n\n", ADYEN, "empty"),
        (b"\xef\xbb\xbf", ADYEN, "empty"),
        (adyen_file(1).split(b"\n")[0] + b"\n", ADYEN, "empty"),
        (adyen_file().replace(b"SHOP", b"SH\xd6P"), ADYEN, "encoding"),
        (adyen_file().replace(b"SHOP", b"SH\0P"), ADYEN, "encoding"),
        (adyen_file().decode().encode("utf-16")[:-1], ADYEN, "encoding"),
        (adyen_file().replace(b"Batch Number", b"Batch"), ADYEN, "missing-column"),
        (adyen_file().replace(b"Gross Debit (GC)", b"Debit"), ADYEN, "missing-column"),
        (adyen_file().replace(b"Reserved4", b"Net Currency"), ADYEN, "structure"),
        (adyen_file().replace(b"9.70", b"9.71", 1), ADYEN, "control-total"),
        (changed(ack_file(), 32, "L,", "T,"), ACK, "structure"),
        (ack_file().replace(b"T,30", b"T,31"), ACK, "control-total"),
        (ack_file().replace(b"T,30", b"T,many"), ACK, "structure"),
        (ack_file().replace(b"T,30\n", b""), ACK, "truncated"),
        (ack_file().replace(b"T,30", b"T,30\nL,after"), ACK, "structure"),
        (ack_file().replace(b"T,30", b"T,30\nT,30"), ACK, "structure"),
        (ack_file().replace(b"tieout-vendor-ack-1", b"other-1"), ACK, "structure"),
        (ack_file().replace(b"H,", b"K,", 1), ACK, "structure"),
        (ack_file().replace(b"000123", b""), ACK, "structure"),
        (stripe_file()[:-1], STRIPE, "truncated"),
        (b'a,"b\n', STRIPE, "truncated"),
    ],
)
def test_refused_whole(data, spec, reason):
    assert refusal(data, spec).reason == reason


def test_a_new_column_is_kept_or_refused_as_the_spec_says():
    data = adyen_file(1).replace(b"Reserved4", b"Brand New")
    assert read(data, ADYEN, name="x").counts.applied == 2
    strict = ADYEN.model_copy(
        update={"drift": ADYEN.drift.model_copy(update={"new_columns": "refuse"})}
    )
    assert refusal(data, strict).reason == "new-column"


def test_a_batch_without_its_payout_is_read_and_reported():
    data = b"\n".join(adyen_file(3).split(b"\n")[:-2]) + b"\n"
    checks = {check.name: check.ok for check in read(data, ADYEN, name="x").checks}
    assert checks == {"batch_sum": True, "batch_closed": False}
    with pytest.raises(FileRefused, match="batch_closed"):
        read(data, ADYEN, name="x", strict=True)


def test_a_line_that_disagrees_with_itself_steps_aside():
    data = changed(stripe_file(40), 5, ",0.30,", ",0.31,")
    (problem,) = read(data, STRIPE, name="x").rejected
    assert (problem.line, problem.rule) == (5, "gross-fee-net")


def test_a_batch_with_an_unreadable_amount_cannot_tie():
    error = refusal(changed(adyen_file(40), 5, "9.70", "9.7O"), ADYEN)
    assert error.reason == "control-total"
    assert "cannot be read" in error.found


def test_a_payout_without_a_currency_cannot_tie():
    lines = adyen_file(40).decode().splitlines()
    lines[-1] = lines[-1].replace("USD", "", 2)
    assert refusal("\n".join(lines).encode(), ADYEN).reason == "control-total"


def test_the_fee_after_conversion_is_in_the_settlement_currency_only():
    header, row, _ = adyen_file(1).decode().splitlines()
    row = row.replace("USD", "EUR", 1)
    (line,) = read(f"{header}\n{row}\n".encode(), ADYEN, name="x").rows.to_pylist()
    assert (line["currency"], line["gross_minor"], line["fee_minor"], line["net_minor"]) == (
        "EUR",
        1000,
        0,
        1000,
    )
    assert (line["settlement_currency"], line["settlement_fee_minor"]) == ("USD", 30)
    assert line["settlement_net_minor"] == 970


def test_what_has_no_place_is_kept_as_it_came():
    data = adyen_file(1).replace(b"Reserved4", b'"Odd ""name"""', 1)
    data = data.replace(b",7,,", b',7,"tab\there, ""q"" \xc3\xa9",', 1)
    extra = json.loads(read(data, ADYEN, name="x").rows.column("extra")[0].as_py())
    assert extra['Odd "name"'] == 'tab\there, "q" é'
    assert "Reserved5" not in extra


def test_a_torn_line_of_a_spool_holds_back_no_order():
    good = "".join(f'{{"seq": {n}, "entry_id": "e{n}", "line_no": 1}}\n' for n in range(9))
    parsed = read((good + '{"seq": 9, "ent').encode(), SPOOL, name="shop.jsonl")
    assert parsed.counts.applied == 9
    assert [(problem.line, problem.rule) for problem in parsed.rejected] == [(10, "json")]


def test_optional_columns_may_be_missing():
    data = b"""H,tieout-tracking-1,1,ACME,2026-03-01T12:00:00Z
C,Status,carrier,tracking_no,occurred_at,location
L,delivered,ACME,1Z,2026-03-01T12:00:00Z,Door
T,1
"""
    (row,) = read(data, TRACKING, name="x").rows.to_pylist()
    assert (row["status"], row["order_ref"]) == ("delivered", None)


@pytest.mark.parametrize("make", [(ack_file, ACK), (stripe_file, STRIPE)], ids=["ack", "stripe"])
def test_a_file_cut_off_anywhere_is_refused(make):
    data, spec = make[0](4), make[1]
    for end in range(len(data)):
        if spec is STRIPE and data[:end].endswith(b"\n"):
            continue
        assert refusal(data[:end], spec).reason in {
            "truncated",
            "empty",
            "structure",
            "missing-column",
            "control-total",
        }


def test_a_settlement_file_cut_off_loses_no_money_unseen():
    data = adyen_file(4)
    for end in range(len(data) - 1):
        try:
            parsed = read(data[:end], ADYEN, name="x")
        except FileRefused:
            continue
        closed = {check.name: check.ok for check in parsed.checks}["batch_closed"]
        assert not closed or parsed.counts.read == 5


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_nothing_is_lost_and_nothing_crashes_whatever_happens_to_a_file(data):
    content, spec = data.draw(
        st.sampled_from([(adyen_file(2), ADYEN), (ack_file(2), ACK), (stripe_file(2), STRIPE)])
    )
    loose = spec.model_copy(update={"max_bad_share": 1.0})
    broken = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(broken)))
        end = start + data.draw(st.integers(0, 5))
        broken[start:end] = data.draw(
            st.sampled_from([b"", b"\n", b'"', b",", b"\r", b"T", b"-", b"9", b"\xff", b"\0", b"'"])
        )
    try:
        parsed = read(bytes(broken), loose, name="x")
    except FileRefused:
        return
    assert parsed.counts.read == len(parsed.rows) + len(parsed.rejected)
    assert parsed.counts.rejected == len({problem.line for problem in parsed.rejected})


def test_the_columns_are_compared_with_those_of_the_format():
    head, *rows = stripe_file(2).decode().splitlines()
    names = [name for name in head.split(",") if name != "payment_method_type"]
    at = head.split(",").index("payment_method_type")
    lines = [[cell for place, cell in enumerate(row.split(",")) if place != at] for row in rows]
    text = "\n".join(
        ",".join(each) for each in [[*names, "Tip  Jar"], *([*line, "1"] for line in lines)]
    )
    parsed = read(f"{text}\n".encode(), STRIPE, name="x")
    assert parsed.columns[-1] == "tip jar"
    assert "tip jar" in parsed.new_columns
    assert "payment_method_type" in parsed.absent_columns
    assert not {"currency", "net"} & {*parsed.new_columns, *parsed.absent_columns}
    assert '"Tip Jar":"1"' in parsed.rows.column("extra")[0].as_py()
