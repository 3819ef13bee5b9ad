"""From pictures to the numbers that a network takes: ink, frame, scale, and the inputs that are alive.

An input that is zero in every image that a run sees never changes a gradient, so the arithmetic leaves it out where
nothing else touches its weights (`alive`); of the notebook's 3,136 inputs 2,522 are such. Stored weights are full
width all the same (`models.weights.widen`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.dataset.split import Split, split_of
from digits.training.framed import framed_images
from digits.training.recipe import Recipe
from digits.training.shares import dealt

Floats = NDArray[np.floating[Any]]
ALIGNED_BYTES = 64  # TensorFlow works only on what lies so
ALPHA = 3  # the notebook's pictures carry their ink in the last of four channels


@dataclass(frozen=True)
class Part:
    """Rows of a data set, their live inputs (n, live) in the recipe's dtype, and their labels (n,)."""

    rows: NDArray[np.int64]
    inputs: Floats
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class Data:
    """What a run trains and tests on; `live` are the columns of the full width that its inputs are.

    `ink` (n, 784) is the framed ink of the training images where variants are drawn from it, else empty. The
    `validation` part says how sure a trained network may be (`digits.training.knowledge`).
    """

    train: Part
    test: Part
    live: NDArray[np.int64]
    ink: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, 784), np.uint8))
    validation: Part | None = None


def columns(recipe: Recipe) -> NDArray[np.int64]:
    """Return where each of the 784 inks stands in the recipe's inputs."""
    return np.arange(784) if recipe.pixels == "ink" else np.arange(784) * 4 + ALPHA


def scaled(ink: NDArray[np.uint8], recipe: Recipe) -> Floats:
    """Return `ink` as numbers from 0 to the recipe's scale, in its dtype."""
    factor = np.dtype(recipe.dtype).type(recipe.scale / 255)
    return np.asarray(ink.astype(recipe.dtype) * factor)


def full_inputs(ink: NDArray[np.uint8], recipe: Recipe) -> Floats:
    """Return (n, 3136) or (n, 784) inputs of framed `ink` (n, 784): what a network of full width takes."""
    if recipe.pixels == "ink":
        return scaled(ink, recipe)
    inputs = np.zeros((len(ink), recipe.widths[0]), recipe.dtype)
    inputs[:, columns(recipe)] = scaled(ink, recipe)
    return inputs


def alive(ink: NDArray[np.uint8], recipe: Recipe) -> NDArray[np.int64]:
    """Return which inputs, of the full width, training on framed `ink` (n, 784) computes with, ascending.

    Augmentation brings ink to where no stored image has any, weight decay takes from every weight, and a convolution
    looks at whole pictures.
    """
    if recipe.weight_decay:
        return np.arange(recipe.widths[0])
    whole = recipe.augmented or recipe.architecture.convolutional
    return columns(recipe) if whole else columns(recipe)[ink.any(axis=0)]


def live_inputs(ink: NDArray[np.uint8], recipe: Recipe, live: NDArray[np.int64]) -> Floats:
    """Return the inputs `live`, (n, live), of framed `ink` (n, 784)."""
    if len(live) == recipe.widths[0]:
        return full_inputs(ink, recipe)
    if len(live) < ink.shape[1]:
        ink = ink[:, np.searchsorted(columns(recipe), live)]
    return scaled(ink, recipe)


def ink_of(part: Part, live: NDArray[np.int64], recipe: Recipe) -> NDArray[np.uint8]:
    """Return the framed ink (n, 784) that the inputs of `part` were made of; where no input is, there is none."""
    ink = np.zeros((len(part.rows), 784), np.uint8)
    places = columns(recipe)
    inked = np.isin(live, places)
    ink[:, np.searchsorted(places, live[inked])] = np.rint(part.inputs[:, inked] * (255 / recipe.scale))
    return ink


def room(rows: int, recipe: Recipe, live: NDArray[np.int64]) -> Floats:
    """Return zeros (rows, live) in the recipe's dtype that either framework can train on where they lie."""
    shape, dtype = (rows, len(live)), np.dtype(recipe.dtype)
    size = rows * len(live) * dtype.itemsize
    memory = np.zeros(size + ALIGNED_BYTES, np.uint8)
    start = -memory.ctypes.data % ALIGNED_BYTES
    return memory[start : start + size].view(dtype).reshape(shape)


def fill(inputs: Floats, ink: NDArray[np.uint8], recipe: Recipe) -> None:
    """Let `inputs`, (n, live) of a recipe with augmentation from `room`, be those of framed `ink` (n, 784)."""
    factor = np.dtype(recipe.dtype).type(recipe.scale / 255)
    inked = inputs if inputs.shape[1] == ink.shape[1] else inputs[:, columns(recipe)[0] :: 4]
    np.multiply(ink, factor, out=inked, dtype=recipe.dtype, casting="unsafe")


def load(recipe: Recipe, fingerprint: str, *, parts: Split | None = None) -> Data:
    """Read and check the data set, and split it: into `parts`, by default those of its families of now.

    Raises `NotFoundError`, `IntegrityError` if it is another one now, and `UsageError` if it cannot be split so.
    """
    dataset = Dataset.of(recipe.dataset, fingerprint)
    dataset.check()
    ink, parts = framed_images(dataset, recipe), parts or split_of(dataset, recipe)
    live, shown = alive(ink, recipe), dealt(parts.train, dataset, recipe.shares, recipe.seed)

    def part(rows: NDArray[np.int64]) -> Part:
        return Part(rows, live_inputs(ink[rows], recipe, live), dataset.labels[rows])

    drawn_from = ink[shown] if recipe.augmented else ink[:0].copy()
    return Data(part(shown), part(parts.test), live, drawn_from, part(parts.validation))
