"""Dropout: both frameworks leave out the same units, which NumPy can name."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

from digits import settings
from digits.models import Floats, create, dropout, weights
from digits.training.recipe import Recipe
from tests.models import batches, ink


def thinned(framework: str, **values: object) -> Recipe:
    recipe = Recipe(framework=framework, dataset="none", network="32-16", pixels="ink", threads=1, dropout=0.25)
    return recipe.changed(**{"optimiser": "native-sgd", "rate": 1e-4, "scale": 1.0, **values})


def losses(recipe: Recipe, rows: np.ndarray, *, images: int = 300) -> Floats:
    """The losses of an update for each of `rows`, from the initial weights on."""
    classifier = create(recipe)
    classifier.load(weights.initial(recipe))
    inputs, labels = ink(images)
    classifier.place(inputs / 255, labels)
    return classifier.steps(rows, np.full(len(rows), recipe.rate))


def by_hand(recipe: Recipe, rows: np.ndarray, step: int) -> float:
    """The mean loss of one batch of the untrained network in NumPy, with the units of update `step` left out."""
    state, values = weights.initial(recipe), ink(300)[0][rows] / 255
    for layer in range(3):
        values = values @ state[f"layer.{layer}.kernel"] + state[f"layer.{layer}.bias"]
        if layer < 2:
            stays = dropout.kept(recipe.seed, step, layer, shape=values.shape, dropout=recipe.dropout)
            values = np.maximum(values, 0) * stays / (1 - recipe.dropout)
    shifted = values - values.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(rows)), rows % 10]))


def test_the_mixer_is_that_of_32_bit_words() -> None:
    words = np.random.default_rng(1).integers(0, 2**32, 1000, dtype=np.uint32)
    expected = (words ^ (words >> 16)) * np.uint32(0x21F0AAAD)
    expected = (expected ^ (expected >> 15)) * np.uint32(0x735A2D97)
    assert np.array_equal(dropout.mixed(words.astype(np.int64)), expected ^ (expected >> 15))


def test_old_trainings_can_be_repeated() -> None:
    stays = dropout.kept(42, 0, 0, shape=(2, 12), dropout=0.5).astype(int)
    assert stays.tolist() == [[0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0], [1, 0, 1, 0, 1, 1, 0, 0, 0, 1, 1, 1]]


def test_a_changed_bit_changes_half_of_the_bits() -> None:
    values = np.random.default_rng(0).integers(0, 2**32, 2000)
    for place in range(32):
        changed = dropout.mixed(values) ^ dropout.mixed(values ^ (1 << place))
        assert np.bitwise_count(changed).mean() == pytest.approx(16, abs=0.5)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_the_share_of_units_left_out_is_the_recipes(share: float) -> None:
    stays = np.stack([dropout.kept(7, step, 0, shape=(128, 784), dropout=share) for step in range(10)])
    error = np.sqrt(share * (1 - share))
    assert stays.mean() == pytest.approx(1 - share, abs=5 * error / np.sqrt(stays.size))
    for axes, count in (((0, 1), 1280), ((0, 2), 7840), ((1, 2), 128 * 784)):
        assert np.abs(stays.mean(axis=axes) - 1 + share).max() < 5.5 * error / np.sqrt(count)


def test_another_seed_step_layer_row_or_unit_is_left_out_by_other_chance() -> None:
    first = dropout.kept(42, 3, 0, shape=(200, 300), dropout=0.5)
    others = [dropout.kept(*place, shape=(200, 300), dropout=0.5) for place in ((43, 3, 0), (42, 4, 0), (42, 3, 1))]
    for other in (*others, np.roll(first, 1, axis=0), np.roll(first, 1, axis=1)):
        assert np.mean(first == other) == pytest.approx(0.5, abs=0.015)


@pytest.mark.parametrize("framework", settings.FRAMEWORKS)
def test_the_framework_leaves_out_the_units_that_numpy_names(framework: str) -> None:
    recipe = thinned(framework, rate=1e-9, dtype="float64", seed=2**32 - 1)
    rows = np.random.default_rng(3).integers(0, 300, (4, 50)).astype(np.int32)
    expected = [by_hand(recipe, batch, step) for step, batch in enumerate(rows)]
    assert losses(recipe, rows) == pytest.approx(np.array(expected), rel=1e-7)  # the weights move by next to nothing
    assert np.ptp([by_hand(recipe, rows[0], step) for step in range(4)]) > 1e-3, "another step would show"


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-5)])
def test_both_frameworks_take_the_same_steps_with_dropout(dtype: str, tolerance: float) -> None:
    rows, _ = batches(thinned("pytorch"), seed=1, steps=20)
    found = [losses(thinned(framework, dtype=dtype, rate=0.1), rows) for framework in settings.FRAMEWORKS]
    assert found[0] == pytest.approx(found[1], rel=tolerance)
    assert found[0][-1] < found[0][0]


@pytest.mark.parametrize("framework", settings.FRAMEWORKS)
def test_a_batch_in_chunks_leaves_out_what_the_whole_would(framework: str, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe, rows = thinned(framework, dtype="float64"), np.arange(300, dtype=np.int32)[None].repeat(2, axis=0)
    whole = losses(recipe, rows)
    monkeypatch.setattr(import_module(f"digits.models.{framework}"), "CHUNK", 70)
    assert losses(recipe, rows) == pytest.approx(whole, rel=1e-13)


@pytest.mark.parametrize("framework", settings.FRAMEWORKS)
def test_nothing_is_left_out_when_the_network_is_used(framework: str) -> None:
    recipe = thinned(framework)
    classifier = create(recipe)
    classifier.load(weights.initial(recipe))
    inputs = ink(20)[0]
    expected = weights.forward(weights.initial(recipe), inputs, "relu")[-1]
    assert classifier.outputs(inputs)[-1] == pytest.approx(expected, rel=1e-3, abs=1e-2)


@pytest.mark.parametrize("framework", settings.FRAMEWORKS)
def test_a_training_with_dropout_goes_on_bit_for_bit(framework: str) -> None:
    recipe = thinned(framework, optimiser="native-adam")
    rows, rates = batches(recipe, seed=1, steps=6)
    whole, first, second = create(recipe), create(recipe), create(recipe)
    for classifier in (whole, first, second):
        classifier.load(weights.initial(recipe))
        classifier.place(*ink(300))
    expected = whole.steps(rows, rates)
    first.steps(rows[:3], rates[:3])
    second.load(first.state())
    assert second.steps(rows[3:], rates[3:]).tobytes() == expected[3:].tobytes()
    for name, value in whole.state().items():
        assert second.state()[name].tobytes() == value.tobytes()
