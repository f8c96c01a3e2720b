"""Safeguards to take away, and the tests that have to notice."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.mutations.keys import Key, unique_keys
from tieout.kernel.postgres import EmbeddedPostgres
from tieout.kernel.schema import migrate
from tieout.kernel.settings import REPOSITORY

LIST = "tests/sql/purchase/test_keys.py"
_NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache", "images")


@dataclass(frozen=True)
class Mutant:
    """A file, what is taken out of it, what stands there then, and where the tests are."""

    file: str
    old: str
    new: str
    tests: tuple[str, ...]


SENT = Mutant(
    "include/tieout/payments/attempts.py",
    "attempt = self.ledger.write(attempt, Event.SENT, address, next_act_at=due)",
    'attempt = type(attempt)(**{**vars(attempt), "status": AttemptState.SENT})',
    ("tests/sql/payments/test_faults.py",),
)
"""The commit of SENT before a request leaves."""

_ENTRY = ("tests/sql/intake", "tests/sql/storefront_api")
_PAYMENTS = ("tests/sql/payments", "tests/sql/purchase")
_STOCK = ("tests/sql/stock", "tests/sql/fulfilment")
_EFFECTS = ("tests/sql/exchange", "tests/sql/intake", "tests/sql/stock")
_TESTS = {
    **dict.fromkeys(("order_entry", "entry_receipt", "customer", "sales_order"), _ENTRY),
    **dict.fromkeys(("order_line", "payment", "service", "order_account"), _ENTRY),
    **dict.fromkeys(("notice", "effect"), _EFFECTS),
    **dict.fromkeys(("certificate", "certified_sale"), ("tests/sql/purchase/test_certificate.py",)),
    **dict.fromkeys(("line_part", "stock_movement", "stock_notice", "vendor_draw"), _STOCK),
}


def tests_of(key: Key) -> tuple[str, ...]:
    """Where the tests are that have to notice when a key is gone."""
    return _TESTS.get(key.table, _PAYMENTS)


def schema_keys() -> list[Key]:
    """The unique keys of a purchase's tables, as a server of its own migrates them."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        Path(name).chmod(0o755)
        embedded = EmbeddedPostgres(Path(name), durable=False)
        try:
            server = embedded.start()
            with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
                connection.execute("CREATE DATABASE keys")
            migrate(server.url("keys"))
            return unique_keys(server.url("keys"))
        finally:
            embedded.destroy()


def survives_without(key: Key, tests: Sequence[str]) -> bool:
    """Whether tests pass on a schema without a unique key, the list of keys aside."""
    return _passes(REPOSITORY, f"--without-key={key.name}", f"--deselect={LIST}", *tests)


def survives(mutant: Mutant) -> bool:
    """Whether the tests pass without the safeguard.

    Raises ValueError when the text to take out is not there, or stands there more than once.
    """
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        copy = Path(name) / "repository"
        shutil.copytree(REPOSITORY, copy, ignore=_NOT_COPIED)
        file = copy / mutant.file
        whole = file.read_text(encoding="utf-8")
        if whole.count(mutant.old) != 1:
            raise ValueError(f"{mutant.file} does not hold {mutant.old!r} just once")
        file.write_text(whole.replace(mutant.old, mutant.new), encoding="utf-8")
        return _passes(copy, *mutant.tests)


def _passes(repository: Path, *words: str) -> bool:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *words],
        cwd=repository,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(repository / "include")},
        capture_output=True,
        check=False,
    )
    return run.returncode == 0
