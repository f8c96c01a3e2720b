"""`python -m benchmarks.season [--purchases N]`: a season of licence renewals, an outage in it.

Captures and pays purchases against the world's gateway over HTTP, in several processes and threads,
lets the gateway break down for a tenth of the season, and runs the tasks of watch_purchases and
charge_kept_cards as often as the DAG would. Nobody does anything by hand. Tells how each tick went,
prints what came of it all, in minutes and megabytes, with the gateway's books and ours compared,
and fails when a purchase was lost or paid twice.
"""

import argparse
import json
import sys
import time

from benchmarks.season.play import play


def main() -> int:
    """Play a season; 0 when every purchase ended well."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.season", description=__doc__)
    parser.add_argument("--purchases", type=int, default=2_000)
    parser.add_argument("--storefronts", type=int, default=3, help="processes that sell")
    asked = parser.parse_args()
    begun = time.monotonic()
    played = play(asked.purchases, asked.storefronts, say=_say)
    summary = {
        **vars(played.outcome),
        "is_well": played.outcome.is_well,
        "minutes": round((time.monotonic() - begun) / 60, 1),
        **vars(played.usage),
    }
    print(json.dumps(summary, indent=2))
    return 0 if played.outcome.is_well else 1


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
