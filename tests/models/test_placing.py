"""Where placed images lie: an epoch of variants is neither copied nor confused with the last one."""

from __future__ import annotations

import numpy as np
import pytest

from digits import settings
from digits.models import create, weights
from digits.training.inputs import fill, room
from digits.training.recipe import Recipe
from tests.models import ink

each_framework = pytest.mark.parametrize("framework", settings.FRAMEWORKS)


def recipe(framework: str, **values: object) -> Recipe:
    usual = {"network": "16-8", "pixels": "ink", "threads": 1, "rotation": 5.0, "scale": 255.0}
    return Recipe(framework=framework, dataset="none").changed(**{**usual, **values})


def shades(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (64, 784), np.uint8)


@each_framework
def test_images_that_lie_where_a_framework_can_work_are_not_copied(framework: str) -> None:
    chosen = recipe(framework)
    classifier, inputs = create(chosen), room(64, chosen, np.arange(784))
    classifier.place(inputs, np.zeros(64, np.int64))
    fill(inputs, shades(1), chosen)
    assert np.array_equal(classifier.inputs.numpy(), shades(1))


@each_framework
def test_a_second_epoch_in_the_place_of_the_first_is_trained_on_as_if_it_had_one_of_its_own(framework: str) -> None:
    chosen, labels = recipe(framework), ink(64)[1]
    rows, rates = np.arange(64, dtype=np.int32).reshape(4, 16), np.full(4, 0.001)
    states = []
    for shared in (True, False):
        classifier = create(chosen)
        classifier.load(weights.initial(chosen))
        inputs = room(64, chosen, np.arange(784))
        for epoch in (1, 2):
            fill(inputs, shades(epoch), chosen)
            classifier.place(inputs if shared else inputs.copy(), labels)
            classifier.steps(rows, rates)
        states.append(classifier.state())
    assert all(states[0][name].tobytes() == states[1][name].tobytes() for name in states[0])


@each_framework
def test_images_that_lie_elsewhere_or_cannot_be_written_are_trained_on_too(framework: str) -> None:
    chosen, labels = recipe(framework), ink(64)[1]
    images = ink(64)[0].astype(np.float32)
    rows, rates = np.arange(64, dtype=np.int32).reshape(4, 16), np.full(4, 0.001)
    odd = np.frombuffer(b"\0" * 4 + images.tobytes(), np.float32)[1:].reshape(images.shape)
    assert not odd.flags.writeable
    losses = []
    for inputs in (images, odd, np.asfortranarray(images)):
        classifier = create(chosen)
        classifier.load(weights.initial(chosen))
        classifier.place(inputs, labels)
        losses.append(classifier.steps(rows, rates).tolist())
    assert losses[0] == losses[1] == losses[2]
