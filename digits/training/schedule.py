"""The learning rate of each update: one throughout, or led up and down once.

*One-cycle* is "super-convergence" (Smith and Topin 2018, arXiv:1708.07120) as torch.optim.lr_scheduler.OneCycleLR has
it by default: over the first 30 % of the updates half a cosine from a 25th of the recipe's rate up to it, then half a
cosine down to next to nothing. An update's rate follows from its number, so a resumed training goes on at its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.training.recipe import Recipe

Floats = NDArray[np.floating[Any]]
RISE = 0.3  # the share of the updates after which the rate is highest
FIRST, LAST = 1 / 25, 1 / 25 / 1e4  # of the highest


def rates(recipe: Recipe, total_steps: int, first: int, count: int) -> Floats:
    """Return the rates (count,) of the updates `first` (from 0) … of `total_steps`, in the recipe's dtype."""
    if recipe.schedule == "constant":
        return np.full(count, recipe.rate, recipe.dtype)
    return np.asarray(recipe.rate * _one_cycle(np.arange(first, first + count), total_steps), recipe.dtype)


def _one_cycle(steps: NDArray[np.int64], total_steps: int) -> Floats:
    """Return the shares of the highest rate at `steps` (n,), from 0."""
    top, end = RISE * total_steps - 1, total_steps - 1
    rising, falling = steps / top, (steps - top) / (end - top)
    return np.where(steps <= top, _cosine(FIRST, 1.0, rising), _cosine(1.0, LAST, falling))


def _cosine(start: float, end: float, share: Floats) -> Floats:
    """Return where half a cosine from `start` to `end` is after a `share` of its way, 0 to 1."""
    return np.asarray(end + (start - end) / 2 * (1 + np.cos(np.pi * share)))
