"""The first minute of a lab: build the starter set, train both frameworks, and say how long it still takes."""

from __future__ import annotations

import time
from contextlib import suppress

from digits import job as jobs
from digits import settings
from digits.dataset.dataset import dataset_names
from digits.engine import local
from digits.errors import IntegrityError, NotFoundError
from digits.files import Json
from digits.job import LIVE
from digits.training import presets
from digits.training.recipe import Recipe

STARTER, PRESET = "starter", "hand"
# What each stage took on two cores that the browser used too (`benchmarks/startup.py`): the time left comes of these.
NOMINAL_SECONDS = {"build": 2.0, "pytorch": 49.0, "tensorflow": 23.0}
BEFORE_TRAINING_SECONDS = 4.0  # of these: what importing a framework and reading the data takes


def first_recipes() -> list[Recipe]:
    """Return the two recipes that a fresh lab trains."""
    threads = settings.cores()
    return [
        presets.preset(PRESET, framework=framework, dataset=STARTER, threads=threads)
        for framework in settings.FRAMEWORKS
    ]


def start(owner: str) -> None:
    """Build the starter set where it is missing, and train both frameworks on it."""
    if STARTER in dataset_names():
        for recipe in first_recipes():
            run = local.start_training(recipe, owner=owner)
            if run.job.state not in (*LIVE, "finished"):
                local.resume(run, owner=owner)
        return
    local.start_build(STARTER, STARTER, owner=owner, then=[recipe.as_json() for recipe in first_recipes()])


def progress() -> tuple[float, float] | None:
    """Return the share done and the seconds left of what `start` began; None when nothing of it is at work."""
    first = [recipe.as_json() for recipe in first_recipes()]
    stages = {"build": _status("builds", "then", first)}
    stages |= {recipe["framework"]: _status("runs", "recipe", recipe) for recipe in first}
    if not any(status is not None and status["state"] in LIVE for status in stages.values()):
        return None
    shares = {name: _share(status, NOMINAL_SECONDS[name]) for name, status in stages.items()}
    if STARTER in dataset_names():  # somebody may have built it before
        shares["build"] = 1.0
    left = sum(seconds * (1 - shares[name]) for name, seconds in NOMINAL_SECONDS.items())
    return 1 - left / sum(NOMINAL_SECONDS.values()), left


def _status(kind: str, name: str, wanted: object) -> Json | None:
    """Return the status of the newest job whose `name` is what was `wanted`; one that was made again is another."""
    for job in jobs.all_jobs(kind):
        with suppress(IntegrityError, NotFoundError):  # what cannot be read is none of ours
            if "-" not in job.id and job.spec().get(name) == wanted and "tuning" not in job.spec():
                return job.status()
    return None


def _share(status: Json | None, nominal_seconds: float) -> float:
    if status is None or status["state"] not in (*LIVE, "finished"):
        return 0.0
    if status["state"] == "finished":
        return 1.0
    before = min(1.0, jobs.seconds_since(status.get("started", time.time())) / BEFORE_TRAINING_SECONDS)
    trained = status.get("step", 0) / status["total"] if status.get("total") else 0.0
    prepared = max(before, float(trained > 0))
    preparing = min(1.0, BEFORE_TRAINING_SECONDS / nominal_seconds)
    return float(preparing * prepared + (1 - preparing) * trained)
