"""SIGTERM and Ctrl-C to each kind of worker: how long it takes to its end, and whether it can begin again."""

from __future__ import annotations

import os
import random
import signal
from contextlib import suppress

from benchmarks.faults_jobs import JOBS, at_work, end, prepare, signalled, trained
from benchmarks.faults_lab import say, until
from digits import settings
from digits.engine import local
from digits.errors import DigitsError
from digits.job import Job
from digits.prediction import Predictor
from digits.training.run import Run
from tests.processes import lives

SIGNALS = (signal.SIGTERM, signal.SIGINT)
LATEST = 3.0  # seconds after a worker began to run
AGAIN = ("train, PyTorch", "train, TensorFlow", "tune", "duel", "map", "lockstep", "inspect", "search")


def signals(kinds: tuple[str, ...] = tuple(JOBS)) -> str:
    """Send each kind of worker both signals, twice each, at random moments."""
    prepare()
    draws, longest, bad = random.Random(11), 0.0, []
    for number, kind in enumerate(kind for kind in kinds for _ in range(2)):
        for seed, name in enumerate(SIGNALS, 2 * number + 1):
            job = JOBS[kind](seed)
            seconds, state = signalled(job, name, after=LATEST * draws.random() * (number % 2))
            say(f"{kind}, {name.name}: {state} after {seconds:.1f} s; {job.status().get('error')}")
            longest = max(longest, seconds)
            if state not in ("stopped", "interrupted", "finished") or not _begins_again(kind, seed, job):
                bad.append(f"{kind} {name.name}: {state}")
    seconds = max(_reader(framework, name) for framework in settings.FRAMEWORKS for name in SIGNALS)
    return (f"{4 * len(kinds)} signals to {len(kinds)} kinds of workers: ended after at most {longest:.1f} s, "
            f"readers after {seconds:.1f} s; that did not end well or begin again: {bad or 'none'}")  # fmt: skip


def _begins_again(kind: str, seed: int, job: Job) -> bool:
    """Tell whether an ended job goes on, or is made again, when somebody asks for it."""
    if kind not in AGAIN or job.state == "finished":
        return True
    if job.kind == "runs":
        local.resume(Run(job), owner="ann")
    else:
        job = JOBS[kind](seed)
    at_work(job)
    begun = job.alive or job.state == "finished"
    end(job)
    return begun


def _reader(framework: str, name: signal.Signals) -> float:
    """Send a warm reader a signal; return the seconds to its end, once another has answered."""
    import numpy as np

    run, predictor = trained(framework).id, Predictor(framework)
    predictor.warm(run)
    process = predictor._process
    assert process is not None
    os.kill(process.pid, name)
    seconds = until(lambda: not lives(process.pid), every=0.01)
    with suppress(DigitsError):  # the first may meet the broken pipe
        predictor.predict(run, np.zeros((28, 28), np.uint8))
    predictor.predict(run, np.zeros((28, 28), np.uint8))
    predictor.close()
    return seconds
