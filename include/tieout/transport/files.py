"""What a place for files can do, be it a partner's SFTP server or a folder of this machine."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from tieout.kernel.errors import TieoutError

Item = TypeVar("Item")
Result = TypeVar("Result")

PART = ".part"
CHUNK = 1024 * 1024
"""How many bytes of a file are held at a time."""


class TransportError(TieoutError):
    """Bytes could not go or come."""

    slug = "transport"


class NotReached(TransportError):  # noqa: N818 (it is what happened)
    """The other side was not reached, or is not who it should be: nothing has left us."""

    slug = "not-reached"


class Refused(TransportError):  # noqa: N818 (it is what happened)
    """The other side answered, and its answer was no."""

    slug = "refused"


class NoAnswer(TransportError):  # noqa: N818 (it is what happened)
    """The connection ended before the answer came: the other side may have acted or not."""

    slug = "no-answer"


@dataclass(frozen=True)
class RemoteFile:
    """A file as a listing shows it: size in bytes, last change in UTC to the second."""

    name: str
    size: int
    modified: datetime


@dataclass(frozen=True)
class Content:
    """What stands at a path: size in bytes and SHA-256 in hex."""

    size: int
    sha256: str

    @classmethod
    def of(cls, data: bytes) -> "Content":
        """The content that these bytes are."""
        return cls.of_chunks([data])

    @classmethod
    def of_chunks(cls, chunks: Iterable[bytes]) -> "Content":
        """The content that these bytes are, one behind the other."""
        size, digest = 0, hashlib.sha256()
        for chunk in chunks:
            size += len(chunk)
            digest.update(chunk)
        return cls(size, digest.hexdigest())


class Files(Protocol):
    """A place for files. Each method raises Refused or NoAnswer."""

    def list(self, directory: str) -> Sequence[RemoteFile]:
        """The plain files of a directory."""

    def read(self, path: str) -> bytes:
        """All bytes of a file."""

    def chunks(self, path: str) -> Iterator[bytes]:
        """The bytes of a file, at most a MiB at a time."""

    def size(self, path: str) -> int | None:
        """The size of a file, or None where there is none."""

    def content(self, path: str, size: int) -> Content | None:
        """What stands at the path, or None where nothing does.

        Where the size is not `size`, the bytes are not read and the SHA-256 is empty.
        """

    def put(self, path: str, data: bytes) -> None:
        """Write a file whole or not at all: as PATH.part, its size checked, then renamed."""


class FilePlace(Protocol):
    """An open place for files."""

    def each(
        self, work: Callable[[Files, Item], Result], items: Sequence[Item]
    ) -> Sequence[Result]:
        """`work` done for each item, several at a time where that is faster; results in order."""
