"""Workers that are stopped by SIGSTOP: how soon it is shown, what waits goes on, and the page lives."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
from streamlit.testing.v1 import AppTest

from benchmarks.faults_jobs import at_work, end, trained
from benchmarks.faults_lab import build_starter, recipe, say, until, wait
from digits import settings, watch
from digits.dataset.dataset import Dataset
from digits.embedding.maps import start_map
from digits.embedding.recipe import MapRecipe
from digits.engine import local
from digits.engine.duels import start_duel
from digits.engine.evaluations import start_evaluations
from digits.engine.families import start_search
from digits.engine.locksteps import start_lockstep
from digits.errors import DigitsError
from digits.files import read_json
from digits.job import Job
from digits.prediction import Predictor
from digits.training.lockstep import Mode

STOPS, LATEST_SECONDS = 5, 20.0


class Page:
    """A page that somebody looks at all the while, in a thread."""

    def __init__(self) -> None:
        self.longest, self.errors, self._over = 0.0, 0, threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Page:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(1.0):
            began = time.monotonic()
            page = AppTest.from_file(str(settings.PROJECT / "app.py"), default_timeout=60).run()
            self.longest = max(self.longest, time.monotonic() - began)
            self.errors += len(page.exception)


def _training(framework: str) -> Callable[[int], Job]:
    return lambda seed: local.start_training(recipe(framework, epochs=100_000, seed=seed), owner="ann").job


def _map(seed: int) -> Job:
    return start_map(MapRecipe(dataset="starter", points=1_500, seed=seed), owner="ann")


WAITERS: dict[str, Callable[[int], Job]] = {
    "train, PyTorch": _training("pytorch"), "train, TensorFlow": _training("tensorflow"), "map": _map,
}  # fmt: skip


def _chain(kind: str, stops: int) -> tuple[list[float], list[float]]:
    """Stop one job after the other, of which the next waits; return the seconds until it is shown, and that works."""
    shown, freed = [], []
    job = WAITERS[kind](1)
    for number in range(stops):
        os.kill(at_work(job), signal.SIGSTOP)
        began = time.monotonic()
        following = WAITERS[kind](number + 2)
        assert wait(job, "interrupted", seconds=60)
        shown.append(time.monotonic() - began)
        until(lambda following=following: following.state != "queued", seconds=60)
        freed.append(time.monotonic() - began)
        job = following
    end(job)
    return shown, freed


HOLDERS: dict[str, Callable[[], Job]] = {
    "training": lambda: _training("pytorch")(200),
    "duel": lambda: start_duel(recipe("pytorch", epochs=500), owner="ann").job,
    "lockstep": lambda: start_lockstep(Mode(dataset="starter", optimizer="adam", steps=10_000), owner="ann").job,
    "search": lambda: start_search(Dataset.open("starter"), owner="ann"),
    "evaluation": lambda: start_evaluations([(trained("pytorch"), Dataset.open("starter"))], owner="ann"),
}  # fmt: skip


def _start_and_stop(kind: str) -> Job:
    """Start a job and stop it as soon as it has the slot: whoever would watch it ends with this process."""
    job = HOLDERS[kind]()
    slot = settings.part("slots") / "0.lock"
    until(lambda: slot.exists() and slot.read_text() == f"{job.kind}/{job.id}", every=0.005)
    os.kill(read_json(job.folder / watch.FILE)["pid"], signal.SIGSTOP)
    return job


def _unseen(kind: str) -> float:
    """Stop what holds the slot while nobody looks; return the seconds until a training that waits is at work."""
    with ProcessPoolExecutor(1, get_context("spawn")) as starter:
        job = starter.submit(_start_and_stop, kind).result()
    began, following = time.monotonic(), _training("pytorch")(300 + list(HOLDERS).index(kind))
    wait(following, "running", seconds=90)
    seconds = time.monotonic() - began
    end(following)
    assert job.state == "interrupted", job.status()
    return seconds


def _idle_map() -> float:
    """Stop the map worker while nobody asks for a map; return the seconds until the next one is at work."""
    job = _map(100)
    wait(job, "finished")
    os.kill(job.status()["pid"], signal.SIGSTOP)
    began, following = time.monotonic(), _map(101)
    until(lambda: following.state != "queued", seconds=90)
    seconds = time.monotonic() - began
    end(following)
    return seconds


def _reader(number: int) -> float:
    """Stop a reader, warm or while it loads; return the seconds until that is said. The next drawing is answered."""
    framework = settings.FRAMEWORKS[number % 2]
    run, predictor, blank = trained(framework).id, Predictor(framework), np.zeros((28, 28), np.uint8)
    predictor.warm(run) if number % 4 < 2 else predictor._start()
    assert predictor._process is not None
    os.kill(predictor._process.pid, signal.SIGSTOP)
    began = time.monotonic()
    try:
        predictor.predict(run, blank)
    except DigitsError:
        seconds = time.monotonic() - began
    predictor.predict(run, blank)
    predictor.close()
    return seconds


def stopped(stops: int = STOPS) -> str:
    """Stop workers of each kind, while somebody looks at the overview."""
    build_starter()
    for framework in settings.FRAMEWORKS:
        wait(trained(framework).job, "finished")
    told = [f"{kind} that nobody looked at: a training at work after {_unseen(kind):.1f} s" for kind in HOLDERS]
    say("; ".join(told))
    with Page() as page:
        for kind in WAITERS:
            shown, freed = _chain(kind, stops)
            told.append(f"{kind}: {len(shown)} shown after {min(shown):.1f} to {max(shown):.1f} s, the next one at "
                        f"work after at most {max(freed):.1f} s")  # fmt: skip
            say(told[-1])
        told.append(f"map, idle: the next one at work after {_idle_map():.1f} s")
        with ThreadPoolExecutor(2) as pool:
            readers = list(pool.map(_reader, range(stops)))
        told.append(f"readers: {stops} said after {min(readers):.1f} to {max(readers):.1f} s")
    return f"{'; '.join(told)}; the page took at most {page.longest:.1f} s and had {page.errors} errors"
