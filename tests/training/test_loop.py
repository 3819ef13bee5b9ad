from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from digits.errors import StoppedError, TrainingError
from digits.evaluation import metrics
from digits.files import Json
from digits.models import Array, Floats, State
from digits.training import loop as module
from digits.training.conditions import loaded
from digits.training.inputs import Data, Part
from digits.training.loop import Checkpoints, Loop, order
from digits.training.recipe import Recipe

ROWS, WIDTH = 20, 6


class Softmax:
    """A `Classifier` of one layer in NumPy, in which the order of the batches shows."""

    def __init__(self) -> None:
        self.kernel, self.step = np.zeros((WIDTH, 10)), 0
        self.calls: list[np.ndarray] = []
        self.spoilt: dict[int, float] = {}  # losses that are not what they should be, by step

    def place(self, inputs: Floats, labels: Array) -> None:
        self.inputs, self.labels = inputs, labels

    def steps(self, rows: np.ndarray, rates: Floats) -> Floats:
        self.calls.append(rows)
        return np.array([self._step(batch[batch >= 0], rate) for batch, rate in zip(rows, rates, strict=True)])

    def _step(self, rows: np.ndarray, rate: float) -> float:
        self.step += 1
        logits = self.inputs[rows] @ self.kernel
        shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        own = np.arange(len(rows)), self.labels[rows]
        loss = -np.log(shares[own]).mean()
        shares[own] -= 1
        self.kernel -= rate * self.inputs[rows].T @ shares / len(rows)
        return self.spoilt.get(self.step, loss)

    def outputs(self, inputs: Floats) -> list[Floats]:
        return [inputs, inputs @ self.kernel]

    def gradient(self, inputs: Floats, digits: Array) -> Floats:
        return self.kernel.T[digits]

    def state(self) -> State:
        return {"layer.0.kernel": self.kernel.copy(), "step": np.array(self.step)}

    def load(self, state: State) -> None:
        self.kernel, self.step = state["layer.0.kernel"].copy(), int(state["step"])


def recipe(**values: object) -> Recipe:
    """A recipe of three batches an epoch: 8, 8 and 4 of 20 rows."""
    usual = {"batch": 8, "epochs": 4, "rate": 0.5, "dtype": "float64"}
    return Recipe(framework="pytorch", dataset="none").changed(**{**usual, **values})


def started(recipe: Recipe) -> Loop:
    rng = np.random.default_rng(5)
    train, test = (Part(np.arange(rows), rng.random((rows, WIDTH)), rng.integers(0, 10, rows)) for rows in (ROWS, 7))
    return Loop(recipe, Data(train, test, np.arange(WIDTH)), Softmax())


def trained(loop: Loop, pause: Callable[[bool], object] = bool) -> list[Json]:
    """Run the loop to its end, by default with a pause that does nothing; return its records."""
    lines: list[Json] = []
    loop.run(lines.append, pause)
    return lines


def stopped(loop: Loop, step: int) -> list[Json]:
    """Run the loop until it has made so many steps; return its records."""
    lines: list[Json] = []

    def pause(ended: bool) -> None:
        if loop.step == step:
            raise StoppedError("stop")

    with pytest.raises(StoppedError):
        loop.run(lines.append, pause)
    return lines


def resumed(loop: Loop) -> Loop:
    """Return another loop that goes on where `loop` stands, from what a checkpoint keeps."""
    other = started(loop.recipe)
    other.classifier.load(loop.classifier.state())
    other.go_to({key: str(value) for key, value in loop.position.items()})
    return other


def timeless(lines: list[Json]) -> list[Json]:
    return [{key: value for key, value in line.items() if "seconds" not in key} for line in lines]


def epochs(lines: list[Json]) -> list[int]:
    return [line["epoch"] for line in lines if line["kind"] == "epoch"]


@pytest.fixture
def step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each call of `steps` make one update."""
    monkeypatch.setattr(module, "CALL_SECONDS", 0.0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock for the loop, on which a second passes whenever somebody measures."""
    clock = SimpleNamespace(now=100.0)

    def measure() -> float:
        clock.now += 1
        return clock.now

    monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=measure, monotonic=lambda: clock.now))
    return clock


