"""The inbox: whole files, once each, every row accounted for, whatever happens."""

import gzip
import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.sql.exchange.conftest import AS_OF, Desk, Killed, kill, new_desk
from tieout.exchange.feeds import PartnersNotReached
from tieout.kernel import crash
from tieout.kernel.runs import Counts

LATER = AS_OF + timedelta(hours=1)
GOOD = [f"T{number:03d}" for number in range(40)]
INBOX_POINTS = [name for name in crash.POINTS if name.startswith(("archive.", "inbox."))]


def test_a_file_is_loaded_once(desk: Desk) -> None:
    desk.put("track-1.csv", ["A", "B"])
    assert desk.take_in() == Counts(read=2, applied=2)
    assert desk.take_in() == Counts()
    assert desk.take_in(LATER) == Counts()
    assert desk.files() == [("track-1.csv", "LOADED", 2, 2, 0, 0)]
    assert desk.loaded() == ["A", "B"]
    summary = "SELECT part, read, applied FROM run_summary WHERE task = :partner ORDER BY as_of"
    assert desk.rows(summary) == [("TRACKING", 2, 2), ("TRACKING", 0, 0)]


def test_the_columns_of_a_file_are_kept_with_it(desk: Desk) -> None:
    desk.put("track-1.csv", ["A"])
    desk.take_in()
    columns = "SELECT facts -> 'columns', facts -> 'columns_in_extra' FROM source_file"
    ((names, in_extra),) = desk.rows(f"{columns} WHERE partner_id = :partner")
    assert {"carrier", "tracking_no", "status"} <= set(names)
    assert in_extra == []


@pytest.mark.parametrize("point", INBOX_POINTS)
def test_killed_anywhere_and_run_again_ends_the_same(desk: Desk, point: str) -> None:
    desk.put("track-1.csv", [*GOOD, "X"])
    desk.put("track-2.csv", ["B"], "2")
    desk.rejects = {"X": "It is not ours."}
    crash.at(point, kill)
    with pytest.raises(Killed):
        desk.take_in()
    crash.clear()
    desk.take_in()
    assert desk.files() == [
        ("track-1.csv", "LOADED", 41, 40, 0, 1),
        ("track-2.csv", "LOADED", 1, 1, 0, 0),
    ]
    assert desk.loaded() == ["B", *GOOD]
    summary = "SELECT read, applied, duplicate, quarantined FROM run_summary WHERE task = :partner"
    assert desk.rows(summary) == [(42, 41, 0, 1)]


def test_two_runs_at_once_load_a_file_once(desk: Desk) -> None:
    desk.put("track-1.csv", ["A", "B"])
    other: list[Counts] = []

    def overtake() -> None:
        crash.clear()
        other.append(desk.take_in())

    crash.at("inbox.archived", overtake)
    assert desk.take_in() == Counts()
    assert other == [Counts(read=2, applied=2)]
    assert desk.files() == [("track-1.csv", "LOADED", 2, 2, 0, 0)]


def test_the_same_bytes_under_another_name_are_a_duplicate(desk: Desk) -> None:
    path = desk.put("track-1.csv", ["A"])
    (desk.folder / "track-1-again.csv").write_bytes(path.read_bytes())
    assert desk.take_in() == Counts(read=1, applied=1)
    (desk.folder / "track-1-late.csv").write_bytes(path.read_bytes())
    assert desk.take_in(LATER) == Counts()
    assert sorted(row[1] for row in desk.files()) == ["DUPLICATE", "DUPLICATE", "LOADED"]


def test_a_file_that_is_only_touched_is_not_taken_again(desk: Desk) -> None:
    path = desk.put("track-1.csv", ["A"])
    desk.take_in()
    _touch(path, 100)
    assert desk.take_in(LATER) == Counts()
    assert desk.files() == [("track-1.csv", "LOADED", 1, 1, 0, 0)]


