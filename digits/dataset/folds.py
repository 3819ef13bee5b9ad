"""Whole families dealt into folds, so that every fold tests every digit and no family is on two sides.

scikit-learn's `StratifiedGroupKFold` deals groups too. It balances shares and promises no fold every class, does not
say how many folds would work, and takes three seconds to import in an app that must not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.errors import UsageError
from digits.training.recipe import Recipe

Rows = NDArray[np.int64]
Table = NDArray[np.int64]
Brought = list[tuple[int, int]]  # the digits of a family, and how many images it has of each
TEST, VALIDATION = 2, 1  # what is neither trains: 0
FOLDS_STREAM, VALIDATION_STREAM = 0xFA411, 0xFA412  # apart from each other and from every other draw of a run


def by_family(labels: Rows, families: NDArray[np.integer[Any]], recipe: Recipe) -> NDArray[np.uint8]:
    """Return (n,) uint8 for `labels` (n,) and `families` (n,): 0 where a row trains, 1 where it chooses, 2 in test.

    What families are called plays no part, only which images they hold. Raises `UsageError`, naming how many folds
    would work, if some digit would not be tested by every fold.
    """
    members, counts = _table(labels, families)
    folds = deal(counts, recipe.folds, recipe.seed)
    _refuse(counts, folds, recipe)
    parts = np.where(folds == recipe.fold, TEST, 0).astype(np.uint8)
    if recipe.validation_share:
        left = np.flatnonzero(parts == 0)
        parts[left[held_out(counts[left], recipe.validation_share, recipe.seed)]] = VALIDATION
    return np.asarray(parts[members])


def _table(labels: Rows, families: NDArray[np.integer[Any]]) -> tuple[Rows, Table]:
    """Return the family (n,) of each row, numbered as they appear, and the images a digit of each (families, 10)."""
    _, first, members = np.unique(families, return_index=True, return_inverse=True)
    members = np.argsort(np.argsort(first))[members]
    return members, np.bincount(members * 10 + labels, minlength=10 * len(first)).reshape(-1, 10)


def _brought(counts: Table) -> list[Brought]:
    """Return for each family of `counts` (families, 10) its digits and how many images it has of each."""
    found: list[Brought] = [[] for _ in range(len(counts))]
    families, digits = np.nonzero(counts)
    images = counts[families, digits]
    for family, digit, count in zip(families.tolist(), digits.tolist(), images.tolist(), strict=True):
        found[family].append((digit, count))
    return found


def deal(counts: Table, folds: int, seed: int) -> Rows:
    """Return the fold (families,) of each family of `counts` (families, 10), its images of each digit.

    The largest family goes first, each to the fold that most needs it: where most of its digits are not tested yet,
    then where its digits have fewest images, then where there are fewest images at all, and at last as the seed says.
    All of it is counted in whole numbers, so that no machine rounds otherwise. If every family is of one digit, and a
    digit has as many as there are folds, then each fold gets one. Where families hold several digits that may fail;
    then those with the scarcest digit go first.
    """
    generator = np.random.default_rng((seed, FOLDS_STREAM))
    turns, ties = generator.permutation(len(counts)), generator.permutation(folds).tolist()
    sizes = -counts.sum(axis=1)
    found = _dealt(counts, np.lexsort((turns, sizes)), ties)
    if untested(counts, found, folds).size:
        scarcest = np.where(counts > 0, np.count_nonzero(counts, axis=0), len(counts)).min(axis=1)
        found = _dealt(counts, np.lexsort((turns, sizes, scarcest)), ties)
    return found


def _dealt(counts: Table, order: Rows, ties: list[int]) -> Rows:
    hands, brought, found = Hands(ties), _brought(counts), np.zeros(len(counts), np.int64)
    for family in order.tolist():
        found[family] = hands.take(brought[family])
    return found


class Hands:
    """The folds while families are dealt to them; `ties` says which goes first where all else is equal."""

    def __init__(self, ties: list[int]) -> None:
        self.ties, self.sizes = ties, [0] * len(ties)
        self.images = [[0] * 10 for _ in ties]  # of each digit

    def take(self, brings: Brought) -> int:
        """Give a family to the fold that most needs it, and return that fold."""
        plenty = [self._plenty(fold, brings) for fold in range(len(self.ties))]
        fold = plenty.index(min(plenty))
        for digit, count in brings:
            self.images[fold][digit] += count
            self.sizes[fold] += count
        return fold

    def _plenty(self, fold: int, brings: Brought) -> tuple[int, int, int, int]:
        """Return how little a fold needs what a family brings."""
        there = self.images[fold]
        tested = sum([there[digit] > 0 for digit, _ in brings])
        return tested, sum([count * there[digit] for digit, count in brings]), self.sizes[fold], self.ties[fold]


def untested(counts: Table, dealt: Rows, folds: int) -> Rows:
    """Return the digits that are there and that some fold does not test."""
    tested = np.zeros((folds, 10), np.int64)
    np.add.at(tested, dealt, counts)
    return np.flatnonzero(counts.any(axis=0) & (tested == 0).any(axis=0))


def _refuse(counts: Table, dealt: Rows, recipe: Recipe) -> None:
    """Raise `UsageError` if some fold does not test every digit, with the largest number of folds that would."""
    missing = untested(counts, dealt, recipe.folds)
    if not missing.size:
        return
    families = np.count_nonzero(counts, axis=0)
    digit = int(missing[families[missing].argmin()])
    few = int(families[digit]) < recipe.folds
    smaller = range(min(recipe.folds - 1, int(families[missing].min())), 1, -1)
    most = next((k for k in smaller if not untested(counts, deal(counts, k, recipe.seed), k).size), None)
    what = "Fewer families than folds for" if few else "The families cannot be dealt out so that every fold tests"
    raise UsageError(
        f"{what} the digit {digit}",
        expected=f"at most {most} folds" if most else "at least two families of each digit, or the random split",
        received=f"{recipe.folds} folds, {families[digit]} {'family' if families[digit] == 1 else 'families'}",
    )


def held_out(counts: Table, share: float, seed: int) -> Rows:
    """Return which families of the training part, `counts` (families, 10), are held out for choosing.

    Whole families, as for the test part: a copy of a training image says nothing about an unseen drawing, so what is
    chosen by copies is chosen by memory. In the order of the seed a family is taken where it fits into the `share` of
    each of its digits. A digit of which none fits, because it has few and large ones, gives its smallest family,
    though that is more than was asked for (of three equal ones a third): a validation part without the digit would
    choose models that cannot read it. A digit with one family left keeps it in training and has no validation images.
    """
    wanted, taken = np.ceil(counts.sum(axis=0) * share).tolist(), [0] * 10
    left, brought, chosen = np.count_nonzero(counts, axis=0).tolist(), _brought(counts), []
    order = np.random.default_rng((seed, VALIDATION_STREAM)).permutation(len(counts)).tolist()

    def take(family: int) -> None:
        chosen.append(family)
        for digit, count in brought[family]:
            taken[digit] += count
            left[digit] -= 1

    def spare(family: int) -> bool:
        return all(left[digit] > 1 for digit, _ in brought[family])

    for family in order:
        if spare(family) and all(taken[digit] + count <= wanted[digit] for digit, count in brought[family]):
            take(family)
    for digit in np.flatnonzero(counts.any(axis=0) & (np.array(taken) == 0)).tolist():
        mine = [family for family in order if counts[family, digit] and spare(family)]
        if mine and not taken[digit]:
            take(min(mine, key=lambda family: int(counts[family].sum())))
    return np.array(sorted(chosen), np.int64)
