"""The temperature: one number by which a network's logits are divided so that it is as sure as it is right.

Guo, Pleiss, Sun, Weinberger (*On calibration of modern neural networks*, ICML 2017, section 4.2): it is fitted on
images that were not trained on, and changes no answer. Where nearly all of a few hundred images are read rightly, the
likelihood alone would make the network surer than so few can tell; so each image is taken to be its label with
(n + 1)/(n + 2) only, n being the number of images, as Platt did for support vector machines (*Probabilistic outputs
for support vector machines*, 1999, section 2.2).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digits.evaluation.metrics import Floats, Labels, probabilities

LOWEST, HIGHEST = 0.02, 50.0
HALVINGS = 40


def temperature(logits: Floats, labels: Labels) -> float:
    """Return the temperature, from `LOWEST` to `HIGHEST`, that fits (n, 10) `logits` of images of `labels` (n,) best.

    The cross-entropy is convex in 1/temperature: its slope changes sign once, and is halved towards there.
    """
    wide = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    wanted = float((wide * _targets(labels)).sum(axis=1).mean())
    low, high = np.log(LOWEST), np.log(HIGHEST)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        held = float((wide * probabilities(wide / np.exp(middle))).sum(axis=1).mean())
        low, high = (middle, high) if held > wanted else (low, middle)  # surer than it is right: it is too cold
    return float(np.exp((low + high) / 2))


def calibrated(logits: Floats, temperature: float | None) -> NDArray[np.float64]:
    """Return the (n, 10) probabilities of `logits` at a temperature; without one, the network's own."""
    return probabilities(logits if temperature is None else logits.astype(np.float64) / temperature)


def _targets(labels: Labels) -> NDArray[np.float64]:
    """Return how probable each digit is held for images of `labels` (n,): (n, 10)."""
    doubt = 1 / (len(labels) + 2)
    targets = np.full((len(labels), 10), doubt / 9)
    targets[np.arange(len(labels)), labels] = 1 - doubt
    return targets