@pytest.mark.parametrize(("rows", "batch", "steps"), [(20, 8, 3), (16, 8, 2), (3, 8, 1), (20, 0, 1), (5, 1, 5)])
def test_an_epoch_takes_every_row_once_and_fills_the_last_batch_up(rows: int, batch: int, steps: int) -> None:
    found = order(rows, recipe(batch=batch), 1)
    assert found.shape == (steps, min(batch or rows, rows)), "a batch has no more rows than there are"
    assert found.dtype == np.int32
    assert np.array_equal(np.sort(found.ravel()[:rows]), np.arange(rows))
    assert np.all(found.ravel()[rows:] == -1)


def test_the_order_is_another_in_each_epoch_and_for_each_seed_and_else_the_same() -> None:
    first = order(1000, recipe(), 1)
    assert np.array_equal(first, order(1000, recipe(framework="tensorflow", rate=0.1), 1))
    assert not np.array_equal(first, order(1000, recipe(), 2))
    assert not np.array_equal(first, order(1000, recipe(seed=43), 1))
    assert first[0].tolist() == [865, 861, 812, 745, 373, 874, 630, 173], "old runs cannot be repeated"


def test_each_epoch_is_recorded_once_beginning_with_the_untrained_network() -> None:
    loop = started(recipe())
    lines = trained(loop)
    assert epochs(lines) == [0, 1, 2, 3, 4]
    assert [line["step"] for line in lines if line["kind"] == "epoch"] == [0, 3, 6, 9, 12]
    assert loop.step == loop.total == 12
    untrained = lines[0]
    assert [untrained["loss"], untrained["test_loss"]] == pytest.approx([np.log(10)] * 2)
    assert untrained["seconds"] == untrained["epoch_seconds"] == 0


def test_an_epochs_line_says_what_the_classifier_says_after_it() -> None:
    loop = started(recipe())
    last = trained(loop)[-1]
    for part, prefix in ((loop.data.train, ""), (loop.data.test, "test_")):
        logits = loop.classifier.outputs(part.inputs)[-1]
        shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        assert last[f"{prefix}loss"] == pytest.approx(-np.log(shares[np.arange(len(logits)), part.labels]).mean())
        assert last[f"{prefix}accuracy"] == np.mean(logits.argmax(axis=1) == part.labels)
    assert last["loss"] < np.log(10) - 0.1, "it has learnt something"


def test_every_batch_of_every_epoch_is_made_once_in_its_order() -> None:
    chosen = recipe()
    loop = started(chosen)
    trained(loop)
    made = np.concatenate(loop.classifier.calls)
    assert np.array_equal(made, np.concatenate([order(ROWS, chosen, epoch) for epoch in (1, 2, 3, 4)]))


@pytest.mark.usefixtures("step_by_step")
def test_a_line_of_steps_has_their_mean_loss_and_where_the_run_stands() -> None:
    one_by_one = [line for line in trained(started(recipe(epochs=1))) if line["kind"] == "steps"]
    assert [line["step"] for line in one_by_one] == [1, 2, 3]
    assert [line["epoch"] for line in one_by_one] == pytest.approx([1 / 3, 2 / 3, 1])
    loop = started(recipe(epochs=1))
    loop._call = 3
    at_once = [line for line in trained(loop) if line["kind"] == "steps"]
    assert [line["step"] for line in at_once] == [3]
    assert at_once[0]["loss"] == pytest.approx(np.mean([line["loss"] for line in one_by_one]))


def test_a_call_takes_no_batch_of_the_next_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CALL_SECONDS", 1e9)
    loop = started(recipe(batch=2, epochs=2))
    lines = trained(loop)
    assert [len(call) for call in loop.classifier.calls] == [1, 4, 5, 10]
    assert epochs(lines) == [0, 1, 2]


@pytest.mark.usefixtures("step_by_step")
@pytest.mark.parametrize("stop_at", [1, 2, 3, 4, 6, 11, 12])
def test_a_loop_that_stops_anywhere_and_goes_on_ends_in_the_same_bits(stop_at: int) -> None:
    whole, broken = started(recipe()), started(recipe())
    expected, lines = trained(whole), stopped(broken, stop_at)
    rest = resumed(broken)
    lines += trained(rest)
    assert timeless(lines) == timeless(expected)
    for name, value in whole.classifier.state().items():
        assert rest.classifier.state()[name].tobytes() == value.tobytes()


@pytest.mark.usefixtures("clock")
def test_a_position_brings_the_seconds_along() -> None:
    broken = started(recipe())
    stopped(broken, 5)
    assert {**broken.position, "initial": ""} == {"step": 5, "seconds": 5.0, "epoch_seconds": 2.0, "initial": ""}
    first = next(line for line in trained(resumed(broken)) if line["kind"] == "epoch")
    assert (first["epoch"], first["seconds"], first["epoch_seconds"]) == (2, 6.0, 3.0)


