"""A folder of this machine as a place for files."""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tieout.kernel import crash
from tieout.kernel.errors import Place as ErrorPlace
from tieout.transport.files import CHUNK, PART, Content, Item, Refused, RemoteFile, Result


class Folder:
    """The file system of this machine; paths are absolute, or relative to the working folder."""

    def each(
        self, work: "Callable[[Folder, Item], Result]", items: Sequence[Item]
    ) -> Sequence[Result]:
        """`work` done for each item, in order."""
        return [work(self, item) for item in items]

    def list(self, directory: str) -> Sequence[RemoteFile]:
        """The plain files of a directory."""
        with _answers(directory):
            found = [(path.name, path.stat()) for path in Path(directory).iterdir()]
        return [
            RemoteFile(name, facts.st_size, datetime.fromtimestamp(int(facts.st_mtime), UTC))
            for name, facts in found
            if stat.S_ISREG(facts.st_mode)
        ]

    def read(self, path: str) -> bytes:
        """All bytes of a file."""
        return b"".join(self.chunks(path))

    def chunks(self, path: str) -> Iterator[bytes]:
        """The bytes of a file, at most a MiB at a time."""
        with _answers(path), Path(path).open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk

    def size(self, path: str) -> int | None:
        """The size of a file, or None where there is none."""
        with _answers(path):
            return Path(path).stat().st_size if Path(path).exists() else None

    def content(self, path: str, size: int) -> Content | None:
        """What stands at the path; without SHA-256 where the size is not `size`."""
        found = self.size(path)
        if found is None or found != size:
            return None if found is None else Content(found, "")
        return Content.of_chunks(self.chunks(path))

    def put(self, path: str, data: bytes) -> None:
        """Write a file whole or not at all."""
        part = Path(path + PART)
        with _answers(path):
            with part.open("wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            crash.point("outbox.part_written")
            part.replace(path)


@contextmanager
def folder() -> Iterator[Folder]:
    """This machine, open."""
    yield Folder()


@contextmanager
def _answers(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Refused(
            f"The file system says: {error.strerror or error}.",
            remedy="Check that the folder exists and who may write to it.",
            place=ErrorPlace(path),
        ) from error
