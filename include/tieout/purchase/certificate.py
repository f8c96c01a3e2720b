"""The daily certificate: what was paid, and what became of every sale of it.

A certificate is JSON in the archive, under the SHA-256 of its bytes; each holds the hash of the one
before, and takes over what that one left. Whoever changes a byte, takes one out or writes one anew
breaks the chain, which `verify` walks from its first link.

    opening + paid = delivered + refunded + under way + listed

`listed` are the exceptions: each is written out, with why it has not ended.
"""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from sqlalchemy import Connection

from tieout.kernel import archive, crash
from tieout.kernel.database import execute, fetch, lock, transaction
from tieout.kernel.settings import settings
from tieout.kernel.staging import stage
from tieout.purchase.model import CertificateError, CertificateRow, CertifiedSum, Fate
from tieout.purchase.rules import closing, imbalances, opening

ACTOR = "certify_day"
FORMAT = "tieout-certificate-1"
_SQL = "purchase/certificate"
_SUM = pa.schema(
    [
        ("currency", pa.string()),
        ("fate", pa.string()),
        ("sales", pa.int64()),
        ("amount_minor", pa.int64()),
    ]
)


def certify(conn_url: str, day: date, as_of: datetime) -> str:
    """Certify a business day; returns the certificate's hash, an earlier one's where there is one.

    Raises CertificateError when a later day is certified already, when the day is not over, or when
    the sums do not tie: then nothing is written.
    """
    until = datetime.combine(day + timedelta(days=1), time(0), ZoneInfo(settings().zone))
    with transaction(conn_url, ACTOR) as connection:
        lock(connection, ACTOR)
        if found := fetch(connection, f"{_SQL}/of_day", day=day):
            return str(found[0]["hash"])
        last = _last(connection, day)
        if as_of < until:
            raise CertificateError(f"{day} is not over yet.", remedy="Certify it once it is.")
        number = int(fetch(connection, f"{_SQL}/next_id")[0]["certificate_id"])
        sums = _count(connection, number, until.astimezone(UTC), as_of)
        listed = fetch(connection, f"{_SQL}/listed_rows")
        crash.point("certificate.counted")
        body = _body(day, as_of, last, sums, listed)
        hash_ = archive.put(body)
        execute(
            connection,
            f"{_SQL}/save",
            certificate_id=number,
            day=day,
            as_of=as_of,
            hash=hash_,
            previous_hash=last,
            size_bytes=len(body),
            sales=sum(each.sales for each in sums if each.fate is Fate.PAID),
            listed=len(listed),
        )
        rows = [{**vars(each), "fate": str(each.fate)} for each in sums]
        stage(connection, "new_sum", pa.Table.from_pylist(rows, _SUM))
        execute(connection, f"{_SQL}/save_sums", certificate_id=number)
    crash.point("certificate.committed")
    return hash_


def _last(connection: Connection, day: date) -> str | None:
    """The hash of the newest certificate. Raises CertificateError when it is of a later day."""
    found = fetch(connection, f"{_SQL}/last")
    if not found:
        return None
    if found[0]["day"] > day:
        raise CertificateError(
            f"{day} was not certified, and {found[0]['day']} is.",
            remedy="What happened on that day stands in the next certificate; none comes between.",
        )
    return str(found[0]["hash"])


def _count(
    connection: Connection, number: int, until: datetime, as_of: datetime
) -> list[CertifiedSum]:
    execute(connection, f"{_SQL}/sales", until=until)
    execute(connection, f"{_SQL}/new_sales", certificate_id=number)
    execute(connection, f"{_SQL}/end_sales", certificate_id=number)
    execute(connection, f"{_SQL}/listed", as_of=as_of)
    sums = [_sum(row) for row in fetch(connection, f"{_SQL}/sums", certificate_id=number)]
    if wrong := imbalances(sums):
        raise CertificateError(
            f"The sums do not tie in {', '.join(sorted(wrong))}.",
            remedy="Nothing was written; report this with the task's log.",
            wrong=wrong,
        )
    return sums


def _body(
    day: date,
    as_of: datetime,
    previous: str | None,
    sums: Sequence[CertifiedSum],
    listed: Sequence[dict[str, Any]],
) -> bytes:
    certificate = {
        "format": FORMAT,
        "day": day.isoformat(),
        "as_of": as_of.astimezone(UTC).isoformat(),
        "previous": previous,
        "sums": [{**vars(each), "fate": str(each.fate)} for each in sums],
        "listed": listed,
    }
    return (json.dumps(certificate, indent=1, sort_keys=True, default=_text) + "\n").encode()


def _text(value: object) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def chain(connection: Connection) -> list[CertificateRow]:
    """All certificates, the oldest first."""
    return [CertificateRow(**row) for row in fetch(connection, f"{_SQL}/chain")]


def read(connection: Connection, day: date) -> dict[str, Any]:
    """A day's certificate. Raises CertificateError when there is none, ArchiveError if changed."""
    found = fetch(connection, f"{_SQL}/of_day", day=day)
    if not found:
        raise CertificateError(
            f"{day} is not certified.", remedy="`tieout certificate list` shows the days that are."
        )
    certificate: dict[str, Any] = json.loads(archive.get(found[0]["hash"]))
    return certificate


def verify(connection: Connection) -> int:
    """Walk the chain from its first link; returns how many certificates it has.

    Raises CertificateError naming the first day at which it breaks, ArchiveError where bytes are
    missing or changed.
    """
    rows = chain(connection)
    books: dict[date, list[CertifiedSum]] = {row.day: [] for row in rows}
    for found in fetch(connection, f"{_SQL}/books"):
        books[found.pop("day")].append(_sum(found))
    before: CertificateRow | None = None
    for row in rows:
        _verify(row, before, books[row.day])
        before = row
    for earlier, later in pairwise(rows):
        if closing(books[earlier.day]) != opening(books[later.day]):
            raise _broken(later.day, f"it does not take over what {earlier.day} left")
    return len(rows)


def _verify(
    row: CertificateRow, before: CertificateRow | None, sums: Sequence[CertifiedSum]
) -> None:
    told = json.loads(archive.get(row.hash))
    previous = before.hash if before else None
    if (told["day"], told["previous"]) != (row.day.isoformat(), previous):
        raise _broken(row.day, "it does not follow the one before")
    if row.previous_hash != previous:
        raise _broken(row.day, "the database links it to another one")
    if [_sum(each) for each in told["sums"]] != list(sums):
        raise _broken(row.day, "the database has other sums")
    if imbalances(sums):
        raise _broken(row.day, "its sums do not tie")
    stated = sum(each.sales for each in sums if each.fate is Fate.LISTED)
    if len(told["listed"]) != stated:
        raise _broken(row.day, "it lists more or fewer sales than it says")


def _sum(row: dict[str, Any]) -> CertifiedSum:
    return CertifiedSum(row["currency"], Fate(row["fate"]), row["sales"], row["amount_minor"])


def _broken(day: date, why: str) -> CertificateError:
    return CertificateError(
        f"The chain of certificates breaks at {day}: {why}.",
        remedy="Restore archive and database from a backup of that day, and compare.",
        day=day.isoformat(),
    )
