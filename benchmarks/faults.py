"""What the lab withstands: workers that are killed or stopped, bits that flip, disks that are full, clocks that jump.

    python -m benchmarks.faults [--only flips starts stopped saves builds kills]

Each part works in a lab of its own, in a temporary folder, and prints a line. Where a system call is to be met
exactly, `strace` ends the process in it, or lets the call fail.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable

from benchmarks.faults_clock import clock
from benchmarks.faults_cost import cost
from benchmarks.faults_disk import disk
from benchmarks.faults_flips import flips, starts
from benchmarks.faults_kills import kills
from benchmarks.faults_memory import memory
from benchmarks.faults_saves import builds, saves
from benchmarks.faults_servers import ended, restarts
from benchmarks.faults_signals import signals
from benchmarks.faults_stopped import stopped
from benchmarks.prediction import machine

PARTS: dict[str, Callable[[], str]] = {
    "flips": flips, "starts": starts, "stopped": stopped, "saves": saves, "builds": builds, "kills": kills,
    "signals": signals, "ended": ended, "restarts": restarts, "disk": disk, "memory": memory,
    "clock": clock, "cost": cost,
}  # fmt: skip
TOOLS = {
    "saves": "strace",
    "builds": "strace",
    "disk": "strace",
    "ended": "chromium",
    "restarts": "chromium",
}  # without which a part is skipped


def main() -> None:
    """Try each part in a lab of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    print(machine())
    for name in parser.parse_args().only:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
            os.environ["DIGITS_HOME"] = home
            print(f"{name:>8}  {_tried(name)}", flush=True)


def _tried(name: str) -> str:
    tool, began = TOOLS.get(name), time.monotonic()
    if tool and not shutil.which(tool):
        return f"skipped: {tool} is not installed"
    return f"{PARTS[name]()} ({(time.monotonic() - began) / 60:.1f} min)"


if __name__ == "__main__":
    main()
