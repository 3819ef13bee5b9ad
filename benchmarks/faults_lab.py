"""What all faults need: a lab with the starter set, a small training, the ends of jobs, and `strace`."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from digits import settings
from digits.dataset.dataset import dataset_names
from digits.engine import local
from digits.job import LIVE, Job
from digits.training.presets import preset
from digits.training.recipe import Recipe


def until(ready: Callable[[], bool], *, seconds: float = 300.0, every: float = 0.05) -> float:
    """Wait until `ready`, looking so often; return the seconds that it took. Raises `TimeoutError`."""
    began = time.monotonic()
    while not ready():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"not ready after {seconds:.0f} s")
        time.sleep(every)
    return time.monotonic() - began


def wait(job: Job, *states: str, seconds: float = 300.0) -> str:
    """Wait until the job is in one of `states`, by default an ended one, and return which."""
    try:
        until(lambda: (job.state in states) if states else job.state not in LIVE, seconds=seconds)
    except TimeoutError as error:
        raise TimeoutError(f"{job.kind}/{job.id}: {job.status()}") from error
    return job.state


def build_starter() -> None:
    """Build the starter set, where it is not there."""
    if "starter" not in dataset_names():
        assert wait(local.start_build("starter", "starter", owner="ann")) == "finished"


def recipe(framework: str, **changes: object) -> Recipe:
    """Return the notebook's recipe on the starter set."""
    return preset("notebook-adam", dataset="starter", framework=framework).changed(**changes)


def traced(options: list[str], command: list[str], *, log: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run `command` under `strace`, which writes what it saw into `log`."""
    return run(["strace", "-f", "-qq", "-o", str(log or "/dev/null"), *options, *command])


def run(command: list[str], *, descriptors: tuple[int, ...] = ()) -> subprocess.CompletedProcess[bytes]:
    """Run `command` as the lab runs workers, with `descriptors` inherited."""
    return subprocess.run(command, env=local.environment(), cwd=settings.PROJECT, capture_output=True, check=False,
                          pass_fds=descriptors)  # fmt: skip


def say(line: str) -> None:
    """Print what is seen on the way."""
    print(f"{'':>8}  {line}", flush=True)
