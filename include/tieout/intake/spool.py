"""The spool: files of JSON lines that take order entries when the database does not.

A spool belongs to one storefront. It is open until it is sealed: then it has its final name, and
beside it a marker NAME.done with its size and SHA-256, so that `take_in_orders` takes it in. Rows
are numbered, and on the disk before the call returns; what a kill cuts short was never promised and
is dropped by the next call. Any number of processes may write to one folder.
"""

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

from tieout.kernel import crash

OPEN_SUFFIX = ".open"
MARKER = ".done"
_BACKWARDS = 64 * 1024
_NAME = re.compile(r"spool-(?P<storefront>.+)-\d{8}-(?P<number>\d+)\.jsonl(\.open)?")

Row = Mapping[str, object]


def append(spool_dir: Path, rows: Sequence[Row]) -> str | None:
    """Append rows of one storefront to its open spool, a new one if there is none.

    They are on the disk when this returns. Returns the spool's final name; None without rows.
    Raises OSError when the disk does not take them; then none of them counts.
    """
    if not rows:
        return None
    with _locked(spool_dir):
        path = _open_spool(spool_dir, rows[0])
        with path.open("r+b") as spool:
            last = _last_number(spool)
            lines = [
                json.dumps({"seq": number, **row}, default=str) + "\n"
                for number, row in enumerate(rows, start=last + 1)
            ]
            spool.write("".join(lines).encode())
            crash.point("entry.spool_written")
            _flush(spool)
    crash.point("entry.spool_flushed")
    return path.name.removesuffix(OPEN_SUFFIX)


def seal(spool_dir: Path) -> list[Path]:
    """Close every open spool of the folder, so that it can be taken in; returns their paths."""
    if not spool_dir.is_dir() or not _unsealed(spool_dir):
        return []
    with _locked(spool_dir):
        return [_seal(path) for path in _unsealed(spool_dir)]


def open_entries(spool_dir: Path) -> Iterator[list[dict[str, Any]]]:
    """The rows of each entry in the open spools, without their numbers.

    Left out is the last entry of each spool: a kill may have cut it short.
    """
    for path in sorted(spool_dir.glob(f"spool-*{OPEN_SUFFIX}")):
        with path.open("rb") as spool:
            whole = (json.loads(line) for line in spool if line.endswith(b"\n"))
            before: list[dict[str, Any]] | None = None
            for _, rows in groupby(whole, lambda row: row.get("entry_id")):
                if before is not None:
                    yield before
                before = [{key: of for key, of in row.items() if key != "seq"} for row in rows]


def _unsealed(spool_dir: Path) -> list[Path]:
    """Spools without their marker: open ones, and one whose sealing a crash cut short."""
    return sorted(
        path
        for path in spool_dir.glob("spool-*.jsonl*")
        if path.suffix == OPEN_SUFFIX
        or (path.suffix == ".jsonl" and not path.with_name(path.name + MARKER).exists())
    )


def _seal(path: Path) -> Path:
    with path.open("r+b") as spool:
        _last_number(spool)
        _flush(spool)
        spool.seek(0)
        digest, size = hashlib.file_digest(spool, "sha256").hexdigest(), spool.tell()
    final = path.with_name(path.name.removesuffix(OPEN_SUFFIX))
    path.rename(final)
    crash.point("entry.spool_renamed")
    part = final.with_name(final.name + ".part")
    part.write_text(f"{size} {digest}\n", encoding="ascii")
    part.rename(final.with_name(final.name + MARKER))
    _flush_folder(final.parent)
    crash.point("entry.spool_marked")
    return final


def _last_number(spool: BinaryIO) -> int:
    """Drop a line that a crash cut short; returns the last row's number, and stands behind it."""
    end = _end_of_lines(spool, spool.seek(0, os.SEEK_END))
    spool.truncate(end)
    start = _end_of_lines(spool, end - 1) if end else 0
    spool.seek(start)
    line = spool.read(end - start)
    return int(json.loads(line)["seq"]) if line else 0


def _end_of_lines(spool: BinaryIO, before: int) -> int:
    """The place behind the last line's end that lies before a place; 0 where there is none."""
    while before > 0:
        start = max(before - _BACKWARDS, 0)
        spool.seek(start)
        found = spool.read(before - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        before = start
    return 0


def _open_spool(spool_dir: Path, row: Row) -> Path:
    """The open spool of the row's storefront; a new one is named for the row's day."""
    storefront = str(row.get("storefront") or "unknown")
    own = [path for path in spool_dir.glob("spool-*.jsonl*") if _is_of(path, storefront)]
    for path in sorted(own):
        if path.suffix == OPEN_SUFFIX:
            return path
    day = str(row.get("captured_at") or "00000000")[:10].replace("-", "")
    same_day = [path for path in own if path.name.startswith(f"spool-{storefront}-{day}-")]
    number = 1 + max((_number(path) for path in same_day), default=0)
    path = spool_dir / f"spool-{storefront}-{day}-{number}.jsonl{OPEN_SUFFIX}"
    path.touch()
    _flush_folder(spool_dir)
    crash.point("entry.spool_opened")
    return path


def _is_of(path: Path, storefront: str) -> bool:
    found = _NAME.fullmatch(path.name)
    return found is not None and found["storefront"] == storefront


def _number(path: Path) -> int:
    found = _NAME.fullmatch(path.name)
    return int(found["number"]) if found else 0


@contextmanager
def _locked(spool_dir: Path) -> Iterator[None]:
    spool_dir.mkdir(parents=True, exist_ok=True)
    with (spool_dir / ".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
