"""A carrier with a folder, a slice that loads its events into its own table, and an archive."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Connection, text

from tieout.exchange.inbox import receive
from tieout.exchange.partners import FeedSpec, PartnerSpec, load_partners
from tieout.formats.registry import format_spec
from tieout.formats.writing import write
from tieout.kernel import crash
from tieout.kernel.database import transaction
from tieout.kernel.runs import Counts
from tieout.kernel.settings import settings

AS_OF = datetime(2026, 3, 2, 10, tzinfo=UTC)
FORMAT = "tieout-tracking-1"


class Killed(BaseException):
    """The process ends here."""


def kill() -> None:
    raise Killed


@pytest.fixture(autouse=True)
def archive_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("TIEOUT_VAR", str(tmp_path / "var"))
    settings.cache_clear()
    yield tmp_path / "var" / "archive"
    settings.cache_clear()
    crash.clear()


@dataclass
class Desk:
    """A partner's feed in a folder, and what the slice made of it."""

    url: str
    folder: Path
    partner_id: str
    rejects: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, numbers: list[str], control_no: str = "1", **change: str) -> Path:
        body = tracking_file(numbers, control_no, self.partner_id)
        for old, new in change.items():
            body = body.replace(old.encode(), new.encode())
        path = self.folder / name
        path.write_bytes(body)
        return path

    def take_in(self, as_of: datetime = AS_OF) -> Counts:
        return receive(
            self.url, flow="test", task=self.partner_id, doc_type="TRACKING",
            partner_ids=[self.partner_id], as_of=as_of, load=self.load,
        )  # fmt: skip

    def load(self, connection: Connection) -> None:
        for number, reason in self.rejects.items():
            connection.execute(
                text(
                    "INSERT INTO staged_rejected SELECT source_file_id, line_no, 'tracking_no',"
                    " tracking_no, 'unknown', :reason, 'Ask.' FROM staged"
                    " WHERE tracking_no = :number"
                ),
                {"number": number, "reason": reason},
            )
        connection.execute(
            text(
                "INSERT INTO staged_duplicate SELECT s.source_file_id, s.line_no FROM staged AS s"
                " JOIN loaded AS l USING (partner_id, tracking_no)"
            )
        )
        connection.execute(
            text(
                "INSERT INTO loaded SELECT source_file_id, line_no, partner_id, tracking_no"
                " FROM staged AS s WHERE NOT EXISTS (SELECT 1 FROM staged_rejected AS r"
                "  WHERE r.line_no = s.line_no AND r.source_file_id = s.source_file_id)"
                " ON CONFLICT DO NOTHING"
            )
        )

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        with transaction(self.url, actor="test") as connection:
            found = connection.execute(text(statement), {"partner": self.partner_id})
            return [tuple(row) for row in found]

    def files(self) -> list[tuple[object, ...]]:
        return self.rows(
            "SELECT name, status, rows_read, rows_applied, rows_duplicate, rows_quarantined"
            " FROM source_file WHERE partner_id = :partner ORDER BY source_file_id"
        )

    def loaded(self) -> list[object]:
        statement = "SELECT tracking_no FROM loaded WHERE partner_id = :partner ORDER BY 1"
        return [row[0] for row in self.rows(statement)]


def tracking_file(numbers: list[str], control_no: str, carrier: str) -> bytes:
    rows: list[dict[str, object]] = [
        {
            "carrier": carrier,
            "tracking_no": number,
            "status": "in_transit",
            "occurred_at": AS_OF + timedelta(minutes=index),
            "location": "Hub",
        }
        for index, number in enumerate(numbers)
    ]
    facts = {"control_no": control_no, "carrier_id": carrier, "created_at": AS_OF}
    return write(rows, format_spec(FORMAT), facts=facts)


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Desk:
    return new_desk(database_url, tmp_path)


def new_desk(url: str, folder: Path, complete_by: str = "trailer") -> Desk:
    partner_id = f"carrier-{uuid4().hex[:8]}"
    directory = folder / partner_id
    directory.mkdir()
    feed = FeedSpec.model_validate(
        {"format_id": FORMAT, "directory": str(directory), "complete_by": complete_by}
    )
    spec = PartnerSpec(
        partner_id=partner_id, kind="CARRIER", name=partner_id, feeds={"TRACKING": feed}
    )
    with transaction(url, actor="test") as connection:
        load_partners(connection, [spec])
        connection.execute(
            text(
                "CREATE TABLE IF NOT EXISTS loaded (source_file_id bigint, line_no bigint,"
                " partner_id text, tracking_no text, UNIQUE (partner_id, tracking_no))"
            )
        )
    return Desk(url, directory, partner_id)
