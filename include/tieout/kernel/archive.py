"""The archive: the bytes of every file that came or went, under their SHA-256, for ever.

A file is written beside its place, flushed to the disk and renamed, so that a name in the archive
always stands for whole bytes; putting the same bytes again changes nothing.
"""

import hashlib
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tieout.kernel import crash
from tieout.kernel.errors import Place, TieoutError
from tieout.kernel.settings import settings

_FLUSHES = 8


class ArchiveError(TieoutError):
    """Bytes that the archive should hold are missing or not what they were."""

    slug = "archive"


def put(data: bytes) -> str:
    """Keep the bytes; returns their SHA-256 in hex, under which `get` finds them."""
    sha256 = hashlib.sha256(data).hexdigest()
    path = path_of(sha256)
    if path.exists():
        return sha256
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".part-{os.getpid()}-{threading.get_ident()}-{sha256[:16]}")
    with part.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    crash.point("archive.written")
    part.replace(path)
    return sha256


def put_all(bodies: Sequence[bytes]) -> list[str]:
    """Keep several; their SHA-256 in order. The disk's flushes overlap, so that many are quick."""
    with ThreadPoolExecutor(_FLUSHES) as pool:
        return list(pool.map(put, bodies))


def get(sha256: str) -> bytes:
    """The bytes with that SHA-256. Raises ArchiveError when they are missing or changed."""
    path = path_of(sha256)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ArchiveError(
            f"The archive has no file {sha256}.",
            remedy="Restore the archive's folder from its backup.",
            place=Place(str(path)),
        ) from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ArchiveError(
            f"The archived file {sha256} is not what it was.",
            remedy="Restore this file from the backup.",
            place=Place(str(path)),
        )
    return data


def path_of(sha256: str) -> Path:
    """Where the archive keeps the bytes with that SHA-256."""
    return settings().archive / sha256[:2] / sha256
