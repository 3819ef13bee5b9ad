from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from digits import settings
from digits.engine.leash import Collar
from tests.processes import lives, wait_until_dead

WORKER = """
import sys, time
from digits.engine.leash import Collar
collar = Collar()
for descriptor in map(int, sys.argv[1:]):
    collar.take(descriptor)
print("there", flush=True)
time.sleep(120)
"""


def worker(*leashes: int) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", WORKER, *map(str, leashes)], pass_fds=leashes, text=True,
                               cwd=settings.PROJECT, stdout=subprocess.PIPE)  # fmt: skip
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "there\n"
    return process


def test_a_worker_is_ended_when_the_last_of_its_leashes_is_hung_up() -> None:
    (first, one), (second, other) = os.pipe(), os.pipe()
    process = worker(first, second)
    os.close(one)
    assert lives(process.pid)
    os.close(other)
    assert process.wait(20) == -signal.SIGTERM
    for descriptor in (first, second):
        os.close(descriptor)


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """What a collar of this process would have sent to whom."""
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: sent.append((pid, number)))
    return sent


@pytest.fixture
def waiting() -> Callable[[], list[threading.Thread]]:
    """The threads that wait for the leashes of this test."""
    others = set(threading.enumerate())
    return lambda: [one for one in threading.enumerate() if one.name == "leash" and one not in others]


def hang_up(descriptor: int, waiting: Callable[[], list[threading.Thread]]) -> None:
    """Hang up a leash, and wait until the collar has heard of it."""
    os.close(descriptor)
    for thread in waiting():
        thread.join(20)
    assert not waiting()


def ends(descriptor: int) -> int:
    """Return how many descriptors of this process are an end of the pipe that `descriptor` is one of."""
    pipe, found = os.fstat(descriptor).st_ino, 0
    for other in Path("/dev/fd").iterdir():
        with suppress(OSError):  # that of the list itself is closed
            found += os.fstat(int(other.name)).st_ino == pipe
    return found


def test_a_leash_that_comes_with_each_map_is_held_once(
    killed: list[tuple[int, int]], waiting: Callable[[], list[threading.Thread]]
) -> None:
    collar, (leash, ours) = Collar(), os.pipe()
    descriptors = [leash, *(os.dup(leash) for _ in range(3))]
    for descriptor in descriptors:
        collar.take(descriptor)
    assert (len(waiting()), ends(ours)) == (1, 2)
    hang_up(ours, waiting)
    assert killed == [(os.getpid(), signal.SIGTERM)]


@pytest.mark.parametrize("given", [None, os.devnull], ids=["nothing", "no pipe"])
def test_a_worker_that_the_command_line_asks_too_does_not_end_with_the_app(
    given: str | None, killed: list[tuple[int, int]], waiting: Callable[[], list[threading.Thread]]
) -> None:
    collar, (leash, ours) = Collar(), os.pipe()
    collar.take(leash)
    collar.take(None if given is None else os.open(given, os.O_RDONLY))
    hang_up(ours, waiting)
    assert killed == []


def test_what_is_no_pipe_holds_nobody() -> None:
    with Path(os.devnull).open() as nothing:
        process = worker(nothing.fileno())
    assert lives(process.pid)
    process.kill()
    process.wait()


def test_the_leash_of_an_app_that_is_killed_ends_its_worker() -> None:
    app = """
import subprocess, sys, time
from digits.engine.leash import leash
process = subprocess.Popen([sys.executable, "-c", sys.argv[1], "0"], stdin=leash(), stdout=subprocess.PIPE, text=True)
process.stdout.readline()
print(process.pid, flush=True)
time.sleep(120)
"""
    process = subprocess.Popen([sys.executable, "-c", app, WORKER], stdout=subprocess.PIPE, text=True,
                               cwd=settings.PROJECT)  # fmt: skip
    assert process.stdout is not None
    with process.stdout:
        pid = int(process.stdout.readline())
    assert lives(pid)
    process.kill()
    process.wait()
    wait_until_dead(pid)
