"""Networks that look at pictures: the same in both frameworks, update by update, and in NumPy."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

from digits import settings
from digits.models import Floats, State, create, dropout, weights
from digits.training.lockstep import batches
from digits.training.recipe import Recipe
from tests.models import ink

NETWORK = "conv4x3 pool conv6x3 pool 24"
IMAGES = 100


def recipe(framework: str, **values: object) -> Recipe:
    usual = {"network": NETWORK, "pixels": "ink", "threads": 1, "dtype": "float64", "scale": 1.0, "batch": 16}
    return Recipe(framework=framework, dataset="none").changed(**{**usual, **values})


def pictures() -> tuple[Floats, np.ndarray]:
    """(IMAGES, 784) strokes from 0 to 1 on much paper, where maxima are often alike, and their labels."""
    values, labels = ink(IMAGES)
    paper = np.zeros((28, 28), bool)
    paper[6:22, 9:19] = True
    return values / 255 * paper.ravel(), labels


def trained(recipe: Recipe, steps: int = 50) -> tuple[Floats, State, Floats]:
    """The losses of some updates, the state after them, and what the logits' gradient by the inputs then is."""
    classifier = create(recipe)
    classifier.load(weights.initial(recipe))
    inputs, labels = pictures()
    classifier.place(inputs, labels)
    losses = classifier.steps(batches(recipe, IMAGES, steps), np.full(steps, recipe.rate))
    return losses, classifier.state(), classifier.gradient(inputs[:20], labels[:20])


def apart(first: State, second: State) -> float:
    return max(float(np.abs(first[name] - second[name]).max()) for name in first if name.startswith("layer."))


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("initialisation", ["keras", "pytorch"])
def test_fifty_reference_steps_in_float64_end_within_1e_12(activation: str, initialisation: str) -> None:
    same = {"optimiser": "reference-sgd", "rate": 0.1, "activation": activation, "initialisation": initialisation}
    (losses, ours, slopes), (others, theirs, their_slopes) = (
        trained(recipe(framework, **same)) for framework in settings.FRAMEWORKS
    )
    assert np.abs(losses - others).max() < 1e-12
    assert apart(ours, theirs) < 1e-12
    assert np.abs(slopes - their_slopes).max() < 1e-12, "of equal maxima both pick the same"
    assert losses[-1] < losses[0], "and both learn"


@pytest.mark.parametrize("values", [
    {"optimiser": "reference-adam"}, {"optimiser": "reference-adam", "weight_decay": 0.5},
    {"optimiser": "reference-sgd", "rate": 0.05, "momentum": 0.9, "weight_decay": 0.5},
    {"optimiser": "reference-sgd", "rate": 0.1, "dropout": 0.3},
    {"optimiser": "reference-sgd", "rate": 0.1, "network": "conv5x5 conv4x1 pool pool"},
])  # fmt: skip
def test_every_part_of_an_update_is_the_same_in_both(values: dict[str, object]) -> None:
    (losses, ours, _), (others, theirs, _) = (trained(recipe(name, **values), 20) for name in settings.FRAMEWORKS)
    assert np.abs(losses - others).max() < 1e-12
    assert apart(ours, theirs) < 1e-10


@pytest.mark.parametrize("framework", settings.FRAMEWORKS)
def test_what_the_layers_give_is_what_numpy_gives(framework: str) -> None:
    one = recipe(framework, network="conv6x5 conv5x3 pool conv8x1 pool pool 24-12", initialisation="pytorch")
    classifier = create(one)
    classifier.load(weights.initial(one))
    inputs = np.random.default_rng(2).normal(size=(9, 784))
    outputs = classifier.outputs(inputs)
    assert [values.shape[1] for values in outputs] == list(one.widths[1:])
    for theirs, expected in zip(
        outputs, weights.forward(weights.initial(one), inputs, "relu", one.architecture), strict=True
    ):
        assert theirs == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("framework", settings.FRAMEWORKS)
