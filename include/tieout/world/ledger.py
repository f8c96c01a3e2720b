"""What the world remembers: each actor's doings, and apart from them the truth of planted faults.

The ledger is an SQLite file; what is in it was done, and is not done again. A world that was killed
between doing and noting does the same again, byte for byte.
"""

import json
import sqlite3
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

TABLES = """
CREATE TABLE IF NOT EXISTS mark (actor TEXT PRIMARY KEY, until TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS capture (
    order_ref TEXT PRIMARY KEY, entry_id TEXT NOT NULL, way TEXT NOT NULL,
    captured_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS purchase_order (
    vendor_id TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (vendor_id, name));
CREATE TABLE IF NOT EXISTS sent_file (
    path TEXT PRIMARY KEY, due TEXT NOT NULL, sha256 TEXT NOT NULL, is_cut INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS to_send (
    path TEXT PRIMARY KEY, due TEXT NOT NULL, body BLOB NOT NULL, marker INTEGER NOT NULL,
    may_cut INTEGER NOT NULL, planted TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS parcel (
    tracking_no TEXT PRIMARY KEY, carrier TEXT NOT NULL, vendor_order_no TEXT NOT NULL,
    order_ref TEXT NOT NULL, shipped_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS scan (
    tracking_no TEXT NOT NULL, status TEXT NOT NULL, occurred_at TEXT NOT NULL,
    location TEXT NOT NULL, is_told INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tracking_no, status, occurred_at));
CREATE TABLE IF NOT EXISTS bank_balance (
    account TEXT NOT NULL, day TEXT NOT NULL, closing INTEGER NOT NULL,
    PRIMARY KEY (account, day));
CREATE INDEX IF NOT EXISTS scan_untold ON scan (occurred_at) WHERE is_told = 0;
"""


@dataclass(frozen=True)
class Planted:
    """A fault that was really planted: what the product should say (code, subject), and where."""

    kind: str
    code: str
    subject: str
    day: str
    note: str = ""


class Ledger:
    """The SQLite file of one world; opened by one process at a time."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection = sqlite3.connect(path)
        self.connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")
        self.connection.executescript(TABLES)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.connection.execute(query, values).fetchall()

    def note(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        """Run the statement for each of the rows; kept once `keep` is called."""
        self.connection.executemany(statement, rows)

    def keep(self) -> None:
        """Commit what was noted."""
        self.connection.commit()

    def until(self, actor: str, start: datetime) -> datetime:
        """Up to which instant an actor has done everything; `start` if it has done nothing."""
        found = self.rows("SELECT until FROM mark WHERE actor = ?", actor)
        return instant(found[0][0]) if found else start

    def mark(self, actor: str, until: datetime) -> None:
        """Note that an actor has done everything up to an instant, and commit."""
        self.note("INSERT OR REPLACE INTO mark VALUES (?, ?)", [(actor, stamp(until))])
        self.keep()

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


class Truth:
    """The planted faults, one JSON object per line in `truth.jsonl`; the product never reads it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
        whole = [line for line in lines if line.endswith("\n")]
        if len(whole) < len(lines):
            path.write_text("".join(whole), encoding="utf-8")
        self.planted = [Planted(**json.loads(line)) for line in whole]
        self._known = {(fault.kind, fault.subject) for fault in self.planted}

    def record(self, faults: list[Planted]) -> None:
        """Write the faults that are not there yet."""
        new = [fault for fault in faults if (fault.kind, fault.subject) not in self._known]
        if not new:
            return
        with self.path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(fault)) + "\n" for fault in new)
        self.planted += new
        self._known |= {(fault.kind, fault.subject) for fault in new}


def stamp(moment: datetime) -> str:
    """An instant as text that sorts by time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(text: str) -> datetime:
    """The instant of such a text."""
    return datetime.fromisoformat(text)
