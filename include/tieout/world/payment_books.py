"""The payment gateway's own books: charges, refunds, kept cards, batches, requests."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

_PRAGMAS = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
"""
"""The books outlive a killed process, not the machine's power: nobody has to wait for the disk."""

_TABLES = """
CREATE TABLE IF NOT EXISTS charge (
    number INTEGER PRIMARY KEY, our_ref TEXT NOT NULL, payment_ref TEXT NOT NULL,
    order_ref TEXT NOT NULL, status TEXT NOT NULL, currency TEXT NOT NULL,
    amount_minor INTEGER NOT NULL, captured_minor INTEGER NOT NULL,
    refunded_minor INTEGER NOT NULL DEFAULT 0, card TEXT NOT NULL, code TEXT NOT NULL DEFAULT '',
    created INTEGER NOT NULL, batch INTEGER, hidden INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS charge_ref ON charge (payment_ref);
CREATE TABLE IF NOT EXISTS refund (
    number INTEGER PRIMARY KEY, charge INTEGER NOT NULL, our_ref TEXT NOT NULL,
    currency TEXT NOT NULL, amount_minor INTEGER NOT NULL, created INTEGER NOT NULL, batch INTEGER
);
CREATE INDEX IF NOT EXISTS charge_made ON charge (created, number);
CREATE INDEX IF NOT EXISTS charge_batch ON charge (batch, created, number);
CREATE INDEX IF NOT EXISTS refund_made ON refund (created, number);
CREATE INDEX IF NOT EXISTS refund_batch ON refund (batch, created, number);
CREATE INDEX IF NOT EXISTS refund_charge ON refund (charge, created, number);
CREATE TABLE IF NOT EXISTS batch (number INTEGER PRIMARY KEY, closed INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS card (
    number INTEGER PRIMARY KEY, holder TEXT NOT NULL, email TEXT NOT NULL, last_four TEXT NOT NULL,
    brand TEXT NOT NULL, year INTEGER NOT NULL, month INTEGER NOT NULL, profile INTEGER,
    gone INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS answered (
    key TEXT PRIMARY KEY, request TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    created INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS asked (
    number INTEGER PRIMARY KEY, operation TEXT NOT NULL, our_ref TEXT NOT NULL,
    address INTEGER NOT NULL, fault TEXT NOT NULL
);
"""
CAPTURED, AUTHORISED, DECLINED, VOIDED, PENDING = (
    *("captured", "authorised", "declined"),
    *("voided", "pending"),
)


@dataclass(frozen=True)
class Sale:
    """What somebody wants to be charged; `amount_minor` is in minor units."""

    our_ref: str
    payment_ref: str
    order_ref: str
    currency: str
    amount_minor: int
    card: str


