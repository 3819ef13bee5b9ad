"""What the tests of the two adapters, and the process that one of them starts, have in common."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from digits.models import Array, Floats
from digits.training.recipe import Recipe


@functools.cache
def ink(images: int, *, seed: int = 1) -> tuple[Floats, Array]:
    """Return (images, 784) inputs from 0 to 255 and their labels: ten blots, each drawn with varying pressure.

    They are float64 and not writable, like a memory-mapped data set.
    """
    generator = np.random.default_rng(seed)
    blots = (generator.random((10, 784)) < 0.2) * generator.uniform(50, 255, (10, 784))
    labels = np.arange(images) % 10
    inputs = blots[labels] * generator.uniform(0.5, 1, (images, 784))
    inputs.flags.writeable = False
    return inputs, labels


def batches(recipe: Recipe, *, seed: int, steps: int = 5) -> tuple[NDArray[np.int32], Floats]:
    """Return `steps` batches of 32 among 300 images, the last one short, and a falling rate for each."""
    rows = np.random.default_rng(seed).integers(0, 300, (steps, 32)).astype(np.int32)
    rows[-1, 20:] = -1
    return rows, recipe.rate * np.linspace(1, 0.5, steps)
