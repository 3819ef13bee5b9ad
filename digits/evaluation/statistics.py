"""What a difference between two models on the same test images means."""

from __future__ import annotations

from math import exp, lgamma, log

import numpy as np
from numpy.typing import NDArray

Answers = NDArray[np.integer]


def disagreement(first: Answers, second: Answers, labels: Answers) -> tuple[int, int]:
    """Return how many images only `first` reads right, and how many only `second` does; all (n,) of digits."""
    right, other = first == labels, second == labels
    return int(np.sum(right & ~other)), int(np.sum(other & ~right))


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the two-sided p of the exact McNemar test (McNemar 1947; the binomial form).

    Were both models equally good, each image that only one of them reads would be either's with even chance; p is
    how often such coins fall at least as unevenly as these did.
    """
    total, fewer = only_first + only_second, min(only_first, only_second)
    if not total:
        return 1.0
    tail = sum(exp(_log_choose(total, k) - total * log(2)) for k in range(fewer + 1))
    return min(1.0, 2 * tail)


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
