"""`tieout identify` and `tieout parse`: what they print, write and return."""

import json

import duckdb
import pytest

from tests.unit.formats.samples import ack_file, adyen_file
from tieout.cli.main import main


@pytest.fixture
def clean(tmp_path):
    path = tmp_path / "settlement_detail_report_batch_7.csv"
    path.write_bytes(adyen_file(3))
    return path


def test_identify_names_the_format(clean, capsys):
    assert main(["identify", str(clean)]) == 0
    assert capsys.readouterr().out.startswith("adyen-settlement-detail-1: ")


def test_parse_prints_what_is_in_the_file(clean, capsys, tmp_path):
    out = tmp_path / "rows.jsonl"
    assert main(["parse", str(clean), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    for line in (
        "records   4",
        "rows      4",
        "rejected  0",
        "batch_sum: ok, expected 0, found 0.00",
    ):
        assert line in said
    assert "payout: 1 rows, net -29.10 USD" in said
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["gross_minor"] for row in rows] == [1000, 1000, 1000, -2910]
    assert rows[0]["booked_at"] == "2026-03-01T12:00:00+00:00"


def test_rejected_rows_are_shown_with_their_place(tmp_path, capsys):
    path = tmp_path / "ack.csv"
    path.write_bytes(ack_file(40).replace(b"VO-1,7,SKU-1,A,2", b"VO-1,7,SKU-1,A,two"))
    assert main(["parse", str(path)]) == 1
    said = capsys.readouterr()
    assert "rejected  1" in said.out
    assert "ack.csv, line 9, field 'quantity_accepted': 'two'" in said.err


def test_a_batch_that_is_not_closed_is_not_clean(tmp_path, capsys):
    path = tmp_path / "report.csv"
    path.write_bytes(b"\n".join(adyen_file(3).split(b"\n")[:-2]) + b"\n")
    assert main(["parse", str(path)]) == 1
    assert "batch_closed: FAILED" in capsys.readouterr().out
    assert main(["parse", str(path), "--strict"]) == 2


def test_a_refused_file_writes_nothing(tmp_path, capsys):
    path, out = tmp_path / "ack.csv", tmp_path / "rows.jsonl"
    path.write_bytes(ack_file(40)[:-20])
    assert main(["parse", str(path), "--out", str(out)]) == 2
    assert "file-refused" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("command", ["identify", "parse"])
@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_a_file_that_cannot_be_read_is_one_clear_line(tmp_path, capsys, command, name):
    assert main([command, str(tmp_path / name)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "file-unreadable" in said


@pytest.mark.parametrize("words", [["--format", "no-such-1"], ["--out", "/no/such/folder/rows"]])
def test_wrong_words_are_refused(clean, capsys, words):
    assert main(["parse", str(clean), *words]) == 2
    assert "tieout: " in capsys.readouterr().err


def test_the_format_can_be_stated(clean, capsys):
    assert main(["parse", str(clean), "--format", "stripe-payout-reconciliation-1"]) == 2
    assert "missing-column" not in capsys.readouterr().out


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_the_rows_are_written_as_the_name_ends(clean, tmp_path, ending):
    out = tmp_path / f"rows.{ending}"
    assert main(["parse", str(clean), "--out", str(out)]) == 0
    with duckdb.connect() as con:
        reader = {"jsonl": "read_json", "csv": "read_csv", "parquet": "read_parquet"}[ending]
        total = con.execute(f"SELECT count(*), sum(net_minor) FROM {reader}('{out}')").fetchall()
    assert total == [(4, 0)]


def test_rows_are_written_in_known_forms_only(clean, tmp_path, capsys):
    assert main(["parse", str(clean), "--out", str(tmp_path / "rows.xml")]) == 2
    assert ".parquet" in capsys.readouterr().err


def test_a_file_that_does_not_tie_is_read_when_a_person_accepts_it(tmp_path, capsys):
    path = tmp_path / "report.csv"
    path.write_bytes(adyen_file(3).replace(b"9.70", b"9.71", 1).replace(b"0.30", b"0.29", 1))
    words = ["parse", str(path), "--accept-unbalanced", "the bank proved it"]
    assert main(["parse", str(path)]) == 2
    assert main(words) == 2
    assert "--by" in capsys.readouterr().err
    assert main([*words, "--by", "olive"]) == 1
    said = capsys.readouterr().out
    assert "accepted  by olive: the bank proved it" in said
    assert "batch_sum: FAILED" in said


def test_there_is_nothing_to_accept_in_a_file_that_ties(clean, capsys):
    words = ["--accept-unbalanced", "the bank proved it", "--by", "olive"]
    assert main(["parse", str(clean), *words]) == 0
    assert "accepted  nothing, as the file ties" in capsys.readouterr().out


def test_lines_without_a_settled_amount_are_counted_and_said(tmp_path, capsys):
    path = tmp_path / "astropay.csv"
    path.write_text(
        "Type;Creation date;Reference;Invoice;Net Amount (local);Amount (USD);currency;Status;Fee\n"
        "Payment;2016-03-01 12:00:00;7001;R-9001;8000;20.10;CLP;Cleared;0.41\n"
        "Refund;2016-03-04 10:00:00;811;R-9001;8000;;CLP;Completed;\n"
    )
    assert main(["parse", str(path)]) == 0
    said = capsys.readouterr().out
    assert "charge: 1 rows, net 19.69 USD\n" in said
    assert "refund: 1 rows, net 0.00 USD, 1 of them without a settled amount" in said
