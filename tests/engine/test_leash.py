from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from digits import settings
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
