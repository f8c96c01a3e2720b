"""What leaves the process: planned with the decision, marked as sent before it goes, then proved.

A file goes once. Whoever finds an effect marked as sent, or without an answer, asks the server for
the file's hash before anything is repeated (exchange.sending, whose `send` is given out here too).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

import pyarrow as pa
from sqlalchemy import Connection

from tieout.exchange.sending import send
from tieout.kernel import archive
from tieout.kernel.database import execute, fetch
from tieout.kernel.errors import TieoutError
from tieout.kernel.staging import stage

__all__ = [
    "OutgoingFile",
    "OutgoingMail",
    "OutgoingRequest",
    "PlanRefused",
    "next_control_numbers",
    "plan_file",
    "plan_files",
    "plan_mail",
    "plan_mails",
    "plan_requests",
    "return_control_numbers",
    "send",
]

_PLANNED = pa.schema(
    dict.fromkeys(["effect_key", "kind", "partner_id", "doc_type", "name", "sha256"], pa.string())
    | {"size_bytes": pa.int64(), "facts": pa.string()}
)


class PlanRefused(TieoutError):  # noqa: N818 (it is what happened)
    """An effect that cannot be planned as stated."""

    slug = "plan-refused"


@dataclass(frozen=True)
class OutgoingFile:
    """A file to send: `effect_key` says what it is for, once for ever; `name` is its name there."""

    effect_key: str
    partner_id: str
    doc_type: str
    name: str
    body: bytes = field(repr=False)
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class OutgoingMail:
    """A mail to send by the mail server of a connection; text is plain.

    Nobody can be asked whether a mail came. One that is `repeatable` goes again, with the same
    Message-ID, when its sender died on the way; any other is left to people then.
    """

    effect_key: str
    connection_id: str
    sender: str
    recipients: Sequence[str]
    subject: str
    text: str = field(repr=False)
    repeatable: bool = False


@dataclass(frozen=True)
class OutgoingRequest:
    """A request to the server of a connection: `method` and `path`, with `body` as JSON.

    It carries `effect_key` as its Idempotency-Key. Before it is repeated, the server is asked by
    GET at `ask`: an object there that holds all of `expected` proves that it was carried out.
    """

    effect_key: str
    connection_id: str
    method: str
    path: str
    body: Mapping[str, object] = field(repr=False)
    ask: str
    expected: Mapping[str, object] = field(default_factory=dict)


def plan_file(  # noqa: PLR0913 (callers name each)
    connection: Connection,
    *,
    effect_key: str,
    partner_id: str,
    doc_type: str,
    name: str,
    body: bytes,
    as_of: datetime,
    facts: Mapping[str, object] | None = None,
) -> int:
    """Plan one file, in the transaction of the decision; returns its effect_id. See plan_files."""
    file = OutgoingFile(effect_key, partner_id, doc_type, name, body, facts or {})
    return plan_files(connection, [file], as_of)[effect_key]


def plan_files(
    connection: Connection, files: Sequence[OutgoingFile], as_of: datetime
) -> dict[str, int]:
    """Plan files for the directories of their partners' feeds; their effect_ids by effect_key.

    A key that is planned already keeps its effect. Raises PlanRefused when a partner has no such
    feed, or when a known key comes with other bytes.
    """
    rows = [
        {
            "effect_key": file.effect_key,
            "kind": "SFTP_PUT",
            "partner_id": file.partner_id,
            "doc_type": file.doc_type,
            "name": file.name,
            "sha256": sha256,
            "size_bytes": len(file.body),
            "facts": json.dumps(dict(file.facts), default=str),
        }
        for file, sha256 in zip(files, archive.put_all([each.body for each in files]), strict=True)
    ]
    return _plan(connection, rows, as_of)


def plan_mail(connection: Connection, mail: OutgoingMail, as_of: datetime) -> int:
    """Plan one mail; returns its effect_id. See plan_mails."""
    return plan_mails(connection, [mail], as_of)[mail.effect_key]


def plan_mails(
    connection: Connection, mails: Sequence[OutgoingMail], as_of: datetime
) -> dict[str, int]:
    """Plan mails; their effect_ids by effect_key. A Message-ID is made of its key: one mail each.

    Raises PlanRefused when a known key comes with other content.
    """
    bodies = [message_of(mail, as_of).as_bytes() for mail in mails]
    rows = [
        {
            "effect_key": mail.effect_key,
            "kind": "MAIL",
            "name": ", ".join(mail.recipients),
            "sha256": sha256,
            "size_bytes": len(body),
            "facts": json.dumps({key: of for key, of in asdict(mail).items() if key != "text"}),
        }
        for mail, body, sha256 in zip(mails, bodies, archive.put_all(bodies), strict=True)
    ]
    return _plan(connection, rows, as_of)


def message_of(mail: OutgoingMail, as_of: datetime) -> EmailMessage:
    """The mail as it leaves (RFC 5322), dated `as_of`."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = mail.sender, ", ".join(mail.recipients)
    message["Subject"] = mail.subject
    message["Date"] = as_of
    message["Message-ID"] = f"<{hashlib.sha256(mail.effect_key.encode()).hexdigest()[:32]}@tieout>"
    message.set_content(mail.text)
    return message


def plan_requests(
    connection: Connection, requests: Sequence[OutgoingRequest], as_of: datetime
) -> dict[str, int]:
    """Plan requests by HTTP; their effect_ids by effect_key.

    Raises PlanRefused when a known key comes with another body.
    """
    bodies = [json.dumps(dict(each.body), sort_keys=True).encode() for each in requests]
    rows = [
        {
            "effect_key": request.effect_key,
            "kind": "HTTP",
            "name": f"{request.method} {request.path}",
            "sha256": sha256,
            "size_bytes": len(body),
            "facts": json.dumps({key: of for key, of in vars(request).items() if key != "body"}),
        }
        for request, body, sha256 in zip(requests, bodies, archive.put_all(bodies), strict=True)
    ]
    return _plan(connection, rows, as_of)


def next_control_numbers(
    connection: Connection, doc_type: str, partner_ids: Sequence[str]
) -> dict[str, int]:
    """The next control number of each partner; it is taken when the transaction commits."""
    rows = fetch(
        connection,
        "exchange/next_control_numbers",
        doc_type=doc_type,
        partner_ids=sorted(partner_ids),
    )
    return {row["partner_id"]: row["last_number"] for row in rows}


def return_control_numbers(
    connection: Connection, doc_type: str, partner_ids: Sequence[str]
) -> None:
    """Give back the last number of each partner, taken in this transaction, that no file has."""
    execute(
        connection,
        "exchange/return_control_numbers",
        doc_type=doc_type,
        partner_ids=list(partner_ids),
    )


def _plan(
    connection: Connection, rows: Sequence[Mapping[str, object]], as_of: datetime
) -> dict[str, int]:
    stage(connection, "planned_effect", pa.Table.from_pylist(list(rows), _PLANNED))
    execute(connection, "exchange/plan_effects", as_of=as_of)
    found = fetch(connection, "exchange/planned_effects")
    for effect in found:
        if effect["effect_id"] is None:
            raise PlanRefused(
                f"{effect['partner_id']} has no feed for {effect['doc_type']}.",
                remedy="Add the feed to the partners file and load it.",
            )
        if not effect["same"]:
            raise PlanRefused(
                f"{effect['effect_key']} is planned with other content.",
                remedy="What is planned is never changed: cancel it and plan under a new key.",
            )
    return {effect["effect_key"]: effect["effect_id"] for effect in found}
