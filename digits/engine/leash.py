"""A leash: what tells a warm worker that the app it works for has ended, by whatever death.

It is a pipe into which nobody ever writes. The app keeps one end as long as it lives; the worker has the other, and
the kernel hangs it up when the app is gone. The command line gives none: a worker that it has asked stays warm.
"""

from __future__ import annotations

import os
import select
import signal
import stat
import threading
from functools import cache


@cache
def leash() -> int:
    """Return the end for workers of this process's leash: a descriptor, the same each time."""
    theirs, _ours = os.pipe()  # neither is inherited unless it is handed on by name; ours is closed by our death
    return theirs


class Collar:
    """The worker's side: it is sent SIGTERM when the last of its leashes is hung up.

    Not if somebody has asked it without a leash: the command line, whose worker stays warm.
    """

    def __init__(self) -> None:
        self._held: set[tuple[int, int]] = set()  # device and inode: an app hands on the same pipe with each map
        self._free = False
        self._guard = threading.Lock()

    def take(self, descriptor: int | None) -> None:
        """Take what came with a map, and is the collar's from now on: a leash; what is no pipe is none."""
        with self._guard:
            there = None if descriptor is None else os.fstat(descriptor)
            if descriptor is None or there is None or not stat.S_ISFIFO(there.st_mode):
                self._free = True
            elif (pipe := (there.st_dev, there.st_ino)) not in self._held:
                self._held.add(pipe)
                threading.Thread(target=self._wait, args=(descriptor, pipe), name="leash", daemon=True).start()
                return
        if descriptor is not None:
            os.close(descriptor)

    def _wait(self, descriptor: int, pipe: tuple[int, int]) -> None:
        poll = select.poll()
        poll.register(descriptor, 0)  # a hang-up is told without being asked for
        poll.poll()
        with self._guard:
            self._held.discard(pipe)
            os.close(descriptor)
            if not self._held and not self._free:  # under the guard: nothing is taken in between
                os.kill(os.getpid(), signal.SIGTERM)
