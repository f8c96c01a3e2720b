"""SFTP by paramiko: our key, the host key pinned, several channels over one connection."""

import base64
import socket
import stat
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import paramiko

from tieout.kernel import crash
from tieout.kernel.errors import Place as ErrorPlace
from tieout.kernel.settings import ConnectionInfo
from tieout.transport.files import (
    CHUNK,
    PART,
    Content,
    Item,
    NoAnswer,
    NotReached,
    Refused,
    RemoteFile,
    Result,
)

PATIENCE_S = 60.0
"""How long the other side may stay silent."""

LANES = 4
"""How many channels work at the same time over one connection, so that round trips overlap."""

_RSA = ("rsa-sha2-512", "rsa-sha2-256")


@contextmanager
def sftp(info: ConnectionInfo) -> Iterator["Sftp"]:
    """An open connection to a partner's server.

    Raises NotReached when the server cannot be reached, does not show the pinned host key, or does
    not let us in.
    """
    transport = _connect(info)
    try:
        yield Sftp(transport)
    finally:
        transport.close()


class Sftp:
    """One connection; `each` spreads work over its channels."""

    def __init__(self, transport: paramiko.Transport) -> None:
        self._transport = transport

    def each(
        self, work: "Callable[[SftpChannel, Item], Result]", items: Sequence[Item]
    ) -> Sequence[Result]:
        """`work` done for each item, a few at a time; results in the order of the items.

        When one raises, the others of its channel are not begun, and the first error is raised.
        """
        lanes = min(LANES, len(items))
        if lanes <= 1:
            return self._lane(work, items)
        with ThreadPoolExecutor(lanes) as pool:
            shares = [pool.submit(self._lane, work, items[lane::lanes]) for lane in range(lanes)]
            done = [share.result() for share in shares]
        return [done[index % lanes][index // lanes] for index in range(len(items))]

    def _lane(
        self, work: "Callable[[SftpChannel, Item], Result]", items: Sequence[Item]
    ) -> list[Result]:
        if not items:
            return []
        with SftpChannel(self._transport) as channel:
            return [work(channel, item) for item in items]


class SftpChannel:
    """One channel of a connection; for one thread at a time."""

    def __init__(self, transport: paramiko.Transport) -> None:
        self._transport = transport
        with self._answers("."):
            client = paramiko.SFTPClient.from_transport(transport)
        assert client is not None
        self._client = client
        client.get_channel().settimeout(PATIENCE_S)  # type: ignore[union-attr]

    def __enter__(self) -> "SftpChannel":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def list(self, directory: str) -> Sequence[RemoteFile]:
        """The plain files of a directory."""
        with self._answers(directory):
            found = self._client.listdir_attr(directory)
        return [
            RemoteFile(
                each.filename, each.st_size or 0, datetime.fromtimestamp(each.st_mtime or 0, UTC)
            )
            for each in found
            if "/" not in each.filename and (each.st_mode is None or stat.S_ISREG(each.st_mode))
        ]

    def read(self, path: str) -> bytes:
        """All bytes of a file."""
        return b"".join(self.chunks(path))

    def chunks(self, path: str) -> Iterator[bytes]:
        """The bytes of a file, at most a MiB at a time."""
        with self._answers(path), self._client.open(path, "rb") as file:
            file.set_pipelined(True)
            first = file.read(_SMALL)
            yield first
            size = file.stat().st_size or 0 if len(first) == _SMALL else 0
            for start in range(_SMALL, size, _AHEAD):
                places = range(start, min(start + _AHEAD, size), CHUNK)
                yield from file.readv([(at, min(CHUNK, size - at)) for at in places])

    def size(self, path: str) -> int | None:
        """The size of a file, or None where there is none."""
        with self._answers(path):
            try:
                return self._client.stat(path).st_size
            except FileNotFoundError:
                return None

    def content(self, path: str, size: int) -> Content | None:
        """What stands at the path; without SHA-256 where the size is not `size`."""
        found = self.size(path)
        if found is None or found != size:
            return None if found is None else Content(found, "")
        return Content.of_chunks(self.chunks(path))

    def put(self, path: str, data: bytes) -> None:
        """Write a file whole or not at all: as PATH.part, its size checked, then renamed."""
        part = path + PART
        with self._answers(part), self._client.open(part, "wb") as file:
            file.set_pipelined(True)
            file.write(data)
        crash.point("outbox.part_written")
        written = self.size(part)
        if written != len(data):
            raise Refused(
                f"The server kept {written} of {len(data)} bytes.",
                remedy="Ask the partner whether the disk is full.",
                place=ErrorPlace(part),
            )
        with self._answers(path):
            self._client.posix_rename(part, path)

    @contextmanager
    def _answers(self, path: str) -> Iterator[None]:
        try:
            yield
        except (EOFError, paramiko.SSHException, ConnectionError, TimeoutError) as error:
            raise _no_answer(path, error) from error
        except OSError as error:
            if not self._transport.is_active():
                raise _no_answer(path, error) from error
            raise Refused(
                f"The server says: {error.strerror or error}.",
                remedy="Check the directory and our rights in it with the partner.",
                place=ErrorPlace(path),
            ) from error


_SMALL = 32_000
"""Up to how many bytes come with the first answer."""
_AHEAD = 8 * CHUNK
"""For how many bytes is asked before the first of them are there."""


def _no_answer(path: str, error: Exception) -> NoAnswer:
    return NoAnswer(
        f"The connection ended: {error or type(error).__name__}.",
        remedy="The next run asks the server what became of it.",
        place=ErrorPlace(path),
    )


def _connect(info: ConnectionInfo) -> paramiko.Transport:
    name, pinned = _pinned_key(info)
    try:
        address = (info.host, info.port or 22)
        transport = paramiko.Transport(socket.create_connection(address, PATIENCE_S))
    except OSError as error:
        raise _not_reached(info, f"{error.strerror or error}") from error
    try:
        transport.banner_timeout = transport.auth_timeout = PATIENCE_S
        transport.get_security_options().key_types = _RSA if name == "ssh-rsa" else (name,)
        transport.start_client(timeout=PATIENCE_S)
        if transport.get_remote_server_key().asbytes() != pinned:
            raise _not_reached(info, "its host key is not the one that is pinned")
        _log_in(transport, info)
    except (paramiko.SSHException, OSError, EOFError, ValueError) as error:
        transport.close()
        raise _not_reached(info, str(error) or type(error).__name__) from error
    except NotReached:
        transport.close()
        raise
    return transport


def _log_in(transport: paramiko.Transport, info: ConnectionInfo) -> None:
    if not info.key_file:
        transport.auth_password(info.login, info.password)
        return
    passphrase = info.extras.get("private_key_passphrase")
    key = paramiko.PKey.from_path(info.key_file, str(passphrase) if passphrase else None)
    transport.auth_publickey(info.login, key)


def _pinned_key(info: ConnectionInfo) -> tuple[str, bytes]:
    """The host key's name and bytes. Raises NotReached when none is pinned, or none can be read."""
    name, _, rest = info.host_key.strip().partition(" ")
    try:
        key = base64.b64decode(rest.split(" ")[0], validate=True)
    except ValueError:
        key = b""
    if not key:
        raise _not_reached(info, "no host key is pinned for it")
    return name, key


def _not_reached(info: ConnectionInfo, why: str) -> NotReached:
    return NotReached(
        f"The server of connection {info.conn_id!r} was not reached: {why}.",
        remedy="Check host, port, login, key_file and host_key of the connection.",
        connection=info.conn_id,
    )
