"""The model of a recipe before it has learnt anything, as its framework lists it and as it answers five test images.

The app may import no framework, so a worker looks and its answer is kept: equal networks on equal test images share
one inspection, whatever their optimisers.
"""

from __future__ import annotations

from digits import job as jobs
from digits.dataset.dataset import Dataset
from digits.dataset.split import split_by
from digits.engine import local
from digits.files import Json, read_json
from digits.job import LIVE, Job
from digits.training import room
from digits.training.recipe import Recipe

KIND = "inspections"
IMAGES = 5  # as many as the notebook shows
# What an untrained network and its test images depend on; the rest of a recipe is how it learns.
MATTERS = (
    "network", "activation", "initialisation", "pixels", "frame", "scale", "split", "test_share", "folds", "fold",
    "seed", "dtype",
)  # fmt: skip


def looked_at(recipe: Recipe) -> Recipe:
    """Return the recipe with defaults for all that an untrained network does not depend on."""
    values = {name: getattr(recipe, name) for name in MATTERS}
    return Recipe(framework=recipe.framework, dataset=recipe.dataset, threads=1, **values)


def find(recipe: Recipe, dataset: Dataset) -> Job | None:
    """Return the inspection of the recipe's network on `dataset`, if somebody asked for it."""
    job = Job(KIND, looked_at(recipe).identity(dataset.fingerprint, split_by(dataset, recipe)))
    return job if (job.folder / "status.json").exists() else None


def start(recipe: Recipe, *, owner: str) -> Job:
    """Start an inspection, or open the one that exists; an ended one starts again.

    Raises `NotFoundError`, and `UsageError` if the network takes more memory than there is.
    """
    dataset, seen = Dataset.open(recipe.dataset), looked_at(recipe)
    room.check(seen, images=dataset.report["images"])
    families = split_by(dataset, recipe)
    job = Job(KIND, seen.identity(dataset.fingerprint, families))
    spec = {"recipe": seen.as_json(), "fingerprint": dataset.fingerprint, "families": families}
    lock = jobs.create(job, spec, owner=owner)
    if lock is None and job.state not in (*LIVE, "finished"):
        lock = jobs.reopen(job, owner=owner)
    if lock is not None:
        local.launch("inspect", job, lock)
    return job


def result(job: Job) -> Json:
    """Return a finished inspection: a `Description`, and as lists `places` of five images in the test part, `rows`
    of them in the data set, `labels` (5,) and `logits` (5, 10).
    """
    return read_json(job.folder / "result.json")
