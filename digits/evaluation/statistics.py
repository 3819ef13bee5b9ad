"""What a difference between two models means: tests and intervals, paired wherever the two shared something.

Every interval is one of 95 %. Bootstrap intervals are drawn from a fixed seed, so that the same numbers give the same
interval, and their percentiles are moved outwards for few groups (`_edges`). NumPy only: the app's process asks too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan, cos, exp, lgamma, log, pi, sin, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from digits.errors import UsageError

Answers = NDArray[np.integer]
Rights = NDArray[np.bool_]
Reals = NDArray[np.float64]
Pairs = Sequence[tuple[float, float]]
LEVEL = 0.95
RESAMPLES = 10_000
AT_ONCE = 500  # resamples: bounds the memory


@dataclass(frozen=True)
class Interval:
    """An estimate and the 95 % interval around it."""

    value: float
    low: float
    high: float

    def contains(self, value: float) -> bool:
        """Tell whether `value` is among those that the interval leaves open."""
        return self.low <= value <= self.high

    def as_list(self) -> list[float]:
        """Return [value, low, high], as JSON holds it."""
        return [self.value, self.low, self.high]


def disagreement(first: Answers, second: Answers, labels: Answers) -> tuple[int, int]:
    """Return how many images only `first` reads right, and how many only `second` does; all (n,) of digits."""
    right, other = first == labels, second == labels
    return int(np.sum(right & ~other)), int(np.sum(other & ~right))


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the two-sided p of the exact McNemar test (McNemar 1947; the binomial form).

    Were both models equally good, each image that only one of them reads would be either's with even chance; p is
    how often such coins fall at least as unevenly as these did. It takes the images as independent, which copies of
    one drawing are not: `accuracy_difference` does not.
    """
    total, fewer = only_first + only_second, min(only_first, only_second)
    if not total:
        return 1.0
    tail = sum(exp(_log_choose(total, k) - total * log(2)) for k in range(fewer + 1))
    return min(1.0, 2 * tail)


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def accuracy_difference(first: Rights, second: Rights, families: Answers | None = None, *, seed: int = 0) -> Interval:
    """Return accuracy of `first` minus `second`, fractions, from which images (n,) each reads right.

    A paired bootstrap that resamples whole `families` (n,), because copies of one drawing are read alike; without
    them every image is its own. An estimate is a ratio, the differences of the drawn families over their images
    (Cochran 1977, chapter 9). Families of one size and one difference are drawn by their number, which is the same
    draw: 107,730 images take a moment. Raises `UsageError` for fewer than two families.
    """
    sizes, sums = _by_family(first.astype(np.int64) - second.astype(np.int64), families)
    if len(sizes) < 2:
        raise UsageError("An interval cannot be had from the images of one drawing", expected="at least 2 families",
                         received=f"{len(sizes)} in {len(first)} images")  # fmt: skip
    kinds, counts = np.unique(np.stack([sizes, sums], axis=1), axis=0, return_counts=True)
    rng, drawn = np.random.default_rng(seed), []
    for _ in range(RESAMPLES // AT_ONCE):
        times = rng.multinomial(len(sizes), counts / len(sizes), size=AT_ONCE)
        drawn.append((times @ kinds[:, 1]) / (times @ kinds[:, 0]))
    return Interval(float(sums.sum() / sizes.sum()), *_edges(np.concatenate(drawn), len(sizes)))


def _by_family(differences: NDArray[np.int64], families: Answers | None) -> tuple[Answers, Answers]:
    """Return the size of each family and the sum of its `differences` (n,)."""
    if families is None:
        return np.ones(len(differences), np.int64), differences
    names, places = np.unique(families, return_inverse=True)
    sums = np.zeros(len(names), np.int64)
    np.add.at(sums, places, differences)
    return np.bincount(places, minlength=len(names)), sums


def ratio(rounds: Sequence[Pairs], *, seed: int = 0) -> Interval:
    """Return the median of first over second, over all pairs of `rounds`; a bootstrap that resamples whole rounds.

    Pairs of one round share the machine's mood of that moment, so they are drawn together. Fewer than six rounds
    cannot bound a median with 95 % (that all of five lie on one side of it has a chance of 2 · ½⁵, 6 %): the interval
    is then as wide as the rounds, and `digits.evaluation.verdict` refuses. Raises `UsageError` for fewer than two.
    """
    rounds = [pairs for pairs in rounds if len(pairs)]
    if len(rounds) < 2:
        raise UsageError("An interval of a ratio needs repeated timings", expected="at least 2 rounds",
                         received=len(rounds))  # fmt: skip
    found = np.array([one / other for pairs in rounds for one, other in pairs])
    of_round = np.repeat(np.arange(len(rounds)), [len(pairs) for pairs in rounds])
    order = np.argsort(found)
    rng, drawn = np.random.default_rng(seed), []
    for _ in range(RESAMPLES // AT_ONCE):
        times = _times_drawn(rng, len(rounds))
        drawn.append(_medians(found[order], times[:, of_round[order]]))
    return Interval(float(np.median(found)), *_edges(np.concatenate(drawn), len(rounds)))


def _times_drawn(rng: np.random.Generator, groups: int) -> NDArray[np.int64]:
    """Return how often each of `groups` is drawn in `AT_ONCE` resamples with replacement: (AT_ONCE, groups)."""
    drawn = rng.integers(groups, size=(AT_ONCE, groups)) + groups * np.arange(AT_ONCE)[:, None]
    return np.bincount(drawn.ravel(), minlength=AT_ONCE * groups).reshape(AT_ONCE, groups)


def _medians(ascending: Reals, times: NDArray[np.int64]) -> Reals:
    """Return the median of each row, in which each of the `ascending` values (n,) occurs `times` (rows, n)."""
    reached = times.cumsum(axis=1)
    doubled, total = 2 * reached, reached[:, -1:]
    lower, upper = (doubled >= total).argmax(axis=1), (doubled > total).argmax(axis=1)
    return np.asarray((ascending[lower] + ascending[upper]) / 2)


def _edges(drawn: Reals, groups: int) -> tuple[float, float]:
    """Return the interval of a bootstrap's estimates from so many `groups`.

    Percentiles alone are too narrow where groups are few: they are moved outwards as far as Student's t lies outside
    the normal (Hesterberg 2015, *What teachers should know about the bootstrap*, the expanded percentile interval).
    """
    outside = NormalDist().cdf(-sqrt(groups / (groups - 1)) * t_quantile(groups - 1))
    low, high = np.quantile(drawn, [outside, 1 - outside])
    return float(low), float(high)


def mean_interval(values: Sequence[float]) -> Interval:
    """Return the mean of `values`, of several seeds for example, with Student's t interval.

    Raises `UsageError` for fewer than two: one value says nothing of its spread.
    """
    if len(values) < 2:
        raise UsageError("An interval over seeds needs seeds", expected="at least 2", received=len(values))
    mean = float(np.mean(values))
    half = t_quantile(len(values) - 1) * float(np.std(values, ddof=1)) / sqrt(len(values))
    return Interval(mean, mean - half, mean + half)


def over_seeds(first: Sequence[float], second: Sequence[float]) -> Interval:
    """Return the mean of first minus second, paired by seed, with Student's t interval of the differences.

    Raises `UsageError` for fewer than two seeds.
    """
    return mean_interval([one - other for one, other in zip(first, second, strict=True)])


def spread_ratio(first: Sequence[float], second: Sequence[float]) -> Interval:
    """Return the standard deviation of `first` over that of `second`, paired by seed, with its interval.

    The variances of pairs (Pitman 1939, Morgan 1939), for values that are spread normally. Raises `UsageError` for
    fewer than three seeds, and where one of the two has no spread at all.
    """
    if len(first) < 3:
        raise UsageError("Two spreads can be compared over seeds only", expected="at least 3", received=len(first))
    spreads = float(np.std(first, ddof=1)), float(np.std(second, ddof=1))
    if min(spreads) == 0:
        raise UsageError("There is no spread to compare", expected="accuracies that differ from seed to seed",
                         received="the same accuracy for every seed")  # fmt: skip
    alike = min(1.0, abs(float(np.corrcoef(first, second)[0, 1])))
    wide = 1 + 2 * (1 - alike**2) * t_quantile(len(first) - 2) ** 2 / (len(first) - 2)
    factor = sqrt(wide + sqrt(wide**2 - 1))
    found = spreads[0] / spreads[1]
    return Interval(found, found / factor, found * factor)


def t_quantile(freedom: int, level: float = LEVEL) -> float:
    """Return the t with P(|T| ≤ t) = `level` for so many degrees of `freedom`: 12.71 for 1, 1.96 for very many."""
    low, high = 0.0, 1.0
    while _within(high, freedom) < level:
        low, high = high, 2 * high
    while high - low > 1e-13 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < level else (low, middle)
    return (low + high) / 2


def _within(t: float, freedom: int) -> float:
    """Return P(|T| ≤ t) of Student's distribution (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4)."""
    angle = atan(t / sqrt(freedom))
    k = np.arange(1, (freedom - 1) // 2 if freedom % 2 else freedom // 2, dtype=np.float64)
    shares = 2 * k / (2 * k + 1) if freedom % 2 else (2 * k - 1) / (2 * k)
    series = 1 + float(np.cumprod(shares * cos(angle) ** 2).sum())
    if freedom % 2 == 0:
        return sin(angle) * series
    return 2 / pi * (angle + (sin(angle) * cos(angle) * series if freedom > 1 else 0.0))
