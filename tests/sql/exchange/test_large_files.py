"""A large file goes all the way, into quarantine and back, in memory that does not grow with it."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.sql.exchange.conftest import AS_OF, Desk, new_desk
from tests.sql.exchange.large_file import write_file
from tieout.exchange import arrivals
from tieout.kernel import archive
from tieout.kernel.settings import REPOSITORY

CARD = "4111 1111 1111 1111"
KILLED = 9


def in_a_process(desk: Desk, var: Path, *, hours: int = 0, kill_at: str = "") -> dict[str, int]:
    """What a run in a process of its own says; empty where it was killed."""
    words = [desk.url, desk.folder, desk.partner_id, AS_OF + timedelta(hours=hours), kill_at]
    done = subprocess.run(
        [sys.executable, "-m", "tests.sql.exchange.large_file", *map(str, words)],
        cwd=REPOSITORY,
        env=os.environ | {"TIEOUT_VAR": str(var), "PYTHONPATH": f"{REPOSITORY / 'include'}"},
        stdout=subprocess.PIPE,
        check=False,
    )
    assert done.returncode == (KILLED if kill_at else 0)
    found: dict[str, int] = json.loads(done.stdout) if done.stdout else {}
    return found


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak")
def test_memory_does_not_grow_from_fetching_to_release(
    database_url: str, tmp_path: Path, archive_folder: Path
) -> None:
    var = archive_folder.parent
    peaks: list[list[int]] = []
    for size in (20, 80):
        desk = new_desk(database_url, tmp_path)
        rows = write_file(desk.folder / "large.csv", desk.partner_id, size)
        first = in_a_process(desk, var)
        assert (first["applied"], first["aside"]) == (rows - 1, 1)
        ((raw,),) = desk.rows("SELECT raw FROM quarantine WHERE partner_id = :partner")
        assert raw.startswith(f"L,{desk.partner_id},X,")
        desk.rows(
            "UPDATE quarantine SET corrected = replace(raw, ',X,', ',Y,'), status = 'CORRECTED'"
            " WHERE partner_id = :partner RETURNING 1"
        )
        again = in_a_process(desk, var, hours=1)
        assert (again["applied"], again["aside"]) == (1, 0)
        assert desk.loaded()[-1] == "Y"
        peaks.append([first["peak"], again["peak"]])
    small, large = peaks
    assert max(large) < max(small) + 20


def test_what_a_killed_run_fetched_is_gone_after_the_next(
    database_url: str, tmp_path: Path, archive_folder: Path
) -> None:
    desk = new_desk(database_url, tmp_path)
    path = desk.folder / "large.csv"
    write_file(path, desk.partner_id, 2 * arrivals.LARGE_BYTES // 2**20)
    in_a_process(desk, archive_folder.parent, kill_at="inbox.fetched")
    (left,) = files_of(archive_folder)
    assert left.read_bytes() == path.read_bytes()
    in_a_process(desk, archive_folder.parent)
    assert files_of(archive_folder) == [archive.path_of(archive.digest_of(path))]


def test_a_card_in_a_large_file_never_reaches_a_name_of_the_archive(
    database_url: str, tmp_path: Path, archive_folder: Path
) -> None:
    desk = new_desk(database_url, tmp_path)
    path = desk.folder / "large.csv"
    rows = write_file(path, desk.partner_id, 2 * arrivals.LARGE_BYTES // 2**20)
    text = path.read_text()
    path.write_text(text.replace("Hub Hub", CARD, 1))
    counts = desk.take_in()
    assert (counts.applied, counts.quarantined) == (rows - 1, 1)
    (kept,) = files_of(archive_folder)
    assert kept.read_text() == text.replace("Hub Hub", "***************1111", 1)
