"""The starter set in a lab, without a worker: what tests of trainings begin with."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import time
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digits import settings
from digits.dataset.build import build
from digits.dataset.dataset import Dataset
from digits.dataset.families import store
from digits.dataset.sources import open_source
from digits.job import LIVE, Job
from digits.training.presets import preset
from digits.training.recipe import Recipe


def build_starter() -> None:
    """Put the data set `starter` into the lab, as a build in this process makes it."""
    shutil.copytree(_built(), settings.part("datasets") / "starter")


@cache
def _built() -> Path:
    """Build the data set `starter` once for all tests of this process, and return a copy outside of every lab."""
    build(open_source("starter"), "starter", staging=settings.part("builds") / "by-hand")
    outside = Path(tempfile.mkdtemp(prefix="digits-"))
    atexit.register(shutil.rmtree, outside, ignore_errors=True)
    shutil.move(settings.part("datasets") / "starter", outside / "starter")
    return outside / "starter"


def four_drawings(dataset: Dataset) -> NDArray[np.int64]:
    """Give `dataset` four families a digit, as if each digit's images were copies of four drawings; return them."""
    families = np.zeros(len(dataset.labels), np.int64)
    for digit in range(10):
        rows = np.flatnonzero(dataset.labels == digit)
        families[rows] = 4 * digit + np.arange(len(rows)) % 4
    store.keep(dataset, families, {"by": "search"})
    return families


def small(framework: str, **values: object) -> Recipe:
    """Return a recipe that trains in a moment: `notebook-adam` with fewer units."""
    return preset("notebook-adam", framework=framework, dataset="starter", network="32-16", threads=1, **values)


def wait_for_end(job: Job, *, seconds: float = 120) -> str:
    """Wait until the job's worker has ended; return its state."""
    end = time.monotonic() + seconds
    while job.alive or job.state in LIVE:
        assert time.monotonic() < end, f"{job.id} did not end in {seconds} s: {job.status()}"
        time.sleep(0.05)
    return job.state


def wait_for_epoch(job: Job, epoch: float, *, seconds: float = 120) -> None:
    """Wait until the job's training has come so far."""
    end = time.monotonic() + seconds
    while job.status().get("epoch", 0) < epoch:
        assert job.alive, job.status()
        assert time.monotonic() < end, f"{job.id} did not reach epoch {epoch}: {job.status()}"
        time.sleep(0.02)
