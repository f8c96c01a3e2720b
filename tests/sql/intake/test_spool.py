"""Capture holds without a database, and what it spooled becomes orders, each once."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.sql.intake.entries import entry, set_up
from tieout.intake import capture, spool, tasks
from tieout.kernel.database import transaction

AS_OF = datetime(2026, 3, 2, 6, tzinfo=UTC)
LINES = [("A-1", 2, 1000), ("B-2", 1, 450)]


@pytest.fixture
def spool_dir(case_url: str, tmp_path: Path) -> Path:
    folder = tmp_path / "spool"
    folder.mkdir()
    set_up(case_url, folder)
    return folder


def without_database(url: str) -> str:
    return f"{url}_that_is_not_there"


def take_in() -> list[dict[str, int]]:
    return [
        tasks.take_in_spool(as_of=AS_OF),
        tasks.validate_entries(as_of=AS_OF),
        tasks.normalise_orders(as_of=AS_OF),
    ]


def values(url: str, query: str) -> list[object]:
    with transaction(url, actor="test") as connection:
        return list(connection.execute(text(query)).scalars())


def test_all_entries_of_an_outage_become_orders_in_the_order_of_capture(
    case_url: str, spool_dir: Path
) -> None:
    for number in range(1, 51):
        at = datetime(2026, 3, 2, 5, 0, number % 60, tzinfo=UTC).isoformat()
        rows = entry(number, LINES, captured_at=at)
        assert capture.capture(without_database(case_url), spool_dir, rows)
    assert take_in()[0]["read"] == 0
    assert capture.capture(case_url, spool_dir, entry(51, LINES)) is None
    counts = take_in()
    assert counts[0] == {
        "read": 100, "applied": 100, "duplicate": 0, "quarantined": 0, "deferred": 0,
    }  # fmt: skip
    in_order = values(case_url, "SELECT order_ref FROM sales_order ORDER BY sales_order_id")
    assert in_order == [f"R-{number}" for number in (51, *range(1, 51))]
    assert take_in()[0]["read"] == 0
    assert values(case_url, "SELECT DISTINCT status FROM sales_order") == ["VERIFIED"]


def test_a_copy_in_the_spool_and_in_the_table_is_one_order(case_url: str, spool_dir: Path) -> None:
    rows = entry(1, LINES)
    capture.capture(case_url, spool_dir, rows)
    spool.append(spool_dir, [*rows, *rows])
    spool.seal(spool_dir)
    assert take_in()[0]["duplicate"] == 4
    assert values(case_url, "SELECT order_ref FROM sales_order") == ["R-1"]
    assert values(case_url, "SELECT count(*) FROM order_entry") == [2]


def test_the_same_key_with_another_body_is_set_aside(case_url: str, spool_dir: Path) -> None:
    capture.capture(case_url, spool_dir, entry(1, LINES))
    spool.append(spool_dir, [*entry(1, [("A-1", 3, 1000)]), *entry(2, LINES)])
    spool.seal(spool_dir)
    assert take_in()[0]["quarantined"] == 1
    assert values(case_url, "SELECT rule FROM quarantine") == ["conflict"]
    assert values(case_url, "SELECT order_ref FROM sales_order ORDER BY 1") == ["R-1", "R-2"]


def test_a_row_that_the_table_cannot_hold_holds_back_no_other(
    case_url: str, spool_dir: Path
) -> None:
    spool.append(spool_dir, [*entry(1, LINES), *entry(2, LINES)])
    spool.append(spool_dir, entry(3, LINES[:1], entry_id="no uuid"))
    spool.seal(spool_dir)
    assert take_in()[0]["quarantined"] == 1
    assert values(case_url, "SELECT field FROM quarantine") == ["entry_id"]
    assert values(case_url, "SELECT count(*) FROM sales_order") == [2]


def test_a_line_cut_short_by_a_crash_was_never_captured(tmp_path: Path) -> None:
    spool.append(tmp_path, entry(1, LINES))
    (path,) = tmp_path.glob("*.open")
    with path.open("a") as file:
        file.write('{"seq": 3, "entry')
    spool.append(tmp_path, entry(2, LINES[:1]))
    (sealed,) = spool.seal(tmp_path)
    lines = [json.loads(line) for line in sealed.read_text().splitlines()]
    assert [line["seq"] for line in lines] == [1, 2, 3]
    assert lines[2]["order_ref"] == "R-2"


def test_sealing_again_after_a_crash_writes_the_marker(tmp_path: Path) -> None:
    name = spool.append(tmp_path, entry(1, LINES))
    (sealed,) = spool.seal(tmp_path)
    marker = tmp_path / f"{name}.done"
    size, digest = marker.read_text().split()
    assert (int(size), digest) == (
        sealed.stat().st_size,
        hashlib.sha256(sealed.read_bytes()).hexdigest(),
    )
    marker.unlink()
    assert spool.seal(tmp_path) == [sealed]
    assert marker.exists()
    assert spool.seal(tmp_path) == []


def test_a_new_outage_has_a_new_spool(tmp_path: Path) -> None:
    first = spool.append(tmp_path, entry(1, LINES))
    spool.seal(tmp_path)
    second = spool.append(tmp_path, entry(2, LINES))
    assert (first, second) == ("spool-shop-20260302-1.jsonl", "spool-shop-20260302-2.jsonl")


def test_no_card_number_reaches_the_table_or_the_spool(case_url: str, spool_dir: Path) -> None:
    rows = entry(1, LINES, customer_name="Ann 4111111111111111", ship_name="5500-0000-0000-0004")
    capture.capture(without_database(case_url), spool_dir, rows)
    capture.capture(case_url, spool_dir, rows)
    written = [*values(case_url, "SELECT e::text FROM order_entry AS e")]
    written += [path.read_text() for path in spool_dir.glob("*.jsonl")]
    assert len(written) == 3
    assert not any("41111111" in str(line) or "5500-" in str(line) for line in written)


def test_storefronts_whose_names_begin_alike_have_spools_of_their_own(tmp_path: Path) -> None:
    other = spool.append(tmp_path, entry(1, LINES, storefront="shop-2"))
    own = spool.append(tmp_path, entry(2, LINES))
    assert (other, own) == ("spool-shop-2-20260302-1.jsonl", "spool-shop-20260302-1.jsonl")


def test_numbers_go_on_behind_rows_longer_than_a_look_back(tmp_path: Path) -> None:
    long = "x" * 200_000
    spool.append(tmp_path, entry(1, LINES, description=long))
    spool.append(tmp_path, entry(2, LINES))
    (sealed,) = spool.seal(tmp_path)
    lines = [json.loads(line) for line in sealed.read_text().splitlines()]
    assert [line["seq"] for line in lines] == [1, 2, 3, 4]


def test_what_a_kill_may_have_cut_short_is_not_remembered(tmp_path: Path) -> None:
    rows = [row for number in (1, 2, 3) for row in entry(number, LINES)]
    spool.append(tmp_path, rows)
    found = list(spool.open_entries(tmp_path))
    assert [one[0]["order_ref"] for one in found] == ["R-1", "R-2"]
    assert found[0] == rows[:2]
