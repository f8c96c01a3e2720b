"""What gateways show of purchases: their lists, read once for all that wait, and searches.

A list comes part by part into a temporary table, so that its length costs no memory. A closed batch
never changes: it is read once, to its end, and kept.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

import pyarrow as pa
from sqlalchemy import Connection

from tieout.kernel import crash
from tieout.kernel.database import execute, fetch, transaction
from tieout.kernel.errors import TieoutError
from tieout.kernel.staging import stage, stage_parts
from tieout.payments.model import (
    Connector,
    Kind,
    NoAnswer,
    NotSent,
    SettledBatch,
    Transaction,
    TransactionState,
)
from tieout.payments.terms import connected

ACTOR = "watch_purchases"
SEARCHES_AT_MOST = 200
"""How many references are searched for at one gateway in a run; the rest waits for the next."""

_BEFORE = timedelta(days=1)
_PART = 5_000
_UNDER_WAY = frozenset({TransactionState.AUTHORISED, TransactionState.PENDING})
_SEEN = pa.schema(
    [
        ("our_ref", pa.string()),
        ("gateway_ref", pa.string()),
        ("answer", pa.string()),
        ("currency", pa.string()),
        ("amount_minor", pa.int64()),
    ]
)
_REFERENCE = pa.schema([("our_ref", pa.string())])
_log = logging.getLogger(__name__)


def look(conn_url: str, gateway: str, since: datetime, *, token: int, as_of: datetime) -> bool:
    """Gather evidence for the purchases of a gateway that `token` has claimed.

    `since` is when the first of them may have been acted on. Returns whether the gateway answered;
    what it did answer is kept either way.
    """
    _, ways = connected(conn_url, gateway, as_of)
    looker = _Looker(conn_url, gateway, token, as_of)
    return any(looker.read(way, since) for way in ways)


class _Looker:
    """One run's questions to one gateway; every answer is committed before the next question."""

    def __init__(self, conn_url: str, gateway: str, token: int, as_of: datetime) -> None:
        self._conn_url, self._gateway = conn_url, gateway
        self._token, self._as_of = token, as_of

    def read(self, way: Connector, since: datetime) -> bool:
        """Both lists, then the searches that they leave to be made; whether all were answered."""
        kind = "SETTLED"
        try:
            self._read_settled(way, since - _BEFORE)
            kind = "UNSETTLED"
            self._read_unsettled(way, since)
            kind = ""
            self._search(way)
        except (NotSent, NoAnswer) as error:
            _log.warning("%s does not answer: %s", self._gateway, error)
            if kind:
                self._note_failure(kind, error)
            return False
        return True

    def _read_settled(self, way: Connector, since: datetime) -> None:
        batches = {batch.batch_id: batch for batch in way.settled_batches(since)}
        with transaction(self._conn_url, ACTOR) as connection:
            unread = fetch(
                connection,
                "purchase/evidence/unread_batches",
                gateway=self._gateway,
                batch_ids=list(batches),
            )
        for row in unread:
            self._keep_batch(way, batches[row["batch_id"]])
        with transaction(self._conn_url, ACTOR) as connection:
            look_id = self._looked(connection, "SETTLED", len(batches))
            self._note(connection, "note_settled", look_id)
        crash.point("purchase.settled_noted")

    def _keep_batch(self, way: Connector, batch: SettledBatch) -> None:
        of = {"gateway": self._gateway, "batch_id": batch.batch_id}
        with transaction(self._conn_url, ACTOR) as connection:
            stage_parts(connection, "seen", _SEEN, _parts(way.transactions(batch)))
            execute(
                connection,
                "purchase/evidence/save_batch",
                closed_at=batch.closed_at,
                as_of=self._as_of,
                **of,
            )
            execute(connection, "purchase/evidence/save_settled", **of)
        crash.point("purchase.batch_kept")

    def _read_unsettled(self, way: Connector, since: datetime) -> None:
        with transaction(self._conn_url, ACTOR) as connection:
            stage_parts(connection, "seen", _SEEN, _parts(way.unsettled(since)))
            crash.point("purchase.unsettled_read")
            counted = fetch(connection, "purchase/evidence/count_seen")[0]["transactions"]
            look_id = self._looked(connection, "UNSETTLED", counted)
            self._note(connection, "note_unsettled", look_id)
        crash.point("purchase.unsettled_noted")

    def _search(self, way: Connector) -> None:
        """Search for what both lists do not have; what was found so far is kept when one fails."""
        with transaction(self._conn_url, ACTOR) as connection:
            rows = fetch(
                connection,
                "purchase/evidence/to_search",
                gateway=self._gateway,
                token=self._token,
                at_most=SEARCHES_AT_MOST,
            )
        failed: TieoutError | None = None
        searched: list[str] = []
        found: list[Transaction] = []
        for row in rows:
            try:
                found += way.find(row["our_ref"], row["begun_at"])
            except (NotSent, NoAnswer) as error:
                failed = error
                break
            searched.append(row["our_ref"])
        crash.point("purchase.searched")
        if searched:
            self._note_searches(searched, found)
        if failed is not None:
            raise failed

    def _note_searches(self, searched: Sequence[str], found: Sequence[Transaction]) -> None:
        with transaction(self._conn_url, ACTOR) as connection:
            stage(connection, "searched", pa.table({"our_ref": list(searched)}, _REFERENCE))
            stage(connection, "seen", pa.Table.from_pylist(_rows(found), _SEEN))
            execute(
                connection,
                "purchase/evidence/note_searches",
                token=self._token,
                as_of=self._as_of,
            )
        crash.point("purchase.searches_noted")

    def _note(self, connection: Connection, name: str, look_id: int) -> None:
        execute(
            connection,
            f"purchase/evidence/{name}",
            gateway=self._gateway,
            token=self._token,
            as_of=self._as_of,
            look_id=look_id,
        )

    def _looked(
        self, connection: Connection, kind: str, transactions: int, problem: str | None = None
    ) -> int:
        rows = fetch(
            connection,
            "purchase/evidence/save_look",
            gateway=self._gateway,
            kind=kind,
            as_of=self._as_of,
            transactions=transactions,
            problem=problem,
        )
        return int(rows[0]["gateway_look_id"])

    def _note_failure(self, kind: str, error: TieoutError) -> None:
        with transaction(self._conn_url, ACTOR) as connection:
            self._looked(connection, kind, 0, error.message)
        crash.point("purchase.failure_noted")


def _parts(transactions: Iterable[Transaction]) -> Iterator[pa.Table]:
    """The charges of a list, some thousands at a time."""
    charges = (each for each in transactions if each.kind in {Kind.CHARGE, Kind.CAPTURE})
    while some := list(islice(charges, _PART)):
        yield pa.Table.from_pylist(_rows(some), _SEEN)


def _rows(transactions: Iterable[Transaction]) -> list[dict[str, object]]:
    return [
        {
            "our_ref": each.our_ref,
            "gateway_ref": each.gateway_ref,
            "answer": _answer(each),
            "currency": each.currency,
            "amount_minor": each.amount_minor,
        }
        for each in transactions
        if each.kind in {Kind.CHARGE, Kind.CAPTURE}
    ]


def _answer(found: Transaction) -> str:
    if found.is_captured:
        return "CAPTURED"
    return "PENDING" if found.state in _UNDER_WAY else "DECLINED"
