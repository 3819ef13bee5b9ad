"""The nearest few of each image, without comparing all pairs: an inverted file (Jégou, Douze, Schmid 2011).

Images are dealt into cells by a few rounds of k-means; each is compared with those of the cells nearest to its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digits.dataset.families.frame import Floats

Rows = NDArray[np.int64]
CELL = 100  # images a cell, about
CELLS_SEEN = 4
ROUNDS = 6


def neighbours(places: Floats, count: int, generator: np.random.Generator) -> Rows:
    """Return pairs (p, 2) of rows of `places` (n, d): each row with its `count` nearest, as far as the cells show.

    No pair is there twice; the larger row is first, and pairs are ordered by the smaller one.
    """
    cells = max(1, len(places) // CELL)
    centres = places[generator.choice(len(places), cells, replace=False)].copy()
    home = nearest(places, centres)
    for _ in range(ROUNDS):
        counts = np.bincount(home, minlength=cells)
        for axis in range(places.shape[1]):
            sums = np.bincount(home, places[:, axis], minlength=cells)
            centres[:, axis] = np.where(counts, sums / np.maximum(counts, 1), centres[:, axis])
        home = nearest(places, centres)
    found = [_within(places, home, near, count) for near in _order(centres, centres)[:, :CELLS_SEEN]]
    both = np.sort(np.concatenate(found), axis=1)
    one, other = np.divmod(np.unique(both[:, 0] * len(places) + both[:, 1]), len(places))
    return np.stack([other, one], axis=1)


def nearest(places: Floats, centres: Floats) -> Rows:
    """Return (n,) which of `centres` (c, d) is nearest to each of `places` (n, d)."""
    parts = np.array_split(places, max(1, len(places) * len(centres) // 1_000_000))
    return np.concatenate([_distances(part, centres).argmin(axis=1) for part in parts])


def _distances(places: Floats, others: Floats) -> Floats:
    """Squared distances, less what is the same along a row."""
    return np.asarray((others**2).sum(axis=1) - 2 * places @ others.T)


def _order(places: Floats, others: Floats) -> Rows:
    return np.argsort(_distances(places, others), axis=1, kind="stable")


def _within(places: Floats, home: Rows, near: Rows, count: int) -> Rows:
    """Pairs of the images of the first cell of `near` with their nearest in all of these cells."""
    mine, others = np.flatnonzero(home == near[0]), np.flatnonzero(np.isin(home, near))
    away = _distances(places[mine], places[others])
    away[mine[:, None] == others[None]] = np.inf
    count = min(count, len(others) - 1)
    if count < 1 or not len(mine):
        return np.empty((0, 2), np.int64)
    chosen = np.argpartition(away, count - 1, axis=1)[:, :count]
    return np.stack([np.repeat(mine, count), others[chosen].ravel()], axis=1)
