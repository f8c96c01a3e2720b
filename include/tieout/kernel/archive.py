"""The archive: the bytes of every file that came or went, under their SHA-256, for ever.

A file is written beside its place, flushed to the disk and renamed, so that a name in the archive
always stands for whole bytes; putting the same bytes again changes nothing. Large files come by a
folder in the same file system, so that they are renamed, and never held in memory.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tieout.kernel import crash
from tieout.kernel.errors import Place, TieoutError
from tieout.kernel.settings import settings

_FLUSHES = 8
_INCOMING = ".incoming"


class ArchiveError(TieoutError):
    """Bytes that the archive should hold are missing or not what they were."""

    slug = "archive"


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder for files on their way into the archive, emptied and removed at the end.

    What a killed process left in its own is removed first; those of living ones are locked.
    """
    root = settings().archive / _INCOMING
    root.mkdir(parents=True, exist_ok=True)
    with _locked(root):
        for left in root.iterdir():
            _remove_left(left)
        folder = Path(tempfile.mkdtemp(dir=root))
        lock = _try_lock(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def put(body: bytes | Path) -> str:
    """Keep bytes, or a file of the workplace, which is moved.

    Returns their SHA-256 in hex, under which `get` finds them.
    """
    sha256 = digest_of(body)
    path = path_of(sha256)
    if path.exists():
        return sha256
    path.parent.mkdir(parents=True, exist_ok=True)
    part = body if isinstance(body, Path) else _part_of(path)
    with part.open("r+b" if part is body else "wb") as out:
        if isinstance(body, bytes):
            out.write(body)
        out.flush()
        os.fsync(out.fileno())
    crash.point("archive.written")
    part.replace(path)
    return sha256


def put_all(bodies: Sequence[bytes | Path]) -> list[str]:
    """Keep several; their SHA-256 in order. The disk's flushes overlap, so that many are quick."""
    with ThreadPoolExecutor(_FLUSHES) as pool:
        return list(pool.map(put, bodies))


def get(sha256: str) -> bytes:
    """The bytes with that SHA-256. Raises ArchiveError when they are missing or changed."""
    return whole(sha256).read_bytes()


def whole(sha256: str) -> Path:
    """The file with that SHA-256, for reading piece by piece.

    Raises ArchiveError when it is missing or changed.
    """
    path = path_of(sha256)
    try:
        found = digest_of(path)
    except FileNotFoundError:
        raise ArchiveError(
            f"The archive has no file {sha256}.",
            remedy="Restore the archive's folder from its backup.",
            place=Place(str(path)),
        ) from None
    if found != sha256:
        raise ArchiveError(
            f"The archived file {sha256} is not what it was.",
            remedy="Restore this file from the backup.",
            place=Place(str(path)),
        )
    return path


def digest_of(body: bytes | Path) -> str:
    """The SHA-256 of bytes or of a file, in hex."""
    if isinstance(body, bytes):
        return hashlib.sha256(body).hexdigest()
    with body.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of_pieces(pieces: Iterable[bytes]) -> str:
    """The SHA-256 of bytes that come one behind the other, in hex."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def path_of(sha256: str) -> Path:
    """Where the archive keeps the bytes with that SHA-256."""
    return settings().archive / sha256[:2] / sha256


def _part_of(path: Path) -> Path:
    """A name beside a place that nobody else writes to."""
    return path.with_name(f".part-{os.getpid()}-{threading.get_ident()}-{path.name[:16]}")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _try_lock(folder: Path) -> int | None:
    """The handle that locks a folder until it is closed; None where a living process has it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _remove_left(folder: Path) -> None:
    """Remove a folder that no living process has."""
    handle = _try_lock(folder)
    if handle is not None:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)
