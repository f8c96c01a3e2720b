"""The content of a file as its layout reads it: UTF-8 without byte order mark, however it came.

Packed files are unpacked, other encodings transcoded, chunk by chunk; what is large goes through a
temporary file without a name and is mapped, so that memory stays bounded.
"""

import hashlib
import io
import mmap
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from tieout.formats.containers import LIMITS, Limits, unpacked
from tieout.formats.encodings import NotTextError, guess, occurrences, transcoded
from tieout.formats.results import FileRefused
from tieout.kernel.errors import Place

SEND_AGAIN = "Ask the partner to send the whole file again."
CHUNK = 1024 * 1024
IN_MEMORY = 32 * CHUNK
"""Up to how many bytes a file is held in memory; a larger one is mapped."""
HEAD_BYTES = 256 * 1024
"""How much of a file's start is looked at to tell its format."""


class OnDisk(mmap.mmap):
    """A mapped file, of which no more stays in memory than was just looked at."""

    def __getitem__(self, part: Any) -> Any:
        found = super().__getitem__(part)
        if isinstance(part, slice) and len(found) >= CHUNK:
            self.madvise(mmap.MADV_DONTNEED)
        return found


Content = bytes | mmap.mmap


@dataclass(frozen=True)
class Source:
    """A file's content.

    `data` is UTF-8 without byte order mark and without NUL (of a binary layout: the bytes as they
    are), and can be sliced and searched; of a large file it is mapped from the disk. `sha256` and
    `size` are those of the file as it came.
    """

    name: str
    data: Content
    sha256: str
    size: int

    @cached_property
    def raw(self) -> bytes:
        """All of `data` in memory."""
        return self.data if isinstance(self.data, bytes) else self.data[:]

    @cached_property
    def text(self) -> str:
        """The whole content."""
        return self.raw.decode("utf-8")

    @cached_property
    def lines(self) -> list[str]:
        """The physical lines of the content, line breaks included."""
        return list(io.StringIO(self.text, newline=""))

    @cached_property
    def text_end(self) -> int:
        """The byte behind the last one that is no white space."""
        end = len(self.data)
        while end and self.data[end - 1 : end].isspace():
            end -= 1
        return end

    def stream(self, start: int = 0) -> BinaryIO:
        """`data` from a byte on, as a stream of its own."""
        if isinstance(self.data, bytes):
            stream = io.BytesIO(self.data)
            stream.seek(start)
            return stream
        return io.BufferedReader(_Mapped(self.data, start), buffer_size=CHUNK)

    def count(self, part: bytes, start: int = 0, end: int | None = None) -> int:
        """How often one or two bytes (not two of the same) occur in `data` between two places."""
        stop = len(self.data) if end is None else end
        more = len(part) - 1
        chunks = (self.data[at : min(at + CHUNK + more, stop)] for at in range(start, stop, CHUNK))
        return sum(chunk.count(part) if more else occurrences(chunk, part) for chunk in chunks)

    def has(self, part: bytes) -> bool:
        """Whether one byte occurs in `data`."""
        if isinstance(self.data, bytes):
            return part in self.data
        chunks = (self.data[at : at + CHUNK] for at in range(0, len(self.data), CHUNK))
        return any(part in chunk for chunk in chunks)

    def place(self, at: int) -> Place:
        """The place of a byte of `data`."""
        breaks = self.count(b"\n", 0, at)
        if returns := self.count(b"\r", 0, at):
            breaks += returns - self.count(b"\r\n", 0, at)
        return Place(self.name, line=breaks + 1)

    def truncated(self, expected: str, found: str) -> FileRefused:
        """The refusal of this file because it ends too early."""
        return FileRefused(
            "truncated",
            f"The file looks cut off: expected {expected}, found {found}.",
            remedy=SEND_AGAIN,
            expected=expected,
            found=found,
            place=self.place(self.text_end),
        )

    def too_large(self, expected: str, found: str, line: int | None = None) -> FileRefused:
        """The refusal of this file because it, or a part of it, is larger than may be held."""
        return FileRefused(
            "too-large",
            f"The file is too large: expected {expected}, found {found}.",
            remedy="Check that this is a file of the format, then ask the partner to split it.",
            expected=expected,
            found=found,
            place=Place(self.name, line=line),
        )

    def misplaced(self, line: int | None, expected: str, found: str) -> FileRefused:
        """The refusal of this file because its records are not in their order."""
        return FileRefused(
            "structure",
            f"The records of the file are not in their order: expected {expected}, found {found}.",
            remedy="Check that this is a file of the format, then ask for it again.",
            expected=expected,
            found=found,
            place=Place(self.name, line=line),
        )


