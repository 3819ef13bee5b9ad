"""Why a model answers as it does: which ink spoke for its answer, and which against.

Integrated gradients (Sundararajan, Taly, Yan: *Axiomatic attribution for deep networks*, ICML 2017): the gradient of
the answer's logit is averaged on the straight way from blank paper to the drawing, and each pixel has its ink times
that. Added up they are what the drawing changed in the logit (completeness), but for the error of averaging at some
points only: it is measured, and where it is too large there are more points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digits.models import Classifier, Floats
from digits.training.inputs import full_inputs
from digits.training.recipe import Recipe

STEPS, MOST_STEPS = 64, 1024  # points on the way; they are quadrupled until the gap is small enough
MOST_GAP = 0.01
SMALLEST_CHANGE = 1e-3  # of a logit: what is less is no change, and the gap is told as a share of this


@dataclass(frozen=True)
class Attribution:
    """Which ink spoke for `digit` (above 0) and which against it: `ink` (28, 28) float64, in units of its logit.

    `change` is the logit of the drawing minus that of blank paper, and `gap` by which share of it the sum of `ink`
    misses it; `steps` is at how many points the gradient was taken.
    """

    digit: int
    ink: NDArray[np.float64]
    change: float
    gap: float
    steps: int


def attribute(
    classifier: Classifier, ink: NDArray[np.uint8], recipe: Recipe, digit: int | None = None
) -> Attribution:
    """Return what of framed `ink` (28, 28) uint8 spoke for and against `digit`, by default the answer."""
    drawing = full_inputs(ink.reshape(1, 784), recipe)
    blank, drawn = classifier.outputs(np.concatenate([np.zeros_like(drawing), drawing]))[-1].astype(np.float64)
    digit = int(drawn.argmax()) if digit is None else digit
    change, steps = float(drawn[digit] - blank[digit]), STEPS
    while True:
        shares = drawing[0].astype(np.float64) * _mean_gradient(classifier, drawing, digit, steps)
        gap = abs(float(shares.sum()) - change) / max(abs(change), SMALLEST_CHANGE)
        if gap <= MOST_GAP or steps >= MOST_STEPS:
            pixels = shares.reshape(784, -1).sum(axis=1).reshape(28, 28)  # the channels of a pixel together
            return Attribution(digit, pixels, change, gap, steps)
        steps *= 4


def _mean_gradient(classifier: Classifier, drawing: Floats, digit: int, steps: int) -> NDArray[np.float64]:
    """Return the mean gradient (width,) at the middles of equal steps from nothing to `drawing` (1, width)."""
    way = ((np.arange(steps) + 0.5) / steps).astype(drawing.dtype)
    gradients = classifier.gradient(way[:, None] * drawing, np.full(steps, digit))
    return np.asarray(gradients.mean(axis=0, dtype=np.float64))
