"""Whether a training has room: about how much memory it takes at its peak, held against what there is.

The parameters are there as weights, gradients and the optimiser's slots, and all but the gradients once more while a
checkpoint is written; the images of an epoch as the numbers that the network takes; a batch as what each layer makes
of it, forwards and backwards. A setting that is allowed alone may be too much together with others.
"""

from __future__ import annotations

import numpy as np

from digits import memory
from digits.errors import UsageError
from digits.training.recipe import Recipe

PROCESS_BYTES = {"pytorch": 400e6, "tensorflow": 900e6}  # an import of the framework, and what it begins with
LARGEST_CHUNK, LEAST_CHUNK = 2048, 512  # images at a time, whatever a batch is; fewer are never evaluated at once
PASSES = 3  # what a layer gives is held forwards, backwards, and while the next is computed
LESS = "A smaller network, fewer variants, a smaller batch or float32 take less."


def needed_bytes(recipe: Recipe, images: int) -> int:
    """Return about how much memory a training of `recipe` takes on a data set of so many `images`."""
    size = np.dtype(recipe.dtype).itemsize
    slots = 2 if recipe.optimiser.endswith("adam") else 1 if recipe.momentum else 0
    numbers = recipe.parameters * (2 * (1 + slots) + 2)
    rows = images * recipe.variants
    wide = recipe.widths[0] if recipe.weight_decay else 784  # else the inputs that are always 0 are left out
    chunk = max(LEAST_CHUNK, min(recipe.batch or rows, rows, LARGEST_CHUNK))
    held = chunk * sum(recipe.widths) * PASSES
    ink = (rows * 2 + images * 2) * 784  # the variants of this epoch and the next, and what they are drawn from
    return int(PROCESS_BYTES[recipe.framework] + (numbers + rows * wide + held) * size + ink)


def check(*recipes: Recipe, images: int) -> None:
    """Raise `UsageError` if trainings of `recipes` at once take more memory than there is, whoever has it now."""
    _compare(recipes, images, memory.total_bytes(), "what there is")


def check_now(*recipes: Recipe, images: int) -> None:
    """Raise `UsageError` if trainings of `recipes` at once take more memory than could be had at this moment."""
    _compare(recipes, images, memory.free_bytes(), "what is free now")


def _compare(recipes: tuple[Recipe, ...], images: int, there: int, what: str) -> None:
    needed = sum(needed_bytes(recipe, images) for recipe in recipes)
    if needed > there:
        raise UsageError("This takes more memory than there is", expected=f"at most {there / 1e9:,.1f} GB, {what}",
                         received=f"about {needed / 1e9:,.1f} GB", do=LESS)  # fmt: skip
