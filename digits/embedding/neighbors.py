"""The nearest neighbours of every image, exactly.

Correlation and cosine distance are half the squared Euclidean distance between rows that are centred and of length 1,
so matrix products find them all; of two blocks of rows one product serves both. Handing the neighbours to UMAP saves
its approximate search, and with it most of what UMAP would have to compile first.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Indices = NDArray[np.int64]
Progress = Callable[[int, int], None]
CHUNK = 2048  # rows of a block: a product of two takes 16 MB, and a stop is heard after each
TINY = 1e-12


def nearest(
    features: Floats, *, metric: str, neighbors: int, width: int, progress: Progress
) -> tuple[Indices, NDArray[np.float32]]:
    """Return indices and distances (n, neighbors) of the nearest of each of (n, …) `features`, itself first.

    `width` is how many inputs a row has in full, where those that are always zero were left out. `progress` is told
    how many images are done, of how many. A row that never varies is 0.5 from any other by correlation.
    """
    rows = _as_euclidean(features, metric, width)
    blocks = [slice(start, min(start + CHUNK, len(rows))) for start in range(0, len(rows), CHUNK)]
    pairs = [*((block, block) for block in blocks), *combinations(blocks, 2)]
    found = Found(len(rows), neighbors)
    for done, (one, other) in enumerate(pairs):
        progress(done * len(rows) // len(pairs), len(rows))
        squares = _squares(rows[one], rows[other])
        if one == other:
            np.fill_diagonal(squares, -1)  # each image comes first in its own list, before its copies
        found.add(one, other, squares)
        if one != other:
            found.add(other, one, squares.T)
    far = np.maximum(found.squares, 0)
    return found.indices, np.asarray(np.sqrt(far) if metric == "euclidean" else far / 2, np.float32)


def _as_euclidean(features: Floats, metric: str, width: int) -> NDArray[np.float32]:
    """Return rows whose Euclidean distances rank as `metric` does, without the columns that are always zero."""
    rows = np.asarray(features[:, features.any(axis=0)], np.float32)
    if metric == "euclidean":
        return rows
    if metric == "correlation":
        mean = rows.sum(axis=1, keepdims=True) / np.float32(width)
        # Centred, each absent zero is -mean: together they are as long as one column of -mean times a root.
        absent = np.float32(np.sqrt(width - rows.shape[1])) * -mean
        rows = np.hstack([rows - mean, absent])
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), TINY))


def _squares(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the (m, n) squared distances of (m, …) and (n, …) rows."""
    squares = one @ other.T
    squares *= -2
    squares += np.einsum("ij,ij->i", one, one)[:, None]
    squares += np.einsum("ij,ij->i", other, other)
    return np.asarray(squares)


class Found:
    """The nearest so far of each of n images: their indices and squared distances (n, neighbors), nearest first."""

    def __init__(self, images: int, neighbors: int) -> None:
        self.neighbors = neighbors
        self.indices = np.zeros((images, neighbors), np.int64)
        self.squares = np.full((images, neighbors), np.inf, np.float32)

    def add(self, block: slice, others: slice, squares: NDArray[np.float32]) -> None:
        """Consider `others` for the images of `block`; `squares` are their (m, n) squared distances."""
        row, column = self._candidates(squares, self.squares[block, -1])
        held = np.repeat(np.arange(len(squares)), self.neighbors)
        rows = np.concatenate([held, row])
        far = np.concatenate([self.squares[block].ravel(), squares[row, column]])
        near = np.concatenate([self.indices[block].ravel(), column + others.start])
        order = np.lexsort((near, far, rows))
        first = np.searchsorted(rows[order], np.arange(len(squares)))
        kept = order[first[:, None] + np.arange(self.neighbors)]
        self.squares[block], self.indices[block] = far[kept], near[kept]

    def _candidates(self, squares: NDArray[np.float32], worst: NDArray[np.float32]) -> tuple[Indices, Indices]:
        """Return rows and columns of all that are nearer than the `worst` (m,) that is held."""
        if np.isfinite(worst).all():
            row, column = np.nonzero(np.ascontiguousarray(squares < worst[:, None]))
            return row, column
        some = min(self.neighbors, squares.shape[1])
        column = np.argpartition(squares, some - 1, axis=1)[:, :some].ravel()
        return np.repeat(np.arange(len(squares)), some), column
