"""`tieout match` as a person runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from tests.unit.settlement.tables import LINES, PAYMENTS, line, pay
from tieout.cli.main import main


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    payments = pa.Table.from_pylist([pay("P1"), pay("P2", "G2", on=25)], PAYMENTS)
    lines = pa.Table.from_pylist([line("L1"), line("L2", on=2), line("F", kind="fee")], LINES)
    pa.parquet.write_table(payments, tmp_path / "p.parquet")
    pa.parquet.write_table(lines, tmp_path / "l.parquet")
    return tmp_path / "p.parquet", tmp_path / "l.parquet"


def _match(files: tuple[Path, Path], out: Path, *more: str) -> int:
    given = ["match", "--payments", str(files[0]), "--lines", str(files[1])]
    return main([*given, "--as-of", "2026-11-30", "--out", str(out), *more])


def test_writes_parquet_and_proof(files: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    assert _match(files, out) == 0
    assert sorted(path.name for path in out.iterdir()) == [
        "exceptions.parquet",
        "links.parquet",
        "matches.parquet",
        "near_misses.parquet",
        "open.parquet",
        "open_lines.parquet",
        "proof.json",
    ]
    matches = pa.parquet.read_table(out / "matches.parquet")
    assert matches.column_names == [
        "match_id",
        "pass",
        "payment_id",
        "line_id",
        "amount_minor",
        "variance_minor",
    ]
    exceptions = pa.parquet.read_table(out / "exceptions.parquet")
    assert exceptions.column_names == [
        "code",
        "payment_id",
        "line_id",
        "amount_minor",
        "currency",
        "evidence",
    ]
    (entry,) = json.loads((out / "proof.json").read_text())["proof"]
    assert entry["payments"]["open"] == {"count": 1, "sum_minor": 1000}
    assert entry["lines"]["exceptions"] == {"count": 1, "sum_minor": 1000}
    assert entry["lines"]["not_matched_by_kind"] == {"count": 1, "sum_minor": 1000}
    assert entry["lines"]["unexplained"] == {"count": 0, "sum_minor": 0}
    assert not [path for path in out.parent.iterdir() if path != out]


def test_csv_in_csv_out(files: tuple[Path, Path], tmp_path: Path) -> None:
    for file in files:
        pa.csv.write_csv(pa.parquet.read_table(file), file.with_suffix(".csv"))
    csv_files = (files[0].with_suffix(".csv"), files[1].with_suffix(".csv"))
    assert _match(csv_files, tmp_path / "out") == 0
    matches = (tmp_path / "out" / "matches.csv").read_text().splitlines()
    assert matches[1].split(",")[1:] == ["exact_reference", "P1", "L1", "1000", "0"]


def test_flags_reach_the_passes(files: tuple[Path, Path], tmp_path: Path) -> None:
    assert _match(files, tmp_path / "out", "--overdue-days", "2", "--format", "csv") == 0
    assert "SETTLEMENT_OVERDUE,P2" in (tmp_path / "out" / "exceptions.csv").read_text()


def test_again_gives_the_same_bytes(files: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    _match(files, out)
    first = {path.name: path.read_bytes() for path in out.iterdir()}
    _match(files, out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == first


def test_refusal_writes_nothing_and_keeps_the_last_result(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    bad = tmp_path / "bad.csv"
    bad.write_text("payment_id\nP1\n")
    assert _match((bad, files[1]), out) == 2
    assert not out.exists()
    _match(files, out)
    before = (out / "proof.json").read_bytes()
    assert _match((bad, files[1]), out) == 2
    assert (out / "proof.json").read_bytes() == before
    assert "order_ref" in capsys.readouterr().err


def test_out_that_is_a_file_is_refused(files: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("not a folder")
    assert _match(files, out) == 2
    assert out.read_text() == "not a folder"


@pytest.mark.parametrize(
    "flag", [("--window-days", "-1"), ("--tolerance-minor", "x"), ("--as-of", "soon")]
)
def test_bad_flag_is_refused(
    files: tuple[Path, Path], tmp_path: Path, flag: tuple[str, str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        _match(files, tmp_path / "out", *flag)
    assert ended.value.code == 2


def test_never_imports_airflow_or_pandas() -> None:
    code = (
        "import sys; from tieout.cli.main import _parser; _parser(['match']);"
        "print(sorted({'airflow', 'pandas', 'great_expectations'} & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_path()
    )
    assert ran.stdout.strip() == "[]"


def _path() -> dict[str, str]:
    import tieout

    return {"PYTHONPATH": str(Path(tieout.__file__).parents[1])}


def test_rates_and_payouts_may_be_given(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    payments = [pay("P1"), pay("P2", "G2", 700, order_ref="O2"), pay("P3", order_ref="O3")]
    lines = [
        line("L1", amount=1100, currency="USD"),
        line("L2", None, 700, order_ref=None, payout_ref="T"),
        line("L3", "G1", 1010, order_ref="O3"),
    ]
    pa.parquet.write_table(pa.Table.from_pylist(payments, PAYMENTS), files[0])
    pa.parquet.write_table(pa.Table.from_pylist(lines[1:], LINES), files[1])
    (tmp_path / "rates.csv").write_text("base,quote,day,rate\nEUR,USD,2026-11-01,1.1\n")
    (tmp_path / "payouts.csv").write_text(
        "gateway,payout_ref,currency,net_minor\nadyen,T,EUR,700\n"
    )
    more = ["--rates", str(tmp_path / "rates.csv"), "--payouts", str(tmp_path / "payouts.csv")]
    assert _match(files, tmp_path / "out", *more) == 0
    told = capsys.readouterr().out
    assert "1  subset_of_payout" in told
    assert "near    5 more minor units of tolerance: 1 item, 10.00 EUR" in told


def test_a_rate_that_is_no_number_is_refused(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rates.csv").write_text("base,quote,day,rate\nEUR,USD,2026-11-01,-1\n")
    assert _match(files, tmp_path / "out", "--rates", str(tmp_path / "rates.csv")) == 2
    assert "'rate' of rates holds '-1' in row 1" in capsys.readouterr().err
