"""Inputs that are zero in every image of a run are left out of its arithmetic: the same network comes out."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from digits import settings
from digits.models import Classifier, State, create, weights
from digits.training.inputs import full_inputs
from digits.training.lockstep import batches
from digits.training.recipe import Recipe
from tests.models import ink

IMAGES, UNSEEN = 1500, 300  # an input that no training image has ink on


@cache
def pictures() -> tuple[np.ndarray, np.ndarray]:
    """(IMAGES, 784) uint8 ink without any on the outer four rows and columns and on `UNSEEN`, and the labels."""
    values, labels = ink(IMAGES)
    framed = np.array(values).reshape(-1, 28, 28)
    inside = np.zeros((28, 28), bool)
    inside[4:-4, 4:-4] = True
    inside.flat[UNSEEN] = False
    return (framed * inside).reshape(-1, 784).astype(np.uint8), labels


def recipe(framework: str, **values: object) -> Recipe:
    usual = {"network": "96-32", "threads": 1, "rate": 0.001, "initialisation": "pytorch"}
    return Recipe(framework=framework, dataset="none").changed(**{**usual, **values})


def full_and_narrow(recipe: Recipe) -> tuple[Classifier, Classifier, np.ndarray]:
    """A classifier of the whole 3,136 inputs, one of the live ones alone, and which those are."""
    images, labels = pictures()
    inputs = full_inputs(images, recipe)
    live = np.flatnonzero(inputs.any(axis=0))
    assert 0 < len(live) < 450 < inputs.shape[1] == 3136
    full, narrow = create(recipe), create(recipe, inputs=len(live))
    full.load(weights.initial(recipe))
    narrow.load(weights.narrow(weights.initial(recipe), live))
    full.place(inputs, labels)
    narrow.place(np.ascontiguousarray(inputs[:, live]), labels)
    return full, narrow, live


def trained(recipe: Recipe, steps: int) -> tuple[np.ndarray, State, State]:
    """The (2, steps) losses of both, and the full-width weights of both."""
    full, narrow, live = full_and_narrow(recipe)
    rows, rates = batches(recipe, IMAGES, steps), np.full(steps, recipe.rate)
    losses = np.stack([full.steps(rows, rates), narrow.steps(rows, rates)])
    return losses, full.state(), weights.widen(narrow.state(), live, weights.initial(recipe))


def largest(first: State, second: State) -> float:
    return max(float(np.abs(first[name] - second[name]).max()) for name in first if name.startswith("layer."))


@pytest.mark.parametrize("framework", settings.FRAMEWORKS)
@pytest.mark.parametrize("optimiser", ["reference-sgd", "native-adam"])
def test_in_float64_a_hundred_steps_without_them_end_within_1e_10(framework: str, optimiser: str) -> None:
    losses, full, wide = trained(recipe(framework, optimiser=optimiser, dtype="float64"), 100)
    assert np.abs(losses[0] - losses[1]).max() < 1e-10
    assert largest(full, wide) < 1e-10
    assert losses[0, -1] < losses[0, 0] / 2, "it learns"


@pytest.mark.parametrize("framework", settings.FRAMEWORKS)
@pytest.mark.parametrize("optimiser", ["reference-sgd", "native-adam"])
def test_in_float32_twenty_steps_without_them_end_within_1e_4(framework: str, optimiser: str) -> None:
    _, full, wide = trained(recipe(framework, optimiser=optimiser), 20)
    assert 0 < largest(full, wide) < 1e-4


@pytest.mark.parametrize("framework", settings.FRAMEWORKS)
def test_ink_where_training_had_none_is_read_as_the_full_network_reads_it(framework: str) -> None:
    chosen = recipe(framework, dtype="float64")
    _, full, wide = trained(chosen, 30)
    images = pictures()[0][:20].copy()
    without = full_inputs(images, chosen)
    images[:, UNSEEN] = 255
    images[:, :56] = 200  # and on the two uppermost rows
    inputs = full_inputs(images, chosen)
    reader = create(chosen)
    answers = {}
    for name, state in {"full": full, "wide": wide}.items():
        reader.load({key: value for key, value in state.items() if key.startswith("layer.")})
        answers[name] = reader.outputs(inputs)[-1]
    assert answers["wide"] == pytest.approx(answers["full"], abs=1e-9)
    assert np.abs(answers["wide"] - reader.outputs(without)[-1]).max() > 0.1, "that ink counts"
