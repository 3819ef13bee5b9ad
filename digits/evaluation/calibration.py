"""Whether a model that is 90 % sure is right in 90 of 100 cases: the reliability diagram in numbers.

Fifteen bins of equal width over confidences from 0 to 1, and the expected calibration error over them, as Guo et al.
define it (*On calibration of modern neural networks*, ICML 2017).
"""

from __future__ import annotations

import numpy as np

from digits.evaluation.metrics import Floats, Labels, probabilities
from digits.files import Json

BINS = 15


def reliability(logits: Floats, labels: Labels, *, bins: int = BINS) -> Json:
    """Return how confidence and accuracy go together for (n, 10) `logits` of images with `labels` (n,).

    `bins` lists `low`, `high` (a confidence lies above `low`, up to `high`), `images`, and the mean `confidence` and
    the `accuracy` of these, null where there is none. `error` is the expected calibration error: the mean over all
    images of the gap between the two in their bin; `largest` the largest gap. `confidence` and `accuracy` are those
    of all `images`. All are fractions.
    """
    chances = probabilities(logits)
    sure, right = chances.max(axis=1), chances.argmax(axis=1) == labels
    place = np.clip(np.ceil(sure * bins).astype(np.int64) - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    sums = [np.bincount(place, weights=values, minlength=bins) for values in (sure, right)]
    confidence, accuracy = (total / np.maximum(counts, 1) for total in sums)
    gaps = np.abs(confidence - accuracy)
    rows = [
        {"low": number / bins, "high": (number + 1) / bins, "images": int(counts[number]),
         "confidence": float(confidence[number]) if counts[number] else None,
         "accuracy": float(accuracy[number]) if counts[number] else None}
        for number in range(bins)
    ]  # fmt: skip
    images = len(labels)
    return {"bins": rows, "error": float(gaps @ counts / images), "largest": float(gaps.max()), "images": images,
            "confidence": float(sure.mean()), "accuracy": float(right.mean())}  # fmt: skip
