"""Decoupled weight decay: an update first takes a share of each weight, in both frameworks the same."""

from __future__ import annotations

import numpy as np
import pytest

from digits import settings
from digits.models import Floats, State, create, weights
from digits.training.recipe import Recipe
from docs.examples import numpy_adapter
from tests.models import batches, ink

KINDS = [("native-adam", 0.0), ("reference-adam", 0.0), ("native-sgd", 0.0), ("native-sgd", 0.9),
         ("reference-sgd", 0.0), ("reference-sgd", 0.9)]  # fmt: skip


def recipe(framework: str, **values: object) -> Recipe:
    usual = {"network": "32-16", "pixels": "ink", "threads": 1, "dtype": "float64", "rate": 1e-3, "scale": 1.0,
             "weight_decay": 0.5}  # fmt: skip
    return Recipe(framework=framework, dataset="none").changed(**{**usual, **values})


def trained(classifier: object, recipe: Recipe, steps: int = 20) -> tuple[Floats, State]:
    """The losses of some updates at falling rates, and the state after them."""
    classifier.load(weights.initial(recipe))
    inputs, labels = ink(300)
    classifier.place(inputs / 255, labels)
    losses = classifier.steps(*batches(recipe, seed=1, steps=steps))
    return losses, classifier.state()


def apart(first: State, second: State) -> float:
    return max(float(np.abs(first[name] - second[name]).max()) for name in first if name.startswith("layer."))


@pytest.mark.parametrize("framework", settings.FRAMEWORKS)
@pytest.mark.parametrize(("optimiser", "momentum"), KINDS)
def test_the_first_update_takes_the_share_and_then_does_what_it_does_without(
    framework: str, optimiser: str, momentum: float
) -> None:
    decaying = recipe(framework, optimiser=optimiser, momentum=momentum)
    plain = decaying.changed(weight_decay=0.0)
    with_decay, without = (trained(create(one), one, steps=1)[1] for one in (decaying, plain))
    for name, before in weights.initial(decaying).items():
        expected = without[name] - before * decaying.rate * 0.5
        assert np.abs(with_decay[name] - expected).max() < 1e-15
    for name in (name for name in without if name.startswith("optimizer.")):
        assert np.array_equal(with_decay[name], without[name]), "the gradient is that of the weights before"


@pytest.mark.parametrize("framework", settings.FRAMEWORKS)
@pytest.mark.parametrize(("optimiser", "momentum"), [kind for kind in KINDS if kind[0].startswith("reference")])
def test_reference_optimisers_decay_as_it_is_written_out_in_numpy(
    framework: str, optimiser: str, momentum: float
) -> None:
    one = recipe(framework, optimiser=optimiser, momentum=momentum)
    losses, state = trained(create(one), one)
    expected, ours = trained(numpy_adapter.create(one, one.architecture), one)
    assert losses == pytest.approx(expected, rel=1e-12)
    assert apart(state, ours) < 1e-12
    plain = one.changed(weight_decay=0.0)
    assert apart(state, trained(create(plain), plain)[1]) > 1e-4, "decay shows"


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("optimiser", ["reference-adam", "reference-sgd"])
def test_both_frameworks_take_the_same_steps(optimiser: str, momentum: float) -> None:
    both = [recipe(framework, optimiser=optimiser, momentum=momentum) for framework in settings.FRAMEWORKS]
    (first, ours), (second, theirs) = (trained(create(one), one) for one in both)
    assert first == pytest.approx(second, rel=1e-13)
    assert apart(ours, theirs) < 1e-13


@pytest.mark.parametrize("framework", settings.FRAMEWORKS)
@pytest.mark.parametrize(("optimiser", "momentum"), KINDS)
def test_a_decaying_training_goes_on_bit_for_bit(framework: str, optimiser: str, momentum: float) -> None:
    one = recipe(framework, optimiser=optimiser, momentum=momentum, dtype="float32")
    rows, rates = batches(one, seed=1, steps=6)
    whole, first, second = create(one), create(one), create(one)
    for classifier in (whole, first, second):
        classifier.load(weights.initial(one))
        classifier.place(*ink(300))
    expected = whole.steps(rows, rates)
    first.steps(rows[:3], rates[:3])
    second.load(first.state())
    assert second.steps(rows[3:], rates[3:]).tobytes() == expected[3:].tobytes()
    assert all(second.state()[name].tobytes() == value.tobytes() for name, value in whole.state().items())


@pytest.mark.parametrize("framework", settings.FRAMEWORKS)
@pytest.mark.parametrize(("optimiser", "momentum"), KINDS)
def test_the_optimiser_at_work_says_what_it_takes(framework: str, optimiser: str, momentum: float) -> None:
    one = recipe(framework, optimiser=optimiser, momentum=momentum)
    told, plain = create(one).conditions(), create(one.changed(weight_decay=0.0)).conditions()
    assert (told["weight decay"], plain["weight decay"]) == (0.5, 0.0)
    assert told["optimiser"] == f"w -= rate·0.5·w; {plain['optimiser']}"
