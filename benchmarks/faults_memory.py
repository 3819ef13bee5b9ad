"""Workers that run out of memory: by a limit of their own (`setrlimit`), and ended by the kernel in a cgroup."""

from __future__ import annotations

import os
import random
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.faults_jobs import at_work
from benchmarks.faults_lab import build_starter, recipe, say, until, wait
from digits import settings
from digits.engine import local
from digits.job import Job

TIMES, MEGABYTE = 5, 2**20
CGROUP = Path("/sys/fs/cgroup/memory")  # of version 1, where the tests run


def _virtual_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()


def _limited(pid: int, megabytes: int) -> None:
    """Let a process have so many more MB of addresses."""
    most = _virtual_bytes(pid) + megabytes * MEGABYTE
    resource.prlimit(pid, resource.RLIMIT_AS, (most, most))


@contextmanager
def _group() -> Iterator[Path]:
    folder = CGROUP / f"digits-{os.getpid()}"
    folder.mkdir()
    try:
        (folder / "memory.limit_in_bytes").write_text(str(150 * MEGABYTE))
        yield folder
    finally:
        folder.rmdir()


def _out_of_memory(number: int, limit: Callable[[int], None]) -> tuple[Job, float]:
    """Limit a training at a random moment of its first seconds; return it and the seconds until it has ended."""
    framework = settings.FRAMEWORKS[number % 2]
    chosen = recipe(framework, epochs=100_000, network="4096-4096", batch=0, seed=number)
    job = local.start_training(chosen, owner="ann", again=True).job
    pid = at_work(job)
    time.sleep(random.Random(number).random() * 4)  # the moment, not a wait for something
    limit(pid)
    began = time.monotonic()
    wait(job, seconds=120)
    with suppress(TimeoutError):
        until(lambda: bool(job.status().get("error")), seconds=10)
    return job, time.monotonic() - began


def memory(times: int = TIMES) -> str:
    """Let trainings run out of memory in both ways."""
    build_starter()
    ways: dict[str, Callable[[int], None]] = {"setrlimit": lambda pid: _limited(pid, 20)}
    told = []
    with _group() as folder:
        ways["cgroup"] = lambda pid: (folder / "cgroup.procs").write_text(str(pid)) and None
        for way, limit in ways.items():
            said, longest = 0, 0.0
            for number in range(times):
                job, seconds = _out_of_memory(number, limit)
                error = str(job.status().get("error"))
                said += "ran out of memory" in error
                longest = max(longest, seconds)
                say(f"{way}: {job.state} {seconds:.1f} s after the limit: {error[:160]}")
            told.append(f"{way}: {said} of {times} said that memory ran out, after at most {longest:.1f} s")
    return "; ".join(told)
