"""The confusion matrix as what the page's buttons need: a text, a strength of colour and a sentence a cell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digits.figures.palette import FRAMEWORKS
from digits.files import Json


def confusion(counts: NDArray[np.int64], framework: str, *, shares: bool = False) -> Json:
    """Return the cells of (10, 10) `counts`, rows the truth: `texts` (counts, or shares of a row in percent).

    `strengths` of the colour, 0 to 1, are the fourth roots of the shares of a row, so that one error in a thousand is
    seen; `captions` say each cell in words. Cells without an image have no text.
    """
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return {
        "colour": FRAMEWORKS[framework],
        "counts": counts.tolist(),
        "texts": [[_text(counts[i, j], share[i, j], shares) for j in range(10)] for i in range(10)],
        "strengths": (share**0.25).round(4).tolist(),
        "captions": [[_caption(i, j, counts[i, j], share[i, j]) for j in range(10)] for i in range(10)],
    }


def _text(count: np.int64, share: np.float64, shares: bool) -> str:
    if not count:
        return ""
    if not shares:
        return str(count)
    return _percent(float(share))


def _percent(share: float) -> str:
    """Return a share in percent that says all or none only where it is: 100, >99.9, 31.2, <0.1, 0."""
    if share in (0.0, 1.0):
        return f"{100 * share:.0f}"
    percent = 100 * share
    return ">99.9" if percent >= 99.95 else f"{percent:.1f}" if percent >= 0.05 else "<0.1"


def _caption(label: int, digit: int, count: np.int64, share: np.float64) -> str:
    images = f"{count:,} {'image' if count == 1 else 'images'}"
    return f"{label} read as {digit}: {images}, {_percent(float(share))}% of the {label}s"
