"""Precision, recall and F1 a digit: how far an answer can be believed, and how many of a digit are found.

The numbers are those of scikit-learn's `classification_report` with `zero_division=0`, which takes three seconds to
import; a digit that is never answered, or never there, has 0 where it would divide by nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.evaluation.metrics import confusion
from digits.files import Json
from digits.training.run import Run

MEASURES = ("precision", "recall", "f1")


def report(counts: NDArray[np.integer[Any]]) -> Json:
    """Return what (10, 10) `counts`, rows the truth, say a digit and on average.

    `digits` lists `digit`, `precision`, `recall`, `f1` (fractions) and `support` (images) of 0 to 9; `macro` is their
    plain mean, `weighted` the mean by support, `accuracy` the share of right answers.
    """
    right, support = np.diagonal(counts).astype(np.float64), counts.sum(axis=1)
    precision, recall = _share(right, counts.sum(axis=0)), _share(right, support)
    f1 = _share(2 * right, counts.sum(axis=0) + support)
    table = np.stack([precision, recall, f1])
    images = int(support.sum())
    return {
        "digits": [
            {"digit": digit, **dict(zip(MEASURES, table[:, digit].tolist(), strict=True)),
             "support": int(support[digit])} for digit in range(10)
        ],
        "accuracy": float(_share(right.sum(), np.asarray(images))),
        "macro": {**dict(zip(MEASURES, table.mean(axis=1).tolist(), strict=True)), "support": images},
        "weighted": {**dict(zip(MEASURES, _share(table @ support, images).tolist(), strict=True)), "support": images},
    }  # fmt: skip


def _share(part: Any, whole: Any) -> NDArray[np.float64]:
    """Return `part / whole`, and 0 where `whole` is 0."""
    return np.asarray(np.where(np.asarray(whole) > 0, part / np.maximum(whole, 1), 0.0))


def report_of(run: Run) -> Json:
    """Return the report of a finished run: what its worker wrote, or counted anew where it is older than reports.

    Raises `ConflictError` while the run is not finished, `IntegrityError` if its evaluation is damaged.
    """
    written = run.result().get("report")
    if written:
        return dict(written)
    return report(confusion(run.evaluation("logits").argmax(axis=1), run.evaluation("labels")))
