from __future__ import annotations

import numpy as np
import pytest

from digits import attribution, settings
from digits.attribution import MOST_GAP, MOST_STEPS, STEPS, attribute
from digits.models import create, weights
from digits.training.inputs import full_inputs
from digits.training.recipe import Recipe

NETWORKS = {"dense": "32-16", "conv": "conv4x3 pool conv6x3 pool 16"}


def drawing(seed: int = 0) -> np.ndarray:
    """(28, 28) uint8 ink on some of the pixels."""
    generator = np.random.default_rng(seed)
    return (generator.integers(0, 256, (28, 28)) * (generator.random((28, 28)) < 0.2)).astype(np.uint8)


class Formula:
    """A classifier of one formula: logit[digit] is the sum of `weights` (10, width) times a power of the input."""

    def __init__(self, width: int, power: float) -> None:
        self.weights = np.random.default_rng(5).normal(size=(10, width))
        self.power, self.asked = power, []

    def outputs(self, inputs: np.ndarray) -> list[np.ndarray]:
        return [inputs**self.power @ self.weights.T + 7]

    def gradient(self, inputs: np.ndarray, digits: np.ndarray) -> np.ndarray:
        self.asked.append(len(inputs))
        slope = np.where(inputs > 0, inputs, 1) ** (self.power - 1) * (inputs > 0)
        return self.power * slope * self.weights[digits]


@pytest.mark.parametrize("pixels", ["ink", "rgba"])
def test_in_a_linear_network_each_pixel_has_its_weight_times_its_ink(pixels: str) -> None:
    recipe, ink = Recipe(framework="pytorch", dataset="none", pixels=pixels, scale=1.0, dtype="float64"), drawing()
    linear = Formula(recipe.widths[0], 1)
    found = attribute(linear, ink, recipe, 4)
    row = linear.weights[4] if pixels == "ink" else linear.weights[4][3::4]
    assert found.ink.shape == (28, 28)
    assert found.ink == pytest.approx(row.reshape(28, 28) * ink / 255)
    assert found.change == pytest.approx(found.ink.sum())
    assert (found.digit, found.steps, linear.asked) == (4, STEPS, [STEPS])
    assert found.gap < 1e-9


def test_the_answer_is_explained_unless_another_digit_is_asked_for() -> None:
    recipe, ink = Recipe(framework="pytorch", dataset="none", pixels="ink", scale=1.0), drawing()
    linear = Formula(784, 1)
    answer = int(linear.outputs(full_inputs(ink.reshape(1, 784), recipe))[0].argmax())
    assert attribute(linear, ink, recipe).digit == answer
    assert attribute(linear, ink, recipe, (answer + 1) % 10).change < attribute(linear, ink, recipe).change


def test_a_way_that_bends_is_walked_in_more_steps_but_never_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe, ink = Recipe(framework="pytorch", dataset="none", pixels="ink", scale=1.0, dtype="float64"), drawing()
    bent = Formula(784, 0.3)  # steepest where the way begins: the midpoint rule sees too little of it
    found = attribute(bent, ink, recipe)
    assert bent.asked == [STEPS, 4 * STEPS, 16 * STEPS]
    assert found.steps == MOST_STEPS
    assert found.gap > MOST_GAP, "and then the gap is told as it is"
    monkeypatch.setattr(attribution, "MOST_GAP", 0.12)
    assert attribute(bent, ink, recipe).steps < MOST_STEPS


def test_nothing_is_said_of_blank_paper() -> None:
    recipe = Recipe(framework="pytorch", dataset="none", pixels="ink", scale=1.0)
    found = attribute(Formula(784, 1), np.zeros((28, 28), np.uint8), recipe)
    assert not found.ink.any()
    assert (found.change, found.gap) == (0, 0)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("framework", settings.FRAMEWORKS)
def test_a_networks_attributions_add_up_to_what_the_drawing_changed(framework: str, network: str) -> None:
    recipe = Recipe(framework=framework, dataset="none", network=network, pixels="ink", scale=1.0, threads=1)
    classifier = create(recipe)
    classifier.load(weights.initial(recipe))
    found = attribute(classifier, drawing(), recipe, 2)
    both = full_inputs(np.stack([np.zeros(784, np.uint8), drawing().reshape(784)]), recipe)
    blank, drawn = classifier.outputs(both)[-1][:, 2]
    assert found.change == pytest.approx(float(drawn - blank), rel=1e-4)
    assert abs(found.ink.sum() - found.change) <= MOST_GAP * abs(found.change) + 1e-6
    assert found.gap <= MOST_GAP
    assert not found.ink[drawing() == 0].any(), "where no ink is, nothing is said"


def test_both_frameworks_say_the_same_of_one_network() -> None:
    recipes = [Recipe(framework=name, dataset="none", network="32-16", pixels="rgba", scale=1.0, threads=1)
               for name in settings.FRAMEWORKS]  # fmt: skip
    said = []
    for recipe in recipes:
        classifier = create(recipe)
        classifier.load(weights.initial(recipe))
        said.append(attribute(classifier, drawing(3), recipe, 7).ink)
    assert said[0] == pytest.approx(said[1], abs=1e-5)
    assert np.abs(said[0]).max() > 1e-3
