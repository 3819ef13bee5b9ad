"""What this machine is, and how much memory this process took: told by the system, without another package."""

from __future__ import annotations

import os
import platform
import resource
import sys
from pathlib import Path

from digits import settings
from digits.files import Json

CPUINFO, STAT, VMSTAT = Path("/proc/cpuinfo"), Path("/proc/stat"), Path("/proc/vmstat")
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_PEAK = "5"  # proc_pid_clear_refs(5): the peak begins anew at what is resident now


def processor() -> str:
    """Return the processor's name where the system tells it."""
    lines = CPUINFO.read_text().splitlines() if CPUINFO.exists() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def facts() -> Json:
    """Return `processor`, `cores`, `system` and `python`: what seconds depend on beside the code."""
    return {"processor": processor(), "cores": settings.cores(),
            "system": f"{platform.system()} {platform.machine()}", "python": platform.python_version()}  # fmt: skip


def busy_seconds() -> float | None:
    """Return how long the cores that this process may use have worked, for whomever; None where nobody tells.

    Linux counts in hundredths of a second (proc_stat(5)). What a hypervisor gave to its other guests counts too.
    """
    if not STAT.exists() or not hasattr(os, "sched_getaffinity"):
        return None
    mine = {f"cpu{number}" for number in os.sched_getaffinity(0)}
    lines = [line.split() for line in STAT.read_text().splitlines()]
    return sum(_worked(line) for line in lines if line[0] in mine) / os.sysconf("SC_CLK_TCK")


def _worked(line: list[str]) -> int:
    """Return the ticks of a core that were neither idle nor spent in waiting for a disk."""
    user, nice, system, _, _, interrupts, soft, stolen = (int(word) for word in line[1:9])
    return user + nice + system + interrupts + soft + stolen


def memory_kills() -> int | None:
    """Return how many processes the kernel has ended for want of memory; None where it does not tell."""
    lines = VMSTAT.read_text().splitlines() if VMSTAT.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), None)


def reset_peak() -> bool:
    """Begin the peak of this process's memory anew; False where the system cannot, as macOS."""
    try:
        CLEAR.write_text(RESET_PEAK)
    except OSError:
        return False
    return True


def peak_bytes() -> int:
    """Return the most memory that this process had at once since `reset_peak`, or where that is not known, ever."""
    if STATUS.exists():
        for line in STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # getrusage(2): kilobytes, on macOS bytes
