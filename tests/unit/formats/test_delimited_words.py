"""What stands around the rows of delimited files: preambles, summaries, blank rows, no header."""

from datetime import date

import pytest
import yaml

from tieout.formats.reading import read
from tieout.formats.results import CannotWrite, FileRefused
from tieout.formats.source import open_source
from tieout.formats.spec import FormatSpec
from tieout.formats.writing import write

BANK = """
id: bank-1
version: 1
title: A bank
family: bank_line
partner: bank
layout: {type: delimited}
fields:
  - {name: booked_on, source: Date, type: date, formats: ['%d/%m/%Y'], required: true}
  - {name: amount_minor, source: Amount, type: money, currency: currency, required: true}
  - {name: currency, type: currency, value: EUR}
  - {name: reference_text, source: Text}
"""


def bank(**words: object) -> FormatSpec:
    spec = yaml.safe_load(BANK)
    spec["layout"] |= words.pop("layout", {})
    spec["fields"] += words.pop("more", [])
    return FormatSpec.model_validate(spec | words)


def amounts(text: str, spec: FormatSpec) -> list[int]:
    parsed = read(text.encode(), spec, name="x.csv")
    assert parsed.rejected == []
    return parsed.rows.column("amount_minor").to_pylist()


PREAMBLE = bank(
    layout={
        "preamble": "any",
        "preamble_fields": [
            {"name": "account", "source": "Account No", "required": True},
            {"name": "from", "source": "From", "type": "date", "formats": ["%d/%m/%Y"]},
        ],
    },
    more=[{"name": "account", "source": "preamble.account"}],
)


@pytest.mark.parametrize("rows", [1, 5000])
@pytest.mark.parametrize(
    "account", ["Account No,NL01", "Account No:,NL01", "Account No: NL01", "Account No=NL01"]
)
def test_column_names_are_found_below_a_preamble(account, rows):
    text = f"Your bank\n\n{account}\nFrom,01/02/2026\n\nDate,Amount,Text\n"
    parsed = read((text + "01/02/2026,5.00,a\n" * rows).encode(), PREAMBLE, name="x")
    assert parsed.rows.column("account").to_pylist() == ["NL01"] * rows
    assert parsed.rows.column("line_no").to_pylist() == list(range(7, 7 + rows))
    assert parsed.facts["from"] == date(2026, 2, 1)


def test_what_stands_below_its_name_is_a_fact():
    text = "Account No,From,Branch\nNL01,01/02/2026,\nDate,Amount,Text\n01/02/2026,5.00,a\n"
    parsed = read(text.encode(), PREAMBLE, name="x")
    assert parsed.facts == {"account": "NL01", "from": date(2026, 2, 1)}
    assert parsed.rows.column("account").to_pylist() == ["NL01"]


def test_a_file_without_the_line_of_column_names_is_refused():
    with pytest.raises(FileRefused) as caught:
        read(b"Your bank\nAccount No,NL01\n01/02/2026,5.00,a\n", PREAMBLE, name="x")
    assert (caught.value.reason, caught.value.found) == ("structure", "none")
    assert "'Date', 'Amount'" in caught.value.expected


def test_a_fact_of_the_preamble_that_is_required_must_be_there():
    with pytest.raises(FileRefused, match="missing"):
        read(b"Your bank\nDate,Amount,Text\n01/02/2026,5.00,a\n", PREAMBLE, name="x")


TOTALS = {"name": "total", "source": "Amount", "type": "money", "currency": "cur"}
CURRENCY = {"name": "cur", "source": "Text", "type": "currency"}
CHECK = [{"name": "total", "rule": "trailer_sum", "column": "amount_minor", "fact": "total"}]


