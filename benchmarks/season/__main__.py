"""`python -m benchmarks.season [--purchases N]`: a season of licence renewals, an outage in it.

Captures and pays purchases against the world's gateway over HTTP, lets the gateway break down for a
tenth of the season, and runs the tasks of watch_purchases as often as the DAG would. Nobody does
anything by hand. Prints what came of it, in minutes and megabytes, and fails when a purchase was
lost or paid twice.
"""

import argparse
import json
import resource
import sys
import time

from benchmarks.season.play import Outcome, play


def main() -> int:
    """Play a season; 0 when every purchase ended well."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.season", description=__doc__)
    parser.add_argument("--purchases", type=int, default=2_000)
    asked = parser.parse_args()
    begun, used = time.monotonic(), time.process_time()
    outcome: Outcome = play(asked.purchases)
    summary = {
        **vars(outcome),
        "minutes": round((time.monotonic() - begun) / 60, 1),
        "processor_minutes": round((time.process_time() - used) / 60, 1),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(summary, indent=2))
    return 0 if outcome.is_well else 1


if __name__ == "__main__":
    sys.exit(main())
