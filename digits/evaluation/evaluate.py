"""A trained run on other pictures: an array of ink, or pen strokes through the canvas's own path."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.errors import IntegrityError, SourceError
from digits.evaluation import metrics
from digits.files import Json, read_arrays
from digits.images.frame import frame, frame_all
from digits.images.strokes import Drawing, drawn_ink, fit
from digits.models import Classifier, create, weights
from digits.training.framed import CHUNK
from digits.training.inputs import full_inputs
from digits.training.recipe import Recipe
from digits.training.run import Run

Ink = NDArray[np.uint8]


def trained(run: Run, **changes: Any) -> Classifier:
    """Return the run's classifier at full width; `changes` name another framework, or other threads.

    Raises `ConflictError` while the run is not finished, `IntegrityError` if its weights are damaged.
    """
    run.result()
    path = run.folder / "weights.safetensors"
    if not path.exists():
        raise IntegrityError(f"The weights of {run.id} are missing", do="Train it again, or delete it.")
    state, _ = weights.read(path)
    classifier = create(run.recipe.changed(device="cpu", **changes))  # a lab may be read where there is no card
    classifier.load(state)
    return classifier


def logits(classifier: Classifier, ink: Ink, recipe: Recipe) -> metrics.Floats:
    """Return (n, 10) logits for framed `ink` (n, 784)."""
    chunks = [
        metrics.outputs(classifier, full_inputs(ink[start : start + CHUNK], recipe))[1]
        for start in range(0, len(ink), CHUNK)
    ]
    return np.concatenate(chunks) if chunks else np.zeros((0, 10), np.float32)


def read_images(path: Path) -> tuple[Ink, NDArray[np.int64]]:
    """Return `images` (n, 28, 28) uint8 ink and `labels` (n,) of an `.npz`. Raises `SourceError`."""
    try:
        images, labels = read_arrays(path, "images", "labels")
    except IntegrityError as error:
        raise SourceError(f"{path.name} cannot be read", expected="an .npz of images and labels",
                          received=error.__cause__) from error  # fmt: skip
    fits = images.dtype == np.uint8 and images.shape[1:] == (28, 28) and labels.shape == images.shape[:1]
    if not fits or not len(images) or labels.dtype.kind not in "iu" or not set(np.unique(labels)) <= set(range(10)):
        received = f"{images.dtype} {images.shape} and {labels.dtype} {labels.shape}"
        raise SourceError(f"{path.name} does not fit", received=received,
                          expected="images (n, 28, 28) uint8 and labels (n,) from 0 to 9")  # fmt: skip
    return images, labels.astype(np.int64)


def on_images(run: Run, path: Path, framework: str | None = None) -> Json:
    """Evaluate on an `.npz`: `images`, `accuracy`, `confusion`."""
    images, labels = read_images(path)
    ink = frame_all(images, run.recipe.frame).reshape(-1, 784)
    classifier = trained(run, framework=framework or run.recipe.framework)
    return metrics.summary(logits(classifier, ink, run.recipe), labels)


def on_drawings(run: Run, drawings: list[Drawing]) -> Json:
    """Evaluate on pen strokes: `digits`, `accuracy`, `confusion`, `by_writer`, and how many `digits_per_second`.

    That is from strokes to answers; loading the framework and the first, warming call are not in it.
    """
    if not drawings:
        raise SourceError("There are no strokes to read", expected="at least one drawing", received=0)
    classifier = trained(run)
    logits(classifier, seen_of(drawings[:1], run.recipe.frame), run.recipe)
    start = time.perf_counter()
    answers = logits(classifier, seen_of(drawings, run.recipe.frame), run.recipe)
    seconds = time.perf_counter() - start
    labels = np.array([drawing.digit for drawing in drawings])
    writers = np.array([drawing.writer for drawing in drawings])
    summary = metrics.summary(answers, labels)
    by_writer = {
        writer: metrics.accuracy(answers[writers == writer], labels[writers == writer])
        for writer in sorted(set(writers.tolist()))
    }
    return {"digits": summary.pop("images"), **summary, "by_writer": by_writer,
            "digits_per_second": len(drawings) / seconds}  # fmt: skip


def seen_of(drawings: Sequence[Drawing], how: str) -> Ink:
    """Return (n, 784) uint8: what a model sees of pen strokes, through the canvas's path.

    Scaled to 200 pixels in the middle of the canvas, painted as it paints, framed `how` a recipe says.
    """
    return np.stack([frame(drawn_ink(fit(drawing.strokes)), how).reshape(784) for drawing in drawings])
