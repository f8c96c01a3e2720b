"""A draft of a format says what is in an unknown file, and reads it."""

import gzip
from decimal import Decimal

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.golden.formats import inputs
from tieout.cli.main import main
from tieout.formats.draft import draft
from tieout.formats.draft_table import NotDelimited
from tieout.formats.layouts.delimited import DelimitedLayout
from tieout.formats.reading import read
from tieout.formats.registry import format_spec
from tieout.formats.spec import FormatSpec

BANK = (
    "Example Bank\n"
    "Account No;NL01EXAM0000000001\n"
    "\n"
    "Buchungstag;Valuta;Betrag;Saldo;Währung;Label\n"
    "01.05.2026;02.05.2026;1.234,50;1.234,50;EUR;Payout R-1\n"
    "17.05.2026;18.05.2026;-34,50;1.200,00;EUR;Fee\n"
    "Total;;1.200,00;;;\n"
)
SHOP = (
    "Transaction ID,Date,Type,Amount,Fee,Net\n"
    "T1,2026-05-01 10:00:00,Sale,$1%2C000.00,$30.00,$970.00\n"
    "T2,2026-05-02 10:00:00,Refund,($20.00),$0.00,-$20.00\n"
    "T3,2026-05-03 10:00:00,Monthly fee,-$5.00,$0.00,-$5.00\n"
).replace("$1%2C000.00", '"$1,000.00"')


def rows_of(content: bytes, name: str) -> list[dict[str, object]]:
    made = draft(content, name)
    parsed = read(content, made.spec, name=name)
    assert parsed.rejected == []
    return parsed.rows.to_pylist()


def test_a_bank_statement_with_preamble_commas_and_a_total():
    content = BANK.encode("cp1252")
    made = draft(content, "statement_2026-05.csv")
    layout = made.spec.layout
    assert isinstance(layout, DelimitedLayout)
    assert (layout.delimiter, layout.preamble, made.spec.encodings) == (";", "any", ("cp1252",))
    assert layout.summary[0].when == {"Buchungstag": ("Total*",)}
    assert made.spec.family == "bank_line"
    assert made.spec.name_pattern == r"statement_[0-9]+\-[0-9]+\.csv"
    rows = rows_of(content, "statement_2026-05.csv")
    assert [row["amount_minor"] for row in rows] == [123_450, -3_450]
    assert [row["balance_after_minor"] for row in rows] == [123_450, 120_000]
    assert [row["currency"] for row in rows] == ["EUR", "EUR"]


def test_a_settlement_report_with_marks_and_parentheses():
    rows = rows_of(SHOP.encode(), "shop.csv")
    assert [row["kind"] for row in rows] == ["charge", "refund", "fee"]
    assert [row["settlement_net_minor"] for row in rows] == [97_000, -2_000, -500]
    assert [row["settlement_fee_minor"] for row in rows] == [3_000, 0, 0]
    assert {row["currency"] for row in rows} == {"USD"}


def test_the_only_column_of_currencies_and_of_times_are_told_by_what_they_hold():
    content = (
        b"id,when,gross_amount,ccy,status\n"
        b"1,2026-03-01T10:00:00Z,1000.00,USD,paid\n"
        b"2,2026-03-02T10:00:00Z,5.125,KWD,paid\n"
        b"3,2026-03-03T10:00:00Z,500,JPY,failed\n"
    )
    rows = rows_of(content, "acme.csv")
    read_as = [(row["currency"], row["gross_minor"]) for row in rows]
    assert read_as == [("USD", 100_000), ("KWD", 5_125), ("JPY", 500)]
    assert [str(row["booked_at"])[:10] for row in rows] == [
        "2026-03-01",
        "2026-03-02",
        "2026-03-03",
    ]
    assert "No family" not in draft(content, "acme.csv").text


def test_which_of_two_times_is_meant_is_left_to_a_person():
    content = b"id,begun,ended,gross_amount\n1,2026-03-01T10:00:00Z,2026-03-02T10:00:00Z,1.00\n"
    made = draft(content, "acme.csv")
    assert "booked_at" not in {field.name for field in made.spec.fields}
    assert "No family has the columns" in made.text


def test_the_comments_say_what_a_person_has_to_decide():
    text = draft(SHOP.encode(), "shop.csv").text
    assert "# Each row has its own: Transaction ID." in text
    assert "the currency, as no column has codes" in text
    assert "the time zone" in text
    either = draft(b"Date,Amount,Label\n01/02/2026,1.00,a\n", "x.csv").text
    assert "the order of day and month in Date" in either


