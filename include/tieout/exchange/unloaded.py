"""Files that came and were not loaded, and what people decide about them."""

from typing import Any

from sqlalchemy import Connection

from tieout.exchange.quarantine import QuarantineError
from tieout.kernel.audit import Decision, audit
from tieout.kernel.database import fetch


def listed_files(
    connection: Connection, *, partner_id: str | None = None, after: int = 0, limit: int = 100
) -> list[dict[str, Any]]:
    """Files behind the file `after` that wait for a better copy or a decision, the oldest first."""
    return fetch(
        connection, "exchange/unloaded_files", partner_id=partner_id, after=after, limit=limit
    )


def accept_file(connection: Connection, source_file_id: int, decision: Decision) -> None:
    """Let a file in CONFLICT load in spite of its control number, which it loses.

    The next run of its flow fetches it again from where it stands. Raises QuarantineError when the
    file is not in CONFLICT.
    """
    _decide(connection, "accept", source_file_id, decision)


def accept_unbalanced_file(connection: Connection, source_file_id: int, decision: Decision) -> None:
    """Let a file load that was refused only because its control totals do not tie.

    The next run of its flow fetches it again; its facts say who accepted what. Raises
    QuarantineError when the file was not refused for that.
    """
    _decide(connection, "accept_unbalanced", source_file_id, decision, actor=decision.actor)


def discard_file(connection: Connection, source_file_id: int, decision: Decision) -> None:
    """Decide that a refused file, or one in CONFLICT, is never loaded.

    Raises QuarantineError when the file is neither.
    """
    _decide(connection, "discard", source_file_id, decision)


def _decide(
    connection: Connection, verb: str, source_file_id: int, decision: Decision, **params: str
) -> None:
    changed = fetch(
        connection,
        f"exchange/{verb}_file",
        source_file_id=source_file_id,
        reason=decision.reason,
        at=decision.at,
        **params,
    )
    if not changed:
        raise QuarantineError(
            f"File {source_file_id} does not wait for this decision.",
            remedy="See `tieout quarantine files`: those in CONFLICT can be accepted or discarded,"
            " refused ones discarded, and accepted with --accept-unbalanced if they do not tie.",
        )
    audit(
        connection,
        actor=decision.actor,
        action=f"file.{verb}",
        subject=f"file:{source_file_id}",
        reason=decision.reason,
        occurred_at=decision.at,
        facts=changed[0],
    )
