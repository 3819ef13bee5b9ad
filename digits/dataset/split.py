"""Which rows train, which choose, which test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digits.errors import UsageError
from digits.training.recipe import Recipe

Rows = NDArray[np.int64]
STREAM = 0x5B117  # keeps this draw apart from those of the weights and of the epochs, which are of (seed, epoch)


@dataclass(frozen=True)
class Split:
    """Rows of a data set, ascending, in three parts that share none."""

    train: Rows
    validation: Rows
    test: Rows


def split(images: int, recipe: Recipe) -> Split:
    """Deal `images` rows out at random, the same anywhere for the same seed. Raises `UsageError` if a part is empty.

    The test part is rounded up, as scikit-learn's `train_test_split` does.
    """
    order = np.random.default_rng((recipe.seed, STREAM)).permutation(images)
    test = int(np.ceil(images * recipe.test_share))
    validation = int(np.ceil((images - test) * recipe.validation_share))
    parts = np.split(order, [test, test + validation])
    if not parts[0].size or not parts[2].size:
        raise UsageError("The split leaves a part empty", expected="images for training and test", received=images)
    return Split(train=np.sort(parts[2]), validation=np.sort(parts[1]), test=np.sort(parts[0]))
