"""The tuning worker: a finished run learns a person's drawings. `python -m digits.workers.tune RUN`.

It begins with the files that the starter put into the folder of the run, the old weights as its checkpoint among
them: the run that it came from may be gone. It does not wait for trainings, only for another tuning in its framework.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from digits import settings
from digits.dataset.dataset import Dataset
from digits.errors import StoppedError
from digits.evaluation import metrics
from digits.files import Json, Lock, append_line, replace
from digits.images.augment import Augmentation, augment
from digits.models import Classifier, State, create, weights
from digits.training import taught, tuning
from digits.training.framed import framed_ink
from digits.training.inputs import Data, Part, alive, live_inputs
from digits.training.loop import Loop
from digits.training.queue import POLL_SECONDS, take_seat
from digits.training.recipe import STRENGTHS, Recipe
from digits.training.run import Run
from digits.training.shares import dealt
from digits.training.taught import Taught
from digits.workers.desk import Desk, work
from digits.workers.train import finish, progress

Ink = NDArray[np.uint8]
Rows = NDArray[np.int64]


class Pile(NamedTuple):
    """Framed ink (n, 784) uint8, its labels (n,), and its rows (n,) in the data set; below 0 they are drawings."""

    ink: Ink
    labels: Rows
    rows: Rows

    def taken(self, places: Rows) -> Pile:
        """Return those at `places` (m,), as often as they are named."""
        return Pile(self.ink[places], self.labels[places], self.rows[places])

    def followed(self, other: Pile) -> Pile:
        """Return these and then those of `other`."""
        return Pile(np.concatenate([self.ink, other.ink]), np.concatenate([self.labels, other.labels]),
                    np.concatenate([self.rows, other.rows]))  # fmt: skip


class Material(NamedTuple):
    """What a tuning shows in an epoch and is tested on, what it is checked on, and the drawings that are held out.

    `check` is `variants` times the same images in the same order, first as they are. So many drawings are `new` to
    the model, those that are held out among them.
    """

    data: Data
    check: Pile
    variants: int
    held: Pile
    new: int


def main(desk: Desk) -> None:
    """Tune the run of `desk` to its end; after a stop it begins again."""
    run = Run(desk.job)
    if (run.folder / "result.json").exists():  # killed after its last word but one
        return
    cv2.setNumThreads(1)
    desk.say(framework=run.recipe.framework)
    seat = _sit_down(run.recipe.framework, desk)
    desk.say(state="running", phase="reading the data", started=time.time())
    material = material_of(run, taught.read(run.folder))
    desk.check()
    desk.say(phase=f"importing {settings.FRAMEWORK_NAMES[run.recipe.framework]}")
    classifier = create(run.recipe, inputs=len(material.data.live))
    desk.check()
    loop = Loop(run.recipe, material.data, classifier, sample=tuning.SAMPLE)
    finish(run, loop, **_tune(run, loop, material, desk))
    seat.close()


def _sit_down(framework: str, desk: Desk) -> Lock:
    """Wait until no other tuning in this framework is at work. Raises `StoppedError`."""
    seat = take_seat(f"tune-{framework}", desk.job)
    if seat is None:
        desk.say(phase=tuning.WAITING)
    while seat is None:
        desk.check()
        time.sleep(POLL_SECONDS)
        seat = take_seat(f"tune-{framework}", desk.job)
    return seat


def material_of(run: Run, found: Taught) -> Material:
    """Read what is needed of the old data set, and put old images and drawings together.

    Raises `NotFoundError` and `IntegrityError` if it is gone or another one now.
    """
    recipe, parts, dataset = run.recipe, run.split(), Dataset.of(run.recipe.dataset, run.spec["fingerprint"])
    images = tuning.steps(recipe) * tuning.BATCH
    shown = dealt(parts.train, dataset, recipe.shares, recipe.seed)
    learnt = np.flatnonzero(taught.rows_of(dataset, found))
    old, checked = tuning.dealt_out(shown, parts.validation, images, recipe.seed, learnt=learnt)
    rows = np.unique(np.concatenate([old, checked, parts.test]))
    dataset.verify_blocks(rows)
    there = Pile(framed_ink(dataset.images[rows], recipe), dataset.labels[rows], rows)
    drawings = Pile(found.ink, found.digits, -1 - np.arange(len(found.ink)))
    before, new = there.taken(np.searchsorted(rows, old)), drawings.taken(np.flatnonzero(~found.held))
    places = tuning.composed(len(old), len(new.rows), images, recipe.seed)
    mixed = before.taken(places[0]).followed(new.taken(places[1]))
    live = alive(mixed.ink, recipe)
    train, test = (_part(pile, recipe, live) for pile in (mixed, there.taken(np.searchsorted(rows, parts.test))))
    variants = 1 + tuning.COPIES * run.first_recipe.augmented
    check = _varied(there.taken(np.searchsorted(rows, checked)), run, variants)
    unseen = there.taken(np.searchsorted(rows, checked[np.isin(checked, parts.validation)]))
    data = Data(train, test, live, mixed.ink, _part(unseen, recipe, live))
    held = drawings.taken(np.flatnonzero(found.held))
    return Material(data, check, variants, held, new=int(found.new_to(found.known).sum()))


def _part(pile: Pile, recipe: Recipe, live: Rows) -> Part:
    return Part(pile.rows, live_inputs(pile.ink, recipe, live), pile.labels)


def _varied(check: Pile, run: Run, variants: int) -> Pile:
    """Return the images of the check as `variants`, if the model knows some: a loss is seen sooner on more."""
    if variants == 1:
        return check
    how = Augmentation(**{name: getattr(run.recipe, name) for name in STRENGTHS})
    copies = check.taken(np.tile(np.arange(len(check.rows)), variants - 1))
    generator = np.random.default_rng((run.recipe.seed, tuning.STREAM, 2))
    varied = augment(copies.ink.reshape(-1, 28, 28), how, generator).reshape(-1, 784)
    return check.followed(copies._replace(ink=varied))


def _tune(run: Run, loop: Loop, material: Material, desk: Desk) -> Json:
    """Train from the old weights, go back as far as the check asks for, and return what is told of it."""
    state, _ = weights.read(run.folder / "checkpoint.safetensors")
    before = weights.narrow(state, loop.data.live)
    loop.classifier.load(before)
    first = _measured(loop, material)
    test_accuracy = _train(run, loop, desk)
    desk.say(phase="evaluating", **progress(loop))
    kept = _settle(loop.classifier, before, first.check, lambda: _measured(loop, material).check)
    last = _measured(loop, material)
    why = tuning.why_none_held(len(material.held.rows), run.spec["tuning"]["drawings"], material.new)
    return {"parent": run.spec["parent"], "drawings": run.spec["tuning"]["drawings"], "kept_share": kept,
            "held_out": len(material.held.rows), "why_none_held_out": why, "check_images": len(material.check.rows),
            "before": first.told(test_accuracy), "after": last.told(loop.evaluate()["test_accuracy"])}  # fmt: skip


class Measured(NamedTuple):
    """Which images of the check (variants, n), and which drawings that are held out (m,), are read right."""

    check: tuning.Mask
    held: tuning.Mask

    def told(self, test_accuracy: float) -> Json:
        """Return the accuracies; null on drawings if none is held out."""
        return {"drawings_accuracy": float(self.held.mean()) if len(self.held) else None,
                "check_accuracy": float(self.check.mean()), "test_accuracy": float(test_accuracy)}  # fmt: skip


def _measured(loop: Loop, material: Material) -> Measured:
    """Measure the classifier as it is now."""

    def right(pile: Pile) -> tuning.Mask:
        if not len(pile.rows):
            return np.zeros(0, bool)
        inputs = live_inputs(pile.ink, loop.recipe, loop.data.live)
        return np.asarray(metrics.outputs(loop.classifier, inputs)[1].argmax(axis=1) == pile.labels)

    return Measured(right(material.check).reshape(material.variants, -1), right(material.held))


def _train(run: Run, loop: Loop, desk: Desk) -> float:
    """Train to the end, recording as any training does; return the test accuracy at the old weights."""
    replace(run.folder / "metrics.jsonl", b"")
    desk.say(phase="training", total=loop.total, steps_an_epoch=loop.steps_an_epoch, images=loop.rows,
             parameters=run.recipe.parameters)  # fmt: skip
    lines: list[Json] = []

    def record(line: Json) -> None:
        lines.append(line)
        append_line(run.folder / "metrics.jsonl", line)
        desk.say(urgent=False, **progress(loop))

    def pause(_: bool) -> None:
        if desk.stopped():
            raise StoppedError(f"{run.id} was stopped at epoch {loop.step / loop.steps_an_epoch:.2f}")

    loop.run(record, pause)
    return float(lines[0]["test_accuracy"])


def _settle(classifier: Classifier, before: State, right: tuning.Mask, check: Callable[[], tuning.Mask]) -> float:
    """Load the weights as far from those `before` as the check allows, and return how far that is.

    They read `right` (variants, n) of the check. A share of 0 leaves them as they were.
    """
    after = classifier.state()

    def at(share: float) -> tuning.Mask:
        classifier.load(tuning.between(before, after, share))
        return check()

    kept = tuning.how_far(right, at)
    classifier.load(tuning.between(before, after, kept))
    return kept


if __name__ == "__main__":
    work(main, "runs")
