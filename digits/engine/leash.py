"""A leash: what tells a warm worker that the app it works for has ended, by whatever death.

It is a pipe into which nobody ever writes. The app keeps one end as long as it lives; the worker has the other, and
the kernel hangs it up when the app is gone. The command line gives none: its worker stays warm for the next command.
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
    """The worker's side: it is sent SIGTERM when the last of its leashes is hung up."""

    def __init__(self) -> None:
        self._held: set[int] = set()
        self._guard = threading.Lock()

    def take(self, descriptor: int) -> None:
        """Take a leash that was handed on; what is no pipe is none."""
        if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            return
        with self._guard:
            self._held.add(descriptor)
        threading.Thread(target=self._wait, args=(descriptor,), name="leash", daemon=True).start()

    def _wait(self, descriptor: int) -> None:
        poll = select.poll()
        poll.register(descriptor, 0)  # a hang-up is told without being asked for
        poll.poll()
        with self._guard:
            self._held.discard(descriptor)
            os.close(descriptor)
            last = not self._held
        if last:
            os.kill(os.getpid(), signal.SIGTERM)
