"""Workers that are stopped by SIGSTOP, and those that run out of memory."""

from __future__ import annotations

import os
import signal
import time

from benchmarks.faults_lab import build_starter, recipe, wait
from digits.engine import local

STOPS = 5


def stopped() -> str:
    """Stop a worker that trains by SIGSTOP, and ask for its state until it is interrupted."""
    build_starter()
    seconds = []
    for number in range(STOPS):
        run = local.start_training(recipe("pytorch", epochs=100_000, seed=number), owner="ann")
        wait(run.job, "running")
        os.kill(run.job.status()["pid"], signal.SIGSTOP)
        began = time.monotonic()
        wait(run.job, "interrupted", seconds=60)
        seconds.append(time.monotonic() - began)
    return f"{STOPS} stopped workers shown as interrupted after {min(seconds):.1f} to {max(seconds):.1f} s"
