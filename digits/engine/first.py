"""The first minute of a lab: build the starter set, train both frameworks, and say how long it still takes."""

from __future__ import annotations

import time

from digits import job as jobs
from digits import settings
from digits.dataset.dataset import dataset_names
from digits.engine import local
from digits.files import Json
from digits.job import LIVE
from digits.training import recipe as recipes
from digits.training.recipe import Recipe

STARTER, PRESET = "starter", "notebook-adam"
# What each stage took on a 2-core machine; `benchmarks/startup.py` prints it. Only the time left depends on these.
NOMINAL_SECONDS = {"build": 6.0, "pytorch": 7.0, "tensorflow": 14.0}
SHARE_BEFORE_TRAINING = 0.8  # importing a framework takes most of a training this small


def first_recipes() -> list[Recipe]:
    """Return the two recipes that a fresh lab trains."""
    threads = settings.cores()
    return [
        recipes.preset(PRESET, framework=framework, dataset=STARTER, threads=threads)
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
    stages = {"build": _newest("builds", lambda spec: spec["name"] == STARTER)}
    for framework in settings.FRAMEWORKS:
        stages[framework] = _newest("runs", lambda spec, framework=framework: _is_first(spec, framework))
    shares = {name: _share(status, NOMINAL_SECONDS[name]) for name, status in stages.items()}
    if not any(status is not None and status["state"] in LIVE for status in stages.values()):
        return None
    left = sum(seconds * (1 - shares[name]) for name, seconds in NOMINAL_SECONDS.items())
    return 1 - left / sum(NOMINAL_SECONDS.values()), left


def _is_first(spec: Json, framework: str) -> bool:
    return bool(spec["recipe"]["framework"] == framework and spec["recipe"]["dataset"] == STARTER)


def _newest(kind: str, fits: object) -> Json | None:
    for job in jobs.all_jobs(kind):
        if callable(fits) and fits(job.spec()):
            return job.status()
    return None


def _share(status: Json | None, nominal_seconds: float) -> float:
    if status is None or status["state"] not in (*LIVE, "finished"):
        return 0.0
    if status["state"] == "finished":
        return 1.0
    before = min(1.0, (time.time() - status.get("started", time.time())) / nominal_seconds)
    trained = status.get("step", 0) / status["total"] if status.get("total") else 0.0
    prepared = max(before, float(trained > 0))
    return float(SHARE_BEFORE_TRAINING * prepared + (1 - SHARE_BEFORE_TRAINING) * trained)
