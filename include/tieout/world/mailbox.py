"""The mailbox of the outside world: an SMTP server that keeps every message as a file."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"


@dataclass(frozen=True)
class MailAddress:
    """Where the mail server listens."""

    port: int
    host: str = HOST

    def connection(self) -> dict[str, Any]:
        """The connection of the mail server, as the connections file has it."""
        return {
            "conn_type": "smtp",
            "host": self.host,
            "port": self.port,
            "extra": {"tls": "none"},
        }


class _Keeper:
    """Keeps messages under their hash, and in `received.txt` a line for each time one came."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(  # noqa: N802 (aiosmtpd's name)
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep one message."""
        content = envelope.content or b""
        body = content if isinstance(content, bytes) else content.encode()
        digest = hashlib.sha256(body).hexdigest()
        (self._folder / f"{digest}.eml").write_bytes(body)
        with (self._folder / "received.txt").open("a", encoding="utf-8") as received:
            received.write(f"{digest} {','.join(envelope.rcpt_tos)}\n")
        return "250 Kept"


class _OnFreePort(Controller):  # type: ignore[misc]  # aiosmtpd has no types
    """A controller that tells the port it was given for port 0."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mailbox(folder: Path) -> Iterator[MailAddress]:
    """The server, for as long as the block runs; messages are kept below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    controller = _OnFreePort(_Keeper(folder), hostname=HOST, port=0)
    controller.start()
    try:
        yield MailAddress(controller.port)
    finally:
        controller.stop()
