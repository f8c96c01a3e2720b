"""Mail through the outbox to a real SMTP server: once, and unknown where nobody can be asked."""

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import text

from tests.sql.exchange.conftest import AS_OF, Killed, kill
from tieout.exchange import feeds
from tieout.exchange.feeds import PartnersNotReached
from tieout.exchange.outbox import OutgoingMail, plan_mail, send
from tieout.kernel import crash
from tieout.kernel.database import transaction
from tieout.kernel.runs import Counts
from tieout.kernel.settings import _from_facts


class Mailbox:
    """Keeps what came; says no to one address."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address == "nobody@example.com":
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 (aiosmtpd's name)
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        self.messages.append(envelope.content)
        return "250 OK"


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=_free_port())
    controller.start()
    _reach(monkeypatch, controller.port)
    yield box
    controller.stop()


def test_a_mail_goes_once(database_url: str, mailbox: Mailbox) -> None:
    effect_id = _plan(database_url, "a@example.com", "b@example.com")
    assert send(database_url, effect_ids=[effect_id], as_of=AS_OF) == Counts(read=1, applied=1)
    assert send(database_url, effect_ids=[effect_id], as_of=AS_OF) == Counts()
    (body,) = mailbox.messages
    message = message_from_bytes(body, policy=default)
    assert message["Subject"] == "3 cases - geöffnet"
    assert message["To"] == "a@example.com, b@example.com"
    assert message["Message-ID"]


def test_a_mail_that_may_have_gone_is_not_sent_again(database_url: str, mailbox: Mailbox) -> None:
    effect_id = _plan(database_url, "a@example.com")
    crash.at("outbox.uploaded", kill)
    with pytest.raises(Killed):
        send(database_url, effect_ids=[effect_id], as_of=AS_OF)
    crash.clear()
    assert send(database_url, effect_ids=[effect_id], as_of=AS_OF) == Counts(read=1, deferred=1)
    assert send(database_url, effect_ids=[effect_id], as_of=AS_OF) == Counts()
    assert len(mailbox.messages) == 1
    assert _state(database_url, effect_id) == "UNKNOWN"


def test_a_repeatable_mail_goes_again_as_the_same_mail(database_url: str, mailbox: Mailbox) -> None:
    effect_id = _plan(database_url, "a@example.com", repeatable=True)
    crash.at("outbox.uploaded", kill)
    with pytest.raises(Killed):
        send(database_url, effect_ids=[effect_id], as_of=AS_OF)
    crash.clear()
    assert send(database_url, effect_ids=[effect_id], as_of=AS_OF) == Counts(read=1, applied=1)
    ids = {message_from_bytes(body, policy=default)["Message-ID"] for body in mailbox.messages}
    assert (len(mailbox.messages), len(ids)) == (2, 1)
    assert _state(database_url, effect_id) == "CONFIRMED"


def test_a_refused_recipient_is_refused(database_url: str, mailbox: Mailbox) -> None:
    effect_id = _plan(database_url, "nobody@example.com")
    assert send(database_url, effect_ids=[effect_id], as_of=AS_OF) == Counts(read=1, quarantined=1)
    assert _state(database_url, effect_id) == "REFUSED"
    assert mailbox.messages == []
    assert send(database_url, effect_ids=[effect_id], as_of=AS_OF) == Counts()
    later = AS_OF + timedelta(minutes=30)
    assert send(database_url, effect_ids=[effect_id], as_of=later) == Counts(read=1, quarantined=1)


def test_a_mail_server_that_is_down_is_tried_later(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _reach(monkeypatch, _free_port())
    effect_id = _plan(database_url, "a@example.com")
    with pytest.raises(PartnersNotReached, match="mail server"):
        send(database_url, effect_ids=[effect_id], as_of=AS_OF)
    assert _state(database_url, effect_id) == "PLANNED"


def _plan(url: str, *recipients: str, repeatable: bool = False) -> int:
    mail = OutgoingMail(
        f"digest:{uuid4()}",
        "test_smtp",
        "tieout@example.com",
        recipients,
        "3 cases - geöffnet",
        "See.",
        repeatable,
    )
    with transaction(url, actor="test") as connection:
        return plan_mail(connection, mail, AS_OF)


def _state(url: str, effect_id: int) -> str:
    with transaction(url, actor="test") as connection:
        statement = text("SELECT status FROM effect WHERE effect_id = :id")
        return str(connection.execute(statement, {"id": effect_id}).scalar_one())


def _reach(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    facts = {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": {"tls": "none"}}
    monkeypatch.setattr(feeds, "connection_info", lambda conn_id: _from_facts(conn_id, facts))


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
