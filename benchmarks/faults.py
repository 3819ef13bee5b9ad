"""What the lab withstands: workers that are killed or stopped, bits that flip, disks that are full, clocks that jump.

    python -m benchmarks.faults [--only PART …]

Each part works in a lab of its own, in a temporary folder, and prints a line. Where a system call is to be met
exactly, `strace` ends the process in it, or lets the call fail.
"""

from __future__ import annotations

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
from benchmarks.parts import Part, try_parts

PARTS: dict[str, Part] = {
    "flips": flips, "starts": starts, "stopped": stopped, "saves": saves, "builds": builds, "kills": kills,
    "signals": signals, "ended": ended, "restarts": restarts, "disk": disk, "memory": memory,
    "clock": clock, "cost": cost,
}  # fmt: skip
TOOLS = {"saves": "strace", "builds": "strace", "disk": "strace", "ended": "chromium", "restarts": "chromium"}


if __name__ == "__main__":
    try_parts(PARTS, __doc__, TOOLS)
