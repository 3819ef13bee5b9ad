"""Which rows train, which choose, which test: at random, or so that no family is on two sides.

A random split tests on copies of what it trained on wherever a data set holds copies; `leak` says how many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.dataset.dataset import Dataset
from digits.dataset.families.store import about, families_of
from digits.dataset.folds import by_family
from digits.errors import IntegrityError, UsageError
from digits.training.recipe import Recipe

Rows = NDArray[np.int64]
STREAM = 0x5B117  # keeps this draw apart from those of the weights and of the epochs, which are of (seed, epoch)


@dataclass(frozen=True)
class Split:
    """Rows of a data set, ascending, in three parts that share none."""

    train: Rows
    validation: Rows
    test: Rows

    @property
    def test_share(self) -> float:
        """The share of all images that the test part really is."""
        return len(self.test) / (len(self.train) + len(self.validation) + len(self.test))

    @property
    def parts(self) -> NDArray[np.uint8]:
        """(n,) uint8: for each row of the data set, 0 where it trains, 1 where it chooses, 2 where it tests."""
        found = np.zeros(len(self.train) + len(self.validation) + len(self.test), np.uint8)
        found[self.validation], found[self.test] = 1, 2
        return found

    @classmethod
    def of(cls, parts: NDArray[np.integer[Any]]) -> Split:
        """Return the split that has these `parts` (n,)."""
        return cls(*(np.flatnonzero(parts == number) for number in range(3)))


def split_of(dataset: Dataset, recipe: Recipe, known: str | None = None) -> Split:
    """Return the recipe's split of `dataset`: the same anywhere for the same seed, and the same families.

    `known` is the hash of the families that are meant; by default, those of now. Raises `UsageError` if a part is
    empty, families are unknown or too few for the folds, and `IntegrityError` if they are not those that are meant.
    """
    if recipe.split == "random":
        return at_random(len(dataset.labels), recipe)
    families = families_of(dataset)
    if families is None:
        raise UsageError(f"The families of {dataset.name} are unknown, so it cannot be split by them",
                         do=f"Find them first: python -m digits families {dataset.name}")  # fmt: skip
    if known not in (None, families_hash(dataset)):
        raise IntegrityError(f"The families of {dataset.name} are others than when this run was asked for",
                             do="Start a new run on them.")  # fmt: skip
    return Split.of(by_family(dataset.labels, families, recipe))


def families_hash(dataset: Dataset) -> str | None:
    """Return the hash that tells the families of `dataset` from others; None while they are unknown."""
    found = about(dataset).get("index")
    return None if found is None else str(found)


def split_by(dataset: Dataset, recipe: Recipe) -> str | None:
    """Return the hash of the families that the recipe's split depends on; None for a random split."""
    return families_hash(dataset) if recipe.split == "family" else None


def at_random(images: int, recipe: Recipe) -> Split:
    """Deal `images` rows out at random, the same anywhere for the same seed. Raises `UsageError` if a part is empty.

    The test part is rounded up, as scikit-learn's `train_test_split` does. Families play no part, not even in the
    validation part: the rows of a recipe must not depend on whether somebody has found families since.
    """
    order = np.random.default_rng((recipe.seed, STREAM)).permutation(images)
    test = int(np.ceil(images * recipe.test_share))
    validation = int(np.ceil((images - test) * recipe.validation_share))
    parts = np.split(order, [test, test + validation])
    if not parts[0].size or not parts[2].size:
        raise UsageError("The split leaves a part empty", expected="images for training and test", received=images)
    return Split(train=np.sort(parts[2]), validation=np.sort(parts[1]), test=np.sort(parts[0]))


def pieces(labels: Rows, families: NDArray[np.integer[Any]] | None, rows: Rows) -> list[list[int]]:
    """Return for each digit how many of `rows` each family has, the largest first; one number while it is unknown."""
    digits = labels[rows]
    names = np.zeros(len(rows), np.int64) if families is None else families[rows]
    sizes = [np.unique(names[digits == digit], return_counts=True)[1] for digit in range(10)]
    return [np.sort(found)[::-1].tolist() for found in sizes]


def leak(split: Split, families: NDArray[np.integer[Any]]) -> float:
    """Return the share of test images that have a relative, an image of the same of `families` (n,), in training."""
    return float(np.isin(families[split.test], families[split.train]).mean())
