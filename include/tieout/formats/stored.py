"""Canonical rows gathered part by part: in memory while they are few, else on the disk."""

import mmap
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

IN_MEMORY = 128 * 1024 * 1024
"""Up to how many bytes rows are held in memory; beyond, they are mapped from the disk."""


@dataclass(frozen=True)
class Stored:
    """Rows of a file: in memory, or mapped from the disk as `on_disk`."""

    rows: pa.Table
    on_disk: mmap.mmap | None = None


class StoredRows:
    """Rows of one schema, added in order, given back as one table."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._few: list[pa.Table] = []
        self._size = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._file: pa.ipc.RecordBatchFileWriter | None = None

    @property
    def _path(self) -> str:
        assert self._folder is not None, "rows went to the disk"
        return str(Path(self._folder.name, "rows.arrow"))

    def add(self, rows: pa.Table) -> None:
        """Add rows after those that are there."""
        self._size += rows.nbytes
        if self._file is not None:
            self._file.write_table(rows)
            return
        self._few.append(rows)
        if self._size > IN_MEMORY:
            self._folder = tempfile.TemporaryDirectory(prefix="tieout-")
            self._file = pa.ipc.new_file(self._path, self._schema)
            for each in self._few:
                self._file.write_table(each)
            self._few.clear()

    def stored(self) -> Stored:
        """All rows, to be called once; what went to the disk is mapped, and lives on with it."""
        if self._file is None:
            return Stored(pa.concat_tables([self._schema.empty_table(), *self._few]))
        self._file.close()
        with Path(self._path).open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.close()
        return Stored(pa.ipc.open_file(pa.py_buffer(mapped)).read_all(), mapped)

    def close(self) -> None:
        """Delete what is on the disk; what is mapped lives on."""
        if self._folder is not None:
            self._folder.cleanup()
