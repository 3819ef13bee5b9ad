"""A sign of life, and what happens without one: a worker that is stopped is ended by whoever watches.

The worker's side is `Beat`: a thread that touches `beat` in the job's folder. It says nothing of progress, only that
the process runs: the thread beats through a long import, and stands still with all others when the process is
stopped. The other side is `keep`: it is told of each job that somebody looks at, and a thread of the process watches
those from then on (docs/decisions/0018-watching.md).
"""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import threading
import time
import traceback
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from digits.errors import IntegrityError
from digits.files import Json, Lock, read_json, write_json

FILE = "beat"
BEAT_SECONDS = 1.0
LOOK_SECONDS = 1.0
LONGEST_LOOK_SECONDS = 2.0  # counted of one look, however long the watcher slept: the machine may have slept with it
SILENT_SECONDS = 15.0
ENDED = f"Its worker gave no sign of life for {SILENT_SECONDS:.0f} s and was ended: it was stopped, or it hung"


def host() -> str:
    """Return what tells this boot of this machine, and this world of process numbers, from others."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    return platform.node()


def started(pid: int) -> str | None:
    """Return when a process was started, by the kernel's word, which no clock changes; None if there is none."""
    if Path("/proc/self/stat").exists():
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
        except (FileNotFoundError, ProcessLookupError):
            return None
    told = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return told.stdout.strip() or None


class Beat:
    """The worker's side: says in `beat` who it is, and touches the file until it is closed."""

    def __init__(self, folder: Path) -> None:
        self._path, self._over = folder / FILE, threading.Event()
        write_json(self._path, {"host": host(), "pid": os.getpid(), "started": started(os.getpid())})
        threading.Thread(target=self._go_on, name="beat", daemon=True).start()

    def _go_on(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            with suppress(OSError):  # the folder may be gone, and a disk may be out of order for a while
                os.utime(self._path)

    def close(self) -> None:
        """Beat no more."""
        self._over.set()


@dataclass
class Silence:
    """How long the watcher has been awake, in seconds, since the beat of one worker was another."""

    beat: int
    looked: float
    seconds: float = 0.0

    def look(self, beat: int, now: float) -> float:
        """Take what is seen at `now`, of the watcher's monotonic clock, and return the seconds of silence."""
        passed = min(now - self.looked, LONGEST_LOOK_SECONDS)
        self.seconds = self.seconds + passed if beat == self.beat else 0.0
        self.beat, self.looked = beat, now
        return self.seconds


class Watch:
    """Watches the workers of some folders; asking for the status of one that was let go takes it up again."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._silences: dict[Path, Silence | None] = {}
        self._thread: threading.Thread | None = None

    def keep(self, folder: Path) -> None:
        """Watch the worker in `folder` until it has ended."""
        with self._guard:
            self._silences.setdefault(folder, None)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._go_on, name="watch", daemon=True)
                self._thread.start()

    def _go_on(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            with self._guard:
                if not self._silences:
                    self._thread = None
                    return
            self.look(time.monotonic())

    def look(self, now: float) -> None:
        """Look at every worker once, and end those that were silent too long."""
        for folder in list(self._silences):
            try:
                watched = self._look_at(folder, now)
            except Exception:  # the edge of the thread: one that cannot be looked at ends the watching of no other
                traceback.print_exc()
                watched = False
            if not watched:
                with self._guard:
                    self._silences.pop(folder, None)

    def _look_at(self, folder: Path, now: float) -> bool:
        """Look at one worker; False if there is none to be watched any more."""
        beat = _beat(folder)
        if beat is None or not Lock.is_held(folder / "job.lock"):
            return False
        silence = self._silences[folder] or Silence(beat, now)
        self._silences[folder] = silence
        if silence.look(beat, now) >= SILENT_SECONDS:
            silence.seconds = 0.0  # where it cannot be ended, not again at once
            end(folder)
        return True


def _beat(folder: Path) -> int | None:
    try:
        return (folder / FILE).stat().st_mtime_ns
    except OSError:
        return None


def end(folder: Path) -> bool:
    """End the worker in `folder` and its process group; False if it is not sure that the process is the worker."""
    with suppress(IntegrityError, OSError, KeyError, TypeError, ValueError):
        worker = read_json(folder / FILE)
        pid = int(worker["pid"])
        if worker["host"] != host() or worker["started"] is None or worker["started"] != started(pid):
            return False
        if os.getpgid(pid) == pid:  # started by the lab, in a session of its own
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
        with suppress(IntegrityError, OSError, KeyError):  # it is ended, whatever its status is like
            tell(folder, ENDED)
        return True
    return False


def tell(folder: Path, why: str, *, first: bool = False) -> None:
    """Write into the status why the worker is gone, unless somebody starts it again at this moment.

    `first` leaves another's word as it is. The worker's lock is shared, so that nobody takes the one who writes for
    the worker; that of those who tell keeps them apart.
    """
    with closing(Lock(folder / "job.lock")) as worker, closing(Lock(folder / "tell.lock")) as tellers:
        if worker.acquire(wait_seconds=2.0, shared=True) and tellers.acquire(wait_seconds=2.0):
            path = folder / "status.json"
            status: Json = read_json(path)
            if status["state"] in ("queued", "running") and not (first and status.get("error")):
                write_json(path, {**status, "error": why})


keep = Watch().keep