def test_day_and_month_are_told_apart_where_a_day_says_so():
    rows = rows_of(b"Date,Amount,Label\n01/02/2026,1.00,a\n01/22/2026,2.00,b\n", "x.csv")
    assert [str(row["booked_on"]) for row in rows] == ["2026-01-02", "2026-01-22"]


def test_the_text_is_the_format():
    made = draft(BANK.encode(), "b.csv")
    assert FormatSpec.model_validate(yaml.safe_load(made.text)) == made.spec


@pytest.mark.parametrize(
    ("columns", "family"),
    [
        ("PO Number,SKU,Quantity Accepted,Quantity Rejected", "vendor_ack"),
        ("PO Number,SKU,Qty,Carrier,Tracking Number,Ship Date", "shipment"),
        ("Tracking Number,Status,Event Date,City", "tracking_event"),
        ("SKU,UPC,Product Name,Quantity in Stock", "inventory"),
        ("Invoice Number,PO Number,SKU,Quantity,Unit Price,Amount", "invoice"),
        ("PO Number,Line,SKU,Description,Quantity,Unit Cost", "purchase_order"),
        ("Payout ID,Payout Date,Status,Total,Currency", "payout"),
    ],
)
def test_the_family_is_told_from_the_columns(columns, family):
    assert draft(f"{columns}\n".encode(), "x.csv").spec.family == family


@pytest.mark.parametrize(
    "content",
    [
        "SKU,Quantity\nA,1\nB,2\n".encode("utf-16"),
        gzip.compress(b"SKU\tQuantity\nA\t1\nB\t2\n", mtime=0),
        b"\xef\xbb\xbfSKU|Quantity\r\nA|1\r\nB|2\r\n",
        b"A,1\nB,2\n",
        b"SKU,Quantity,Quantity\nA,1,7\nB,2,8\n",
        b"SKU,Quantity,Note\nA,1\nB,2,x\n",
        b"\n\nSKU,Quantity\n,,\nA,1\n\nB,2\n",
    ],
)
def test_any_simple_file_is_read_whole_by_its_draft(content):
    assert len(rows_of(content, "stock.csv")) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"<a/>",
        b'{"a": 1}',
        b"\x00\x01\x02",
        b"   \n \n",
        b"x" * 200_000,
        b",".join(b"c%d" % number for number in range(2_000)) + b"\n",
    ],
    ids=["xml", "json", "binary", "blank", "one long line", "too many columns"],
)
def test_what_is_no_table_has_no_draft(content):
    with pytest.raises(NotDelimited):
        draft(content, "x")


def _is_plain_table(path) -> bool:
    layout = format_spec(path.parent.name).layout
    return isinstance(layout, DelimitedLayout) and not layout.tagged


@pytest.mark.parametrize("path", filter(_is_plain_table, inputs()), ids=lambda path: path.name)
def test_every_golden_table_is_read_by_its_draft(path):
    content = path.read_bytes()
    counts = read(content, draft(content, path.name).spec, name=path.name).counts
    assert counts.rejected == 0
    assert counts.applied > 0


AMOUNTS = st.decimals(min_value=-99_999, max_value=99_999, places=2)


@settings(max_examples=40, deadline=None)
@given(st.lists(AMOUNTS, min_size=1, max_size=20))
def test_amounts_are_read_as_they_were_written(amounts):
    lines = [f'"{amount:,}";{number};2026-05-01' for number, amount in enumerate(amounts)]
    content = "\n".join(["Amount;Label;Date", *lines]).replace(",", "_").replace(".", ",")
    rows = rows_of(content.replace("_", ".").encode(), "x.csv")
    found = [Decimal(row["amount_minor"]).scaleb(-2) for row in rows]  # type: ignore[arg-type]
    assert found == amounts


def test_the_command_writes_a_new_file_and_says_what_it_reads(tmp_path, capsys):
    source, out = tmp_path / "statement.csv", tmp_path / "my-bank-1.yaml"
    source.write_bytes(BANK.encode())
    assert main(["formats", "draft", str(source), "--id", "my-bank-1", "--out", str(out)]) == 0
    assert "2 of 3 rows are read as bank_line, 1 skipped, 0 rejected" in capsys.readouterr().err
    assert FormatSpec.model_validate(yaml.safe_load(out.read_text())).id == "my-bank-1"
    assert main(["formats", "draft", str(source), "--out", str(out)]) == 2
    assert main(["formats", "draft", str(source)]) == 0
    assert "family: bank_line" in capsys.readouterr().out
