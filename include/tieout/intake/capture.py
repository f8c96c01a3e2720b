"""Capture: what a storefront calls the moment a customer orders, before any payment.

It cannot fail for want of the database: what the database does not take is appended to a spool file
(JSON lines, numbered, flushed to the disk), which `take_in_orders` loads later. A spool is closed
once the database answers again: it gets its final name, and beside it a marker NAME.done with its
size and SHA-256.

Rows are mappings with columns of order_entry; instants and dates are ISO 8601 text or objects. Card
numbers in their free text are masked before anything is written.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.exc import SQLAlchemyError

from tieout.kernel.cards import mask_cards
from tieout.kernel.database import execute, transaction
from tieout.kernel.errors import TieoutError

OPEN_SUFFIX = ".open"
MARKER = ".done"
_REFERENCES = frozenset({"entry_id", "order_ref", "customer_ref", "sku", "customer_phone"})
_TENDER_REFERENCES = frozenset({"payment_ref", "gateway_ref"})

Row = Mapping[str, object]


def capture(conn_url: str, spool_dir: Path, rows: Sequence[Row]) -> str | None:
    """Write the rows of one or several entries, all of them or, where that fails, to the spool.

    Returns None when the database has them, else the name of the spool file. Spools that an earlier
    failure left open are closed once the database has taken rows. Raises OSError when neither the
    database nor the disk takes them.
    """
    body = json.dumps([_masked(row) for row in rows], default=str)
    try:
        with transaction(conn_url, actor="capture") as connection:
            execute(connection, "intake/capture", rows=body)
    except (SQLAlchemyError, TieoutError):
        return append(spool_dir, rows)
    seal(spool_dir)
    return None


def append(spool_dir: Path, rows: Sequence[Row]) -> str | None:
    """Append rows to the open spool of their storefront, a new one if there is none.

    They are on the disk when this returns. Returns the spool's final name; None without rows.
    """
    if not rows:
        return None
    with _locked(spool_dir):
        path = _open_spool(spool_dir, rows[0])
        with path.open("r+b") as spool:
            first = _whole_lines(spool)
            lines = [
                json.dumps({"seq": first + place, **_masked(row)}, default=str) + "\n"
                for place, row in enumerate(rows, start=1)
            ]
            spool.write("".join(lines).encode())
            _flush(spool)
    return path.name.removesuffix(OPEN_SUFFIX)


def seal(spool_dir: Path) -> list[Path]:
    """Close every open spool of the folder, so that it can be taken in; returns their paths."""
    if not spool_dir.is_dir() or not _unsealed(spool_dir):
        return []
    with _locked(spool_dir):
        return [_seal(path) for path in _unsealed(spool_dir)]


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
        _whole_lines(spool)
        _flush(spool)
    final = path.with_name(path.name.removesuffix(OPEN_SUFFIX))
    path.rename(final)
    content = final.read_bytes()
    part = final.with_name(final.name + ".part")
    part.write_text(f"{len(content)} {sha256(content).hexdigest()}\n", encoding="ascii")
    part.rename(final.with_name(final.name + MARKER))
    _flush_folder(final.parent)
    return final


def _whole_lines(spool: BinaryIO) -> int:
    """Drop a line that a crash cut short; returns how many are left, and stands behind them."""
    content = spool.read()
    end = content.rfind(b"\n") + 1
    spool.seek(end)
    spool.truncate()
    return content.count(b"\n")


def _open_spool(spool_dir: Path, row: Row) -> Path:
    """The open spool of the row's storefront; a new one is named for the row's day."""
    storefront = row.get("storefront") or "unknown"
    for path in sorted(spool_dir.glob(f"spool-{storefront}-*{OPEN_SUFFIX}")):
        return path
    day = str(row.get("captured_at") or "00000000")[:10].replace("-", "")
    number = 1 + len(list(spool_dir.glob(f"spool-{storefront}-{day}-*.jsonl")))
    path = spool_dir / f"spool-{storefront}-{day}-{number}.jsonl{OPEN_SUFFIX}"
    path.touch()
    _flush_folder(spool_dir)
    return path


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


def _masked(row: Row) -> dict[str, object]:
    return {name: _masked_value(name, value) for name, value in row.items()}


def _masked_value(name: str, value: object) -> object:
    if isinstance(value, str) and name not in _REFERENCES | _TENDER_REFERENCES:
        return mask_cards(value)
    if name == "payments" and isinstance(value, list):
        return [_masked(tender) if isinstance(tender, Mapping) else tender for tender in value]
    return value