def test_the_same_control_number_with_other_content_is_a_conflict(desk: Desk) -> None:
    desk.put("track-1.csv", ["A"], "7")
    desk.take_in()
    desk.put("track-1b.csv", ["B"], "0007")
    assert desk.take_in(LATER) == Counts()
    assert [row[1] for row in desk.files()] == ["LOADED", "CONFLICT"]
    problem = "SELECT problem ->> 'found' FROM source_file WHERE status = 'CONFLICT'"
    assert desk.rows(f"{problem} AND partner_id = :partner") == [("that of track-1.csv",)]
    assert desk.loaded() == ["A"]


def test_two_at_once_with_one_control_number_load_the_first(desk: Desk) -> None:
    desk.put("a.csv", ["A"], "7")
    desk.put("b.csv", ["B"], "7")
    desk.take_in()
    assert [(row[0], row[1]) for row in desk.files()] == [
        ("a.csv", "LOADED"),
        ("b.csv", "CONFLICT"),
    ]


def test_a_gap_in_the_numbers_shows_until_it_is_filled(desk: Desk) -> None:
    gaps = (
        "SELECT first_missing, last_missing, missing FROM control_number_gap"
        " WHERE partner_id = :partner"
    )
    desk.put("t1.csv", ["A"], "1")
    desk.put("t4.csv", ["D"], "4")
    desk.take_in()
    assert desk.rows(gaps) == [(2, 3, 2)]
    desk.put("t2.csv", ["B"], "2")
    desk.put("t3.csv", ["C"], "3")
    desk.take_in(LATER)
    assert desk.rows(gaps) == []


def test_a_truncated_file_is_refused_and_its_whole_one_loads(desk: Desk) -> None:
    path = desk.put("track-1.csv", GOOD, "9")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert desk.take_in() == Counts()
    refused = "SELECT problem ->> 'reason', control_no FROM source_file WHERE partner_id = :partner"
    assert desk.rows(refused) == [("truncated", "1")]
    assert desk.loaded() == []
    path.write_bytes(whole)
    assert desk.take_in(LATER) == Counts(read=40, applied=40)
    assert [row[1] for row in desk.files()] == ["REFUSED", "LOADED"]


def test_unfinished_names_are_left_alone(desk: Desk) -> None:
    for name in (".track-1.csv", "track-1.csv.part", "track-1.csv.tmp", "track-1.csv.done"):
        desk.put(name, ["A"])
    assert desk.take_in() == Counts()
    assert desk.files() == []


def test_a_stable_feed_needs_two_looks(database_url: str, tmp_path: Path) -> None:
    desk = new_desk(database_url, tmp_path, "stable")
    desk.put("track-1.csv", ["A"])
    assert desk.take_in() == Counts()
    assert desk.take_in() == Counts()
    desk.put("track-1.csv", ["A", "B"])
    assert desk.take_in(LATER) == Counts()
    assert desk.take_in(LATER + timedelta(hours=1)) == Counts(read=2, applied=2)


def test_a_marked_feed_waits_for_its_marker(database_url: str, tmp_path: Path) -> None:
    desk = new_desk(database_url, tmp_path, "marker")
    path = desk.put("track-1.csv", ["A"])
    assert desk.take_in() == Counts()
    marker = desk.folder / "track-1.csv.done"
    body = path.read_bytes()
    marker.write_text(f"{len(body) + 9} {hashlib.sha256(b'other').hexdigest()}\n")
    assert desk.take_in() == Counts()
    assert [row[1] for row in desk.files()] == ["REFUSED"]
    marker.write_text(f"{len(body)} {hashlib.sha256(body).hexdigest()}\n")
    _touch(marker, 100)
    assert desk.take_in(LATER) == Counts(read=1, applied=1)
    assert [row[1] for row in desk.files()] == ["LOADED"]


def test_rejected_and_unreadable_rows_step_aside_with_their_text(desk: Desk) -> None:
    desk.put("track-1.csv", [*GOOD, "BAD", "X"], BAD=",")
    desk.rejects = {"X": "It is not ours."}
    counts = desk.take_in()
    assert counts == Counts(read=42, applied=40, quarantined=2)
    found = desk.rows(
        "SELECT line_no, rule, raw, status FROM quarantine"
        " WHERE partner_id = :partner ORDER BY line_no"
    )
    assert [(row[0], row[1], row[3]) for row in found] == [
        (43, "required", "OPEN"),
        (44, "unknown", "OPEN"),
    ]
    assert ",X," in str(found[1][2])
    assert len(desk.loaded()) == 40


