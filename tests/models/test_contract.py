"""One suite for both adapters: what the lab relies on, whichever framework computes it."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from digits import settings
from digits.errors import UsageError
from digits.models import Array, Classifier, Floats, State, create, weights
from digits.training.presets import preset
from digits.training.recipe import Recipe
from tests.models import batches, ink
from tests.models.resume_script import go_on

OTHER = {"pytorch": "tensorflow", "tensorflow": "pytorch"}
OPTIMISERS = {
    "adam": {"optimiser": "native-adam"},
    "sgd": {"optimiser": "native-sgd", "rate": 1e-5},
    "momentum": {"optimiser": "native-sgd", "rate": 1e-5, "momentum": 0.9},
    "reference adam": {"optimiser": "reference-adam"},
    "reference sgd": {"optimiser": "reference-sgd", "rate": 1e-5},
    "reference momentum": {"optimiser": "reference-sgd", "rate": 1e-5, "momentum": 0.9},
}
each_optimiser = pytest.mark.parametrize("optimiser", OPTIMISERS)
NETWORKS = {"dense": "32-16", "conv": "conv4x3 pool conv6x3 pool 16"}


@pytest.fixture(params=settings.FRAMEWORKS)
def framework(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=NETWORKS.values(), ids=NETWORKS)
def network(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def small(framework: str, *, network: str = NETWORKS["dense"], **values: object) -> Recipe:
    """A small network; one thread, because TensorFlow takes a number once a process and machines are shared."""
    recipe = Recipe(framework=framework, dataset="none", network=network, pixels="ink", threads=1)
    return recipe.changed(**values)


def started(recipe: Recipe, *, images: int = 300) -> Classifier:
    """A classifier with its initial weights and some images in place."""
    classifier = create(recipe)
    classifier.load(weights.initial(recipe))
    classifier.place(*ink(images))
    return classifier


def equal(first: State, second: State) -> bool:
    """Whether two states are the same, bit for bit."""
    return first.keys() == second.keys() and all(first[name].tobytes() == second[name].tobytes() for name in first)


def only_weights(state: State) -> State:
    return {name: value for name, value in state.items() if name.startswith("layer.")}


def test_outputs_are_every_hidden_layer_and_then_the_logits(framework: str) -> None:
    for network, widths in (("32-16", [32, 16, 10]), ("conv4x3 pool conv6x3 16", [784, 1176, 16, 10])):
        outputs = started(small(framework, network=network)).outputs(ink(7)[0])
        assert [values.shape for values in outputs] == [(7, width) for width in widths]
        assert {values.dtype for values in outputs} == {np.dtype("float32")}


def test_the_notebooks_network_has_2_568_794_parameters(framework: str) -> None:
    recipe = preset("notebook-adam", framework=framework, dataset="none", threads=1)
    state = create(recipe).state()
    assert sum(value.size for value in only_weights(state).values()) == recipe.parameters == 2_568_794
    assert state["layer.0.kernel"].shape == (3136, 784)


@each_optimiser
def test_the_loss_falls_on_ten_images_that_are_learnt_by_heart(framework: str, network: str, optimiser: str) -> None:
    recipe = small(framework, network=network, **OPTIMISERS[optimiser])
    losses = started(recipe).steps(np.tile(np.arange(10, dtype=np.int32), (60, 1)), np.full(60, recipe.rate))
    assert losses.shape == (60,)
    assert losses.dtype == np.float32
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_the_framework_agrees_with_numpy_on_each_layer(framework: str, network: str, activation: str) -> None:
    recipe = small(framework, network=network, activation=activation, dtype="float64")
    classifier = started(recipe)
    classifier.steps(*batches(recipe, seed=1))
    ours = weights.forward(classifier.state(), ink(50)[0], activation, recipe.architecture)
    for theirs, expected in zip(classifier.outputs(ink(50)[0]), ours, strict=True):
        assert theirs == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_the_loss_is_the_mean_cross_entropy_of_the_batch(framework: str, network: str) -> None:
    recipe = small(framework, network=network, dtype="float64")
    classifier = started(recipe)
    logits = weights.forward(classifier.state(), ink(300)[0][:9], "relu", recipe.architecture)[-1]
    log_sums = np.log(np.exp(logits - logits.max(1, keepdims=True)).sum(1)) + logits.max(1)
    expected = np.mean(log_sums - logits[np.arange(9), ink(300)[1][:9]])
    losses = classifier.steps(np.arange(9, dtype=np.int32)[None], np.array([recipe.rate]))
    assert losses == pytest.approx(np.array([expected]), rel=1e-12)


@each_optimiser
def test_rows_of_minus_one_do_not_count(framework: str, network: str, optimiser: str) -> None:
    recipe = small(framework, network=network, **OPTIMISERS[optimiser])
    short, padded = started(recipe), started(recipe)
    rows, rates = np.array([[5, 3, 8], [1, 2, 0]], np.int32), np.full(2, recipe.rate)
    with_gaps = np.array([[5, 3, 8, -1, -1], [-1, 1, 2, -1, 0]], np.int32)
    assert np.array_equal(short.steps(rows, rates), padded.steps(with_gaps, rates))
    assert equal(short.state(), padded.state())


def test_a_rate_of_zero_moves_nothing(framework: str, network: str) -> None:
    recipe = small(framework, network=network)
    classifier = started(recipe)
    classifier.steps(batches(recipe, seed=1)[0], np.zeros(5))
    assert equal(only_weights(classifier.state()), weights.initial(recipe))


def test_a_full_batch_in_chunks_is_one_update_of_the_whole(
    framework: str, network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = small(framework, network=network, optimiser="native-sgd", rate=1e-4, batch=0, dtype="float64")
    rows, rates = np.arange(5000, dtype=np.int32)[None].repeat(3, axis=0), np.full(3, recipe.rate)
    in_chunks = started(recipe, images=5000)
    losses = in_chunks.steps(rows, rates)
    monkeypatch.setattr(import_module(f"digits.models.{framework}"), "CHUNK", 5000)
    whole = started(recipe, images=5000)
    assert losses == pytest.approx(whole.steps(rows, rates), rel=1e-13)
    for name, value in whole.state().items():
        assert in_chunks.state()[name] == pytest.approx(value, rel=1e-11, abs=1e-14)


def test_the_same_recipe_gives_the_same_losses_bit_for_bit(framework: str, network: str) -> None:
    recipe = small(framework, network=network)
    first, second = started(recipe), started(recipe)
    assert first.steps(*batches(recipe, seed=1)).tobytes() == second.steps(*batches(recipe, seed=1)).tobytes()
    assert equal(first.state(), second.state())


@each_optimiser
def test_a_loaded_state_goes_on_bit_for_bit(framework: str, network: str, optimiser: str) -> None:
    recipe = small(framework, network=network, **OPTIMISERS[optimiser])
    classifier, other = started(recipe), started(recipe.changed(seed=9))
    classifier.steps(*batches(recipe, seed=1))
    other.steps(*batches(recipe, seed=3))
    other.load(classifier.state())
    assert equal(go_on(classifier, recipe), go_on(other, recipe))
    assert classifier.state()["step"] == 10


def test_a_new_process_goes_on_bit_for_bit(framework: str, network: str, tmp_path: Path) -> None:
    recipe = small(framework, network=network)
    classifier = started(recipe)
    classifier.steps(*batches(recipe, seed=1))
    weights.save(tmp_path / "state", classifier.state(), {})
    subprocess.run(
        [sys.executable, "-m", "tests.models.resume_script", json.dumps(recipe.as_json()), "state", "result"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(settings.PROJECT)}, check=True,
    )  # fmt: skip
    assert equal(weights.read(tmp_path / "result")[0], go_on(classifier, recipe))


@each_optimiser
def test_weights_without_slots_start_a_fresh_optimiser(framework: str, network: str, optimiser: str) -> None:
    recipe = small(framework, network=network, **OPTIMISERS[optimiser])
    trained = started(recipe)
    trained.steps(*batches(recipe, seed=1))
    trained.load(weights.initial(recipe))
    assert equal(trained.state(), started(recipe).state())
    assert equal(go_on(trained, recipe), go_on(started(recipe), recipe))


def test_a_state_is_a_copy(framework: str, network: str) -> None:
    recipe = small(framework, network=network)
    classifier = started(recipe)
    before = classifier.state()
    kept = {name: value.copy() for name, value in before.items()}
    classifier.steps(*batches(recipe, seed=1))
    assert equal(before, kept)
    classifier.load(before)
    before["layer.0.kernel"] += 1
    assert equal(classifier.state(), kept)


def test_a_state_that_does_not_fit_is_refused(framework: str) -> None:
    classifier = create(small(framework), inputs=600)
    with pytest.raises(UsageError, match=r"expected \(600, 32\), received \(784, 32\)"):
        classifier.load(weights.initial(small(framework)))
    momentum = started(small(framework, **OPTIMISERS["momentum"])).state()
    with pytest.raises(UsageError, match="another optimiser: expected m, v, received optimizer"):
        started(small(framework)).load(momentum)


def test_dead_inputs_left_out_change_nothing(framework: str) -> None:
    recipe = small(framework, dtype="float64", rate=1e-4)
    inputs, labels = ink(300)
    live = np.flatnonzero(inputs.any(axis=0))
    assert 0 < len(live) < 784
    full, narrow = started(recipe), create(recipe, inputs=len(live))
    narrow.load(weights.narrow(weights.initial(recipe), live))
    narrow.place(inputs[:, live], labels)
    rows, rates = batches(recipe, seed=1)
    assert narrow.steps(rows, rates) == pytest.approx(full.steps(rows, rates), rel=1e-12)
    wide = weights.widen(narrow.state(), live, weights.initial(recipe))
    for name, value in full.state().items():
        assert wide[name] == pytest.approx(value, rel=1e-9, abs=1e-12)


def test_the_gradient_agrees_with_finite_differences(framework: str, network: str) -> None:
    recipe = small(framework, network=network, dtype="float64", activation="tanh", scale=1.0)
    classifier = started(recipe)
    inputs, digits = np.random.default_rng(5).random((4, 784)), np.array([0, 3, 9, 3])  # no two maxima alike
    gradient = classifier.gradient(inputs, digits)
    assert gradient.shape == (4, 784)
    for pixel in (0, 100, 407, 783):
        nudge = np.zeros(784)
        nudge[pixel] = 1e-5
        risen, fallen = classifier.outputs(inputs + nudge)[-1], classifier.outputs(inputs - nudge)[-1]
        slopes = (risen - fallen)[np.arange(4), digits] / 2e-5
        assert gradient[:, pixel] == pytest.approx(slopes, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_the_frameworks_take_the_same_sgd_steps(momentum: float) -> None:
    recipe = small("pytorch", optimiser="native-sgd", rate=1e-5, momentum=momentum, dtype="float64")
    rows, falling = batches(recipe, seed=1)
    # Keras has the rate in its velocity and PyTorch beside its momentum: they agree at a constant rate only.
    rates = np.full(5, recipe.rate) if momentum else falling
    losses = [started(recipe.changed(framework=name)).steps(rows, rates) for name in OTHER]
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)


def test_what_one_framework_learnt_the_other_reads_alike(framework: str) -> None:
    recipe = preset("notebook-adam", framework=framework, dataset="none", pixels="ink", threads=1)
    (inputs, labels), shown = pictures(), slice(8000, 10_000)
    classifier = create(recipe)
    classifier.load(weights.initial(recipe))
    classifier.place(inputs[:8000], labels[:8000])
    rows = np.random.default_rng(0).permutation(8000)[: 60 * 128].reshape(60, 128).astype(np.int32)
    classifier.steps(rows, np.full(60, recipe.rate))
    logits = classifier.outputs(inputs[shown])[-1]
    assert np.mean(logits.argmax(1) == labels[shown]) > 0.8
    learnt = only_weights(classifier.state())
    other = create(recipe.changed(framework=OTHER[framework]))
    other.load(learnt)
    for opinion in (other.outputs(inputs[shown])[-1], weights.forward(learnt, inputs[shown], "relu")[-1]):
        assert np.abs(opinion - logits).max() < 1e-3
        assert np.array_equal(opinion.argmax(1), logits.argmax(1))


def pictures() -> tuple[Floats, Array]:
    """Return 10,000 images, (10000, 784) float32 from 0 to 255, and their labels: MNIST's where it is at hand."""
    folder = settings.test_data()
    if not (folder / "mnist-t10k-images-idx3-ubyte.gz").exists():
        inputs, labels = ink(10_000)
        return inputs.astype(np.float32), labels
    images = gzip.decompress((folder / "mnist-t10k-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((folder / "mnist-t10k-labels-idx1-ubyte.gz").read_bytes())[8:]
    return np.frombuffer(images, np.uint8).reshape(-1, 784).astype(np.float32), np.frombuffer(labels, np.uint8)


def test_tensorflow_traces_its_loop_once_for_all_batches() -> None:
    from digits.models.tensorflow import TensorFlowClassifier

    recipe = small("tensorflow")
    classifier = started(recipe)
    assert isinstance(classifier, TensorFlowClassifier)
    for steps in (1, 2, 7):
        classifier.steps(*batches(recipe, seed=1, steps=steps))
        classifier.outputs(ink(300)[0][:steps])
    assert classifier._steps.experimental_get_tracing_count() == 1
    assert classifier._outputs.experimental_get_tracing_count() == 1


def test_tensorflow_refuses_other_threads_than_it_runs_with() -> None:
    started(small("tensorflow")).outputs(ink(1)[0])
    with pytest.raises(UsageError, match="runs already: expected 3 threads, received 1"):
        create(small("tensorflow", threads=3))
