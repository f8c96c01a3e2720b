"""Files of tagged records: heads, rows, feet and their totals."""

import pytest
from pydantic import ValidationError

from tests.golden import formats as golden
from tieout.formats.canonical import KINDS
from tieout.formats.cells import CellError, cell_value
from tieout.formats.corrections import read_corrected
from tieout.formats.identify import FormatAmbiguous, identify
from tieout.formats.layouts.records import RecordsLayout
from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.formats.results import FileRefused
from tieout.formats.source import open_source

PAYPAL = format_spec("paypal-settlement-1")
DETAIL = format_spec("paypal-transaction-detail-1")
FUNDING = format_spec("trustly-funding-1")
DLOCAL = format_spec("dlocal-settlement-1")


def sample(format_id: str) -> str:
    (path,) = [
        path for path in golden.inputs() if path.parent.name == format_id and path.suffix != ".json"
    ]
    return path.read_text(encoding="utf-8-sig")


def refusal(text: str, spec=PAYPAL) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        read(text.encode(), spec, name="report.csv")
    return caught.value


def without(text: str, start: str) -> str:
    """The text without the first line that starts so."""
    lines = text.splitlines(keepends=True)
    lines.remove(next(line for line in lines if line.startswith(start)))
    return "".join(lines)


@pytest.mark.parametrize(
    ("old", "new", "expected", "found"),
    [
        (
            '"CR",12450,',
            '"CR",12451,',
            "section gross credits 14930 (SF Gross Credits, EUR",
            "14931",
        ),
        ('"DR",2500,', '"DR",2400,', "section gross debits 19000 (SF Gross Debits, EUR", "18900"),
        ('"DR",468,', '"DR",470,', "section fee debits 468 (SF Fee Debits, EUR", "470"),
        ('"CR",85,', '"CR",86,', "section fee credits 85 (SF Fee Credits, EUR", "86"),
        ('"SC",8', '"SC",9', "section rows 9 (SC Rows", "8"),
        ('"RC",8', '"RC",7', "report rows 7 (RC Rows", "8"),
        ('"FF",8', '"FF",80', "file rows 80 (FF Rows", "8"),
        ('"SF","JPY",430000', '"SF","JPY",43x', "section gross credits 43x", "430000"),
    ],
)
def test_a_report_of_paypal_that_does_not_tie_is_refused(old, new, expected, found):
    text = sample(PAYPAL.id)
    assert old in text
    refused = refusal(text.replace(old, new, 1))
    assert refused.reason == "control-total"
    assert refused.expected.startswith(expected)
    assert refused.found.startswith(found)


def test_a_currency_that_the_account_does_not_hold_has_no_footer():
    text = without(without(sample(PAYPAL.id), '"SF","JPY"'), '"RF","JPY"')
    assert read(text.encode(), PAYPAL, name="x").counts.applied == 8


def test_a_row_in_the_wrong_currency_is_refused():
    refused = refusal(sample(PAYPAL.id).replace('"CR",12450,"EUR"', '"CR",12450,"CHF"'))
    assert refused.expected.startswith("section gross credits 14930 (SF Gross Credits, EUR")


def test_a_lost_row_is_refused():
    assert refusal(without(sample(PAYPAL.id), '"SB","8AB00000000000005"')).reason == "control-total"


def test_an_amount_that_cannot_be_read_never_ties():
    refused = refusal(sample(PAYPAL.id).replace('"CR",12450,', '"CR",12x450,', 1))
    assert refused.reason in {"control-total", "bad-rows"}


def test_a_report_that_was_cut_off_is_refused():
    text = sample(PAYPAL.id)
    for keep in range(2, text.count("\n")):
        cut = "".join(text.splitlines(keepends=True)[:keep])
        refused = refusal(cut)
        assert refused.reason in {"truncated", "structure", "control-total", "missing-column"}


def test_the_totals_of_a_report_are_not_those_of_its_second_file():
    text = sample(PAYPAL.id).replace('"FH",01', '"FH",02')
    text = text.replace('"SC",8', '"SC",1000008').replace('"RC",8', '"RC",1000008')
    parsed = read(text.encode(), PAYPAL, name="STL-20260505.02.009.CSV")
    assert len(parsed.rows) == 8
    assert {check.name for check in parsed.checks} == {"file rows"}


def test_each_section_has_its_own_account_columns_and_totals():
    lines = sample(PAYPAL.id).splitlines()
    start, end = lines.index('"FH",01') + 1, lines.index('"SC",8') + 1
    second = [line.replace("ACCT7Q2WMHX3E", "OTHER") for line in lines[start:end]]
    both = [*lines[:end], *second, '"FF",16']
    parsed = read("\n".join(both).encode(), PAYPAL, name="two.csv")
    accounts = parsed.rows.column("account").to_pylist()
    assert accounts == ["ACCT7Q2WMHX3E"] * 8 + ["OTHER"] * 8
    both[-2] = '"SC",7'
    assert "section rows 7" in refusal("\n".join(both)).expected


