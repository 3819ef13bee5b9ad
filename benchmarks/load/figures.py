"""What the parts have in common: percentiles, memory, a training at work, and sessions that go on side by side."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import psutil

from digits.dataset.dataset import Dataset
from digits.engine import local
from digits.job import LIVE
from digits.training.presets import preset
from digits.training.run import Run, all_runs

WORDS = "{:<52}{:>9}{:>9}{:>9}{:>9}   {}"


def head() -> str:
    """Return the head of all tables."""
    return WORDS.format("seconds", "median", "p95", "longest", "number", "target")


def row(name: str, seconds: Sequence[float], target: str = "") -> str:
    """Return a line: median, 95th percentile and longest of `seconds`."""
    median, p95, longest = np.quantile(seconds, [0.5, 0.95, 1.0])
    return WORDS.format(name, f"{median:.2f}", f"{p95:.2f}", f"{longest:.2f}", f"{len(seconds):,}", target)


def megabytes(process: psutil.Process) -> float:
    """Return the memory of the server itself, without what it started."""
    return float(process.memory_info().rss / 2**20)


def cpu_seconds(process: psutil.Process) -> float:
    """Return the processor's seconds that the server has taken."""
    return float(sum(process.cpu_times()[:2]))


async def together(tasks: Iterable[Coroutine[Any, Any, Any]]) -> list[Any]:
    """Return what all of `tasks` return, which go on side by side; the first that fails ends all."""
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(one) for one in tasks]
    return [one.result() for one in running]


@contextmanager
def training(**changes: Any) -> Iterator[Run]:
    """Let a training go on inside the block, on the data set of the lab's newest run."""
    newest = all_runs()[0]
    dataset = Dataset.of(newest.recipe.dataset, newest.spec["fingerprint"]).name
    wanted = preset("notebook-adam", dataset=dataset, framework="pytorch").changed(**{"epochs": 100_000, **changes})
    run = local.start_training(wanted, owner="ann", again=True)
    try:
        wait(run, "running")
        yield run
    finally:
        if run.job.state in LIVE:
            run.job.request_stop()
        wait(run, "stopped", "finished", "failed", "interrupted")


def wait(run: Run, *states: str, seconds: float = 300.0) -> None:
    """Wait until a run is in one of `states`. Raises `TimeoutError`."""
    end = time.monotonic() + seconds
    while run.job.state not in states:
        if time.monotonic() > end:
            raise TimeoutError(run.job.status())
        time.sleep(0.2)
