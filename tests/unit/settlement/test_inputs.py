"""Bad input is refused with the file, the column, the row and a remedy."""

from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from tests.unit.settlement.tables import AS_OF, LINES, PAYMENTS, line, pairs, pay, run
from tieout.settlement.engine import reconcile
from tieout.settlement.inputs import InputRefused
from tieout.settlement.model import MatchSettings

_HEADER = "payment_id,order_ref,gateway,gateway_ref,kind,currency,amount_minor,booked_at\n"
_GOOD = "P1,O1,adyen,G1,charge,EUR,1000,2026-11-01T12:00:00Z\n"


def _refused(payments: Path | pa.Table, lines: Path | pa.Table | None = None) -> InputRefused:
    if lines is None:
        lines = pa.Table.from_pylist([line("L1")], LINES)
    with pytest.raises(InputRefused) as refused:
        reconcile(payments, lines, MatchSettings(AS_OF))
    return refused.value


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (",O1,adyen,G1,charge,EUR,1000,2026-11-01", "payment_id"),
        ("P2,,adyen,G1,charge,EUR,1000,2026-11-01", "order_ref"),
        ("P2,O1,,G1,charge,EUR,1000,2026-11-01", "gateway"),
        ("P2,O1,adyen,G1,sale,EUR,1000,2026-11-01", "kind"),
        ("P2,O1,adyen,G1,charge,eur,1000,2026-11-01", "currency"),
        ("P2,O1,adyen,G1,charge,EUR,10.00,2026-11-01", "amount_minor"),
        ("P2,O1,adyen,G1,charge,EUR,1e3,2026-11-01", "amount_minor"),
        ("P2,O1,adyen,G1,charge,EUR,99999999999999999999,2026-11-01", "amount_minor"),
        ("P2,O1,adyen,G1,charge,EUR,,2026-11-01", "amount_minor"),
        ("P2,O1,adyen,G1,charge,EUR,1000,yesterday", "booked_at"),
        ("P1,O1,adyen,G1,charge,EUR,1000,2026-11-01", "payment_id"),
    ],
)
def test_bad_cell_names_file_line_and_field(tmp_path: Path, row: str, field: str) -> None:
    file = tmp_path / "payments.csv"
    file.write_text(f"{_HEADER}{_GOOD}{row}\n")
    place = _refused(file).place
    assert (place.file, place.line, place.field) == (str(file), 3, field)


@pytest.mark.parametrize("name", ["order_ref", "amount_minor", "booked_at"])
def test_missing_column(name: str) -> None:
    table = pa.Table.from_pylist([pay("P1")], PAYMENTS).drop_columns([name])
    assert _refused(table).place.field == name


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("amount_minor", pa.array([10.0])),
        ("booked_at", pa.array([20261101])),
        ("order_ref", pa.array([1.5])),
        ("gateway", pa.array([["adyen"]])),
    ],
)
def test_wrong_type(name: str, values: pa.Array) -> None:
    table = pa.Table.from_pylist([pay("P1")], PAYMENTS)
    table = table.set_column(table.schema.get_field_index(name), name, values)
    assert _refused(table).place.field == name


def test_duplicate_line_id() -> None:
    lines = pa.Table.from_pylist([line("L1"), line("L1", ref="G2")], LINES)
    refused = _refused(pa.Table.from_pylist([], PAYMENTS), lines)
    assert "L1" in refused.message


@pytest.mark.parametrize("name", ["nothing.parquet", "nothing.csv", "broken.parquet", "broken.csv"])
def test_unreadable_file(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    if name.startswith("broken"):
        file.write_bytes(b"PAR1\x00\xff\xfe nothing that can be read")
    assert _refused(file).place.file == str(file)


def test_parquet_csv_and_arrow_give_the_same(tmp_path: Path) -> None:
    payments = [pay(f"P{n}", f"G{n}", 100 + n, on=n) for n in range(9)]
    lines = [line(f"L{n}", f"G{n}" if n % 2 else None, 103 + n, on=n) for n in range(9)]
    tables = (pa.Table.from_pylist(payments, PAYMENTS), pa.Table.from_pylist(lines, LINES))
    expected = run(payments, lines)
    for suffix, write in (("csv", pa.csv.write_csv), ("parquet", pa.parquet.write_table)):
        files = [tmp_path / f"{side}.{suffix}" for side in ("payments", "lines")]
        for table, file in zip(tables, files, strict=True):
            write(table, file)
        found = reconcile(files[0], files[1], MatchSettings(AS_OF))
        assert found.matches.equals(expected.matches)
        assert found.exceptions.equals(expected.exceptions)
        assert found.proof == expected.proof


def test_types_that_other_writers_use(tmp_path: Path) -> None:
    payments = pa.Table.from_pylist([pay("P1")], PAYMENTS)
    payments = payments.set_column(6, "amount_minor", pa.array([1000], pa.int32()))
    payments = payments.set_column(7, "booked_at", pa.array(["2026-11-01 12:00:00"]))
    payments = payments.set_column(2, "gateway", pa.array(["adyen"]).dictionary_encode())
    lines = pa.Table.from_pylist([line("L1")], LINES)
    lines = lines.set_column(3, "order_ref", pa.nulls(1))
    lines = lines.set_column(9, "booked_at", lines.column("booked_at").cast(pa.timestamp("ns")))
    files = [tmp_path / "p.parquet", tmp_path / "l.parquet"]
    pa.parquet.write_table(payments, files[0])
    pa.parquet.write_table(lines, files[1])
    assert pairs(reconcile(files[0], files[1], MatchSettings(AS_OF))) == {("P1", "L1")}
    assert pairs(reconcile(payments, lines, MatchSettings(AS_OF))) == {("P1", "L1")}


def test_empty_tables(tmp_path: Path) -> None:
    found = run([], [])
    assert found.matches.num_rows == found.exceptions.num_rows == found.open.num_rows == 0
    file = tmp_path / "payments.csv"
    file.write_text(_HEADER)
    lines = pa.Table.from_pylist([line("L1")], LINES)
    assert reconcile(file, lines, MatchSettings(AS_OF)).exceptions.num_rows == 1
