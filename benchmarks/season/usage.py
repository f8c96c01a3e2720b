"""What the processes of a season have used: processor time, and the most memory of each kind."""

from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Usage:
    """Processor minutes of all, and the peak memory (MiB) of the largest process of each kind.

    PostgreSQL's counts the part of its shared buffers that the process has touched.
    """

    processor_minutes: float
    postgres_minutes: float
    megabytes_monitor_and_world: int
    megabytes_storefront: int
    megabytes_postgres: int


def used(postmaster: int) -> Usage:
    """What this process, those that it has started, and the database of that number have used."""
    ourselves, server = psutil.Process(), psutil.Process(postmaster)
    storefronts, backends = ourselves.children(recursive=True), server.children()
    postgres = _seconds([server, *backends])
    return Usage(
        processor_minutes=round((_seconds([ourselves, *storefronts]) + postgres) / 60, 1),
        postgres_minutes=round(postgres / 60, 1),
        megabytes_monitor_and_world=_peak([ourselves]),
        megabytes_storefront=_peak(storefronts),
        megabytes_postgres=_peak([server, *backends]),
    )


def _seconds(processes: list[psutil.Process]) -> float:
    """Their own time, and that of children that have ended."""
    times = [each.cpu_times() for each in processes]
    return sum(t.user + t.system + t.children_user + t.children_system for t in times)


def _peak(processes: list[psutil.Process]) -> int:
    """The peak resident memory of the largest one (VmHWM of proc(5)), in MiB."""
    kinds = [Path(f"/proc/{each.pid}/status").read_text(encoding="utf-8") for each in processes]
    peaks = [int(kind.split("VmHWM:")[1].split()[0]) for kind in kinds if "VmHWM:" in kind]
    return max(peaks, default=0) // 1024