def test_a_kernel_looks_from_where_its_pixel_is_and_at_paper_beyond_the_edge(framework: str) -> None:
    one = recipe(framework, network="conv1x3")
    state = {name: np.zeros_like(value) for name, value in weights.initial(one).items()}
    state["layer.0.kernel"][0, 2, 0, 0] = 1.0  # one row up, one column to the right
    classifier = create(one)
    classifier.load(state)
    picture = np.arange(1.0, 785).reshape(28, 28)
    seen = classifier.outputs(picture.reshape(1, 784))[0].reshape(28, 28)
    assert np.array_equal(seen[1:, :-1], picture[:-1, 1:])
    assert not seen[0].any()
    assert not seen[:, -1].any()


@pytest.mark.parametrize("framework", settings.FRAMEWORKS)
def test_the_units_that_are_left_out_are_numbered_pixel_by_pixel_and_then_by_channel(framework: str) -> None:
    one = recipe(framework, network="conv4x3 pool", dropout=0.4, rate=1e-9, optimiser="native-sgd")
    classifier, state = create(one), weights.initial(one)
    classifier.load(state)
    inputs, labels = pictures()
    classifier.place(inputs, labels)
    rows = np.arange(40, dtype=np.int32)
    hidden = weights.forward(state, inputs[rows], "relu", one.architecture)[0]
    thinned = hidden * dropout.kept(one.seed, 0, 0, shape=hidden.shape, dropout=0.4) / 0.6
    logits = thinned @ state["layer.1.kernel"] + state["layer.1.bias"]
    expected = np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(40), labels[rows]])
    assert classifier.steps(rows[None], np.array([1e-9])) == pytest.approx(np.array([expected]), rel=1e-12)


def test_xlas_pools_take_the_same_steps_as_tensorflows_own() -> None:
    usual = recipe("tensorflow", optimiser="reference-sgd", rate=0.1, network="conv4x3 pool pool 12")
    (losses, ours, slopes), (others, theirs, their_slopes) = (
        trained(one, 10) for one in (usual, usual.changed(compilation="compiler"))
    )
    assert np.abs(losses - others).max() < 1e-12
    assert apart(ours, theirs) < 1e-12
    assert np.abs(slopes - their_slopes).max() < 1e-12, "of equal maxima both pick the same"


@pytest.mark.parametrize("framework", settings.FRAMEWORKS)
def test_what_works_says_which_network_it_is(framework: str) -> None:
    assert create(recipe(framework)).conditions()["network"] == "conv4x3 pool conv6x3 pool 294-24-10"
    assert (
        create(recipe(framework, network="conv6x5 pool pool")).conditions()["network"] == "conv6x5 pool pool 294-10"
    )
    dense = recipe(framework, network="32-16")
    assert create(dense, inputs=600).conditions()["network"] == "600-32-16-10"
    assert create(recipe(framework)).conditions()["activation"] == "relu"


@pytest.mark.parametrize("framework", settings.FRAMEWORKS)
def test_the_framework_lists_as_many_parameters_as_the_recipe_counts(framework: str) -> None:
    one = recipe(framework)
    told = create(one).describe()
    assert told["parameters"] == one.parameters == sum(layer["parameters"] for layer in told["layers"])
    assert told["parameter_bytes"] == 8 * one.parameters


@pytest.mark.parametrize("framework", settings.FRAMEWORKS)
def test_a_batch_in_chunks_is_one_update(framework: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one = recipe(framework, batch=0, optimiser="native-sgd", rate=0.1, dropout=0.2)
    whole = trained(one, 2)
    monkeypatch.setattr(import_module(f"digits.models.{framework}"), "CHUNK", 70)
    in_chunks = trained(one, 2)
    assert in_chunks[0] == pytest.approx(whole[0], rel=1e-12)
    assert apart(in_chunks[1], whole[1]) < 1e-12
