"""The loop where each epoch shows variants of the training images."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from digits.errors import StoppedError
from digits.files import Json
from digits.models import create, weights
from digits.settings import FRAMEWORKS
from digits.training import loop as module
from digits.training.inputs import ALIGNED_BYTES, Data, Part, scaled
from digits.training.loop import Loop, order
from digits.training.recipe import Recipe
from digits.training.variants import draw
from tests.training.test_loop import Softmax, epochs, timeless, trained

ROWS = 20


class Wide(Softmax):
    """The classifier of one layer, for 784 inputs; it notes what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel, self.placed = np.zeros((784, 10)), []

    def place(self, inputs: np.ndarray, labels: np.ndarray) -> None:
        super().place(inputs, labels)
        self.placed.append((inputs.copy(), labels))


def recipe(**values: object) -> Recipe:
    """A recipe of eight batches an epoch: seven of 8 and one of 4 of 60 variants."""
    usual = {"batch": 8, "epochs": 3, "rate": 0.01, "dtype": "float64", "pixels": "ink", "scale": 1.0,
             "variants": 3, "rotation": 10.0, "elastic": 0.5}  # fmt: skip
    return Recipe(framework="pytorch", dataset="none").changed(**{**usual, **values})


def inks() -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (ROWS, 784), np.uint8)


def started(recipe: Recipe, variants: module.Variants | None = None) -> Loop:
    labels = np.random.default_rng(3).integers(0, 10, ROWS)
    train = Part(np.arange(ROWS), scaled(inks(), recipe), labels)
    return Loop(recipe, Data(train, train, np.arange(784), inks()), Wide(), variants)


def stopped(loop: Loop, step: int) -> list[Json]:
    """Run the loop, an update a call, until it has made so many; return its records."""
    lines: list[Json] = []

    def pause(ended: bool) -> None:
        loop._call = 1
        if loop.step == step:
            raise StoppedError("stop")

    with pytest.raises(StoppedError):
        loop.run(lines.append, pause)
    return lines


def test_every_epoch_trains_on_variants_of_its_own() -> None:
    loop = started(recipe())
    trained(loop)
    assert len(loop.classifier.placed) == 3
    for epoch, (inputs, labels) in enumerate(loop.classifier.placed, 1):
        assert np.array_equal(inputs, draw(inks(), recipe(), epoch) * (1 / 255))
        assert np.array_equal(labels, np.tile(loop.data.train.labels, 3))


def test_an_epoch_shuffles_all_variants_and_makes_a_step_of_each_batch() -> None:
    loop = started(recipe())
    lines = trained(loop)
    made = np.concatenate(loop.classifier.calls)
    assert np.array_equal(made, np.concatenate([order(3 * ROWS, recipe(), epoch) for epoch in (1, 2, 3)]))
    assert (loop.rows, loop.steps_an_epoch, loop.total) == (60, 8, 24)
    assert epochs(lines) == [0, 1, 2, 3]


def test_accuracy_in_training_is_that_of_the_stored_images() -> None:
    loop = started(recipe())
    last = trained(loop)[-1]
    answers = loop.classifier.outputs(loop.data.train.inputs)[-1].argmax(axis=1)
    assert last["accuracy"] == np.mean(answers == loop.data.train.labels)


def test_every_epoch_lies_where_the_last_one_lay_so_that_one_is_in_memory() -> None:
    loop = started(recipe())
    held: list[int] = []
    loop.classifier.place = lambda inputs, labels: (
        held.append(inputs.ctypes.data),
        Wide.place(loop.classifier, inputs, labels),
    )
    trained(loop)
    assert len(held) == 3
    assert len(set(held)) == 1
    assert held[0] % ALIGNED_BYTES == 0


@pytest.mark.parametrize("stop_at", [1, 7, 8, 9, 16, 23, 24])
def test_a_loop_that_stops_anywhere_goes_on_to_the_same_bits_and_the_same_conditions(
    stop_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CALL_SECONDS", 0.0)
    whole, broken = started(recipe()), started(recipe())
    expected, lines = trained(whole), stopped(broken, stop_at)
    rest = started(recipe())
    rest.classifier.load(broken.classifier.state())
    rest.go_to({key: str(value) for key, value in broken.position.items()})
    lines += trained(rest)
    assert timeless(lines) == timeless(expected)
    assert rest.classifier.kernel.tobytes() == whole.classifier.kernel.tobytes()
    if stop_at < whole.total:  # nothing is shown any more where nothing was left to do
        assert rest.told() == whole.told()
    assert rest.orders.digest == whole.orders.digest


def test_conditions_tell_what_was_shown() -> None:
    def told(**values: object) -> Json:
        loop = started(recipe(**values))
        trained(loop)
        return loop.told()

    first = told()
    assert first == told(framework="tensorflow", rate=0.02), "it is the same for both frameworks"
    assert first["data in memory"] == "an epoch, 0 MiB"
    assert len({first["data"], told(rotation=11.0)["data"], told(epochs=2)["data"], told(seed=3)["data"]}) == 4
    assert started(recipe(variants=1, rotation=0.0, elastic=0.0)).told() == {}


def test_to_wait_for_variants_belongs_to_the_seconds_of_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=0.0)

    def variants(epoch: int, pause: Callable[[], None]) -> np.ndarray:
        clock.now += 5
        return draw(inks(), recipe(), epoch)

    fake = SimpleNamespace(perf_counter=lambda: clock.now, monotonic=lambda: clock.now)
    monkeypatch.setattr(module, "time", fake)
    lines = [line for line in trained(started(recipe(), variants)) if line["kind"] == "epoch"]
    assert [line["epoch_seconds"] for line in lines] == [0, 5, 5, 5]
    assert [line["seconds"] for line in lines] == [0, 5, 10, 15]


def test_a_stop_is_heard_while_variants_are_awaited() -> None:
    def variants(epoch: int, pause: Callable[[], None]) -> np.ndarray:
        pause()
        return draw(inks(), recipe(), epoch)

    def pause(ended: bool) -> None:
        assert not ended
        raise StoppedError("stop")

    loop = started(recipe(), variants)
    with pytest.raises(StoppedError):
        loop.run(lambda line: None, pause)
    assert loop.step == 0


def in_framework(framework: str) -> Loop:
    """The same loop around a small network of a framework, with its initial weights."""
    chosen = recipe(framework=framework, dtype="float32", network="16-8", threads=1)
    labels = np.random.default_rng(3).integers(0, 10, ROWS)
    train = Part(np.arange(ROWS), scaled(inks(), chosen), labels)
    classifier = create(chosen)
    classifier.load(weights.initial(chosen))
    return Loop(chosen, Data(train, train, np.arange(784), inks()), classifier)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_in_either_framework_a_stop_in_the_middle_of_an_epoch_changes_no_bit(
    framework: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CALL_SECONDS", 0.0)
    whole, broken, rest = (in_framework(framework) for _ in range(3))
    expected, lines = trained(whole), stopped(broken, 13)
    assert 0 < broken.step % broken.steps_an_epoch < broken.steps_an_epoch - 1
    rest.classifier.load(broken.classifier.state())
    rest.go_to({key: str(value) for key, value in broken.position.items()})
    lines += trained(rest)
    assert timeless(lines) == timeless(expected)
    first, second = whole.classifier.state(), rest.classifier.state()
    assert all(first[name].tobytes() == second[name].tobytes() for name in first)
    assert rest.told() == whole.told()