@pytest.mark.usefixtures("clock")
def test_the_seconds_of_an_epoch_are_those_of_its_steps_and_not_of_measuring_it() -> None:
    lines = [line for line in trained(started(recipe())) if line["kind"] == "epoch"]
    assert [line["epoch_seconds"] for line in lines] == [0, 3, 3, 3, 3]
    assert [line["seconds"] for line in lines] == [0, 3, 6, 9, 12]


@pytest.mark.usefixtures("step_by_step")
def test_pause_is_asked_after_each_call_and_told_when_an_epoch_ended() -> None:
    asked: list[bool] = []
    trained(started(recipe(epochs=2)), asked.append)
    assert asked == [False, False, True] * 2


def test_the_rate_is_the_recipes_in_its_dtype() -> None:
    loop = started(recipe(dtype="float32"))
    rates, steps = [], loop.classifier.steps
    loop.classifier.steps = lambda rows, given: (rates.append(given), steps(rows, given))[1]
    trained(loop)
    assert {array.dtype.name for array in rates} == {"float32"}
    assert np.concatenate(rates).tolist() == [0.5] * 12


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_a_loss_that_is_not_finite_is_named_with_its_step(value: float) -> None:
    loop = started(recipe(batch=2))
    loop._call = 10
    lines: list[Json] = []
    loop.classifier.spoilt = {4: value, 7: np.nan}
    with pytest.raises(TrainingError, match=rf"at step 4: expected a number, received {value}\. Lower the rate"):
        loop.run(lines.append, bool)
    assert [line["kind"] for line in lines] == ["epoch"], "what is not a number is not recorded"


def test_the_sample_of_train_is_fixed_and_its_rows_are_different_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SAMPLE", 5)
    loop = started(recipe())
    assert len(set(loop._sample.tolist())) == 5
    assert np.array_equal(started(recipe(epochs=9))._sample, loop._sample)
    last, sample = trained(loop)[-1], loop._sample
    logits = loop.classifier.outputs(loop.data.train.inputs[sample])[-1]
    assert last["loss"] == metrics.loss(logits, loop.data.train.labels[sample])


def keeper(clock: SimpleNamespace) -> tuple[Checkpoints, list[Json]]:
    """A keeper of checkpoints, and the list of what it saves."""
    saved: list[Json] = []

    def save(path: Path, state: State, position: dict[str, str]) -> None:
        saved.append({"path": path, "state": state, "position": position, "at": clock.now})

    return Checkpoints(Path("checkpoint"), save), saved


@pytest.mark.parametrize(("epoch", "at"), [(1, [105, 110, 115]), (2, [104, 108, 112]), (3, [103, 106]), (7, [107])])
def test_at_most_five_seconds_or_one_epoch_can_be_lost(clock: SimpleNamespace, epoch: int, at: list[int]) -> None:
    checkpoints, saved = keeper(clock)
    for clock.now in range(100 + epoch, 116, epoch):
        checkpoints.at_epoch(started(recipe()))
    assert [save["at"] for save in saved][: len(at)] == at
    assert max(after - before for before, after in pairwise([100, *at])) <= max(5, epoch)


def test_a_stop_saves_at_once_and_counts_as_the_last_checkpoint(clock: SimpleNamespace) -> None:
    checkpoints, saved = keeper(clock)
    for clock.now, save in ((101.0, checkpoints.at_epoch), (104.0, checkpoints.now), (104.5, checkpoints.at_epoch)):
        save(started(recipe()))
    assert [save["at"] for save in saved] == [104.0]


def test_a_checkpoint_is_the_state_and_the_position_as_text(clock: SimpleNamespace) -> None:
    checkpoints, saved = keeper(clock)
    loop = started(recipe())
    trained(loop)
    loop.seconds = 0.1 + 0.2
    checkpoints.now(loop)
    assert saved[0]["path"] == Path("checkpoint")
    assert np.array_equal(saved[0]["state"]["layer.0.kernel"], loop.classifier.state()["layer.0.kernel"])
    assert saved[0]["position"] == {"step": "12", "seconds": "0.30000000000000004", "epoch_seconds": "0.0",
                                    "initial": loaded(started(recipe()).classifier)}  # fmt: skip
    assert resumed(loop).position == loop.position
