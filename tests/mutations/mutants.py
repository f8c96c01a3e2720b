"""Safeguards to take away, and the tests that have to notice."""

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tieout.kernel.settings import REPOSITORY

PAYMENTS = "include/sql/schema/0001/17_payments.sql"
PURCHASE = "include/sql/schema/0001/18_purchase.sql"
_NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache", "images")


@dataclass(frozen=True)
class Mutant:
    """A file, what is taken out of it, what stands there then, and where the tests are."""

    file: str
    old: str
    new: str
    tests: tuple[str, ...]


def _index(name: str, tests: str) -> Mutant:
    return Mutant(PAYMENTS, f"CREATE UNIQUE INDEX {name} ", f"CREATE INDEX {name} ", (tests,))


_PAYMENTS, _WATCHING = "tests/sql/payments/", "tests/sql/purchase/test_watching.py"
MUTANTS = {
    "sent-is-committed": Mutant(
        "include/tieout/payments/attempts.py",
        "attempt = self.ledger.write(attempt, Event.SENT, address, next_act_at=due)",
        'attempt = type(attempt)(**{**vars(attempt), "status": AttemptState.SENT})',
        (f"{_PAYMENTS}test_faults.py",),
    ),
    "one-capture": _index("payment_attempt_one_capture", f"{_PAYMENTS}test_invariants.py"),
    "one-live-attempt": _index("payment_attempt_one_live", f"{_PAYMENTS}test_invariants.py"),
    "one-live-follow-up": _index(
        "payment_attempt_one_live_follow_up", "tests/sql/purchase/test_keys.py"
    ),
    "one-purchase-per-entry": Mutant(
        PURCHASE, "entry_id uuid NOT NULL UNIQUE", "entry_id uuid NOT NULL", (_WATCHING,)
    ),
    "one-switch-per-storefront": Mutant(
        PURCHASE,
        "storefront text NOT NULL UNIQUE REFERENCES partner",
        "storefront text NOT NULL REFERENCES partner",
        ("tests/sql/purchase/test_store.py",),
    ),
    "one-canary-an-instant": Mutant(
        PURCHASE,
        "    PRIMARY KEY (storefront, gateway, tried_at),\n",
        "",
        ("tests/sql/purchase/test_keys.py",),
    ),
    "a-batch-is-read-once": Mutant(
        PURCHASE,
        "    PRIMARY KEY (gateway, batch_id, gateway_ref),\n",
        "",
        ("tests/sql/purchase/test_keys.py",),
    ),
    "one-attempt-of-a-number": Mutant(
        PAYMENTS,
        "    UNIQUE (payment_ref, attempt_no),\n",
        "",
        ("tests/sql/purchase/test_keys.py",),
    ),
    "one-tender-of-a-reference": Mutant(
        PAYMENTS,
        "our_ref text NOT NULL UNIQUE GENERATED",
        "our_ref text NOT NULL GENERATED",
        ("tests/sql/purchase/test_keys.py",),
    ),
    "one-certificate-a-day": Mutant(
        "include/sql/schema/0001/20_completion.sql",
        "day date NOT NULL UNIQUE",
        "day date NOT NULL",
        ("tests/sql/purchase/test_keys.py",),
    ),
}


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
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutant.tests],
            cwd=copy,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(copy / "include")},
            capture_output=True,
            check=False,
        )
    return run.returncode == 0
