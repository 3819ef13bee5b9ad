"""A run made by hand: what the tests of evaluation, prediction and maps need of a training."""

from __future__ import annotations

import numpy as np

from digits import job as jobs
from digits.files import write_json
from digits.job import Job
from digits.models import State, weights
from digits.training.inputs import columns
from digits.training.presets import preset
from digits.training.recipe import Recipe
from digits.training.run import Run


def bar(digit: int) -> np.ndarray:
    """Return (28, 28) uint8 ink of what `made_run` reads as `digit`: two full rows, lower for larger digits."""
    ink = np.zeros((28, 28), np.uint8)
    ink[4 + 2 * digit : 6 + 2 * digit] = 255
    return ink


def bar_weights(recipe: Recipe) -> State:
    """Return the weights of a network of ten hidden units: each sees one digit's bar and passes it on."""
    state = {name: np.zeros_like(value) for name, value in weights.initial(recipe).items()}
    for digit in range(10):
        state["layer.0.kernel"][columns(recipe), digit] = bar(digit).reshape(784) / 2550
    state["layer.1.kernel"] = np.eye(10, dtype=recipe.dtype)
    return state


def made_run(id: str = "made", *, finished: bool = True, **values: object) -> Run:
    """Make a run of PyTorch in the lab as its worker would have left it; nothing is trained."""
    defaults = {"framework": "pytorch", "dataset": "none", "network": "10", "scale": 1.0, "threads": 1}
    recipe = preset("notebook-adam", **{**defaults, **values})
    run = Run(Job("runs", id))
    lock = jobs.create(run.job, {"recipe": recipe.as_json(), "fingerprint": "0" * 64}, owner="ann")
    assert lock is not None
    lock.close()
    if finished:
        weights.save(run.folder / "weights.safetensors", bar_weights(recipe), {"run": id, "framework": "pytorch"})
        write_json(run.folder / "result.json", {"run": id})
        write_json(run.folder / "status.json", {"state": "finished", "owner": "ann", "phase": "finished"})
    return run