def test_a_corrected_row_loads_and_a_wrong_correction_stays(desk: Desk) -> None:
    desk.put("track-1.csv", [*GOOD, "X", "Y"])
    desk.rejects = {"X": "It is not ours.", "Y": "Nor this.", "Z": "Nor that."}
    desk.take_in()
    for old, new in (("X", "GOOD"), ("Y", "Z")):
        _correct(desk, old, new)
    assert desk.take_in(LATER) == Counts(read=2, applied=1, quarantined=1)
    states = "SELECT value, status FROM quarantine WHERE partner_id = :partner ORDER BY line_no"
    assert desk.rows(states) == [("X", "RELEASED"), ("Z", "OPEN")]
    assert desk.files() == [("track-1.csv", "LOADED", 42, 41, 0, 1)]
    assert "GOOD" in desk.loaded()
    assert desk.take_in(LATER) == Counts()


@pytest.mark.parametrize(
    "sent",
    [bytes, gzip.compress, lambda text: text.decode().encode("utf-16")],
    ids=["as text", "gzip", "utf-16"],
)
def test_a_card_number_is_masked_everywhere(
    desk: Desk, archive_folder: Path, sent: Callable[[bytes], bytes]
) -> None:
    card = "4111 1111 1111 1111"
    desk.put("track-1.csv", [*GOOD, "X"], Hub="Hub")
    path = desk.folder / "track-1.csv"
    lines = path.read_text().split("\n")
    lines[-3] = lines[-3].replace("Hub", f"card {card}")
    path.write_bytes(sent("\n".join(lines).encode()))
    assert desk.take_in() == Counts(read=41, applied=40, quarantined=1)
    found = desk.rows("SELECT rule, field, raw FROM quarantine WHERE partner_id = :partner")
    assert found[0][:2] == ("card-number", "location")
    assert card not in str(found)
    assert "***************1111" in str(found)
    kept = [each.read_text() for each in archive_folder.rglob("*") if each.is_file()]
    assert len(kept) == 1
    assert card not in kept[0]
    assert "***************1111" in kept[0]
    facts = desk.rows(
        "SELECT facts ->> 'card_numbers' FROM source_file WHERE partner_id = :partner"
    )
    assert facts == [("masked before archiving",)]


def test_a_card_number_on_the_last_line_of_the_last_record_is_masked(
    desk: Desk, archive_folder: Path
) -> None:
    card = "4111 1111 1111 1111"
    desk.put("track-1.csv", [*GOOD, "X"], Hub="Hub")
    path = desk.folder / "track-1.csv"
    lines = path.read_text().split("\n")
    lines[-3] = lines[-3].replace("Hub", f'"card\n{card}"')
    path.write_text("\n".join(lines))
    assert desk.take_in() == Counts(read=41, applied=40, quarantined=1)
    (kept,) = [each.read_text() for each in archive_folder.rglob("*") if each.is_file()]
    assert card not in kept
    assert "***************1111" in kept
    found = desk.rows("SELECT raw FROM quarantine WHERE partner_id = :partner")
    assert "***************1111" in found[0][0]


def test_rows_known_before_are_duplicates(desk: Desk) -> None:
    desk.put("track-1.csv", ["A"], "1")
    desk.take_in()
    desk.put("track-2.csv", ["A", "B"], "2")
    assert desk.take_in(LATER) == Counts(read=2, applied=1, duplicate=1)


def test_nobody_reached_is_an_error(desk: Desk) -> None:
    desk.folder.rmdir()
    with pytest.raises(PartnersNotReached):
        desk.take_in()


def _touch(path: Path, seconds: int) -> None:
    import os

    moment = path.stat().st_mtime + seconds
    os.utime(path, (moment, moment))


def _correct(desk: Desk, old: str, new: str) -> None:
    desk.rows(
        f"UPDATE quarantine SET corrected = replace(raw, ',{old},', ',{new},'),"
        f" status = 'CORRECTED' WHERE value = '{old}' AND partner_id = :partner RETURNING 1"
    )
