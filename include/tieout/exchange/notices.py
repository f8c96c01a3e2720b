"""Notices: mails to customers and staff, worded by their nature, each told once.

A nature (new order, mail failure, ...) and an audience have a subject and a content with places for
facts, written $name (table notice_nature; `tieout notices` changes them). A notice is about one
thing, such as an order: it is planned in the transaction of what it tells, and never twice.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from string import Template

import pyarrow as pa
from sqlalchemy import Connection

from tieout.exchange.outbox import OutgoingMail, plan_mails
from tieout.exchange.sending import send
from tieout.kernel.audit import Decision, audit
from tieout.kernel.database import execute, fetch, transaction
from tieout.kernel.errors import TieoutError
from tieout.kernel.runs import Counts
from tieout.kernel.settings import settings
from tieout.kernel.staging import stage

MAIL_CONNECTION = "smtp"
_ADDRESS = re.compile(r"[!-;=?A-Z\[-~]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_KEY = pa.schema(dict.fromkeys(["nature", "audience", "about"], pa.string()))
_PLANNED = _KEY.append(pa.field("effect_id", pa.int64()))

Key = tuple[str, str, str]


class UnknownNature(TieoutError):  # noqa: N818 (it is what happened)
    """A notice of a nature that is not configured, or a wording that cannot be filled in."""

    slug = "notice-nature"


@dataclass(frozen=True)
class Notice:
    """What to tell about one thing: `about` names it for ever, such as an order's reference.

    `recipient` is a customer's address; staff's is the installation's (None).
    """

    nature: str
    about: str
    facts: Mapping[str, str]
    recipient: str | None = None

    @property
    def audience(self) -> str:
        """Who is told: CUSTOMER or STAFF."""
        return "STAFF" if self.recipient is None else "CUSTOMER"

    @property
    def key(self) -> Key:
        """What it is told by once: nature, audience and thing."""
        return (self.nature, self.audience, self.about)


@dataclass(frozen=True)
class Wording:
    """How notices of a nature are worded for an audience."""

    nature: str
    audience: str
    active: bool
    subject: str
    content: str
    facts: Sequence[str]

    def fill(self, text: str, facts: Mapping[str, str]) -> str:
        """The text with the facts in their places. Raises UnknownNature when one is missing."""
        try:
            return Template(text).substitute(facts)
        except (KeyError, ValueError):
            raise UnknownNature(
                f"The wording of {self.nature} for {self.audience} cannot be filled in.",
                remedy=f"It may name {', '.join(f'${name}' for name in self.facts)} only.",
            ) from None


def is_address(text: str | None) -> bool:
    """Whether a mail can be addressed to it: one plain ASCII address (RFC 5321), nothing else."""
    return bool(text) and _ADDRESS.fullmatch(str(text)) is not None


def wordings(connection: Connection) -> dict[tuple[str, str], Wording]:
    """All wordings by nature and audience."""
    rows = fetch(connection, "notices/wording")
    return {(row["nature"], row["audience"]): Wording(**row) for row in rows}


def plan_notices(connection: Connection, notices: Sequence[Notice], as_of: datetime) -> int:
    """Plan the mails of notices that were not planned before; returns how many.

    Left out are natures that are not active, and customers without an address that mail can go to.
    Raises UnknownNature.
    """
    known = wordings(connection)
    wanted = {each.key: each for each in notices if _is_sent(each, known)}
    if not wanted:
        return 0
    keys = [dict(zip(_KEY.names, key, strict=True)) for key in wanted]
    stage(connection, "new_notice", pa.Table.from_pylist(keys, _KEY))
    untold = [tuple(row.values()) for row in fetch(connection, "notices/untold")]
    mails = {key: mail_of(wanted[key], known[key[:2]]) for key in untold}
    planned = plan_mails(connection, list(mails.values()), as_of) if mails else {}
    rows = [
        dict(zip(_PLANNED.names, (*key, planned[mail.effect_key]), strict=True))
        for key, mail in mails.items()
    ]
    stage(connection, "planned_notice", pa.Table.from_pylist(rows, _PLANNED))
    return execute(connection, "notices/keep")


def send_notices(
    conn_url: str, natures: Sequence[str], *, as_of: datetime, actor: str = "notices"
) -> Counts:
    """Send the notices of these natures that are due; see exchange.sending.send."""
    with transaction(conn_url, actor) as connection:
        rows = fetch(connection, "notices/to_send", as_of=as_of, natures=list(natures))
    effects = [row["effect_id"] for row in rows]
    return send(conn_url, effect_ids=effects, as_of=as_of, actor=actor) if effects else Counts()


def reword(
    connection: Connection,
    key: tuple[str, str],
    decision: Decision,
    *,
    subject: str | None = None,
    active: bool | None = None,
) -> None:
    """Change the subject of a nature for an audience, or whether it is sent at all.

    Raises UnknownNature when there is none such, or when the subject names a fact that it has not.
    """
    wording = wordings(connection).get(key)
    if wording is None:
        raise UnknownNature(
            f"There is no notice {key[0]} for {key[1]}.",
            remedy="`tieout notices list` shows those that there are.",
        )
    if subject is not None:
        wording.fill(subject, dict.fromkeys(wording.facts, ""))
    execute(
        connection,
        "notices/reword",
        nature=wording.nature,
        audience=wording.audience,
        subject=subject,
        active=active,
    )
    audit(
        connection,
        actor=decision.actor,
        action="notice.reword",
        subject=f"notice:{wording.nature}/{wording.audience}",
        reason=decision.reason,
        occurred_at=decision.at,
        facts={"subject": subject, "active": active},
    )


def mail_of(notice: Notice, wording: Wording) -> OutgoingMail:
    """The mail that tells a notice; facts stand in one line each."""
    plain = {name: " ".join(text.split()) for name, text in notice.facts.items()}
    return OutgoingMail(
        effect_key=":".join(("notice", *notice.key)),
        connection_id=MAIL_CONNECTION,
        sender=settings().mail_from,
        recipients=[notice.recipient or settings().mail_to],
        subject=wording.fill(wording.subject, plain),
        text=wording.fill(wording.content, plain) + "\n",
        repeatable=True,
    )


def _is_sent(notice: Notice, known: Mapping[tuple[str, str], Wording]) -> bool:
    wording = known.get((notice.nature, notice.audience))
    if wording is None:
        raise UnknownNature(
            f"There is no wording of {notice.nature} for {notice.audience}.",
            remedy="Add a row to notice_nature.",
        )
    return wording.active and (notice.recipient is None or is_address(notice.recipient))
