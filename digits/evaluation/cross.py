"""A run on a data set of the lab: on the test part of its own, on all images of another that it has not learnt.

It needs the framework of the run: the app asks a worker (`digits.engine.evaluations`), and reads what was kept.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.errors import IntegrityError, NotFoundError, UsageError
from digits.evaluation.evaluate import logits, trained
from digits.evaluation.kept import is_own, keep, kept, summary
from digits.files import Json
from digits.training import taught
from digits.training.framed import CHUNK, framed_images
from digits.training.run import Run, find_run

Pause = Callable[[int], None]
Ink = NDArray[np.uint8]
Rows = NDArray[np.int64]


def on_dataset(run: Run, dataset: Dataset, framework: str | None = None) -> Json:
    """Return what a finished `run` reads of `dataset`: what is kept, or what is found now and kept then.

    The answer is that of `digits.evaluation.kept.summary`. With another `framework`, which loads the same weights,
    nothing is kept. Raises `ConflictError` while the run is not finished, `IntegrityError` for what is damaged, and
    `UsageError` if no image is left.
    """
    run.result()
    other = framework not in (None, run.recipe.framework)
    found = None if other else kept(run, dataset)
    if found is None:
        dataset.check()
        found = evaluate(run, dataset, framed_images(dataset, run.recipe), framework=framework)
        if not other:
            keep(run, found)
    return found


def evaluate(
    run: Run, dataset: Dataset, ink: Ink, *, framework: str | None = None, pause: Pause = lambda images: None
) -> Json:
    """Return what `run` reads of `dataset`, as `on_dataset`, from all its `ink` (n, 784) in the frame of the run.

    `pause` hears of how many images were read since the last time, and may raise.
    """
    rows, seen = _rows(run, dataset)
    if not len(rows):
        raise UsageError(f"{run.id} was trained on every image of {dataset.name}", do="Choose another data set.")
    classifier = trained(run, framework=framework or run.recipe.framework)
    answers = []
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        answers.append(logits(classifier, ink[chunk], run.recipe).argmax(axis=1))
        pause(len(chunk))
    return summary(run, dataset, np.concatenate(answers), dataset.labels[rows], seen)


def _rows(run: Run, dataset: Dataset) -> tuple[Rows, int | None]:
    """Return the rows of `dataset` that are read, and how many were left out; None where nobody can say."""
    if is_own(run, dataset):
        return run.evaluation("rows"), 0
    try:
        own = run.dataset()
    except (IntegrityError, NotFoundError):
        return np.arange(len(dataset.labels)), None
    new = ~np.isin(dataset.hashes, own.hashes[_learnt(run)]) & ~_taught(run, dataset)
    return np.flatnonzero(new), int((~new).sum())


def _taught(run: Run, dataset: Dataset) -> NDArray[np.bool_]:
    """Return which images (n,) of `dataset` show drawings that `run`, or a run that it was tuned from, has learnt."""
    shown = np.zeros(len(dataset.labels), bool)
    with suppress(NotFoundError):  # one was deleted
        while run.tuning:
            shown |= taught.rows_of(dataset, taught.read(run.folder))
            run = find_run(run.spec["parent"])
    return shown


def _learnt(run: Run) -> Rows | slice:
    """Return which rows of its data set `run` was trained on; all where that is not known any more."""
    try:
        parts = run.split()
    except (IntegrityError, NotFoundError):
        return slice(None)
    return np.concatenate([parts.train, parts.validation])