class Books:
    """SQLite, one writer at a time; `clock` says what time it is at the gateway."""

    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript(_PRAGMAS + _TABLES)
        self._lock = threading.RLock()
        self._clock = clock
        self.search_lags = False
        """Whether a search has nothing of what was made yet; lists are never behind."""

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Nobody else acts while the block runs; what it wrote is kept when it ends."""
        with self._lock:
            yield
            self._connection.commit()

    def now(self) -> int:
        """Seconds since 1970 at the gateway."""
        return int(self._clock().timestamp())

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """What a query finds."""
        with self._lock:
            return [dict(row) for row in self._connection.execute(query, values)]

    def write(self, statement: str, *values: object) -> int:
        """Run a statement; returns the number that its row got."""
        with self._lock:
            number = self._connection.execute(statement, values).lastrowid
            return number or 0

    def sell(self, sale: Sale, status: str, *, taken: int | None = None, code: str = "") -> int:
        """Write a charge down; `taken` is what is captured, if it is another amount."""
        captured = sale.amount_minor if taken is None else taken
        return self.write(
            "INSERT INTO charge (our_ref, payment_ref, order_ref, status, currency, amount_minor,"
            " captured_minor, card, code, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(sale.our_ref, sale.payment_ref, sale.order_ref, status, sale.currency),
            *(sale.amount_minor, captured if status == CAPTURED else 0, sale.card, code),
            self.now(),
        )

    def twin(self, sale: Sale, within: timedelta) -> bool:
        """Whether the same was charged, or held, just before."""
        since = self.now() - int(within.total_seconds())
        return bool(
            self.rows(
                "SELECT 1 FROM charge WHERE our_ref = ? AND amount_minor = ? AND card = ?"
                " AND status IN ('captured', 'authorised', 'pending') AND created > ?",
                *(sale.our_ref, sale.amount_minor, sale.card, since),
            )
        )

    def charge(self, number: int) -> dict[str, Any] | None:
        """A charge by its number."""
        return next(iter(self.rows("SELECT * FROM charge WHERE number = ?", number)), None)

    def known(self, number: int) -> dict[str, Any]:
        """A charge that is there. Raises LookupError where there is none of that number."""
        found = self.charge(number)
        if found is None:
            raise LookupError(f"there is no charge {number}")
        return found

    def page(
        self, table: str, where: str, value: object, *, after: int | None, limit: int
    ) -> tuple[list[dict[str, Any]], bool]:
        """Some of the rows that `where` wants, newest first, and whether there are more.

        They begin behind the row with the number `after`, if one is given.
        """
        behind = f" AND (created, number) < (SELECT created, number FROM {table} WHERE number = ?)"
        rows = self.rows(
            f"SELECT * FROM {table} WHERE {where}{behind if after is not None else ''}"
            " ORDER BY created DESC, number DESC LIMIT ?",
            *(value, *([] if after is None else [after]), limit + 1),
        )
        return rows[:limit], len(rows) > limit

    def newer(self, table: str, than: int, *, limit: int) -> tuple[list[dict[str, Any]], bool]:
        """The rows just after the one with a number, newest first, and whether still newer are."""
        rows = self.rows(
            f"SELECT * FROM {table} WHERE (created, number) >"
            f" (SELECT created, number FROM {table} WHERE number = ?)"
            " ORDER BY created, number LIMIT ?",
            *(than, limit + 1),
        )
        return rows[:limit][::-1], len(rows) > limit

    def give_back(self, charge: int, our_ref: str, amount_minor: int) -> int | None:
        """Write a refund down; None where more would be given back than was captured."""
        found = self.charge(charge)
        if found is None or found["refunded_minor"] + amount_minor > found["captured_minor"]:
            return None
        self.write(
            "UPDATE charge SET refunded_minor = refunded_minor + ? WHERE number = ?",
            *(amount_minor, charge),
        )
        return self.write(
            "INSERT INTO refund (charge, our_ref, currency, amount_minor, created)"
            " VALUES (?, ?, ?, ?, ?)",
            *(charge, our_ref, found["currency"], amount_minor, self.now()),
        )

    def close_batch(self) -> int:
        """Settle all that is captured and given back; returns the batch's number."""
        with self.turn():
            number = self.write("INSERT INTO batch (closed) VALUES (?)", self.now())
            self.write(
                "UPDATE charge SET batch = ? WHERE batch IS NULL AND status IN (?, ?)",
                *(number, CAPTURED, DECLINED),
            )
            self.write("UPDATE refund SET batch = ? WHERE batch IS NULL", number)
        return number

    def keep_card(self, holder: str, email: str, number: str, year: int, month: int) -> int:
        """Keep a card, of its number the last four digits only."""
        brand = {"3": "amex", "4": "visa", "5": "mastercard"}.get(number[:1], "unknown")
        return self.write(
            "INSERT INTO card (holder, email, last_four, brand, year, month)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            *(holder, email, number[-4:], brand, year, month),
        )

    def answered(self, key: str, request: str, life: timedelta) -> tuple[int, Any] | None:
        """What was answered to a key before, while it is known; status 0 for another request."""
        since = self.now() - int(life.total_seconds())
        for row in self.rows("SELECT * FROM answered WHERE key = ? AND created > ?", key, since):
            if row["request"] != request:
                return 0, None
            return int(row["status"]), json.loads(row["body"])
        return None

    def remember(self, key: str, request: str, status: int, body: object) -> None:
        """Keep what was answered to a key."""
        self.write(
            "INSERT OR REPLACE INTO answered VALUES (?, ?, ?, ?, ?)",
            *(key, request, status, json.dumps(body), self.now()),
        )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
