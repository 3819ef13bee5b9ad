"""From pictures to the numbers that a network takes: ink, frame, scale, and the inputs that are alive.

An input that is zero in every image that a run sees never changes a gradient, so the arithmetic leaves it out; of
the notebook's 3,136 inputs 2,522 are such. Stored weights are full width all the same (`models.weights.widen`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.dataset.split import Split, split_of
from digits.images.frame import frame_all
from digits.images.ink import to_ink
from digits.training.recipe import Recipe

Floats = NDArray[np.floating[Any]]
CHUNK = 4096
ALPHA = 3  # the notebook's pictures carry their ink in the last of four channels


@dataclass(frozen=True)
class Part:
    """Rows of a data set, their live inputs (n, live) in the recipe's dtype, and their labels (n,)."""

    rows: NDArray[np.int64]
    inputs: Floats
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class Data:
    """What a run trains and tests on; `live` are the columns of the full width that its inputs are."""

    train: Part
    test: Part
    live: NDArray[np.int64]


def columns(recipe: Recipe) -> NDArray[np.int64]:
    """Return where each of the 784 inks stands in the recipe's inputs."""
    return np.arange(784) if recipe.pixels == "ink" else np.arange(784) * 4 + ALPHA


def framed_ink(pictures: NDArray[np.uint8], recipe: Recipe) -> NDArray[np.uint8]:
    """Return the ink (n, 784) uint8 of RGBA `pictures` (n, 28, 28, 4), framed as the recipe says."""
    parts = [
        frame_all(to_ink(np.asarray(pictures[start : start + CHUNK])), recipe.frame).reshape(-1, 784)
        for start in range(0, len(pictures), CHUNK)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, 784), np.uint8)


def scaled(ink: NDArray[np.uint8], recipe: Recipe) -> Floats:
    """Return `ink` as numbers from 0 to the recipe's scale, in its dtype."""
    factor = np.dtype(recipe.dtype).type(recipe.scale / 255)
    return np.asarray(ink.astype(recipe.dtype) * factor)


def full_inputs(ink: NDArray[np.uint8], recipe: Recipe) -> Floats:
    """Return (n, 3136) or (n, 784) inputs of framed `ink` (n, 784): what a network of full width takes."""
    inputs = np.zeros((len(ink), recipe.widths[0]), recipe.dtype)
    inputs[:, columns(recipe)] = scaled(ink, recipe)
    return inputs


def load(recipe: Recipe, fingerprint: str, *, parts: Split | None = None) -> Data:
    """Read and check the data set, and split it: into `parts`, by default those of its families of now.

    Raises `NotFoundError`, `IntegrityError` if it is another one now, and `UsageError` if it cannot be split so.
    """
    dataset = Dataset.of(recipe.dataset, fingerprint)
    dataset.check()
    ink, parts = framed_ink(dataset.images, recipe), parts or split_of(dataset, recipe)
    live = np.flatnonzero(ink.any(axis=0))

    def part(rows: NDArray[np.int64]) -> Part:
        return Part(rows, scaled(ink[np.ix_(rows, live)], recipe), dataset.labels[rows])

    return Data(part(parts.train), part(parts.test), columns(recipe)[live])
