"""The SFTP server of the outside world: a chroot per account, login by key only, on 127.0.0.1.

It runs as a process of its own (`python -m tieout.world.sftp ROOT KEYS`), says where it listens in
one line of JSON, and ends when its standard input does, so that it cannot outlive its starter.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

from tieout.kernel.errors import TieoutError

HOST = "127.0.0.1"
PATIENCE_S = 30
HOST_KEY, CLIENT_KEY = "host_ed25519", "client_ed25519"


class WorldNotStarted(TieoutError):  # noqa: N818 (it is what happened)
    """A server of the outside world did not come up."""

    slug = "world-not-started"


@dataclass(frozen=True)
class SftpAddress:
    """Where the server listens, its public key, and the file of the key that it lets in."""

    port: int
    host_key: str
    key_file: str
    host: str = HOST

    def connection(self, account: str) -> dict[str, Any]:
        """The connection of an account, as the connections file has it."""
        extra = {"key_file": self.key_file, "host_key": self.host_key, "no_host_key_check": "false"}
        return {
            "conn_type": "sftp",
            "host": self.host,
            "port": self.port,
            "login": account,
            "extra": extra,
        }


@contextmanager
def serving(root: Path, keys: Path, *, port: int = 0) -> Iterator[SftpAddress]:
    """The server in a process of its own, for as long as the block runs.

    Each folder below `root` is an account's. Raises WorldNotStarted when it does not come up.
    """
    command = [sys.executable, "-m", "tieout.world.sftp", str(root), str(keys), str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            told = process.stdout.readline()
            if not told:
                raise WorldNotStarted(
                    "The SFTP server of the outside world did not start.",
                    remedy="Read what it printed above.",
                )
            yield SftpAddress(**json.loads(told))
        finally:
            process.stdin.close()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()


class _Keys(asyncssh.SSHServer):  # type: ignore[misc]  # its types are skipped
    """Lets in whoever holds the client key, into accounts that exist."""

    def __init__(self, root: Path, client: asyncssh.SSHKey) -> None:
        self._root, self._client = root, client

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        known = username.isalnum() and (self._root / username).is_dir()
        return known and key.public_data == self._client.public_data


def _key(folder: Path, name: str) -> asyncssh.SSHKey:
    """The private key in a file that only we can read, made at the first call."""
    file = folder / name
    if not file.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = folder / f".{name}"
        part.touch(mode=0o600)
        part.write_bytes(asyncssh.generate_private_key("ssh-ed25519").export_private_key())
        part.replace(file)
    return asyncssh.read_private_key(file)


async def _serve(root: Path, keys: Path, port: int) -> None:
    host_key, client = _key(keys, HOST_KEY), _key(keys, CLIENT_KEY)

    def home(channel: asyncssh.SSHServerChannel) -> asyncssh.SFTPServer:
        account = channel.get_extra_info("username")
        return asyncssh.SFTPServer(channel, chroot=str(root / account).encode())

    server = await asyncssh.listen(
        HOST,
        port,
        server_factory=lambda: _Keys(root, client),
        server_host_keys=[host_key],
        sftp_factory=home,
        encryption_algs=["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr"],
        compression_algs=["none"],
        allow_scp=False,
        password_auth=False,
        kbdint_auth=False,
    )
    public = " ".join(host_key.export_public_key().decode().split()[:2])
    address = {
        "port": server.get_port(),
        "host_key": public,
        "key_file": str(keys.absolute() / CLIENT_KEY),
    }
    sys.stdout.write(json.dumps(address) + "\n")
    sys.stdout.flush()
    async with server:
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def main(arguments: Sequence[str]) -> None:
    """Serve ROOT with the keys in KEYS (on PORT) until standard input ends."""
    root, keys, *rest = arguments
    asyncio.run(_serve(Path(root), Path(keys), int(rest[0]) if rest else 0))


if __name__ == "__main__":
    main(sys.argv[1:])