@pytest.mark.parametrize("rows", [2, 5000])
@pytest.mark.parametrize(
    ("summary", "places"),
    [
        ({"row": "first"}, [0]),
        ({"row": "last"}, [-1]),
        ({"when": {"Date": ["Total*"]}}, [0, 2, -1]),
    ],
)
def test_a_summary_is_no_row_but_must_be_the_sum(summary, places, rows):
    spec = bank(layout={"summary": [summary | {"fields": [TOTALS, CURRENCY]}]}, checks=CHECK)
    body = ["01/02/2026,5.00,a\n"] * rows
    for place in places:
        lines = list(body)
        lines.insert(place if place >= 0 else rows, f"Total all,{5 * rows},EUR\n")
        text = "Date,Amount,Text\n" + "".join(lines)
        assert amounts(text, spec) == [500] * rows
        with pytest.raises(FileRefused) as caught:
            amounts(text.replace("5.00", "5.01", 1), spec)
        assert caught.value.reason == "control-total"


def test_what_the_first_row_says_stands_beside_all_rows():
    summary = {"row": "first", "fields": [TOTALS, CURRENCY]}
    spec = bank(layout={"summary": [summary]}, more=[{"name": "account", "source": "summary.cur"}])
    parsed = read(b"Date,Amount,Text\n,7.00,EUR\n01/02/2026,7.00,a\n", spec, name="x")
    assert parsed.rows.column("account").to_pylist() == ["EUR"]
    assert parsed.facts["total"] == 700


@pytest.mark.parametrize("rows", [1, 5000])
def test_blank_rows_are_no_rows(rows):
    text = "Date,Amount,Text\n,,\n" + "01/02/2026,5.00,a\n, ,\n" * rows
    assert amounts(text, bank()) == [500] * rows
    counts = read(text.encode(), bank(), name="x").counts
    assert (counts.read, counts.applied, counts.skipped) == (2 * rows + 1, rows, rows + 1)


@pytest.mark.parametrize("rows", [2, 20_000])
def test_rows_of_totals_and_blank_rows_are_counted_as_skipped(rows):
    summary = {"when": {"Date": ["Total*"]}, "fields": []}
    spec = bank(layout={"summary": [summary]}, max_bad_share=0.5)
    body = "01/02/2026,5.00,a\nTotal,5.00,EUR\n,,\n32/02/2026,5.00,a\n" * rows
    parsed = read(f"Date,Amount,Text\n{body}".encode(), spec, name="x")
    counts = parsed.counts
    assert (counts.read, counts.applied, counts.rejected) == (4 * rows, rows, rows)
    assert counts.skipped == 2 * rows
    assert parsed.rows.column("record_no").to_pylist() == list(range(1, 2 * rows, 2))
    assert [problem.line for problem in parsed.rejected] == list(range(5, 4 * rows + 2, 4))


HEADLESS = bank(
    layout={
        "column_names": ["Date", "Amount", "Text"],
        "looks": {"Date": r"\d\d/\d\d/\d{4}", "Amount": r"-?\d+\.\d\d"},
    }
)


@pytest.mark.parametrize("rows", [1, 5000])
def test_a_file_without_column_names(rows):
    parsed = read(b"01/02/2026,5.00,a\n" * rows, HEADLESS, name="x")
    assert parsed.counts.read == rows
    assert parsed.rows.column("line_no").to_pylist() == list(range(1, rows + 1))
    written = write(parsed.rows, HEADLESS)
    assert written.splitlines()[0] == b"01/02/2026,5.00,a"


@pytest.mark.parametrize(
    ("text", "known"),
    [(b"01/02/2026,5.00,a\n", True), (b"Date,Amount,Text\n", False), (b"01/02/2026,5.00\n", False)],
)
def test_a_file_without_column_names_is_known_by_how_its_first_row_looks(text, known):
    found = HEADLESS.layout.recognise(open_source(text, "x", ("utf-8",)), "bank-1")
    assert (found is not None) == known


def test_short_rows_are_filled_where_the_format_says_so():
    text = "Date,Amount,Text\n01/02/2026,5.00\n"
    assert amounts(text, bank(layout={"short_rows": "fill"})) == [500]
    with pytest.raises(FileRefused):
        amounts(text, bank())


