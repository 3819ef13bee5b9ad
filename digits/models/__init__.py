"""The seam between the lab and the frameworks: one small protocol, NumPy in and out, two adapters.

The adapters share no code and leak no convention: kernels are (in, out), those of convolutions (height, width, in,
out), whatever the framework stores; pictures come and go in one row: height, width, channels. A state that one saved
the other loads. What follows from the protocol (probabilities, accuracy, dead inputs) is written once,
above it. Each adapter is imported only when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol, TypedDict

import numpy as np
from numpy.typing import NDArray

from digits.errors import UsageError
from digits.files import Json
from digits.settings import FRAMEWORKS
from digits.training.recipe import Recipe

Array = NDArray[Any]
Floats = NDArray[np.floating[Any]]
State = dict[str, Array]


class Description(TypedDict):
    """A network as its framework lists it; `layers` have `layer` (its kind), `shape` and `parameters`."""

    library: str
    printed: str
    layers: list[Json]
    parameters: int
    parameter_bytes: int


class Classifier(Protocol):
    """One network and one optimiser in one framework, in the recipe's dtype."""

    def place(self, inputs: Floats, labels: Array) -> None:
        """Keep the training rows in memory: inputs (n, width), labels (n,) integers from 0 to 9."""

    def steps(self, rows: NDArray[np.int32], rates: Floats) -> Floats:
        """Make k updates and return their k losses, each the mean over the real rows of its batch.

        `rows` is (k, batch) indices of placed rows, -1 where a short batch has none; `rates` is (k,) learning rates.
        """

    def outputs(self, inputs: Floats) -> list[Floats]:
        """Return what each layer gives for (n, width) inputs: hidden (n, units) …, then logits (n, 10).

        A hidden layer's are those after its activation and its pools.
        """

    def gradient(self, inputs: Floats, digits: Array) -> Floats:
        """Return d logit[digit] / d input, (n, width), for (n, width) inputs and (n,) digits."""

    def describe(self) -> Description:
        """Return the network as the framework itself lists and prints it."""

    def conditions(self) -> Json:
        """Return what computes, as the objects at work tell it: `digits.training.conditions` says which keys."""

    def state(self) -> State:
        """Return copies: `layer.0.kernel` (…, in, out), `layer.0.bias` (out,), …, `optimizer.…`, `step`."""

    def load(self, state: State) -> None:
        """Take `state` over; without any `optimizer.…` in it the optimiser starts afresh."""


def create(recipe: Recipe, *, inputs: int | None = None) -> Classifier:
    """Return a classifier of the recipe's framework; its weights are to be loaded.

    `inputs` is the width of the first layer, by default all of the recipe's; fewer when dead inputs are left out.
    Imports the framework (2 to 8 seconds) and sets its threads.
    """
    if recipe.framework not in FRAMEWORKS:
        raise UsageError("Unknown framework", expected=" or ".join(FRAMEWORKS), received=recipe.framework)
    adapter = import_module(f"digits.models.{recipe.framework}")
    architecture = recipe.architecture if inputs is None else recipe.architecture.narrowed(inputs)
    classifier: Classifier = adapter.create(recipe, architecture)
    return classifier


def product_seconds(framework: str, size: int, dtype: str) -> float:
    """Return the seconds in which `framework` multiplies two (size, size) matrices, at the process's threads."""
    return float(import_module(f"digits.models.{framework}").product_seconds(size, dtype))
