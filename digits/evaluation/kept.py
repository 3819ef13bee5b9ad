"""What is known of a run on the data sets of the lab, kept with the run.

runs/<id>/evaluations/<first 16 digits of the data set's fingerprint>.json

It goes when the run goes; `digits.engine.sweep` removes it when the data set has gone. The app reads it on each look
at the board, so nothing heavy is imported here.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.errors import DigitsError, NotFoundError
from digits.evaluation import metrics
from digits.files import Json, read_json, write_json
from digits.training.run import Run

FOLDER = "evaluations"
Rows = NDArray[np.int64]


def is_own(run: Run, dataset: Dataset) -> bool:
    """Tell whether `run` was trained on `dataset`, whatever that is called now."""
    return bool(run.spec["fingerprint"] == dataset.fingerprint)


def summary(run: Run, dataset: Dataset, answers: Rows, labels: Rows, seen: int | None) -> Json:
    """Return what is kept of `answers` (n,) that `run` gave to images of `dataset` with `labels` (n,).

    `run`, `dataset`, `fingerprint`, `images`, `part` (*test* of its own data set, else *all*), `seen` (images left
    out because it was trained on the very same; null where its own data set is gone), `accuracy`, and `confusion`
    (10, 10), rows the truth.
    """
    counts = metrics.confusion(answers, labels)
    return {
        "run": run.id, "dataset": dataset.name, "fingerprint": dataset.fingerprint, "images": len(labels),
        "part": "test" if is_own(run, dataset) else "all", "seen": seen,
        "accuracy": float(counts.trace() / counts.sum()), "confusion": counts.tolist(),
    }  # fmt: skip


def kept(run: Run, dataset: Dataset) -> Json | None:
    """Return what is known of a finished `run` on `dataset`, as `on_dataset`; None until it was evaluated.

    On its own data set it is what the training found in the end. What cannot be read counts as unknown, and so does
    what was found while the run's own data set was gone, once that is back: only then is it known what it had learnt.
    """
    with suppress(FileNotFoundError, DigitsError):
        if is_own(run, dataset):
            answers = run.evaluation("logits").argmax(axis=1)
            return summary(run, dataset, answers, run.evaluation("labels"), 0)
        found = read_json(_path(run, dataset.fingerprint))
        if found.get("fingerprint") == dataset.fingerprint and "accuracy" in found and not _outdated(run, found):
            return {**found, "dataset": dataset.name}  # which may have been renamed
    return None


def _outdated(run: Run, found: Json) -> bool:
    """Tell whether nobody could say what `run` had learnt when `found` was kept, and somebody can now."""
    if found.get("seen") is not None:
        return False
    with suppress(DigitsError):
        run.dataset()
        return True
    return False


def reading(run: Run, dataset: Dataset) -> Json | None:
    """Return `accuracy`, `images`, `part` and `seen` of a finished `run` on `dataset`, as `kept`, but cheaply.

    No answers are read, so that a board of many runs stands at once. None until it was evaluated.
    """
    if not is_own(run, dataset):
        return kept(run, dataset)
    result = run.result()
    return {"accuracy": result["test_accuracy"], "images": result["test_images"], "part": "test", "seen": 0}


def keep(run: Run, found: Json) -> None:
    """Keep what was found of `run` on a data set. Raises `NotFoundError` if the run is gone."""
    path = _path(run, found["fingerprint"])
    try:
        path.parent.mkdir(exist_ok=True)
        write_json(path, found)
    except FileNotFoundError as error:
        raise NotFoundError(f"The run {run.id} is not there any more") from error


def forget(runs: Iterable[Run], there: set[str]) -> None:
    """Remove what is kept of `runs` on data sets that are not `there` (their fingerprints) any more."""
    stems = {fingerprint[:16] for fingerprint in there}
    for run in runs:
        for path in (run.folder / FOLDER).glob("*.json"):
            if path.stem not in stems:
                path.unlink(missing_ok=True)


def _path(run: Run, fingerprint: str) -> Path:
    return run.folder / FOLDER / f"{fingerprint[:16]}.json"
