"""The seat of the one process that draws maps, and somebody who sits in it and does not answer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from digits import job as jobs
from digits import settings, watch
from digits.files import Lock
from digits.job import Job
from digits.workers import embed
from digits.workers.desk import Desk
from tests.processes import lives, wait_until_dead

SITTER = """
import sys, time
from pathlib import Path
from digits.files import Lock
from digits.watch import Beat
folder = Path(sys.argv[1])
lock = Lock(folder / "job.lock")
assert lock.acquire()
Beat(folder)
print("there", flush=True)
time.sleep(120)
"""


def test_a_map_worker_that_was_stopped_while_nobody_asked_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(watch, "SILENT_SECONDS", 0.3)
    folder = settings.part("slots") / "embed"
    folder.mkdir()
    sitter = subprocess.Popen([sys.executable, "-c", SITTER, str(folder)], stdout=subprocess.PIPE, text=True,
                              cwd=settings.PROJECT, start_new_session=True)  # fmt: skip
    assert sitter.stdout is not None
    with sitter.stdout:
        assert sitter.stdout.readline() == "there\n"
    os.kill(sitter.pid, signal.SIGSTOP)
    lock = jobs.create(Job("maps", "abc"), {}, owner="ann")
    assert lock is not None
    desk = Desk(Job("maps", "abc"), lock)
    seat = embed._seat(desk)
    desk.beat.close()
    assert seat is not None
    assert Lock.is_held(folder / "job.lock")
    seat.close()
    wait_until_dead(sitter.pid)
    sitter.wait()
    assert not lives(sitter.pid)
