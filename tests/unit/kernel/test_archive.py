"""The archive keeps whole bytes under their hash, and says when it does not have them."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tieout.kernel import archive, crash
from tieout.kernel.settings import settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("TIEOUT_ARCHIVE", str(tmp_path / "kept"))
    settings.cache_clear()
    yield tmp_path / "kept"
    settings.cache_clear()
    crash.clear()


def test_what_is_put_comes_back_and_twice_is_once(folder: Path) -> None:
    bodies = [b"", b"order\n", bytes(range(256)) * 999, b"order\n"]
    hashes = archive.put_all(bodies)
    assert hashes == [hashlib.sha256(body).hexdigest() for body in bodies]
    assert [archive.get(each) for each in hashes] == bodies
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 3


def test_a_killed_write_leaves_no_name() -> None:
    def kill() -> None:
        raise KeyboardInterrupt

    crash.at("archive.written", kill)
    with pytest.raises(KeyboardInterrupt):
        archive.put(b"half")
    crash.clear()
    with pytest.raises(archive.ArchiveError, match="has no file"):
        archive.get(hashlib.sha256(b"half").hexdigest())
    assert archive.get(archive.put(b"half")) == b"half"


def test_changed_bytes_are_not_given_out() -> None:
    sha256 = archive.put(b"order")
    archive.path_of(sha256).write_bytes(b"0rder")
    with pytest.raises(archive.ArchiveError, match="not what it was"):
        archive.get(sha256)


def test_a_point_that_is_not_listed_cannot_be_used() -> None:
    with pytest.raises(ValueError, match="no crash point"):
        crash.at("nowhere", lambda: None)


def test_a_file_of_the_workplace_is_moved_in_and_nothing_stays(folder: Path) -> None:
    with archive.workplace() as place:
        (place / "large").write_bytes(b"many bytes")
        (place / "left over").write_bytes(b"none of the archive")
        sha256 = archive.put(place / "large")
        assert not (place / "large").exists()
    assert archive.whole(sha256) == archive.path_of(sha256)
    assert archive.get(sha256) == b"many bytes"
    assert [path for path in folder.rglob("*") if path.is_file()] == [archive.path_of(sha256)]


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_has_is_not() -> None:
    with archive.workplace() as living:
        (living / "its file").write_bytes(b"x")
        left = living.parent / "left"
        left.mkdir()
        (left / "4111").write_bytes(b"x")
        with archive.workplace() as place:
            assert place != living
            assert not left.exists()
        assert (living / "its file").exists()
    assert not living.exists()


def test_a_changed_file_is_not_given_out_as_a_path() -> None:
    sha256 = archive.put(b"order")
    archive.path_of(sha256).write_bytes(b"0rder")
    with pytest.raises(archive.ArchiveError, match="not what it was"):
        archive.whole(sha256)
