"""Handing a job to a worker that is warm: the job's lock goes to it through a socket, and is never free in between.

A starter hands its lock to a new worker by inheritance (docs/decisions/0002-locks.md). One that is running already
gets the same open file by `SCM_RIGHTS` (unix(7)): held by the starter, by the message on its way, by the worker. If
the worker is killed with the message unread, the kernel frees the lock, and the job is interrupted as any other.
"""

from __future__ import annotations

import os
import queue
import shutil
import socket
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from digits import settings
from digits.engine.leash import Collar
from digits.errors import DigitsError, IntegrityError
from digits.files import Lock, last_word, read_json, write_json
from digits.job import Job

TAKEN = b"1"
ANSWER_SECONDS = 5.0
LOOK_SECONDS = 0.5  # how often a waiting job's stop is looked for


def hand(worker: str, job: Job, lock: Lock, leash: int | None = None) -> bool:
    """Give `job` and its lock to the warm `worker`; False if there is none. The caller's own lock stays open.

    Where a `leash` is given, the worker ends with the caller (`engine.leash`).
    """
    try:
        address = _address(_note(worker))
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(ANSWER_SECONDS)
            line.connect(address)
            socket.send_fds(line, [job.id.encode()], [lock.descriptor, *([] if leash is None else [leash])])
            return line.recv(1) == TAKEN
    except (OSError, KeyError, DigitsError):
        return False


def _note(worker: str) -> Path:
    return settings.part("slots") / f"{worker}.json"


def _lab() -> list[object]:
    """Return what tells this lab from a copy of it, in which the note names the original's door."""
    return [str(settings.home()), settings.part("slots").stat().st_ino]


def _address(note: Path) -> str:
    """Return the socket that `note` names. Raises `IntegrityError` if it is not of this lab."""
    said = read_json(note)
    if said.get("lab") != _lab():
        raise IntegrityError(f"{note.name} is of another lab")
    return str(said["address"])


class Door:
    """Where a warm worker takes jobs of a kind in: they wait in order, each with its lock held."""

    def __init__(self, worker: str, kind: str, collar: Collar) -> None:
        self._kind, self._note, self._collar = kind, _note(worker), collar
        self._remove_old()
        self._folder = Path(tempfile.mkdtemp(prefix="digits-"))  # private, and short: a socket's path has 100 letters
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(self._folder / "door"))
        self._socket.listen(64)
        self._socket.settimeout(LOOK_SECONDS)
        self._guard, self._closed = threading.Lock(), False
        self._waiting: queue.Queue[tuple[Job, Lock]] = queue.Queue()
        write_json(self._note, {"address": str(self._folder / "door"), "pid": os.getpid(), "lab": _lab()})
        threading.Thread(target=self._answer, daemon=True).start()

    def next(self, *, wait_seconds: float) -> tuple[Job, Lock] | None:
        """Return the job that waits longest and its lock, or None after `wait_seconds`."""
        with suppress(queue.Empty):
            return self._waiting.get(timeout=wait_seconds)
        return None

    def close(self, *, at_once: bool = False) -> bool:
        """Take no more jobs in; False, and nothing is closed, if one has come in the meantime.

        `at_once` closes all the same: the jobs that wait are interrupted when the process ends.
        """
        with self._guard:
            self._closed = at_once or self._waiting.empty()
        if self._closed:
            self._socket.close()
            self._remove_old()
            shutil.rmtree(self._folder, ignore_errors=True)  # the lab, and the note in it, may be gone
        return self._closed

    def _remove_old(self) -> None:
        """Remove the door of this lab, also that of a worker that was killed."""
        with suppress(OSError, KeyError, DigitsError):
            address = Path(_address(self._note))
            self._note.unlink()
            if address.name == "door" and address.parent.name.startswith("digits-"):
                shutil.rmtree(address.parent, ignore_errors=True)

    def _answer(self) -> None:
        while not self._closed:
            self._end_stopped()
            try:
                line, _ = self._socket.accept()
            except TimeoutError:
                continue
            except OSError:  # too many files are open, for example, or the door was closed
                time.sleep(LOOK_SECONDS)
                continue
            with line, suppress(OSError):
                line.settimeout(ANSWER_SECONDS)
                self._take(line)

    def _take(self, line: socket.socket) -> None:
        id, descriptors, *_ = socket.recv_fds(line, 256, 2)
        if not descriptors:
            return
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        job = Job(self._kind, Path(id.decode("utf-8", "replace")).name)
        lock = Lock(job.lock_path, descriptor=descriptors[0])
        with self._guard:
            if not self._closed and (job.folder / "job.json").exists():
                with suppress(OSError):
                    line.sendall(TAKEN)
                    self._waiting.put((job, lock))
                    self._collar.take(descriptors[1] if len(descriptors) > 1 else None)
                    return
        for descriptor in descriptors:
            os.close(descriptor)

    def _end_stopped(self) -> None:
        """End jobs whose stop was asked for while they wait; the others keep their order."""
        with self._guard:
            for job, lock in self._take_all():
                if not _ended(job, lock):
                    self._waiting.put((job, lock))

    def _take_all(self) -> list[tuple[Job, Lock]]:
        waiting = []
        with suppress(queue.Empty):
            while True:
                waiting.append(self._waiting.get_nowait())
        return waiting


def _ended(job: Job, lock: Lock) -> bool:
    """End a job whose stop was asked for; False for any other, and where its status cannot be read or written."""
    path = job.folder / "status.json"
    try:
        if not (job.folder / "stop").exists():
            return False
        last_word(path, {**read_json(path), "state": "stopped", "phase": "stopped", "finished": time.time()})
    except (OSError, DigitsError):  # the worker says so, when its turn has come
        return False
    lock.close()
    return True