def test_columns_are_found_by_name_whatever_their_order_and_case():
    lines = sample(PAYPAL.id).splitlines()
    (names,) = [line for line in lines if line.startswith('"CH"')]
    upper = sample(PAYPAL.id).replace(names, names.upper())
    assert read(upper.encode(), PAYPAL, name="x").counts.applied == 8


def test_an_unknown_record_is_refused():
    refused = refusal(sample(PAYPAL.id).replace('"SC",8', '"ZZ",8'))
    assert refused.reason == "structure"
    assert (refused.found, refused.place.line) == ("'ZZ'", 15)


def test_a_row_before_the_column_names_is_refused():
    assert refusal(without(sample(PAYPAL.id), '"CH"')).reason == "structure"


def test_a_row_of_another_width_steps_aside_and_still_counts():
    text = sample(DETAIL.id).replace("X0001", "T0006")
    line = next(line for line in text.splitlines() if "9CD00000000000100" in line)
    (wide,) = read(text.replace(line, line + ',"x"').encode(), DETAIL, name="x").rejected
    assert (wide.rule, wide.raw) == ("row-width", line + ',"x"')
    assert text.splitlines()[wide.line - 1] == line


def test_a_row_of_another_width_leaves_sums_open():
    text = sample(PAYPAL.id).replace('"1099887766",,,', '"1099887766",,,,"y"')
    refused = refusal(text)
    assert refused.reason in {"control-total", "bad-rows"}


def test_the_text_of_a_record_on_several_lines_is_whole():
    text = sample(DETAIL.id).replace("X0001", "T0006").replace('"T0002"', '"Y0002"')
    (problem,) = read(text.encode(), DETAIL, name="x").rejected
    assert (problem.value, problem.rule) == ("CR|Y0002", "vocabulary")
    assert "two lines\nof a note" in problem.raw


def test_thousands_of_rows_come_in_several_grids():
    lines = sample(DETAIL.id).splitlines()
    (names,) = [line for line in lines if line.startswith('"CH"')]
    row = next(line for line in lines if "9CD00000000000100" in line)
    text = "\n".join(['"FH",01', names, *[row] * 45_000, '"FF",45000'])
    grids = list(DETAIL.layout.cut(open_source(text.encode(), "x", ("utf-8",))))
    assert [len(grid.lines) for grid in grids] == [20_000, 20_000, 5_000]
    assert grids[-1].lines[-1].as_py() == 45_002
    assert [check.ok for check in grids[-1].checks] == [True]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("L,5,60.00,2,59.35", "L,6,60.00,2,59.35", "items 6"),
        ("L,5,60.00,2,59.35", "L,5,60.10,2,59.35", "items total 60.10"),
        ("L,5,60.00,2,59.35", "L,5,60.00,3,59.35", "fundings 3"),
        ("L,5,60.00,2,59.35", "L,5,60.00,2,59.45", "fundings total 59.45"),
        ("-0.45", "-0.55", "funding_sum 0"),
    ],
)
def test_a_funding_file_that_does_not_tie_is_refused(old, new, expected):
    refused = refusal(sample(FUNDING.id).replace(old, new), FUNDING)
    assert (refused.reason, refused.expected.startswith(expected)) == ("control-total", True)


def test_a_funding_file_without_trailer_is_cut_off():
    assert refusal(without(sample(FUNDING.id), "L,"), FUNDING).reason == "truncated"


def test_a_file_of_another_kind_is_refused():
    refused = refusal(sample(FUNDING.id).replace("P11KFUN", "P11KREC", 1), FUNDING)
    assert (refused.reason, refused.found) == ("structure", "P11KREC")


@pytest.mark.parametrize(
    ("old", "new"), [("HEADER,USD,5", "HEADER,USD,6"), ("21.02", "21.03"), ("-10.36", "-10.35")]
)
def test_a_settlement_of_dlocal_ties_with_its_exact_amounts(old, new):
    text = sample(DLOCAL.id)
    assert all(check.ok for check in read(text.encode(), DLOCAL, name="x").checks)
    assert refusal(text.replace(old, new, 1), DLOCAL).reason == "control-total"


@pytest.mark.parametrize("format_id", [PAYPAL.id, DETAIL.id, FUNDING.id, DLOCAL.id])
def test_its_format_is_told_from_its_bytes(format_id):
    assert identify(sample(format_id).encode()).format_id == format_id


def test_other_delimited_text_is_none_of_it():
    head = open_source(b"a,b\n1,2\n", "x", ("utf-8",))
    specs = (PAYPAL, DETAIL, FUNDING, DLOCAL)
    assert [spec.layout.recognise(head, spec.id) for spec in specs] == [None] * 4


