"""The loop is ours, the step is the framework's: order, epochs, records and checkpoints are written once, here.

All randomness of an epoch is `default_rng((seed, epoch))` and its like, so a checkpoint holds only the classifier's
state and the number of steps made; a run that goes on from one ends in the same bits as one that was never stopped.
With augmentation each epoch has images of its own, which are placed before its first step.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digits.errors import TrainingError
from digits.evaluation import metrics
from digits.files import Json
from digits.models import Classifier, State
from digits.training.conditions import Orders, Shown, loaded
from digits.training.inputs import Data, Floats, fill, room
from digits.training.recipe import Recipe
from digits.training.schedule import rates
from digits.training.variants import draw

SAMPLE = 10_000  # training images on which loss and accuracy are measured after each epoch
CALL_SECONDS = 0.3  # how long one call of `steps` should take: how soon a stop is heard
CHECKPOINT_SECONDS = 5.0
# Gives the variants (variants · n, 784) uint8 of an epoch; what it is given is called while it waits, and may raise.
Variants = Callable[[int, Callable[[], None]], NDArray[np.uint8]]


def order(rows: int, recipe: Recipe, epoch: int) -> NDArray[np.int32]:
    """Return the (steps, batch) rows of an epoch, counted from 1; -1 fills the last batch up."""
    batch = min(recipe.batch or rows, rows)
    shuffled = np.random.default_rng((recipe.seed, epoch)).permutation(rows).astype(np.int32)
    filled = np.full(-(-rows // batch) * batch, -1, np.int32)
    filled[:rows] = shuffled
    return filled.reshape(-1, batch)


class Loop:
    """One training, from wherever its classifier stands: `step` counts the updates made.

    With augmentation, `variants` gives the images of an epoch; by default they are drawn when they are needed. After
    each epoch so many training images are measured as a `sample`.
    """

    def __init__(
        self, recipe: Recipe, data: Data, classifier: Classifier, variants: Variants | None = None, *,
        sample: int | None = None,
    ) -> None:  # fmt: skip
        self.recipe, self.data, self.classifier = recipe, data, classifier
        self.step, self.seconds, self.epoch_seconds = 0, 0.0, 0.0
        self.rows = len(data.train.rows) * recipe.variants  # that an epoch shows
        self.steps_an_epoch = len(order(self.rows, recipe, 0))
        self.shown = Shown(data.train.labels)
        self._variants, self._placed = variants or self._draw, 0
        self._inputs: Floats | None = None  # of the epoch that is placed
        shuffled = np.random.default_rng((recipe.seed, 0)).permutation(len(data.train.rows))
        self._sample = np.sort(shuffled[: sample or SAMPLE])
        self.initial, self.orders = "", Orders()
        self._call = 1  # batches in the next call of `steps`

    @property
    def total(self) -> int:
        """How many updates the recipe makes."""
        return self.recipe.epochs * self.steps_an_epoch

    @property
    def position(self) -> Json:
        """Where it stands: what a checkpoint keeps beside the state."""
        shown = {"shown": self.shown.digest} if self.recipe.augmented else {}
        return {"step": self.step, "seconds": self.seconds, "epoch_seconds": self.epoch_seconds,
                "initial": self.initial, **shown}  # fmt: skip

    def go_to(self, position: Json) -> None:
        """Take up where a checkpoint stood."""
        self.step, self.seconds = int(position["step"]), float(position["seconds"])
        self.epoch_seconds = float(position["epoch_seconds"])
        self.initial = str(position.get("initial", "not recorded"))  # a checkpoint of an older version
        self.shown.digest = str(position.get("shown", self.shown.digest))
        epochs, rest = divmod(self.step, self.steps_an_epoch)
        for epoch in range(epochs + 1):
            batches = order(self.rows, self.recipe, epoch + 1)
            self.orders.add(batches if epoch < epochs else batches[:rest])

    def run(self, record: Callable[[Json], None], pause: Callable[[bool], None]) -> None:
        """Train to the end. `record` takes each line; `pause(end of an epoch)` may save, and raises to stop."""
        if not self.recipe.augmented:
            self.classifier.place(self.data.train.inputs, self.data.train.labels)
        if self.step == 0:
            self.initial = loaded(self.classifier)
            record(self.evaluate())
        while self.step < self.total:
            epoch, done = divmod(self.step, self.steps_an_epoch)
            if self.recipe.augmented and self._placed != epoch + 1:
                self._place(epoch + 1, lambda: pause(False))
            batches = order(self.rows, self.recipe, epoch + 1)
            record(self._advance(batches[done : done + self._call]))
            ended = self.step % self.steps_an_epoch == 0
            if ended:
                self.shown.end_epoch()
                record(self.evaluate())
                self.epoch_seconds = 0.0
            pause(ended)

    def told(self) -> Json:
        """Return what conditions say of the images that were shown, where they were not the stored ones."""
        return Shown.told([self.shown]) if self.recipe.augmented else {}

    def _draw(self, epoch: int, pause: Callable[[], None]) -> NDArray[np.uint8]:
        """Return the variants of `epoch`, drawn now."""
        return draw(self.data.ink, self.recipe, epoch)

    def _place(self, epoch: int, pause: Callable[[], None]) -> None:
        """Place the variants of `epoch`, where those of the last one lay; that it takes is a part of its seconds."""
        start = time.perf_counter()
        ink = self._variants(epoch, pause)
        if self._inputs is None:  # memory for so many numbers takes longer to get than to fill
            self._inputs = room(self.rows, self.recipe, self.data.live)
        fill(self._inputs, ink, self.recipe)
        self.shown.place(ink, self._inputs.nbytes)
        self.classifier.place(self._inputs, np.tile(self.data.train.labels, self.recipe.variants))
        self._placed = epoch
        spent = time.perf_counter() - start
        self.seconds += spent
        self.epoch_seconds += spent

    def _advance(self, batches: NDArray[np.int32]) -> Json:
        """Make the updates of `batches` and return their line: the mean loss, and where the run stands."""
        pace = rates(self.recipe, self.total, self.step, len(batches))
        start = time.perf_counter()
        losses = self.classifier.steps(batches, pace)
        spent = time.perf_counter() - start
        self.step += len(batches)
        self.orders.add(batches)
        self.seconds += spent
        self.epoch_seconds += spent
        self._call = max(1, min(4 * len(batches), round(len(batches) * CALL_SECONDS / max(spent, 1e-6))))
        self._refuse_infinite(losses)
        return {"kind": "steps", "step": self.step, "epoch": self.step / self.steps_an_epoch,
                "loss": float(losses.mean()), "seconds": self.seconds}  # fmt: skip

    def _refuse_infinite(self, losses: NDArray[np.floating]) -> None:
        if not np.isfinite(losses).all():
            step = self.step - len(losses) + int(np.argmin(np.isfinite(losses))) + 1
            raise TrainingError(f"The loss is not finite at step {step}", expected="a number",
                                received=losses[~np.isfinite(losses)][0], do="Lower the rate.")  # fmt: skip

    def evaluate(self) -> Json:
        """Return the line of an epoch: loss and accuracy on a fixed sample of train, and on test."""
        train, test = self.data.train, self.data.test
        _, seen = metrics.outputs(self.classifier, train.inputs[self._sample])
        _, unseen = metrics.outputs(self.classifier, test.inputs)
        labels = train.labels[self._sample]
        return {"kind": "epoch", "step": self.step, "epoch": self.step // self.steps_an_epoch,
                "seconds": self.seconds, "epoch_seconds": self.epoch_seconds,
                "loss": metrics.loss(seen, labels), "accuracy": metrics.accuracy(seen, labels),
                "test_loss": metrics.loss(unseen, test.labels),
                "test_accuracy": metrics.accuracy(unseen, test.labels)}  # fmt: skip


class Checkpoints:
    """Keeps the last checkpoint of a run: at ends of epochs, so often that at most 5 s are lost, or one epoch."""

    def __init__(self, path: Path, save: Callable[[Path, State, dict[str, str]], None]) -> None:
        self.path, self._save = path, save
        self._last = self._ended = time.monotonic()

    def at_epoch(self, loop: Loop) -> None:
        """Save if the last one would be older than five seconds at the end of the next epoch."""
        now = time.monotonic()
        epoch, self._ended = now - self._ended, now
        if now - self._last + epoch > CHECKPOINT_SECONDS:
            self.now(loop)

    def now(self, loop: Loop) -> None:
        """Save."""
        self._save(self.path, loop.classifier.state(), {key: str(value) for key, value in loop.position.items()})
        self._last = time.monotonic()
