"""The map worker: one UMAP of a run's test images. `python -m digits.workers.embed MAP`."""

from __future__ import annotations

import io
import time

import numpy as np
from numpy.typing import NDArray

from digits import settings
from digits.dataset.dataset import Dataset
from digits.embedding import MapRecipe, embed
from digits.files import Lock, replace
from digits.training.inputs import framed_ink
from digits.training.run import Run, find_run
from digits.workers.desk import Desk, work


def main(desk: Desk) -> None:
    """Draw the map of `desk`'s job; one at a time, whatever trains meanwhile."""
    recipe = MapRecipe(**desk.job.spec())
    desk.say(phase="waiting")
    slot = Lock(settings.part("slots") / "map.lock")
    while not slot.acquire(wait_seconds=0.2):
        desk.check()
    desk.say(state="running", phase="placing the images", started=time.time())
    positions = embed(features(find_run(recipe.run), recipe), recipe)
    packed = io.BytesIO()
    np.savez(packed, positions=positions)
    replace(desk.job.folder / "map.npz", packed.getvalue())
    slot.close()


def features(run: Run, recipe: MapRecipe) -> NDArray[np.floating]:
    """Return (points, width): the last hidden layer as the framework gave it, or the framed pixels from 0 to 1."""
    if recipe.features == "hidden":
        return run.evaluation("hidden")[: recipe.points]
    rows = run.evaluation("rows")[: recipe.points]
    return framed_ink(Dataset.open(run.recipe.dataset).images[rows], run.recipe) / np.float32(255)


if __name__ == "__main__":
    work(main, "maps")
