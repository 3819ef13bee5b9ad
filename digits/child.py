"""A child: a process that answers its parent over a pipe, sleeps in between, and never outlives it.

The parent asks with `Child.send` and hears by `Child.answer`; the child answers with `serve`. Both speak
`digits.messages`. When the parent dies, by whatever death, the kernel closes its end of the pipe; a thread of the
child that waits for nothing else ends the process then, even in the middle of its work.
"""

from __future__ import annotations

import fcntl
import os
import select
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from numpy.typing import NDArray

from digits import messages, settings
from digits.errors import DigitsError, WorkerError
from digits.files import Json
from digits.watch import SILENT_SECONDS

Reply = tuple[Json, NDArray[Any] | None]
PIPE_BYTES = 1 << 20  # the most that Linux gives anybody; others keep theirs
LOOK_SECONDS = 0.5  # how often a parent that waits looks whether it should go on
REST_SECONDS = 60.0  # an answer that has begun is there at once, or something is broken
LONGEST_SECONDS = 7 * 86_400.0  # that a child sleeps: poll(2) knows no more than 24 days


class Child:
    """The parent's side: `name` is what errors call it. Its errors go where the parent's go."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self.name = name
        self._process = subprocess.Popen(command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         cwd=settings.PROJECT, env=environment)  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._replies = self._process.stdin, self._process.stdout
        for pipe in (self._requests, self._replies):
            _widen(pipe.fileno())

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def has_answered(self) -> bool:
        """Tell whether an answer is on its way, without waiting for it."""
        poll = select.poll()
        poll.register(self._replies.fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def send(
        self, request: Json, array: NDArray[Any] | None = None, *, pause: Callable[[], None] = lambda: None
    ) -> None:
        """Give it something to do, and what with; `pause` is called as by `answer` while its pipe is full.

        Raises `WorkerError` if it has died, or stays stopped.
        """
        try:
            messages.send(
                self._requests.fileno(), request, array, wait=partial(wait_for_room, self._process, self.name, pause)
            )
        except OSError as error:
            raise self._death() from error

    def answer(self, pause: Callable[[], None]) -> Reply:
        """Return its answer; `pause` is called twice a second meanwhile, and may raise.

        Raises `WorkerError` if it dies or stays stopped, and `DigitsError` with its own sentence if it could not do
        what was asked.
        """
        wait_for_answer(self._process, self.name, pause)
        reply = messages.receive(self._replies.fileno(), wait_seconds=REST_SECONDS)
        if reply is None:
            raise self._death()
        if "error" in reply[0]:
            raise DigitsError(f"{self.name}: {reply[0]['error']}")
        return reply

    def cpu_seconds(self) -> float | None:
        """Return how long it has computed, all its threads, to the nanosecond; None where the system does not tell.

        Linux numbers the clocks of processes so: clock_getcpuclockid(3).
        """
        if sys.platform != "linux":
            return None
        try:
            return time.clock_gettime(~self.pid << 3 | 2)
        except OSError:  # it has died: whoever waits for its answer will say so
            return None

    def close(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        for pipe in (self._requests, self._replies):
            with suppress(OSError):
                pipe.close()
        self._process.wait()

    def _death(self) -> WorkerError:
        status = self._process.wait(REST_SECONDS)
        how = f"signal {-status}" if status < 0 else f"exit status {status}"
        return WorkerError(f"The process {self.name} died", received=how,
                           do="worker.log says more; where it says nothing, memory may have run out.")  # fmt: skip


def _widen(pipe: int) -> None:
    """Let `pipe` hold more at a time, where there is a way and the system has that much left for this user."""
    if sys.platform == "linux":
        with suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def wait_for_answer(process: subprocess.Popen[bytes], name: str, pause: Callable[[], None]) -> None:
    """Wait until the child `process` says something; `pause` is called twice a second meanwhile, and may raise.

    Raises `WorkerError` if it stays stopped.
    """
    assert process.stdout is not None
    _wait(process.stdout.fileno(), select.POLLIN, process, name, pause)


def wait_for_room(process: subprocess.Popen[bytes], name: str, pause: Callable[[], None]) -> None:
    """Wait until something can be said to the child `process`, as `wait_for_answer` does for what it says."""
    assert process.stdin is not None
    _wait(process.stdin.fileno(), select.POLLOUT, process, name, pause)


def _wait(
    descriptor: int, event: int, process: subprocess.Popen[bytes], name: str, pause: Callable[[], None]
) -> None:
    poll = select.poll()
    poll.register(descriptor, event)
    stopped = 0  # looks, of this process's own
    while not poll.poll(LOOK_SECONDS * 1000):
        pause()
        stopped = stopped + 1 if _is_stopped(process.pid) else 0
        if stopped * LOOK_SECONDS >= SILENT_SECONDS:
            raise WorkerError(f"The process {name} was stopped", received="SIGSTOP, and nobody let it go on",
                              do="Start the job again.")  # fmt: skip


def _is_stopped(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None


def serve(answer: Callable[[Json], Reply]) -> None:
    """Answer what comes in on standard input, one after the other, until the parent closes it.

    An array that comes with a request is its `array`. What `answer` raises goes back as a sentence. Whatever a
    library prints goes to standard error.
    """
    requests, replies = sys.stdin.fileno(), os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    end_with(requests)
    while (message := messages.receive(requests, wait_seconds=LONGEST_SECONDS)) is not None:
        try:
            request = message[0] if message[1] is None else {**message[0], "array": message[1]}
            header, array = answer(request)
        except DigitsError as error:
            header, array = {"error": str(error)}, None
        except Exception as error:  # the edge of the process: the parent must hear of it
            traceback.print_exc()
            header, array = {"error": f"{type(error).__name__}: {error}"}, None
        with suppress(BrokenPipeError):
            messages.send(replies, header, array)


def end_with(requests: int) -> None:
    """End this process when nobody can write to `requests` any more, whatever its main thread does then."""
    threading.Thread(target=_end_with, args=(requests,), daemon=True).start()


def _end_with(requests: int) -> None:
    """Wait for the end of `requests`; until then the kernel lets the thread sleep."""
    poll = select.poll()
    poll.register(requests, 0)  # a hang-up is told without being asked for
    poll.poll()
    os._exit(0)
