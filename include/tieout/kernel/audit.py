"""The audit log: which person decided what, why and when. Rows are never changed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from tieout.kernel.database import execute
from tieout.kernel.errors import TieoutError


class ReasonMissing(TieoutError):  # noqa: N818 (a state, as in FileRefused)
    """A decision of a person without a name or a reason."""

    slug = "reason-missing"


@dataclass(frozen=True)
class Decision:
    """Who decides, why, and when (UTC)."""

    actor: str
    reason: str
    at: datetime


def audit(
    connection: Connection,
    *,
    actor: str,
    action: str,
    subject: str,
    reason: str,
    occurred_at: datetime,
    facts: Mapping[str, object] | None = None,
) -> None:
    """Write a decision, in the transaction that carries it out.

    `action` is a verb such as `quarantine.correct`, `subject` names the row as `kind:id`.
    Raises ReasonMissing when nobody, or no reason, is named.
    """
    if not actor.strip() or not reason.strip():
        raise ReasonMissing(
            f"{action} of {subject} has no name or no reason.",
            remedy="Say who decides, and why.",
        )
    execute(
        connection,
        "kernel/record_audit",
        actor=actor,
        action=action,
        subject=subject,
        reason=reason,
        occurred_at=occurred_at,
        facts=json.dumps(dict(facts or {}), default=str),
    )
