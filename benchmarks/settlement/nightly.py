"""The whole nightly path, PostgreSQL to PostgreSQL, by phases, beside more and more open payments.

PYTHONPATH=include python -m benchmarks.settlement.nightly [--rows 1000000] [--open 10000000]
"""

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.settlement.books import AS_OF, fill
from tieout.kernel.postgres import EmbeddedPostgres
from tieout.kernel.schema import migrate
from tieout.settlement import tasks

_PHASES = ("execute", "gather", "match", "save", "judge_fees", "count_lags", "reconcile")


def main() -> None:
    """Reconcile a day of `--rows` lines and print the seconds of each phase."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--open", type=int, default=0, help="open payments (default: --rows)")
    args = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="tieout-bench-"))
    root.chmod(0o755)
    server = EmbeddedPostgres(root, durable=False)
    try:
        url = server.start().url("tieout")
        os.environ["TIEOUT_DATABASE_URL"] = url
        migrate(url)
        fill(url, args.rows, max(args.open, args.rows))
        for name in _PHASES:
            _timed(name)
        tasks.reconcile(as_of=AS_OF)
    finally:
        server.destroy()


def _timed(name: str) -> None:
    phase = getattr(tasks, name)

    def run(*arguments: Any, **named: Any) -> Any:
        start = time.perf_counter()
        found = phase(*arguments, **named)
        what = arguments[1] if name == "execute" else name
        print(f"{what:40} {time.perf_counter() - start:8.2f} s")
        return found

    setattr(tasks, name, run)


if __name__ == "__main__":
    main()
