"""A run of the inbox in a process of its own, which tells how much memory it took at most."""

import json
import os
import sys
from datetime import datetime
from pathlib import Path

from tests.sql.exchange.conftest import Desk
from tieout.exchange import arrivals
from tieout.formats import source, stored
from tieout.formats.layouts import delimited_fast
from tieout.kernel import crash

MIB = 1024 * 1024


def write_file(path: Path, carrier: str, mebibytes: int) -> int:
    """A file of about that size, whose last row is of the parcel X; returns its rows."""
    head = f"H,tieout-tracking-1,1,{carrier},2026-03-02T10:00:00Z\n"
    names = "C,carrier,tracking_no,status,occurred_at,location,vendor_order_no,order_ref\n"
    rows = 0
    with path.open("w") as out:
        out.write(head + names)
        while out.tell() < mebibytes * MIB:
            out.writelines(_row(carrier, f"T{rows + n:08d}") for n in range(100))
            rows += 100
        out.write(_row(carrier, "X") + f"T,{rows + 1}\n")
    return rows + 1


def _row(carrier: str, number: str) -> str:
    return f"L,{carrier},{number},in_transit,2026-03-02T10:00:00Z,{'Hub ' * 400},,\n"


def main(url: str, folder: str, partner_id: str, as_of: str, kill_at: str) -> None:
    """Take in what there is in the folder; write the counts and the peak of memory in MiB.

    What is held in memory at most is less here than elsewhere, so that the files can be smaller.
    """
    source.IN_MEMORY = stored.IN_MEMORY = arrivals.LARGE_BYTES
    delimited_fast.BLOCK_BYTES = 2 * MIB
    if kill_at:
        crash.at(kill_at, lambda: os._exit(9))
    desk = Desk(url, Path(folder), partner_id, {"X": "It is not ours."})
    counts = desk.take_in(datetime.fromisoformat(as_of))
    status = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))
    told = {"applied": counts.applied, "aside": counts.quarantined, "peak": peak}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
