"""The inspecting worker: one untrained network, listed and asked. `python -m digits.workers.inspect INSPECTION`."""

from __future__ import annotations

import time

import numpy as np

from digits.dataset.dataset import Dataset
from digits.dataset.split import split_of
from digits.files import Json, write_json
from digits.inspection import IMAGES, KIND
from digits.models import create, weights
from digits.settings import FRAMEWORK_NAMES
from digits.training.framed import framed_ink
from digits.training.inputs import full_inputs
from digits.training.recipe import Recipe
from digits.workers.desk import Desk, work


def main(desk: Desk) -> None:
    """Write the result of `desk`'s inspection."""
    spec = desk.job.spec()
    recipe = Recipe(**spec["recipe"])
    desk.say(state="running", phase=f"asking {FRAMEWORK_NAMES[recipe.framework]}", started=time.time())
    write_json(desk.job.folder / "result.json", inspect(recipe, spec["fingerprint"], spec.get("families")))


def inspect(recipe: Recipe, fingerprint: str, families: str | None = None) -> Json:
    """Return the untrained network's description and its logits for five test images, from all over the test part.

    `families` is the hash of those that the recipe splits by.
    """
    dataset = Dataset.of(recipe.dataset, fingerprint)
    test = split_of(dataset, recipe, families).test
    places = np.linspace(0, len(test) - 1, IMAGES).round().astype(np.int64)  # the first five are of one digit
    rows = test[places]
    dataset.verify_blocks(rows)
    classifier = create(recipe)
    classifier.load(weights.initial(recipe))
    logits = classifier.outputs(full_inputs(framed_ink(dataset.images[rows], recipe), recipe))[-1]
    return {
        **classifier.describe(), "places": places.tolist(), "rows": rows.tolist(),
        "labels": dataset.labels[rows].tolist(), "logits": logits.tolist(),
    }  # fmt: skip


if __name__ == "__main__":
    work(main, KIND)
