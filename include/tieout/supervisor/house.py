"""`make up` and `make down`: the parts of Tieout on one machine, from first to last."""

import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

import psutil

from tieout.kernel.errors import SettingsError
from tieout.kernel.postgres import EmbeddedPostgres
from tieout.kernel.schema import migrate
from tieout.kernel.settings import Settings
from tieout.supervisor import airflow_parts, children
from tieout.supervisor.airflow_parts import StartError
from tieout.supervisor.environment import DEFAULT_PORT, HOST, airflow_environment, users

DEFAULT_STOREFRONT_PORT = 8090
LOOK_SECONDS = 0.5
STEADY_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 60.0


class Stopped(BaseException):
    """Someone asked us to end: Ctrl-C, `make down`, or a closed terminal."""


@dataclass
class Part:
    """A child that shall run all the time, and when it is to be started again should it end."""

    command: list[str]
    child: children.Child
    started: float
    pause: float = 1.0
    due: float | None = None


class House:
    """All parts of Tieout on this machine, started, watched and ended by one process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.postgres = EmbeddedPostgres(settings.postgres_root)
        self.run = settings.var / "run"
        self.logs = settings.var / "log"
        self.parts: dict[str, Part] = {}
        self.environment: dict[str, str] = {}

    def up(self) -> int:
        """Start everything, watch over it until told to end, and end everything; the exit code."""
        with self._alone():
            children.adopt_orphans()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, _stop)
            try:
                self._start()
                self._watch()
            except Stopped:
                return 0
            finally:
                self._end()

    def down(self) -> int:
        """End what `up` started, also what an `up` left that was killed; the exit code."""
        processes = children.remembered(self._record)
        if not processes and self.postgres.running() is None:
            say("nothing is up")
            return 0
        for supervisor in processes[:1]:
            supervisor.send_signal(signal.SIGTERM)
            psutil.wait_procs([supervisor], timeout=children.TERM_SECONDS * 3)
        children.end(children.remembered(self._record))
        self._record.unlink(missing_ok=True)
        self.postgres.stop()
        say("all ended")
        return 0

    def destroy(self) -> int:
        """End everything and delete the embedded PostgreSQL with its data; the exit code."""
        self.down()
        self.postgres.destroy()
        return 0

    @property
    def _record(self) -> Path:
        return self.run / "processes.json"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.run.mkdir(parents=True, exist_ok=True)
        with (self.run / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StartError(
                    "Tieout is up already.", remedy="`make down` ends it; one is enough."
                ) from None
            children.end(children.remembered(self._record))
            yield

    def _start(self) -> None:
        begun = time.monotonic()
        port = _port("TIEOUT_PORT", DEFAULT_PORT)
        api_port = _port("TIEOUT_STOREFRONT_PORT", DEFAULT_STOREFRONT_PORT)
        say(f"PostgreSQL (data in {self.settings.postgres_root})")
        self.environment = {
            **os.environ,
            **airflow_environment(self.settings, port=port),
            "TIEOUT_STOREFRONT_API": f"http://{HOST}:{api_port}",
        }
        say("migrations")
        self._remember()
        migrate(self.settings.database_url)
        self._run_to_end("migrate", airflow_parts.migrate_command())
        say(f"storefront API, on port {api_port}")
        self._launch("storefront-api", storefront_api_command(api_port))
        say("API server, which takes about a minute")
        self._launch("api-server", airflow_parts.api_server_command(port))
        airflow_parts.wait_until_healthy(port, self.parts["api-server"].child.is_running)
        airflow_parts.warm_execution_api(port)
        say("the outside world, DAG processor, scheduler, triggerer")
        self._launch("world", [sys.executable, "-m", "tieout.world.serve"])
        for name, command in airflow_parts.further_commands().items():
            self._launch(name, command)
        self._welcome(port, time.monotonic() - begun)

    def _launch(self, name: str, command: list[str]) -> None:
        child = children.start(name, command, self.environment, self.logs)
        self.parts[name] = Part(command, child, time.monotonic())
        self._remember()

    def _run_to_end(self, name: str, command: list[str]) -> None:
        child = children.start(name, command, self.environment, self.logs)
        if child.process.wait() != 0:
            raise StartError(f"The step {name!r} failed.", remedy=f"Read {child.log}.")

    def _remember(self) -> None:
        pids = [os.getpid(), *(part.child.process.pid for part in self.parts.values())]
        children.remember(self._record, pids)

    def _watch(self) -> NoReturn:
        while True:
            if self.settings.needs_embedded and self.postgres.running() is None:
                say("PostgreSQL ended; starting it again")
                self.postgres.start()
            for name, part in self.parts.items():
                self._look_after(name, part, time.monotonic())
            children.reap_adopted([part.child for part in self.parts.values()])
            time.sleep(LOOK_SECONDS)

    def _look_after(self, name: str, part: Part, now: float) -> None:
        if part.child.is_running():
            return
        if part.due is None:
            steady = now - part.started > STEADY_SECONDS
            part.pause = 1.0 if steady else min(part.pause * 2, LONGEST_PAUSE_SECONDS)
            part.due = now + part.pause
            code = part.child.process.returncode
            say(f"{name} ended (code {code}), again in {part.pause:.0f} s; see {part.child.log}")
        elif now >= part.due:
            part.child = children.start(name, part.command, self.environment, self.logs)
            part.started, part.due = now, None
            self._remember()

    def _end(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        say("ending")
        postmaster = self.postgres.process()
        children.end_all_but(postmaster.pid if postmaster else None)
        self.postgres.stop()
        self._record.unlink(missing_ok=True)
        say("all ended")

    def _welcome(self, port: int, seconds: float) -> None:
        say(f"up after {seconds:.0f} s: http://{HOST}:{port}")
        for user in users(self.settings):
            say(f"  {user.name:<6} {user.password}  ({user.role})")
        say(f"logs in {self.logs}; Ctrl-C or `make down` ends everything")


def say(text: str) -> None:
    """One line for whoever watches the terminal."""
    print(f"tieout: {text}", flush=True)


def _stop(number: int, _: FrameType | None) -> None:
    raise Stopped(number)


def storefront_api_command(port: int) -> list[str]:
    """Takes order entries by HTTP, whether the database is there or not."""
    return [sys.executable, "-m", "tieout.storefront_api", "--host", HOST, "--port", str(port)]


def _port(variable: str, usual: int) -> int:
    """The port that a variable asks for, else the usual one, else any that is free."""
    if wanted := os.environ.get(variable):
        if not wanted.isdigit() or not _free(int(wanted)):
            raise SettingsError(
                f"{variable}={wanted} is no free port.", remedy="Give another, or none."
            )
        return int(wanted)
    return usual if _free(usual) else _any_port()


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return _binds(probe, port)


def _binds(probe: socket.socket, port: int) -> bool:
    try:
        probe.bind((HOST, port))
    except OSError:
        return False
    return True


def _any_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
