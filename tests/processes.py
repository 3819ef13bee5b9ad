"""Whether processes live: what tests of killed workers ask."""

from __future__ import annotations

import os
import time
from pathlib import Path


def lives(pid: int) -> bool:
    """Tell whether a process is there and no zombie, which nobody may have taken leave of yet."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            return stat.read_text().rpartition(")")[2].split()[0] not in "ZX"
        except (FileNotFoundError, ProcessLookupError):
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until_dead(*pids: int, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while living := [pid for pid in pids if lives(pid)]:
        assert time.monotonic() < end, f"{living} are still there"
        time.sleep(0.02)