def test_repeated_columns_are_numbered_where_the_format_says_so():
    text = b"Date,Amount,Text,text\n01/02/2026,5.00,a,b\n"
    spec = bank(
        layout={"repeated_columns": "number"}, more=[{"name": "counterparty", "source": "Text#2"}]
    )
    assert read(text, spec, name="x").rows.column("counterparty").to_pylist() == ["b"]
    with pytest.raises(FileRefused, match="several"):
        read(text, bank(), name="x")


@pytest.mark.parametrize("rows", [1, 5000])
def test_without_a_quote_character_quotes_are_text(rows):
    spec = bank(layout={"quoteChar": "", "delimiter": "\t"})
    text = "Date\tAmount\tText\n" + '01/02/2026\t5.00\t"a 5" screen\n' * rows
    parsed = read(text.encode(), spec, name="x")
    assert set(parsed.rows.column("reference_text").to_pylist()) == {'"a 5" screen'}


def test_repeated_and_blank_names_of_other_columns_are_kept_apart():
    text = b"Date,Amount,Text,a,a,\n01/02/2026,5.00,t,1,2,3\n"
    kept = read(text, bank(), name="x").rows.column("extra")[0].as_py()
    assert kept == '{"a":"1","a#2":"2","column 6":"3"}'


def test_what_cannot_be_written_says_so():
    assert not PREAMBLE.layout.can_write
    with pytest.raises(CannotWrite, match="only read"):
        write([], PREAMBLE)


@pytest.mark.parametrize(
    ("layout", "says"),
    [
        ({"summary": [{"fields": []}]}, "either a `row` or known by `when`"),
        ({"column_names": ["a"]}, "need `looks`"),
        ({"column_names": ["a"], "looks": {"b": "x"}}, "none of column_names"),
        ({"columns_tag": "C", "rows_tag": "L", "preamble": "any"}, "neither preamble"),
    ],
)
def test_words_that_do_not_go_together_are_refused(layout, says):
    with pytest.raises(ValueError, match=says):
        bank(layout=layout)


def test_a_total_that_the_file_lacks_cannot_tie():
    summary = {"when": {"Date": ["Total*"]}, "fields": [TOTALS, CURRENCY]}
    spec = bank(layout={"summary": [summary]}, checks=CHECK)
    with pytest.raises(FileRefused) as caught:
        amounts("Date,Amount,Text\n01/02/2026,5.00,a\n", spec)
    assert (caught.value.reason, caught.value.found) == ("control-total", "500")
    assert caught.value.expected == "total a total in the file"


def test_amounts_without_the_column_of_their_signs_are_refused():
    words = yaml.safe_load(BANK)
    words["fields"][1] |= {"sign_source": "D/C", "negative": ["D"], "positive": ["C"]}
    spec = FormatSpec.model_validate(words)
    assert amounts("Date,Amount,Text,D/C\n01/02/2026,5.00,a,D\n", spec) == [-500]
    with pytest.raises(FileRefused, match="'D/C'") as caught:
        amounts("Date,Amount,Text\n01/02/2026,5.00,a\n", spec)
    assert caught.value.reason == "missing-column"


@pytest.mark.parametrize("rows", [1, 5000])
def test_records_that_are_no_rows_are_skipped_and_counted(rows):
    skip = [
        {"when": {"Text": ["memo*", ""], "Amount": "0.00"}, "reason": "They move no money."},
        {"when": {"No such column": "x"}, "reason": "It is in other files."},
    ]
    text = "01/02/2026,0.00,MEMO 1\n01/02/2026,0.00,\n01/02/2026,1.00,memo\n01/02/2026,0.00,a\n"
    parsed = read(("Date,Amount,Text\n" + text * rows).encode(), bank(skip=skip), name="x")
    counts = parsed.counts
    assert (counts.read, counts.applied, counts.skipped) == (4 * rows, 2 * rows, 2 * rows)
    assert parsed.rows.column("line_no").to_pylist()[:2] == [4, 5]
