"""The seat of the one process that draws maps, and somebody who sits in it and does not answer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from digits import job as jobs
from digits import settings, watch
from digits.engine import warm
from digits.engine.leash import Collar
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
    seat = embed._seat(desk, None)
    desk.beat.close()
    assert seat is not None
    assert Lock.is_held(folder / "job.lock")
    seat.close()
    wait_until_dead(sitter.pid)
    sitter.wait()
    assert not lives(sitter.pid)


def damage_status(job: Job) -> None:
    (job.folder / "status.json").write_bytes(b"{")


def refuse_beat(job: Job) -> None:
    (job.folder / watch.FILE).mkdir()


def refuse_log(job: Job) -> None:
    (job.folder / "worker.log").mkdir()


@pytest.mark.parametrize("break_it", [damage_status, refuse_beat, refuse_log])
def test_a_map_that_cannot_be_begun_is_passed_over(
    break_it: Callable[[Job], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "dup2", lambda *_: None)  # the test's own output stays where it is
    first, broken, sound = (Job("maps", id) for id in ("first", "broken", "sound"))
    locks = [jobs.create(job, {}, owner="ann") for job in (first, broken, sound)]
    assert locks[0] is not None
    last, door = Desk(first, locks[0]), warm.Door("embed", "maps", Collar())
    for job, lock in zip((broken, sound), locks[1:], strict=True):
        assert lock is not None
        assert warm.hand("embed", job, lock)
        lock.close()
    break_it(broken)
    following = embed._following(door, locks[0], last)
    assert following is not None
    assert (following.job, broken.alive) == (sound, False)
    assert "Error" in capsys.readouterr().err, "why is in the log"
    assert door.close()
    for desk in (last, following):
        desk.beat.close()
        desk.lock.close()
