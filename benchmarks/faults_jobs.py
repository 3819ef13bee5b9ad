"""One job of each kind of worker, which takes long enough to be met in its work."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

from benchmarks.faults_lab import build_starter, recipe, until, wait
from digits import drawings, inspection, settings
from digits.dataset.dataset import Dataset
from digits.dataset.export import Form
from digits.drawings.stroke_file import Painted
from digits.embedding.maps import start_map
from digits.embedding.recipe import MapRecipe
from digits.engine import local
from digits.engine.duels import start_duel
from digits.engine.evaluations import start_evaluations
from digits.engine.export import start_export
from digits.engine.families import start_search
from digits.engine.locksteps import start_lockstep
from digits.engine.tuning import start_tuning
from digits.images.ink import to_ink
from digits.images.strokes import paint
from digits.job import LIVE, Job
from digits.training.lockstep import Mode
from digits.training.run import Run, all_runs
from digits.training.taught import of_kept

KAGGLE = "kaggle-digits.zip"


def prepare() -> None:
    """Build the starter set and Kaggle's, train a run of each framework, and keep ten drawings."""
    build_starter()
    assert wait(local.start_build(settings.test_data() / KAGGLE, "kaggle", owner="ann")) == "finished"
    for framework in settings.FRAMEWORKS:
        assert wait(trained(framework).job) == "finished"
    for digit in range(10):
        drawings.keep(digit, drawing(digit))


def trained(framework: str) -> Run:
    """Start the small run of a framework, or open it."""
    return local.start_training(recipe(framework, epochs=3, network="32-16"), owner="ann")


def drawing(number: int) -> Painted:
    """Return two strokes on a canvas of 280 pixels, moved by `number`: no two are the same."""
    import numpy as np

    strokes = tuple(
        np.array(points) + number % 50 + number / 1000
        for points in ([[40.0, 60.0], [42, 200]], [[80.0, 60.0], [70, 140]])
    )
    return Painted(to_ink(paint(strokes, pen=16.0)), strokes, 16.0)


def _training(framework: str) -> Callable[[int], Job]:
    return lambda seed: local.start_training(recipe(framework, epochs=100_000, seed=seed), owner="ann").job


def _tuning(seed: int) -> Job:
    for number in range(20):
        drawings.keep(number % 10, drawing(20 * seed + number))  # other drawings are another tuning
    kept = drawings.all_drawings()
    return start_tuning(trained("pytorch"), lambda how: of_kept(kept, how), owner="ann").job


def _map(seed: int) -> Job:
    return start_map(MapRecipe(dataset="kaggle", points=10_000, seed=seed), owner="ann")


def _evaluation(seed: int) -> Job:
    job = start_evaluations([(run, Dataset.open("kaggle")) for run in all_runs()[-2:]], owner="ann")
    until(lambda: job.state not in ("queued", "finished"))
    return job


JOBS: dict[str, Callable[[int], Job]] = {
    "train, PyTorch": _training("pytorch"), "train, TensorFlow": _training("tensorflow"),
    "tune": _tuning, "map": _map,
    "build": lambda seed: local.start_build(settings.test_data() / KAGGLE, f"k{seed}", owner="ann"),
    "duel": lambda seed: start_duel(recipe("pytorch", epochs=500, seed=seed), owner="ann").job,
    "lockstep": lambda seed: start_lockstep(Mode(dataset="starter", optimizer="adam", steps=10_000, seed=seed),
                                            owner="ann").job,
    "search": lambda seed: start_search(Dataset.open("kaggle"), owner="ann", tolerance=1.0 + seed / 1000),
    "evaluate": _evaluation,
    "export": lambda seed: start_export(Dataset.open("kaggle"), Form(kind=("csv", "parquet")[seed % 2]), owner="ann"),
    "inspect": lambda seed: inspection.start(recipe("tensorflow", seed=seed), owner="ann"),
}  # fmt: skip


def at_work(job: Job) -> int:
    """Wait until the worker of `job` runs; return the number of its process."""
    until(lambda: job.state != "queued" and "pid" in job.status(), seconds=120, every=0.005)
    return int(job.status()["pid"])


def signalled(job: Job, number: signal.Signals, *, after: float) -> tuple[float, str]:
    """Send the worker of `job` a signal, some seconds after it began; return the seconds to its end, and how."""
    pid = at_work(job)
    time.sleep(after)  # the moment, not a wait for something
    if job.alive:
        os.kill(pid, number)
    return until(lambda: not _runs(pid) and not job.alive, seconds=60, every=0.01), wait(job)


def _runs(pid: int) -> bool:
    from tests.processes import lives

    return lives(pid)


def end(job: Job) -> None:
    """Stop a job that nobody needs any more."""
    if job.state in LIVE:
        job.request_stop()
        wait(job)
