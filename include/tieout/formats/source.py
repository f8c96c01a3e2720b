"""The content of a file as its layout reads it: UTF-8 without byte order mark, however it came."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from tieout.formats.results import FileRefused
from tieout.kernel.errors import Place

SEND_AGAIN = "Ask the partner to send the whole file again."
MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Source:
    """A file's content.

    `data` is UTF-8 without byte order mark and without NUL; `sha256` and `size` are those of the
    file as it came.
    """

    name: str
    data: bytes
    sha256: str
    size: int

    @cached_property
    def text(self) -> str:
        """The whole content."""
        return self.data.decode("utf-8")

    @cached_property
    def lines(self) -> list[str]:
        """The physical lines of the content, line breaks included."""
        return list(io.StringIO(self.text, newline=""))

    def place(self, at: int) -> Place:
        """The place of a byte of `data`."""
        return Place(self.name, line=self.data.count(b"\n", 0, at) + 1)

    def truncated(self, expected: str, found: str) -> FileRefused:
        """The refusal of this file because it ends too early."""
        return FileRefused(
            "truncated",
            "The file looks cut off.",
            remedy=SEND_AGAIN,
            expected=expected,
            found=found,
            place=self.place(len(self.data.rstrip(b"\r\n"))),
        )

    def misplaced(self, line: int | None, expected: str, found: str) -> FileRefused:
        """The refusal of this file because its records are not in their order."""
        return FileRefused(
            "structure",
            "The records of the file are not in their order.",
            remedy="Check that this is a file of the format, then ask for it again.",
            expected=expected,
            found=found,
            place=Place(self.name, line=line),
        )


def open_source(content: bytes, name: str, encodings: Sequence[str]) -> Source:
    """The content of a file, decoded by the first of `encodings` that fits.

    Raises FileRefused (empty, encoding).
    """
    data = content.removeprefix(MARK)
    try:
        blank = not data.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise _bad_byte(data, error.start, name, encodings) from error
    if blank:
        raise FileRefused(
            "empty",
            "The file is empty.",
            remedy=SEND_AGAIN,
            expected="a file with content",
            found=f"{len(content)} bytes",
            place=Place(name),
        )
    if b"\0" in data:
        raise _bad_byte(data, data.index(0), name, encodings)
    return Source(name, data, hashlib.sha256(content).hexdigest(), len(content))


def _bad_byte(data: bytes, at: int, name: str, encodings: Sequence[str]) -> FileRefused:
    wanted = " or ".join(encodings)
    return FileRefused(
        "encoding",
        f"Byte {at + 1} is no text in {wanted}.",
        remedy="Ask the partner for the encoding that the format states.",
        expected=f"text in {wanted}",
        found=f"byte 0x{data[at]:02x}",
        place=Place(name, line=data.count(b"\n", 0, at) + 1),
    )