@pytest.mark.parametrize(
    "words",
    [
        {"rows": {"R": ()}},
        {"rows": {"R": ("a",)}, "says": {"H": {"Magic": "X"}}},
        {"rows": {"R": ("a",)}, "closed_by": {"H": "T"}},
        {"rows": {"R": ("a",)}, "totals": [{"name": "n", "record": "T", "cell": "c"}]},
    ],
)
def test_words_that_name_unknown_records_are_refused(words):
    with pytest.raises(ValidationError):
        RecordsLayout.model_validate({"type": "records", **words})


@pytest.mark.parametrize("text", ["1e9", "NaN", "9" * 40, "1_000"])
def test_a_total_that_is_no_plain_number_never_ties(text):
    refused = refusal(sample(PAYPAL.id).replace('"FF",8', f'"FF",{text}'))
    assert (refused.reason, refused.expected.startswith(f"file rows {text}")) == (
        "control-total",
        True,
    )


DOCUMENTED = {
    "T00": 22, "T01": 15, "T02": 3, "T03": 4, "T04": 4, "T05": 6, "T06": 1, "T07": 3, "T08": 4,
    "T09": 8, "T10": 3, "T11": 20, "T12": 9, "T14": 1, "T15": 4, "T16": 2, "T17": 3, "T18": 2,
    "T19": 1, "T20": 5, "T21": 14, "T22": 4, "T99": 1,
}  # fmt: skip
"""How many event codes of each group PayPal documents; those of authorisations move no money."""


@pytest.mark.parametrize("spec", [PAYPAL, DETAIL], ids=lambda spec: spec.id)
@pytest.mark.parametrize("direction", ["CR", "DR"])
def test_each_documented_event_code_of_paypal_has_a_kind(spec, direction):
    (kind,) = [field for field in spec.fields if field.name == "kind"]
    for group, count in DOCUMENTED.items():
        for number in range(count):
            word = f"{direction}|{group}{number:02}"
            assert cell_value(kind, word, None) in KINDS, word


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("CR|T0006", "charge"),
        ("DR|T0006", "adjustment"),
        ("DR|T1107", "refund"),
        ("DR|T1106", "chargeback"),
        ("CR|T1106", "chargeback_reversal"),
        ("DR|T1201", "chargeback"),
        ("CR|T1202", "chargeback_reversal"),
        ("DR|T0106", "fee"),
        ("CR|T1108", "fee"),
        ("DR|T0200", "adjustment"),
        ("DR|T0400", "payout"),
        ("DR|T1110", "reserve"),
        ("CR|T1105", "reserve"),
        ("DR|T1503", "reserve"),
    ],
)
def test_the_kinds_of_paypals_event_codes(code, kind):
    (field,) = [field for field in PAYPAL.fields if field.name == "kind"]
    assert cell_value(field, code, None) == kind


def test_an_undocumented_event_code_is_rejected():
    (field,) = [field for field in PAYPAL.fields if field.name == "kind"]
    with pytest.raises(CellError):
        cell_value(field, "CR|T7700", None)


@pytest.mark.parametrize(
    ("day", "found"),
    [("27/02/2026", "paypal-activity-1"), ("02/27/2026", "paypal-activity-us-1")],
)
def test_the_order_of_day_and_month_tells_the_format(day, found):
    assert identify(activity(day)).format_id == found


def test_a_date_that_may_be_either_is_an_error_that_says_so():
    with pytest.raises(FormatAmbiguous, match="paypal-activity-1 and paypal-activity-us-1"):
        identify(activity("02/03/2026"))


def activity(day: str) -> bytes:
    names = "Date,Time,TimeZone,Type,Status,Currency,Gross,Fee,Net,Transaction ID"
    row = f"{day},10:00:00,CET,Website Payment,Completed,EUR,1.00,0.00,1.00,PX"
    return f"{names}\n{row}\n".encode()


def test_a_corrected_row_leaves_the_footers_where_they_are():
    text = sample(DETAIL.id).replace("9CD00000000000119", "9CD00000000000119\nlast")
    parsed = read(text.encode(), DETAIL, name="x")
    lines = text.splitlines()
    last = next(at for at, line in enumerate(lines, 1) if "9CD00000000000119" in line)
    (problem,) = parsed.rejected
    fixed = {problem.line: problem.raw.replace("X0001", "T0006"), last: lines[last - 2]}
    again = read_corrected(text.encode(), DETAIL, name="x", corrected=fixed)
    assert again.rows.column("line_no").to_pylist() == [problem.line, last]
    assert {check.name for check in again.checks} == {check.name for check in parsed.checks}
    assert all(check.ok for check in again.checks)
