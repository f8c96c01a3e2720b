"""One run of the engine by itself: what it took, and how much memory at its peak.

PYTHONPATH=include python -m benchmarks.settlement.one_run PAYMENTS LINES AS_OF MEMORY
"""

import json
import re
import sys
import time
from datetime import datetime
from pathlib import Path

from tieout.settlement.engine import Limits, matching
from tieout.settlement.model import MatchSettings


def main() -> None:
    """Write the seconds by the clock and of processors, and the peak in bytes, as JSON."""
    payments, lines, as_of, memory = sys.argv[1:]
    settings = MatchSettings(datetime.fromisoformat(as_of))
    clock, cpu = time.perf_counter(), time.process_time()
    with matching(Path(payments), Path(lines), settings, Limits(memory=memory)):
        took = time.perf_counter() - clock, time.process_time() - cpu
    sys.stdout.write(json.dumps([*took, _peak()]))


def _peak() -> int:
    """The most memory that this process has had; getrusage would count its parent's in."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


if __name__ == "__main__":
    main()
