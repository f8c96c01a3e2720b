"""Files that came packed: gzip, zip and tar, unpacked as a stream and never beyond a limit."""

import errno
import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from tieout.formats.results import FileRefused
from tieout.kernel.errors import Place

_GZIP, _ZIP, _EMPTY_ZIP = b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06"
_TAR_AT, _TAR = 257, b"ustar"
_OFFICE = "[Content_Types].xml"
_PEEK = 512
_NAMED = 5
_BROKEN = (
    *(EOFError, OSError, zlib.error, zipfile.BadZipFile, tarfile.TarError, struct.error),
    *(RuntimeError, ValueError, OverflowError),
)


@dataclass(frozen=True)
class Limits:
    """How much may come out of a packed file: bytes in all, and bytes per packed byte.

    The ratio counts beyond `free` bytes only, so that a small file of blanks is no bomb.
    """

    unpacked: int = 16 * 1024**3
    ratio: int = 200
    free: int = 32 * 1024**2

    def allowed(self, packed: int) -> int:
        """How many bytes may come out of so many."""
        return min(self.unpacked, max(self.free, self.ratio * packed))


LIMITS = Limits()


class _Bounded(io.RawIOBase):
    """A stream that refuses the file once more than `allowed` bytes came out of it."""

    def __init__(self, stream: IO[bytes], name: str, allowed: int) -> None:
        super().__init__()
        self._stream, self._name, self._allowed = stream, name, allowed

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._stream.seek(offset, whence)

    def readinto(self, buffer: object, /) -> int:
        view = memoryview(cast("bytearray", buffer))
        found = self._stream.read(len(view))
        view[: len(found)] = found
        if self._stream.tell() > self._allowed:
            raise _too_large(self._name, self._allowed)
        return len(found)


@contextmanager
def unpacked(content: bytes | Path, name: str, limits: Limits = LIMITS) -> Iterator[IO[bytes]]:
    """The content of a file as a stream; what came packed must hold just one file.

    An Office file, a zip by its nature, stays what it is. Raises FileRefused: structure where none
    or several files are in it, too-large beyond the limits, truncated where it does not hold.
    """
    with _plain(content, name, limits) as stream, _refusing_broken(name):
        archive = _archive(stream, name, limits)
        if archive is None:
            yield stream
            return
        if len(archive) != 1:
            shown = ", ".join(archive.names[:_NAMED])
            raise _refused("structure", name, "one file in the archive", f"{len(archive)}: {shown}")
        yield archive.open(archive.names[0])


def members(
    content: bytes | Path, name: str, limits: Limits = LIMITS
) -> Iterator[tuple[str, bytes]]:
    """Each file of an archive, by its name there; a file that is no archive is its only member.

    Raises FileRefused as `unpacked` does.
    """
    with _plain(content, name, limits) as stream, _refusing_broken(name):
        archive = _archive(stream, name, limits)
        if archive is None:
            yield name, stream.read()
            return
        for each in archive.names:
            yield each, archive.open(each).read()


class _Archive:
    """The files of a zip or a tar."""

    def __init__(self, found: zipfile.ZipFile | tarfile.TarFile) -> None:
        self._found = found
        if isinstance(found, zipfile.ZipFile):
            infos = [each for each in found.infolist() if not each.is_dir()]
            self.sizes = {each.filename: each.file_size for each in infos}
        else:
            self.sizes = {each.name: each.size for each in found if each.isfile()}
        self.names = [each for each in self.sizes if not _is_clutter(each)]

    def __len__(self) -> int:
        return len(self.names)

    def open(self, member: str) -> IO[bytes]:
        """The content of a file of it."""
        if isinstance(self._found, zipfile.ZipFile):
            return self._found.open(member)
        return cast("IO[bytes]", self._found.extractfile(member))


def _is_clutter(member: str) -> bool:
    """What computers put beside the files of an archive."""
    return member.startswith("__MACOSX/") or Path(member).name in {".DS_Store", "Thumbs.db"}


@contextmanager
def _plain(content: bytes | Path, name: str, limits: Limits) -> Iterator[IO[bytes]]:
    """The content as a stream that can be sought, gunzipped."""
    with content.open("rb") if isinstance(content, Path) else io.BytesIO(content) as raw:
        packed = raw.seek(0, io.SEEK_END)
        raw.seek(0)
        start = raw.read(2)
        raw.seek(0)
        if start != _GZIP:
            yield raw
            return
        with gzip.GzipFile(fileobj=raw) as inflated:
            bounded = _Bounded(cast("IO[bytes]", inflated), name, limits.allowed(packed))
            yield io.BufferedReader(bounded, buffer_size=1024**2)


def _archive(stream: IO[bytes], name: str, limits: Limits) -> _Archive | None:
    with _refusing_broken(name):
        start = stream.read(_PEEK)
    stream.seek(0)
    if start.startswith((_ZIP, _EMPTY_ZIP)):
        packed = stream.seek(0, io.SEEK_END)
        zipped = zipfile.ZipFile(stream)
        stream.seek(0)
        if _OFFICE in zipped.namelist():
            return None
        archive = _Archive(zipped)
        if sum(archive.sizes.values()) > limits.allowed(packed):
            raise _too_large(name, limits.allowed(packed))
        return archive
    if start[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        return _Archive(tarfile.open(fileobj=stream, mode="r:"))
    return None


@contextmanager
def _refusing_broken(name: str) -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        if isinstance(error, OSError) and error.errno not in {None, errno.EINVAL}:
            raise
        raise _refused("truncated", name, "a packed file that holds", str(error)) from error


def _refused(reason: str, name: str, expected: str, found: str) -> FileRefused:
    return FileRefused(
        reason,
        "The packed file cannot be unpacked.",
        remedy="Ask the partner to send it again, one file in each archive.",
        expected=expected,
        found=found,
        place=Place(name),
    )


def _too_large(name: str, allowed: int) -> FileRefused:
    return FileRefused(
        "too-large",
        "More comes out of the packed file than may.",
        remedy="Check that this is no trap, then unpack it by hand.",
        expected=f"at most {allowed} bytes unpacked",
        found="more",
        place=Place(name),
    )
