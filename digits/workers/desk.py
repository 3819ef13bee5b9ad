"""What every worker has: its job, its status, its ears for a stop, and a clean end whatever happens."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

from digits.engine import death
from digits.errors import ConflictError, DigitsError, StoppedError, UsageError
from digits.files import Lock, last_word, read_json, unwritable, write_json
from digits.job import LIVE, Job
from digits.watch import Beat
from digits.workers.ending import GRACE_SECONDS, SIGNALS, Ears

SECONDS_BETWEEN = 0.5  # progress is written at most this often


class Desk:
    """The worker's side of a job: the only writer of its status."""

    def __init__(self, job: Job, lock: Lock) -> None:
        self.job = job
        self.lock = lock  # held until the process ends
        self.status = read_json(job.folder / "status.json")
        self._written = 0.0
        self._guard = threading.RLock()  # of the status: its last word may be another thread's
        self.beat = self._begin_to_beat()
        self.signalled = False  # somebody ends the process
        for number in SIGNALS:
            signal.signal(number, self._on_signal)

    def _begin_to_beat(self) -> Beat:
        try:
            return Beat(self.job.folder)
        except OSError as error:  # where nothing can be written, the last word can often still
            self.fail(_sentence(error))
            raise

    def _on_signal(self, *_: object) -> None:
        self.signalled = True

    def stopped(self) -> bool:
        """Tell whether somebody asked for a stop, by the page or by a signal."""
        return self.signalled or (self.job.folder / "stop").exists()

    def check(self) -> None:
        """Raise `StoppedError` if a stop was asked for."""
        if self.stopped():
            raise StoppedError(f"{self.job.id} was stopped")

    def say(self, *, urgent: bool = True, **fields: Any) -> None:
        """Write `fields` into the status; what is not urgent at most every half second."""
        with self._guard:
            self.status.update(fields, beat=time.time())
            if urgent or time.monotonic() - self._written > SECONDS_BETWEEN:
                write_json(self.job.folder / "status.json", self.status)
                self._written = time.monotonic()

    def fail(self, reason: str) -> None:
        """Write that it failed, and why: on a full disk too."""
        self._end("failed", reason)

    def stop(self, reason: str) -> None:
        """Write that it was stopped, and by what."""
        self._end("stopped", reason)

    def give_up(self) -> None:
        """Write that it was stopped, where its main thread did not do so in time."""
        with self._guard:
            if self.status["state"] in LIVE:
                waited = f"{GRACE_SECONDS:.0f} s after it was asked to stop"
                self.stop(f"{self.job.id} was ended {waited}, in the midst of {self.status['phase']}")

    def _end(self, state: str, reason: str) -> None:
        with self._guard:
            self.status.update(state=state, phase=state, error=reason, finished=time.time())
            last_word(self.job.folder / "status.json", self.status)


def work(main: Callable[[Desk], None], kind: str) -> None:
    """Run a worker: `python -m digits.workers.… ID [LOCK]`, LOCK being the inherited descriptor of its lock.

    Ends with status 0 when it finished or was stopped, 1 when it failed.
    """
    ears, desk = Ears(), adopt(kind)
    ears.last_word = desk.give_up
    if not attempt(main, desk):
        sys.exit(1)


def attempt(main: Callable[[Desk], None], desk: Desk) -> bool:
    """Do the job of `desk`; False if it failed.

    The status says how it ended, and why in one sentence; the traceback stays in `worker.log`.
    """
    try:
        desk.say(state="queued", pid=os.getpid(), phase="starting")
        main(desk)
        desk.say(state="finished", phase="finished", finished=time.time())
    except StoppedError as error:
        desk.stop(str(error))
    except Exception as error:  # the edge of the process: the status must say how it ended
        traceback.print_exc()
        desk.fail(_sentence(error))
        return False
    finally:
        desk.beat.close()
    return True


def adopt(kind: str) -> Desk:
    """Return the desk of the job that this process was started for."""
    if len(sys.argv) < 2:
        raise UsageError("A worker needs the id of its job", expected=f"python -m digits.workers.… ID of {kind}")
    job = Job(kind, sys.argv[1])
    if len(sys.argv) > 2:
        descriptor = int(sys.argv[2])
        os.set_inheritable(descriptor, False)
        return Desk(job, Lock(job.lock_path, descriptor=descriptor))
    lock = Lock(job.lock_path)
    if not lock.acquire():
        raise ConflictError(f"{job.id} is at work already")
    return Desk(job, lock)


def _sentence(error: Exception) -> str:
    if isinstance(error, DigitsError):
        return str(error)
    if isinstance(error, OSError) and (refusal := unwritable(error)):
        return str(refusal)
    if isinstance(error, MemoryError) or death.is_memory(str(error)):
        return death.OUT_OF_MEMORY
    return f"{type(error).__name__}: {error}"
