"""Which images are the very same, bit for bit: within data sets and among several of them.

They are told by the SHA-256 that the index keeps of each image (`Dataset.hashes`); no image is read. An image on both
sides of a split is a leak, and digits of which some were learnt are not other people's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Hashes = NDArray[np.bytes_]


def shared(one: Hashes, other: Hashes) -> int:
    """Return how many images of `other` (m,) are in `one` (n,) too."""
    return int(np.isin(other, one).sum())


def fresh(hashes: Hashes, taken: Hashes) -> Rows:
    """Return the rows of `hashes` (n,) that are not among those `taken`, ascending, of equal ones the first."""
    first = np.sort(np.unique(hashes, return_index=True)[1])
    return np.asarray(first[~np.isin(hashes[first], taken)])


def united(hashes: Sequence[Hashes], families: Sequence[Rows]) -> list[Rows]:
    """Return the families of several data sets, numbered through all of them; those that share an image are one.

    `hashes` and `families` are (n,) of each data set. A family is called by the lowest number of those that it is
    made of, the first family of the first data set being 0.
    """
    offsets = np.cumsum([0, *(1 + int(one.max(initial=-1)) for one in families)])
    numbers = np.concatenate([one + offset for one, offset in zip(families, offsets, strict=False)])
    image = np.unique(np.concatenate(hashes), return_inverse=True)[1]
    order = np.argsort(image, kind="stable")
    equal = image[order[1:]] == image[order[:-1]]
    roots = np.arange(offsets[-1])
    for one, other in np.unique(np.stack([numbers[order[:-1]], numbers[order[1:]]], axis=1)[equal], axis=0).tolist():
        low, high = sorted((_root(roots, one), _root(roots, other)))
        roots[high] = low
    names = np.array([_root(roots, number) for number in range(len(roots))], np.int64)
    return [names[one + offset] for one, offset in zip(families, offsets, strict=False)]


def _root(roots: Rows, number: int) -> int:
    """Return the lowest number of the union that `number` is in; the way to it becomes shorter."""
    while roots[number] != number:
        roots[number] = roots[roots[number]]
        number = int(roots[number])
    return number
