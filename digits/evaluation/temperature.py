"""The temperature: one number by which a network's logits are divided so that it is as sure as it is right.

Guo, Pleiss, Sun, Weinberger (*On calibration of modern neural networks*, ICML 2017, section 4.2): it is fitted on
images that were not trained on, and changes no answer. Where hardly any of a few hundred images is misread, the
likelihood alone runs to certainty: so it is taken together with a prior, by which the network is as sure as it
should be, give or take a quarter. A dozen misread images weigh more than that.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digits.evaluation.metrics import Floats, Labels, probabilities

LOWEST, HIGHEST = 0.02, 50.0
PRIOR = 0.25  # standard deviation of the temperature's logarithm around 0
HALVINGS = 40


def temperature(logits: Floats, labels: Labels) -> float:
    """Return the temperature, from `LOWEST` to `HIGHEST`, that fits (n, 10) `logits` of images of `labels` (n,) best.

    It is where the slope of cross-entropy and prior, by the logarithm of 1/temperature, changes its sign.
    """
    wide = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    wanted = float(wide[np.arange(len(labels)), labels].sum())
    low, high = -np.log(HIGHEST), -np.log(LOWEST)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        held = float((wide * probabilities(wide * np.exp(middle))).sum())
        too_sure = np.exp(middle) * (held - wanted) + middle / PRIOR**2 > 0
        low, high = (low, middle) if too_sure else (middle, high)
    return float(np.exp(-(low + high) / 2))


def calibrated(logits: Floats, temperature: float | None) -> NDArray[np.float64]:
    """Return the (n, 10) probabilities of `logits` at a temperature; without one, the network's own."""
    return probabilities(logits if temperature is None else logits.astype(np.float64) / temperature)
