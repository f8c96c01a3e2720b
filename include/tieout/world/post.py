"""How the world's files come into the folders of its SFTP server: whole, cut, re-sent."""

import hashlib
import json
import os
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

from tieout.world.chance import chance, pick
from tieout.world.ledger import Ledger, Planted, Truth, instant, stamp
from tieout.world.scenario import Scenario

MARKER = ".done"


class Post:
    """Sends files when they are due, and notes in the ledger that they went.

    Paths are relative to the folder `root`: account, folder, name. A file may be planted to arrive
    cut off; then the whole one follows after the scenario's days, under the same name.
    """

    def __init__(self, scenario: Scenario, root: Path, ledger: Ledger, truth: Truth) -> None:
        self.scenario, self.root, self.ledger, self.truth = scenario, root, ledger, truth

    def hand_in(
        self,
        path: str,
        body: bytes,
        due: datetime,
        *,
        planted: list[Planted] | None = None,
        marker: bool = False,
        may_cut: bool = True,
    ) -> None:
        """Give a file to be sent at `due`; `planted` are the faults that its content carries.

        A file that does not show when it is cut off is not to be cut (`may_cut`).
        """
        facts = json.dumps([asdict(fault) for fault in planted or []])
        self.ledger.note(
            "INSERT OR IGNORE INTO to_send VALUES (?, ?, ?, ?, ?, ?)",
            [(path, stamp(due), body, int(marker), int(may_cut), facts)],
        )

    def deliver(self, until: datetime) -> None:
        """Send everything that is due up to an instant."""
        query = "SELECT * FROM to_send WHERE due <= ? ORDER BY due, path"
        while waiting := self.ledger.rows(query, stamp(until)):
            for path, due, body, marker, may_cut, facts in waiting:
                faults = [Planted(**fault) for fault in json.loads(facts)]
                self.ledger.note("DELETE FROM to_send WHERE path = ?", [(path,)])
                if may_cut and self._is_cut(path):
                    self._send_cut(path, body, instant(due), bool(marker), faults)
                else:
                    self._send(path, body, instant(due), bool(marker))
                    self.truth.record(faults)
            self.ledger.keep()

    def _is_cut(self, path: str) -> bool:
        return (
            chance(self.scenario.seed, "cut", path).random() < self.scenario.faults.truncated_file
        )

    def _send_cut(
        self, path: str, body: bytes, due: datetime, marker: bool, faults: list[Planted]
    ) -> None:
        place = cut_place(body, self.scenario.seed, path)
        self._send(path, body[:place], due, marker, is_cut=True)
        name = Path(path).name
        note = f"cut after {place} of {len(body)} bytes"
        day = due.date().isoformat()
        self.truth.record(
            [Planted("truncated_file", "FILE_REFUSED", f"file:{name}", day, note)],
        )
        if self.scenario.resend_after_days is not None:
            again = due + timedelta(days=self.scenario.resend_after_days)
            facts = json.dumps([asdict(fault) for fault in faults])
            self.ledger.note(
                "INSERT INTO to_send VALUES (?, ?, ?, ?, 0, ?)",
                [(path, stamp(again), body, int(marker), facts)],
            )

    def _send(
        self, path: str, body: bytes, due: datetime, marker: bool, *, is_cut: bool = False
    ) -> None:
        drop(self.root / path, body, due)
        if marker:
            drop(self.root / (path + MARKER), marker_of(body), due)
        self.ledger.note(
            "INSERT OR REPLACE INTO sent_file VALUES (?, ?, ?, ?)",
            [(path, stamp(due), hashlib.sha256(body).hexdigest(), int(is_cut))],
        )


def marker_of(body: bytes) -> bytes:
    """What NAME.done says of a file: its size and its SHA-256."""
    return f"{len(body)} {hashlib.sha256(body).hexdigest()}\n".encode()


def drop(path: Path, body: bytes, moment: datetime) -> None:
    """Write a file so that it appears whole, with the time of `moment`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(body)
    os.utime(part, (moment.timestamp(), moment.timestamp()))
    part.replace(path)


def cut_place(body: bytes, seed: int, path: str) -> int:
    """After how many bytes a transfer breaks off.

    That is inside a row, before its last comma, so that what arrived passes for no whole file; in
    an interchange it is before its last segment.
    """
    rng = chance(seed, "cut place", path)
    if body.startswith(b"ISA"):
        return rng.randint(len(body) // 4, body.rindex(b"IEA") - 1)
    if body.startswith(b"UNB"):
        return rng.randint(len(body) // 4, body.rindex(b"UNZ") - 1)
    lines = body.split(b"\n")[:-1]
    details = [n for n in range(1, len(lines)) if _is_detail(lines[n])] or [len(lines) - 1]
    number = pick(rng, details)
    line = lines[number]
    inside = rng.randint(line.index(b",") + 1, max(line.rindex(b","), line.index(b",") + 1))
    return sum(len(before) + 1 for before in lines[:number]) + inside


def _is_detail(line: bytes) -> bool:
    """Whether a line is a row, neither the line of names of a tagged file nor its last record."""
    return line[:2] not in {b"C,", b"T,"} and line.count(b",") > 1