class _Mapped(io.RawIOBase):
    """A mapped file as a stream."""

    def __init__(self, data: mmap.mmap, at: int) -> None:
        super().__init__()
        self._data, self._at = data, at

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._data)}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def readinto(self, buffer: object, /) -> int:
        view = memoryview(cast("bytearray", buffer))
        found = self._data[self._at : self._at + len(view)]
        view[: len(found)] = found
        chunk = self._at // CHUNK
        self._at += len(found)
        if self._at // CHUNK > chunk:
            self._data.madvise(mmap.MADV_DONTNEED)
        return len(found)


def open_source(
    content: bytes | Path,
    name: str,
    encodings: Sequence[str],
    *,
    binary: bool = False,
    limits: Limits = LIMITS,
) -> Source:
    """The content of a file: unpacked, then decoded.

    A byte order mark decides on the encoding, then an XML declaration, else the first of
    `encodings` that fits. `binary` leaves the bytes as they are. Raises FileRefused: empty,
    encoding, and what unpacking has to refuse (structure, truncated, too-large).
    """
    sha256, size = _identity(content)
    with unpacked(content, name, limits) as stream:
        if binary:
            return Source(name, kept(_chunks(stream)), sha256, size)
        data = _decoded(stream, name, encodings)
    if _is_blank(data):
        raise _empty(name, size)
    return Source(name, data, sha256, size)


def open_head(content: bytes | Path, name: str, encodings: Sequence[str]) -> Source | None:
    """The first whole lines of a file, at most 256 KiB, or None where it is not in `encodings`.

    `sha256` is blank. Raises FileRefused as unpacking does.
    """
    with unpacked(content, name) as stream:
        start = stream.read(HEAD_BYTES)
        whole = not stream.read(1)
    found = guess(start, encodings)
    for encoding in found.encodings:
        try:
            body = b"".join(transcoded(iter([start]), encoding, found.mark, whole=whole))
        except NotTextError:
            continue
        if not whole:
            body = body[: body.rfind(b"\n") + 1] or body.decode("utf-8", "ignore").encode()
        return None if _is_blank(body) else Source(name, body, "", len(start))
    return None


def _identity(content: bytes | Path) -> tuple[str, int]:
    """SHA-256 in hex and length of the file as it came."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest(), len(content)
    with content.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return digest.hexdigest(), file.tell()


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: stream.read(CHUNK), b"")


def _decoded(stream: IO[bytes], name: str, encodings: Sequence[str]) -> Content:
    """The whole in UTF-8, by the first encoding that fits."""
    start = stream.read(CHUNK)
    found = guess(start, encodings)
    wrong: NotTextError | None = None
    for encoding in found.encodings:
        try:
            return kept(transcoded(chain([start], _chunks(stream)), encoding, found.mark))
        except NotTextError as error:
            wrong = wrong or error
            stream.seek(len(start))
    assert wrong is not None, "a format has at least one encoding"
    raise FileRefused(
        "encoding",
        f"Byte {wrong.at + 1} is no text in {' or '.join(found.encodings)}.",
        remedy="Ask the partner for the encoding that the format states.",
        expected=f"text in {' or '.join(found.encodings)}",
        found=f"byte 0x{wrong.byte:02x}",
        place=Place(name, line=wrong.line),
    ) from wrong


def kept(chunks: Iterator[bytes]) -> Content:
    """All chunks: in memory where they are few, else mapped from a file without a name."""
    few: list[bytes] = []
    size = 0
    for chunk in chunks:
        few.append(chunk)
        size += len(chunk)
        if size > IN_MEMORY:
            return _mapped(chain(few, chunks))
    return few[0] if len(few) == 1 else b"".join(few)


def _mapped(chunks: Iterator[bytes]) -> mmap.mmap:
    with tempfile.TemporaryFile(prefix="tieout-") as file:
        file.writelines(chunks)
        file.flush()
        return OnDisk(file.fileno(), 0, access=mmap.ACCESS_READ)


def _is_blank(data: Content) -> bool:
    """Whether there is nothing but white space."""
    return all(
        not data[at : at + CHUNK].decode("utf-8", errors="replace").strip()
        for at in range(0, len(data), CHUNK)
    )


def _empty(name: str, size: int) -> FileRefused:
    return FileRefused(
        "empty",
        "The file is empty.",
        remedy=SEND_AGAIN,
        expected="a file with content",
        found=f"{size} bytes",
        place=Place(name),
    )
