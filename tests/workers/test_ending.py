"""A worker whose main thread does not hear a signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from digits import job as jobs
from digits import settings
from digits.job import Job

# Sleeps in compiled code, as an import does: Python hears no signal in it.
WORKER = """
import ctypes, sys
from digits.workers import ending
ending.GRACE_SECONDS = 0.2
from digits.workers.desk import Desk, work

def main(desk: Desk) -> None:
    desk.say(state="running", phase="importing")
    print("there", flush=True)
    libc = ctypes.CDLL(None)
    while {deaf}:
        libc.sleep(120)
    while True:
        desk.check()

sys.argv = ["worker", "abc"]
work(main, "runs")
"""


def ended_by(number: signal.Signals, *, deaf: bool) -> tuple[int, dict[str, object]]:
    """Start a worker, send it a signal, and return how it ended and its status."""
    lock = jobs.create(Job("runs", "abc"), {}, owner="ann")
    assert lock is not None
    lock.close()
    process = subprocess.Popen([sys.executable, "-c", WORKER.format(deaf=deaf)], stdout=subprocess.PIPE, text=True,
                               cwd=settings.PROJECT)  # fmt: skip
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "there\n"
    os.kill(process.pid, number)
    return process.wait(20), Job("runs", "abc").status()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_that_does_not_hear_a_signal_is_ended_and_says_what_it_was_at(number: signal.Signals) -> None:
    code, status = ended_by(number, deaf=True)
    assert (code, status["state"]) == (1, "stopped")
    assert "in the midst of importing" in str(status["error"])


def test_one_that_hears_ends_by_itself() -> None:
    code, status = ended_by(signal.SIGTERM, deaf=False)
    assert (code, status["state"], status["error"]) == (0, "stopped", "abc was stopped.")
