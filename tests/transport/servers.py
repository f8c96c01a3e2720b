"""Real SFTP servers for tests: asyncssh in a process of its own, OpenSSH where installed."""

import asyncio
import getpass
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from tieout.kernel.settings import ConnectionInfo, _from_facts


@dataclass(frozen=True)
class Server:
    """A running server: how to reach it, and the folder that a partner sees as its root."""

    info: ConnectionInfo
    root: Path
    directory: str

    def other(self, **facts: str) -> ConnectionInfo:
        """The same connection with other extras."""
        extras = dict(self.info.extras) | facts
        return connection(self.info.port, extras["key_file"], extras["host_key"], self.info.login)


def connection(port: int, key_file: str, host_key: str, login: str = "partner") -> ConnectionInfo:
    extra = {"key_file": key_file, "host_key": host_key}
    facts = {"conn_type": "sftp", "host": "127.0.0.1", "port": port, "login": login, "extra": extra}
    return _from_facts("test_sftp", facts)


def new_key(path: Path) -> str:
    """A key pair at `path`; returns the public key as one line without comment."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    path.write_bytes(key.export_private_key())
    path.chmod(0o600)
    return " ".join(key.export_public_key().decode().split()[:2])


@contextmanager
def asyncssh_server(folder: Path) -> Iterator[Server]:
    """A chrooted server of asyncssh in a process of its own."""
    root = folder / "root"
    root.mkdir(parents=True)
    host_key, ours = new_key(folder / "host"), new_key(folder / "ours")
    (folder / "authorized").write_text(ours + "\n")
    command = [sys.executable, __file__, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = json.loads(process.stdout.readline())
            yield Server(connection(port, str(folder / "ours"), host_key), root, "")
        finally:
            process.kill()


def openssh() -> str | None:
    """Where OpenSSH's server is, if it is installed."""
    return shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin")


@contextmanager
def openssh_server() -> Iterator[Server]:
    """A server of OpenSSH, not chrooted, for the user who runs the tests."""
    folder = Path(tempfile.mkdtemp(dir=Path.home(), prefix=".tieout-sshd-"))
    root = folder / "root"
    root.mkdir()
    host_key, ours = new_key(folder / "host"), new_key(folder / "ours")
    (folder / "authorized").write_text(ours + "\n")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    port = _free_port()
    config = folder / "config"
    config.write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {folder / 'host'}\nPidFile none\n"
        f"AuthorizedKeysFile {folder / 'authorized'}\nStrictModes no\nUsePAM no\n"
        "PermitRootLogin yes\nPasswordAuthentication no\nSubsystem sftp internal-sftp\n"
    )
    command = [str(openssh()), "-D", "-e", "-f", str(config)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        info = connection(port, str(folder / "ours"), host_key, getpass.getuser())
        yield Server(info, root, str(root) + "/")
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError(f"no server on port {port}")


async def _serve(folder: Path) -> None:
    def sftp(channel: "asyncssh.SSHServerChannel[bytes]") -> asyncssh.SFTPServer:
        return asyncssh.SFTPServer(channel, chroot=str(folder / "root").encode())

    acceptor = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[str(folder / "host")],
        authorized_client_keys=str(folder / "authorized"),
        sftp_factory=sftp,
    )
    sys.stdout.write(f"{json.dumps(acceptor.get_port())}\n")
    sys.stdout.flush()
    await acceptor.wait_closed()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
